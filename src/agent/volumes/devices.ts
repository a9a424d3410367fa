// Disks that are given to tasks whole, as devices: which are held, and who may open them. A device is its task's user's
// while the task runs, and the root's otherwise. It does not know what is on a disk.

import { chownSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { MesosJson } from '../../wire/messages.ts'

/** Where the kernel shows them. */
const devicesDirectory = '/dev'

type LooseResource = {
  readonly reservations?: readonly { readonly type?: unknown }[]
  readonly disk?: { readonly source?: { readonly type?: unknown; readonly id?: unknown } }
}

/** Ids of the disks among the resources of tasks, as these were sent. */
export function disksOfTasks(tasks: Iterable<MesosJson>): readonly string[] {
  return [...tasks].flatMap(({ resources }) => ((resources ?? []) as readonly LooseResource[]).flatMap(deviceId))
}

/** Ids of the disks that are reserved dynamically. */
export function reservedDisks(resources: readonly LooseResource[]): readonly string[] {
  return resources.filter(({ reservations }) => reservations?.at(-1)?.type === 'DYNAMIC').flatMap(deviceId)
}

/** Lets the task's user open the devices of these names. Throws where that cannot be. */
export function giveDevices(
  names: readonly string[],
  owner: { readonly uid: number } | null,
  devices = devicesDirectory,
): void {
  if (owner === null) return
  for (const name of names) chownSync(join(devices, name), owner.uid, statSync(join(devices, name)).gid)
}

/** Nobody but the root opens them any more; one that is gone needs nothing. */
export function takeBackDevices(names: readonly string[], devices = devicesDirectory): void {
  if (process.geteuid?.() !== 0) return
  for (const name of names) {
    const stats = statSync(join(devices, name), { throwIfNoEntry: false })
    if (stats !== undefined && stats.uid !== 0) chownSync(join(devices, name), 0, stats.gid)
  }
}

function deviceId({ disk }: LooseResource): readonly string[] {
  const { type, id } = disk?.source ?? {}
  return (type === 'RAW' || type === 'BLOCK') && typeof id === 'string' ? [id] : []
}
