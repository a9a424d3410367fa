// What commands share that order one thing of one machine: its name is looked up, the master is told, and one line says
// what the machine is now. It does not know which thing.

import type { Command } from 'commander'
import type { MasterCall } from '../mesos/types.ts'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import { findNode } from './client/nodes.ts'
import { orderMaster } from './client/operator.ts'
import { act } from './command.ts'
import { say, sayFault } from './output.ts'

export type NodeOrder = {
  readonly call: (agentId: string) => MasterCall
  /** What the machine is then. */
  readonly done: string
}

export function nodeArgument(command: Command): Command {
  return addMasterFlags(command).argument('<node>', 'id or host name of the machine; of one that is unreachable the id')
}

export function defineNodeOrder(command: Command, order: NodeOrder): void {
  nodeArgument(command)
  act(command, (name: string, flags: MasterFlags) => perform(order, name, flags))
}

async function perform({ call, done }: NodeOrder, name: string, flags: MasterFlags): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master } = connected.value
  try {
    const found = await findNode(master, name)
    if (!found.ok) return sayFault(found.fault)
    const { id, hostname } = found.value
    const asked = await orderMaster(master, call(id))
    if (!asked.ok) return sayFault(asked.fault)
    say(`${hostname}: ${done}`)
    return 0
  } finally {
    master.close()
  }
}
