// What an agent says that its tasks hold must be possible before it is booked: a port, an item of a set, a volume and a
// part granted alone are one task's at a time, amounts can be counted, and a task holds tomorrow what it held yesterday.
// An agent that says otherwise is not believed, since books that take the same thing in twice can give it back only once.
// It does not know how reports arrive, nor what is free.

import { isTerminal } from '../../mesos/names.ts'
import { scalarMax } from '../../mesos/validate-resource.ts'
import { parseCpuList } from '../../model/cpu-set.ts'
import { type Grant, noGrant } from '../../model/hardware.ts'
import { equal, type Range, type Resource } from '../../model/resources.ts'
import { type Agent, type ReportedTask, taskKey } from './records.ts'

/** Why these tasks cannot all hold what they are reported to hold, or null. */
export function holdingsError(tasks: readonly ReportedTask[]): string | null {
  const live = tasks.filter((task) => !isTerminal(task.latestState))
  const twice = grantedTwice(live.map(({ grant }) => grant))
  if (twice !== null) return `${twice} is granted twice`
  const byKey = new Map<string, Resource[]>()
  const sums = new Map<string, number>()
  const volumes = new Set<string>()
  for (const item of live.flatMap((task) => task.resources)) {
    const { value, name, disk, shared, key } = item
    if (disk?.persistence !== undefined && shared !== true) {
      if (volumes.has(key)) return `persistent volume '${disk.persistence.id}' is held twice`
      volumes.add(key)
    }
    if (value.kind === 'scalar') sums.set(name, (sums.get(name) ?? 0) + value.milli)
    else byKey.get(item.key)?.push(item) ?? byKey.set(item.key, [item])
  }
  for (const [name, sum] of sums) {
    if (sum > scalarMax * 1000) return `its tasks hold more than ${scalarMax} of '${name}'`
  }
  for (const items of byKey.values()) if (hasSharedPart(items)) return `'${items[0]?.name}' is held twice`
  return null
}

/** A task of which the agent now says that it holds something else than it is booked with, or null. */
export function changedHolding(agent: Agent, tasks: readonly ReportedTask[]): ReportedTask | null {
  const isChanged = (task: ReportedTask) => {
    const key = taskKey(task.frameworkId, task.id)
    const held = agent.tasks.get(key) ?? agent.ending.get(key)
    return held !== undefined && !(equal(held.resources, task.resources) && isSameGrant(held.grant, task.grant))
  }
  return tasks.find(isChanged) ?? null
}

/** What two tasks have alone, or null. */
function grantedTwice(grants: readonly Grant[]): string | null {
  const alone = {
    GPU: (grant: Grant) => [...grant.gpuUuids, ...grant.gpuInstanceUuids],
    port: (grant: Grant) => grant.nics,
    disk: (grant: Grant) => grant.disks,
    CPU: (grant: Grant) => parseCpuList(grant.cpus ?? '') ?? [],
  }
  for (const [kind, partsOf] of Object.entries(alone)) {
    const seen = new Set<string | number>()
    for (const part of grants.flatMap((grant): readonly (string | number)[] => partsOf(grant))) {
      if (seen.has(part)) return `${kind} ${part}`
      seen.add(part)
    }
  }
  return null
}

function isSameGrant(a: Grant, b: Grant): boolean {
  const inOrder = (grant: Grant) => Object.keys(noGrant).map((part) => grant[part as keyof Grant])
  return JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))
}

/** Whether any two of these, all of one kind, have a range or an item in common. */
function hasSharedPart(items: readonly Resource[]): boolean {
  const ranges: Range[] = []
  const names: string[] = []
  for (const { value } of items) {
    if (value.kind === 'ranges') for (const range of value.ranges) ranges.push(range)
    if (value.kind === 'set') for (const name of value.items) names.push(name)
  }
  ranges.sort((a, b) => a.begin - b.begin)
  return new Set(names).size < names.length || ranges.some((range, i) => range.begin <= (ranges[i - 1]?.end ?? -1))
}
