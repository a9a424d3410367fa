// `tepui mark-gone NODE`: gives up a machine that is dead. Its frameworks hear that their tasks are gone, and its agent is
// refused for ever; whoever lives should be drained (`tepui drain --mark-gone`).

import type { Command } from 'commander'
import { defineNodeOrder } from './node-order.ts'

export function define(command: Command): void {
  defineNodeOrder(command, {
    call: (value) => ({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value } } }),
    done: 'gone',
  })
}
