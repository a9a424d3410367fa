// The machine's disks as resources: which may be given to tasks whole, by which name that stays, and which disk a name
// means. A name is the drive's own (world-wide name or serial number), for the kernel's may change at each boot.
// It does not know who has which, nor what the operator wants.

import type { Disk, Inventory } from '../model/inventory.ts'
import { type DiskSource, type Resource, scalar } from '../model/resources.ts'
import { bytesPerMebibyte, milli } from '../model/units.ts'

/** RAW disk resources: disks on which certainly nothing is, that can be written, and that nobody put in for a moment. */
export function freeDisks(inventory: Inventory): readonly Resource[] {
  return inventory.disks.flatMap((disk) => {
    const source = sourceOf(inventory, disk, 'RAW')
    const amount = wholeMebibytes(disk.sizeBytes)
    if (disk.isFree !== true || source === null || amount === null) return []
    return disk.isReadOnly === true || disk.isRemovable === true ? [] : [scalar('disk', amount, { disk: { source } })]
  })
}

/** A device as the source of a resource; null where nothing but the kernel's name tells it from others. */
export function sourceOf(inventory: Inventory, disk: Disk, type: 'RAW' | 'BLOCK'): DiskSource | null {
  const id = stableId(inventory, disk)
  if (id === null) return null
  return {
    type,
    id,
    ...(disk.kind === null ? {} : { profile: disk.kind }),
    ...(disk.model === null ? {} : { vendor: disk.model }),
  }
}

/** The world-wide name, or the serial number where no other disk has the same; null where it has neither. */
export function stableId({ disks }: Inventory, disk: Disk): string | null {
  if (disk.wwn !== null) return disk.wwn
  const { serial } = disk
  return serial !== null && disks.filter((other) => other.serial === serial).length === 1 ? serial : null
}

/** The one disk that `name` means: the kernel's name (with or without `/dev/`), a serial number or a world-wide name. */
export function findDisk({ disks }: Inventory, name: string): Disk | null {
  const plain = name.replace(/^\/dev\//, '')
  const found = disks.filter((disk) => disk.name === plain || disk.serial === name || disk.wwn === name)
  return found.length === 1 ? (found[0] as Disk) : null
}

/** What of the machine itself uses a disk, in words; null where nothing is known to. */
export function hostUse(disk: Disk): string | null {
  const uses = [...disk.usedBy, ...disk.partitions.flatMap(({ usedBy }) => usedBy)]
  return uses.find((use) => use !== 'partition table') ?? null
}

/** The kernel's names of disks by the ids of their resources. */
export function disksById(inventory: Inventory): Readonly<Record<string, string>> {
  return Object.fromEntries(
    inventory.disks.flatMap((disk) => {
      const id = stableId(inventory, disk)
      return id === null ? [] : [[id, disk.name]]
    }),
  )
}

/** As Mesos counts disk: whole mebibytes; null for less than one, and where the size is not known. */
export function wholeMebibytes(bytes: number | null) {
  const mebibytes = Math.floor((bytes ?? 0) / bytesPerMebibyte)
  return mebibytes === 0 ? null : milli(mebibytes * 1000)
}
