// Why nothing is offered to somebody who needs certain amounts: one sentence for a person. It looks at every agent, and
// is asked by people, not by the cluster itself. It does not know filters, shares or constraints.

import { formatResources } from '../../mesos/resource-text.ts'
import { allocatedTo, overlap, type Resources, scalarTotals, subtract } from '../../model/resources.ts'
import { milliToNumber } from '../../model/units.ts'
import type { AgentRecord } from './types.ts'

/** Null when an agent could be offered now that has what is wanted. */
export function whyNot(agents: Iterable<AgentRecord>, wanted: Resources): string | null {
  const all = [...agents]
  if (all.length === 0) return 'no agent is registered'
  const active = all.filter((agent) => agent.isActive)
  if (active.length === 0) return `none of the ${all.length} registered agents is connected`
  const needs = [...scalarTotals(wanted)]
  for (const [name, amount] of needs) {
    const largest = Math.max(...active.map((agent) => amountOf(agent.total, name)))
    if (amount > largest) {
      const unit = name === 'mem' || name === 'disk' ? ' MiB' : ''
      const asked = `asked ${milliToNumber(amount)}${unit === '' ? '' : `${unit} of`} ${name}`
      return `${asked}; ${largest === 0 ? 'no machine has any' : `the largest machine has ${largest / 1000}${unit}`}`
    }
  }
  const fits = (items: Resources) => needs.every(([name, amount]) => amountOf(items, name) >= amount)
  const large = active.filter((agent) => fits(agent.total))
  if (large.length === 0) return `no machine has all of ${formatResources(wanted)} together`
  if (large.some((agent) => fits(without(agent.total, agent.used, agent.offered)))) return null
  const machines = `${large.length} ${large.length === 1 ? 'machine' : 'machines'} large enough`
  if (large.some((agent) => fits(without(agent.total, agent.used)))) {
    return `what is free of the ${machines} is on offer to other frameworks at the moment`
  }
  return `the ${machines} for ${formatResources(wanted)} ${large.length === 1 ? 'is' : 'are'} busy with other tasks`
}

function amountOf(items: Resources, name: string): number {
  return scalarTotals(items).get(name) ?? 0
}

/** What is left by amounts alone: roles and reservations do not matter for the question whether it would fit. */
function without(total: Resources, ...held: readonly Resources[]): Resources {
  let left = total
  for (const items of held) {
    left = subtract(left, overlap(left, allocatedTo(items, undefined)))
  }
  return left
}
