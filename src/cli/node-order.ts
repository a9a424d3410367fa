// What commands share that order one thing of one machine: its name is looked up, the master is told, and one line says
// what the machine is now. It does not know which thing.

import type { Command } from 'commander'
import type { MasterCall } from '../mesos/types.ts'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import type { HttpClient } from './client/http.ts'
import { type FoundNode, findNode } from './client/nodes.ts'
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
  act(command, (name: string, flags: MasterFlags) =>
    orderNode(name, flags, order.call, ({ hostname }) => {
      say(`${hostname}: ${order.done}`)
      return 0
    }),
  )
}

/** Looks the machine up, gives the order, and goes on with `then`; its exit status is the command's. */
export async function orderNode(
  name: string,
  flags: MasterFlags,
  call: NodeOrder['call'],
  then: (node: FoundNode, master: HttpClient) => number | Promise<number>,
): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master } = connected.value
  try {
    const found = await findNode(master, name)
    if (!found.ok) return sayFault(found.fault)
    const asked = await orderMaster(master, call(found.value.id))
    return asked.ok ? await then(found.value, master) : sayFault(asked.fault)
  } finally {
    master.close()
  }
}
