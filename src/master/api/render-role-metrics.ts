// Roles in numbers: quota, what counts for it, dominant shares, and what of each resource is given away. Roles and
// resources have names of any kind, so each number carries them as labels beside its flat name as Mesos writes it.
// A pure function of the view.

import type { Resources } from '../../model/resources.ts'
import type { Quantities } from '../allocator/types.ts'
import type { ClusterView, RoleRecord } from '../cluster/types.ts'

/** Roles beyond these, by name, are only counted. */
export const rolesShownMax = 1_000
/** Resource names beyond these, by name, are left out. */
export const resourcesShownMax = 50

export type LabelledGauge = {
  /** As in Mesos' snapshot. */
  readonly flatName: string
  /** One name for all rows that differ in their labels only. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export function roleGauges(view: ClusterView): readonly LabelledGauge[] {
  const roles = [...view.roles()]
  return [
    ...roles.slice(0, rolesShownMax).flatMap((role) => gaugesOf(role, view)),
    ...resourceGauges(view),
    gauge('allocator/mesos/roles', 'allocator/mesos/roles', {}, roles.length),
  ]
}

function gaugesOf({ name: role, share, quota }: RoleRecord, view: ClusterView): LabelledGauge[] {
  const dominant = 'allocator/mesos/roles/shares/dominant'
  const rows = [gauge(`allocator/mesos/roles/${role}/shares/dominant`, dominant, { role }, share)]
  if (quota === null) return rows
  const amounts = { guarantee: quota.guarantees, limit: quota.limits, offered_or_allocated: view.consumed(role) }
  for (const [kind, quantities] of Object.entries(amounts)) {
    for (const [resource, milli] of shown(quantities)) {
      const flatName = `allocator/mesos/quota/roles/${role}/resources/${resource}/${kind}`
      rows.push(gauge(flatName, `allocator/mesos/quota/${kind}`, { role, resource }, milli / 1000))
    }
  }
  return rows
}

function resourceGauges(view: ClusterView): LabelledGauge[] {
  const sums = { total: new Map<string, number>(), offered_or_allocated: new Map<string, number>() }
  for (const agent of view.agents()) {
    addTo(sums.total, agent.total)
    addTo(sums.offered_or_allocated, agent.used)
    addTo(sums.offered_or_allocated, agent.offered)
  }
  return Object.entries(sums).flatMap(([kind, amounts]) =>
    shown(Object.fromEntries(amounts)).map(([resource, milli]) => {
      const flatName = `allocator/mesos/resources/${resource}/${kind}`
      return gauge(flatName, `allocator/mesos/resources/${kind}`, { resource }, milli / 1000)
    }),
  )
}

function addTo(sums: Map<string, number>, items: Resources): void {
  for (const { name, value } of items) if (value.kind === 'scalar') sums.set(name, (sums.get(name) ?? 0) + value.milli)
}

function shown(quantities: Quantities): readonly (readonly [string, number])[] {
  return Object.entries(quantities)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, resourcesShownMax)
}

function gauge(flatName: string, name: string, labels: LabelledGauge['labels'], value: number): LabelledGauge {
  return { flatName, name, labels, value }
}
