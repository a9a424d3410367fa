// What a task is granted of its agent's exact hardware when it is launched. The decision is placement's; here it meets
// the task's resources and labels.

import type { Labels } from '../../mesos/types.ts'
import type { Grant, Hardware } from '../../model/hardware.ts'
import { type Resource, type Resources, scalarTotal, scalarTotals } from '../../model/resources.ts'
import type { Result } from '../../model/result.ts'
import type { Need } from '../placement/types.ts'
import { wishOf } from '../placement/wish.ts'
import type { Agent } from './records.ts'

const bytesPerMilliMebibyte = (1024 * 1024) / 1000
const instancePrefix = 'gpu-'

/** What a task with these resources needs of its machine: amounts, and by name the disks that are given as resources. */
export function needOf(all: Resources, { disks }: Pick<Hardware, 'disks'>): Need {
  // What is revocable is others' hardware: nothing of its own is set apart for it.
  const items = all.filter(({ revocable }) => !revocable)
  const gpuInstances: Record<string, number> = {}
  for (const [name, amount] of scalarTotals(items)) {
    if (name.startsWith(instancePrefix)) gpuInstances[name] = amount / 1000
  }
  const ids = new Set(items.flatMap(deviceId))
  return {
    cpusMilli: scalarTotal(items, 'cpus'),
    memoryBytes: Math.round(scalarTotal(items, 'mem') * bytesPerMilliMebibyte),
    gpus: scalarTotal(items, 'gpus') / 1000,
    gpuInstances,
    disks: disks.flatMap(({ name, resourceId }) => (resourceId !== undefined && ids.has(resourceId) ? [name] : [])),
  }
}

/** PLACEMENT_WISH, PLACEMENT_IMPOSSIBLE or PLACEMENT_TAKEN with the reason for a person. */
export function grantFor(agent: Agent, items: Resources, labels: Labels | undefined): Result<Grant> {
  const wish = wishOf(labels?.labels ?? [])
  return wish.ok ? agent.books.place(needOf(items, agent.hardware), wish.value) : wish
}

function deviceId({ disk }: Resource): readonly string[] {
  const { type, id } = disk?.source ?? {}
  return (type === 'RAW' || type === 'BLOCK') && id !== undefined ? [id] : []
}
