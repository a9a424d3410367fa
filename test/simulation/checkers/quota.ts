// Nobody is offered more than the limit of its role: an offer is made only where all that its top-level role holds, has
// reserved and is offered stays within. What was held before a limit came stays. Added up here from the books of agents,
// never asked of who decides.

import type { AgentRecord, ClusterView } from '../../../src/master/cluster/types.ts'
import { isTerminal } from '../../../src/mesos/names.ts'
import { allocatedTo, contains, type Resources, resources } from '../../../src/model/resources.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'

export function quota(): Observer {
  let known = new Set<string>()
  return (fact: Fact) => {
    if (fact.kind === 'masterStarted') known = new Set()
    if (fact.kind !== 'masterStepped') return
    const { view } = fact
    const quotas = view.quotas()
    const offers = [...view.offers()]
    const isNew = offers.some(({ id }) => !known.has(id))
    if (isNew && quotas.size > 0) {
      const roles = new Map<string, Set<string>>()
      for (const { id, role, resources } of offers) {
        if (known.has(id) || !quotas.has(topOf(role))) continue
        const names = roles.get(topOf(role)) ?? new Set<string>()
        roles.set(topOf(role), names)
        for (const item of resources) if (isCounted(item) && isUnreserved(item)) names.add(item.name)
      }
      for (const [role, names] of roles) checkRole(view, role, names)
    }
    if (isNew || offers.length !== known.size) known = new Set(offers.map(({ id }) => id))
  }
}

function checkRole(view: ClusterView, role: string, names: ReadonlySet<string>): void {
  const limits = view.quotas().get(role)?.limits ?? {}
  for (const [name, limit] of Object.entries(limits)) {
    if (!names.has(name)) continue
    const consumed = [...view.agents()].reduce((sum, agent) => {
      const { tasks, offered } = agent
      // Runs of frameworks that are gone are nobody's while they end.
      const alive = [...tasks.values()].filter(({ latestState }) => !isTerminal(latestState))
      const held = sumOf(
        [...alive.flatMap(({ resources }) => resources), ...offered],
        name,
        (item) => isUnreserved(item) && isBelow(item.allocationRole, role),
      )
      const reserved = sumOf(reservable(agent), name, (item) => isBelow(item.reservations?.at(-1)?.role, role))
      return sum + held + reserved
    }, 0)
    if (consumed <= limit) continue
    throw new Violation('quota', 'an offer stays within the limit of its role', { role, name, consumed, limit })
  }
}

/**
 * What is reserved of a part that is sick, in use by runs that are nobody's, or by others since its machine shrank, counts
 * again when it is there.
 */
function reservable({ conditions, total, used, tasks }: AgentRecord): Resources {
  const alive = [...tasks.values()].filter(({ latestState }) => !isTerminal(latestState))
  const owned = resources(alive.flatMap((task) => task.resources))
  if (!contains(owned, used)) return []
  const isSick = conditions.some(({ severity }) => severity === 'critical')
  const held = allocatedTo(used, undefined).filter(({ shared, revocable }) => shared !== true && revocable !== true)
  return isSick || !contains(total, held) ? [] : total
}

type Item = Resources[number]

function sumOf(items: Resources, name: string, rule: (item: Item) => boolean): number {
  return items.reduce((sum, item) => {
    const counts = item.name === name && isCounted(item) && rule(item) && item.value.kind === 'scalar'
    return counts && item.value.kind === 'scalar' ? sum + item.value.milli : sum
  }, 0)
}

function isCounted({ revocable, value }: Item): boolean {
  return revocable !== true && value.kind === 'scalar'
}

function isUnreserved({ reservations = [] }: Item): boolean {
  return reservations.length === 0
}

function isBelow(role: string | undefined, top: string): boolean {
  return role !== undefined && topOf(role) === top
}

function topOf(role: string): string {
  return role.split('/')[0] as string
}
