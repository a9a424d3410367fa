// The reasons of many machines as one sentence for a person who waits. It does not know how the reasons were found.

import { formatResources } from '../../mesos/resource-text.ts'
import { type Resources, scalarTotal, scalarTotals } from '../../model/resources.ts'
import { milliToNumber } from '../../model/units.ts'
import { isAmountAlone } from './gang-request.ts'
import type { Agent } from './records.ts'
import type { WhyGroup } from './types.ts'

/** Null when a machine could be offered now, or is. */
export function sentenceOf(agents: readonly Agent[], wanted: Resources, groups: readonly WhyGroup[]): string | null {
  if (groups.some(({ code }) => code === 'offerable' || code === 'hasOffer')) return null
  if (agents.length === 0) return 'no agent is registered'
  const connected = agents.filter(({ isConnected }) => isConnected)
  if (connected.length === 0) return `none of the ${agents.length} registered agents is connected`
  const main = groups.find(({ code }) => code !== 'tooSmall' && code !== 'disconnected')
  if (main === undefined) return tooLarge(connected, wanted)
  const machines = main.count === 1 ? 'the machine large enough' : `${main.count} machines large enough`
  // How long a filter lasts changes with every second, and says nothing that waiting does not.
  const change = main.code === 'filter' ? undefined : main.changes[0]
  const holders = main.holders.map(({ framework, role }) => `${framework} (role ${role})`).slice(0, 3)
  return [
    `${machines}: ${main.text}`,
    ...(holders.length === 0 ? [] : [`held by ${holders.join(', ')}`]),
    ...(change === undefined ? [] : [change]),
  ].join('; ')
}

function tooLarge(agents: readonly Agent[], wanted: Resources): string {
  for (const [name, amount] of scalarTotals(wanted)) {
    const largest = Math.max(...agents.map(({ total }) => scalarTotal(total.filter(isAmountAlone), name)))
    if (amount <= largest) continue
    const isOwn = agents.some(({ total }) => scalarTotal(total, name) >= amount)
    const own = 'only as disks or volumes of their own'
    const unit = name === 'mem' || name === 'disk' ? ' MiB' : ''
    const asked = `asked ${milliToNumber(amount)}${unit === '' ? '' : `${unit} of`} ${name}`
    if (largest === 0) return `${asked}; ${isOwn ? `machines have it ${own}` : 'no machine has any'}`
    return `${asked}; the largest machine has ${largest / 1000}${unit}${isOwn ? `, and more ${own}` : ''}`
  }
  return `no machine has all of ${formatResources(wanted)} together`
}
