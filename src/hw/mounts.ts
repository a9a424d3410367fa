// Which drives and volumes each mounted file system is lost with. A mirror outlives its members, so that it alone is named
// and nothing beneath it; of a plain volume everything beneath it is named, too. It does not know who keeps what there.

import { type HardwareMount, mountOf } from '../model/hardware.ts'
import type { Disk, Inventory, Volume } from '../model/inventory.ts'
import { diskRef, volumeRef } from './parts.ts'

/** Programs and their libraries are found there on every machine. */
const programRoots = new Set(['/', '/usr'])

/** `workDir` is an absolute path without links; the file system that it lies on is one that every task needs. */
export function mountsOf(inventory: Inventory, workDir: string): readonly HardwareMount[] {
  const mounts = [...new Set(inventory.filesystems.map(({ mountPoint }) => mountPoint))].map((path) => ({ path }))
  const home = mountOf(mounts, workDir)?.path
  return mounts.map(({ path }) => ({
    path,
    ...beneath(inventory, path),
    isSystem: path === home || programRoots.has(path),
  }))
}

function beneath(inventory: Inventory, path: string): Pick<HardwareMount, 'disks' | 'volumes'> {
  const use = `mount ${path}`
  const volumes = inventory.volumes.filter((volume) => volume.usedBy.includes(use))
  // A pool's file systems are listed with its members as well; the pool knows better which of those it can lose.
  const disks = volumes.length > 0 ? [] : inventory.disks.filter((disk) => disk.usedBy.includes(use))
  const found = { disks: new Set<Disk>(disks), volumes: new Set<Volume>(volumes) }
  for (const volume of found.volumes) {
    if (isRedundant(volume)) continue
    for (const member of volume.members) {
      const below = inventory.volumes.find((one) => one.name === member)
      const disk = inventory.disks.find((one) => isDevice(one, member))
      if (below !== undefined) found.volumes.add(below)
      else if (disk !== undefined) found.disks.add(disk)
    }
  }
  return {
    disks: [...found.disks].map((disk) => diskRef(disk).name),
    volumes: [...found.volumes].map((volume) => volumeRef(volume).name),
  }
}

function isRedundant({ level }: Volume): boolean {
  return level !== null && /^(raid(1|4|5|6|10)|mirror|raidz|draid)/.test(level)
}

function isDevice(disk: Disk, name: string): boolean {
  return disk.name === name || disk.paths.includes(name) || disk.partitions.some((one) => one.name === name)
}
