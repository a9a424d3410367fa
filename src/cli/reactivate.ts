// `tepui reactivate NODE`: a machine that an operator took out is offered again.

import type { Command } from 'commander'
import { defineNodeOrder } from './node-order.ts'

export function define(command: Command): void {
  defineNodeOrder(command, {
    call: (value) => ({ type: 'REACTIVATE_AGENT', reactivate_agent: { agent_id: { value } } }),
    done: 'active',
  })
}
