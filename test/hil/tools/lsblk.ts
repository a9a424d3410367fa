// lsblk of util-linux beside the probe: drives, their partitions, and where they are mounted.

import type { Disk, Inventory } from '../../../src/model/inventory.ts'
import type { Verdict } from '../verdicts.ts'
import { byName, judgeEach } from './compare.ts'

export const lsblkColumns =
  'NAME,TYPE,SIZE,VENDOR,MODEL,SERIAL,WWN,ROTA,RO,RM,LOG-SEC,PHY-SEC,TRAN,MOUNTPOINTS,PARTUUID'

type Row = {
  readonly name: string
  readonly type: string
  readonly children?: readonly Row[]
  readonly mountpoints?: readonly (string | null)[]
  readonly [column: string]: unknown
}

/** Block devices that lsblk calls disks and that have no hardware of their own. */
const notDrives = /^(zram|ram|nbd|md|dm-|zd|loop|bcache|drbd|rbd)\d/

/** `lsblk -J -b -o …`. */
export function compareLsblk(text: string, { disks }: Inventory): readonly Verdict[] {
  const rows = (JSON.parse(text) as { blockdevices: readonly Row[] }).blockdevices
  const told = rows.filter(({ type, name }) => type === 'disk' && !notDrives.test(name))
  const each = (fact: string, left: (row: Row) => unknown, right: (disk: Disk) => unknown) => {
    // Which drives there are is told once, by the sizes.
    const here = new Set(disks.map(({ name }) => name))
    const common = fact === 'drive size' ? told : told.filter(({ name }) => here.has(name))
    const there = new Set(common.map(({ name }) => name))
    const ours = fact === 'drive size' ? disks : disks.filter(({ name }) => there.has(name))
    return judgeEach(
      fact,
      byName(common, ({ name }) => name, left),
      byName(ours, ({ name }) => name, right),
    )
  }
  return [
    ...each(
      'drive size',
      (row) => number(row.size),
      ({ sizeBytes }) => sizeBytes,
    ),
    ...each('drive model', modelOf, ({ model }) => plainText(model)),
    ...each(
      'drive serial',
      (row) => plainText(row.serial),
      ({ serial }) => plainText(serial),
    ),
    ...each(
      'drive wwn',
      (row) => plainName(row.wwn),
      ({ wwn }) => plainName(wwn),
    ),
    ...each(
      'drive rotates',
      (row) => boolean(row.rota),
      ({ rotational }) => rotational,
    ),
    ...each(
      'drive read-only, removable',
      (row) => [boolean(row.ro), boolean(row.rm)],
      ({ isReadOnly, isRemovable }) => [isReadOnly, isRemovable],
    ),
    ...each(
      'drive blocks',
      (row) => [number(row['log-sec']), number(row['phy-sec'])],
      ({ logicalBlockBytes, physicalBlockBytes }) => [logicalBlockBytes, physicalBlockBytes],
    ),
    ...each(
      'drive partitions',
      (row) => (row.children ?? []).flatMap(partOf),
      ({ partitions }) => partitions.map(({ name, sizeBytes, uuid }) => [name, sizeBytes, uuid]),
    ),
    ...each('drive mounts', mountsOf, ({ usedBy }) => mounts(usedBy)),
  ]
}

function partOf(row: Row): readonly unknown[] {
  return row.type === 'part' ? [[row.name, number(row.size), row.partuuid ?? null]] : []
}

function mountsOf({ mountpoints = [] }: Row): readonly (string | null)[] {
  return [...new Set(mountpoints)].filter((one) => one?.startsWith('/')).sort()
}

function mounts(usedBy: readonly string[]): readonly string[] {
  return usedBy.flatMap((use) => (use.startsWith('mount ') ? [use.slice('mount '.length)] : [])).sort()
}

/** The vendor of a SATA drive is a word for the bus, that of a virtio drive a number. */
function modelOf({ vendor, model }: Row): string | null {
  const maker = plainText(vendor)
  const name = plainText(model)
  return name === null || maker === null || maker === 'ATA' || maker.startsWith('0x') ? name : `${maker} ${name}`
}

/** udev writes underscores for spaces. */
function plainText(value: unknown): string | null {
  const text = typeof value === 'string' ? value.replaceAll('_', ' ').replaceAll(/\s+/g, ' ').trim() : ''
  return text === '' ? null : text
}

/** The kernel names the kind of name where udev writes a number. */
function plainName(value: unknown): string | null {
  return plainText(value)?.replace(/^(naa\.|0x)/, '') ?? null
}

/** Versions differ in what they put in quotes. */
function number(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}

function boolean(value: unknown): boolean | null {
  return value === null || value === undefined ? null : value === true || value === 1 || value === '1'
}
