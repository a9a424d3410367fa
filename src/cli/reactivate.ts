// `tepui reactivate NODE`: a machine that an operator took out is offered again.

import type { Command } from 'commander'
import { addMasterFlags, connect, type MasterFlags } from './client/connection.ts'
import { findNode } from './client/nodes.ts'
import { orderMaster } from './client/operator.ts'
import { act } from './command.ts'
import { say, sayFault } from './output.ts'

export function define(command: Command): void {
  addMasterFlags(command).argument('<node>', 'id or host name of the machine')
  act(command, (name: string, flags: MasterFlags) => reactivate(name, flags))
}

async function reactivate(name: string, flags: MasterFlags): Promise<number> {
  const connected = connect(flags)
  if (!connected.ok) return sayFault(connected.fault)
  const { master } = connected.value
  try {
    const found = await findNode(master, name)
    if (!found.ok) return sayFault(found.fault)
    const { id, hostname } = found.value
    const asked = await orderMaster(master, {
      type: 'REACTIVATE_AGENT',
      reactivate_agent: { agent_id: { value: id } },
    })
    if (!asked.ok) return sayFault(asked.fault)
    say(`${hostname}: active`)
    return 0
  } finally {
    master.close()
  }
}
