// One drive, several names: a LUN or a dual-ported drive shows a block device for each way to it. They are the same
// where one multipath device stands on them, or where world-wide name, serial and size are all equal: the name alone is
// not believed, because makers have given one name to many drives (FN-0044).

import type { Disk } from '../../model/inventory.ts'
import type { BlockTable } from './block-table.ts'

/** Names that are meant to be one of a kind in the world; `t10` ones are often only a vendor and a model. */
const uniqueName = /^(naa|eui|uuid|nvme)\./

export function joinPaths(disks: readonly Disk[], table: BlockTable): readonly Disk[] {
  const groups = new Map<string, Disk[]>()
  for (const disk of disks) {
    const key = sameDrive(disk, table) ?? `name ${disk.name}`
    groups.set(key, [...(groups.get(key) ?? []), disk])
  }
  return [...groups.values()].map((group) => join(group))
}

function sameDrive(disk: Disk, table: BlockTable): string | null {
  const holders = table.byName.get(disk.name)?.holders ?? []
  const above = holders.find((holder) => table.byName.get(holder)?.mapper?.kind === 'multipath')
  if (above !== undefined) return `multipath ${above}`
  if (disk.wwn === null || disk.serial === null || disk.sizeBytes === null || !uniqueName.test(disk.wwn)) return null
  return `${disk.wwn} ${disk.serial} ${disk.sizeBytes}`
}

/** The first path speaks for all; what differs between them (locality) is unknown, what adds up is added. */
function join(group: readonly Disk[]): Disk {
  const [first, ...others] = group as readonly [Disk, ...Disk[]]
  if (others.length === 0) return first
  const isSameNode = others.every((one) => one.numaNode === first.numaNode)
  const frees = group.map((one) => one.isFree)
  return {
    ...first,
    numaNode: isSameNode ? first.numaNode : null,
    paths: group.map((one) => one.name),
    partitions: group.find((one) => one.partitions.length > 0)?.partitions ?? [],
    usedBy: [...new Set(group.flatMap((one) => one.usedBy))],
    isFree: frees.includes(false) ? false : frees.includes(null) ? null : true,
  }
}
