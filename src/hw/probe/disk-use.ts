// What uses a block device, and what is on it. Uses are said in words for people, nearest first; they end at the next
// level: a drive is used by the volume group, the group's volumes are used by their mounts.
// Who opens a device by itself (a database, a hypervisor) is not to be seen.

import type { Content } from '../../model/inventory.ts'
import { type Reading, valueOr } from '../../model/reading.ts'
import { parseLvmName } from '../parse/device-mapper.ts'
import { type Mount, parseMountinfo, parseMounts, parseSwapDevices } from '../parse/mounts.ts'
import { parseLine } from '../parse/numbers.ts'
import { decodeUdev, type UdevEntry } from '../parse/udev-db.ts'
import type { BlockDevice, BlockTable } from './block-table.ts'
import { type Bench, readFact, settle } from './report.ts'

/** More uses of one device are not listed one by one. */
const usesMax = 12

/** File systems whose folder under /sys/fs names the devices that are mounted, in whatever mount namespace. */
const typesNamingDevices = ['ext4', 'xfs', 'f2fs', 'jfs']

export type BtrfsPool = { readonly uuid: string; readonly label: string | null; readonly devices: readonly string[] }

export type Uses = {
  readonly mounts: readonly Mount[]
  /** What is mounted and swapped to could be read. */
  readonly isKnown: boolean
  readonly btrfs: readonly BtrfsPool[]
  readonly zpools: readonly string[]
  /** What uses the device itself, its partitions left aside. */
  of(device: BlockDevice): readonly string[]
  /** The same with `partition table` and what uses the partitions. */
  ofWhole(device: BlockDevice): readonly string[]
}

export function readUses(bench: Bench, table: BlockTable): Uses {
  const read = readMounts(bench)
  const mounts = read ?? []
  const folders = new Set(valueOr(bench.source.list('/sys/fs'), []))
  const btrfs = folders.has('btrfs') ? readBtrfs(bench) : []
  const zpools = readZpools(bench)
  const names = new Map<string, string>()
  for (const device of table.devices) {
    if (device.mapper?.name != null) names.set(device.mapper.name, device.name)
  }
  const deviceOf = (path: string) => table.byName.get(names.get(path) ?? path)?.name ?? null
  const uses = new Map<string, string[]>()
  const add = (name: string | null, use: string) => {
    if (name !== null) uses.set(name, [...(uses.get(name) ?? []), use])
  }
  for (const mount of distinctMounts(mounts)) {
    for (const name of devicesOfMount(table, mount, deviceOf)) add(name, `mount ${mount.mountPoint}`)
  }
  const swapText = bench.source.readText('/proc/swaps')
  const swaps = parseSwapDevices(settle(bench.report, swapText, '/proc/swaps') ?? '')
  for (const path of swaps) add(deviceOf(path.replace(/^\/dev\/(mapper\/)?/, '').replaceAll('/', '!')), 'swap')
  for (const pool of btrfs) for (const name of pool.devices) add(name, `btrfs ${pool.label ?? pool.uuid}`)
  for (const type of typesNamingDevices.filter((one) => folders.has(one))) {
    for (const name of valueOr(bench.source.list(`/sys/fs/${type}`), [])) {
      if (table.byName.has(name) && !uses.has(name)) add(name, `${type} mounted elsewhere`)
    }
  }
  const of = (device: BlockDevice): readonly string[] => {
    const held = device.holders.map((holder) => holderInWords(table.byName.get(holder), holder))
    const pool = zpoolOn(device, zpools)
    return bounded([...held, ...(uses.get(device.name) ?? []), ...(pool === null ? [] : [`zfs ${pool}`])])
  }
  const ofWhole = (device: BlockDevice) => {
    const isParted = device.partitions.length > 0 || device.udev?.has('ID_PART_TABLE_TYPE') === true
    return bounded([
      ...of(device),
      ...(isParted ? ['partition table'] : []),
      ...device.partitions.flatMap((one) => [...of(one)]),
    ])
  }
  return { mounts, isKnown: read !== null && swapText.kind !== 'unreadable', btrfs, zpools, of, ofWhole }
}

function bounded(uses: readonly string[]): readonly string[] {
  const distinct = [...new Set(uses)]
  if (distinct.length <= usesMax) return distinct
  return [...distinct.slice(0, usesMax - 1), `${distinct.length - usesMax + 1} more`]
}

/** What udev's blkid recognised: a file system, a member of something, or (on a whole device) a partition table (FN-0045). */
export function contentOf(udev: UdevEntry | null, isPartition = false): Content | null {
  const text = (...keys: readonly string[]) => {
    const key = keys.find((one) => udev?.has(one))
    return key === undefined ? null : decodeUdev(udev?.get(key) ?? '')
  }
  const type = text('ID_FS_TYPE')
  if (type !== null)
    return { type, uuid: text('ID_FS_UUID_ENC', 'ID_FS_UUID'), label: text('ID_FS_LABEL_ENC', 'ID_FS_LABEL') }
  const scheme = isPartition ? null : text('ID_PART_TABLE_TYPE')
  return scheme === null ? null : { type: scheme, uuid: text('ID_PART_TABLE_UUID'), label: null }
}

/**
 * Whether udev has looked for content: its rules leave a trace of their own then, and some rules switch that look off
 * (device mapper, and drives that multipath owns).
 */
export function isContentKnown(udev: UdevEntry | null): boolean {
  if (udev === null || contentOf(udev) !== null) return udev !== null
  if (udev.get('DM_MULTIPATH_DEVICE_PATH') === '1' || udev.get('UDEV_DISABLE_PERSISTENT_STORAGE_RULES_FLAG') === '1') {
    return false
  }
  return [...udev.keys()].some((key) => key.startsWith('ID_'))
}

/** Null, with a problem, where there is a list and none can be read. */
function readMounts({ source, report }: Bench): readonly Mount[] | null {
  const lists = [
    ['/proc/self/mountinfo', parseMountinfo],
    ['/proc/1/mountinfo', parseMountinfo],
    ['/proc/self/mounts', parseMounts],
    ['/proc/mounts', parseMounts],
  ] as const
  const unreadable: (readonly [path: string, text: Reading<string>])[] = []
  for (const [path, parse] of lists) {
    const text = source.readText(path)
    if (text.kind === 'known') return parse(text.value)
    if (text.kind === 'unreadable') unreadable.push([path, text])
  }
  for (const [path, text] of unreadable) settle(report, text, path, ['filesystems'])
  return unreadable.length === 0 ? [] : null
}

/**
 * One mount of each file system, of a btrfs one of each subvolume: the first that shows the whole of it, so that bind
 * mounts (of which containers make thousands) are left out. Where none shows the whole, the one that shows the most.
 */
export function distinctMounts(mounts: readonly Mount[]): readonly Mount[] {
  const best = new Map<string, Mount>()
  for (const mount of mounts) {
    const system = mount.number ?? `${mount.source} ${mount.type === 'zfs' ? mount.mountPoint : ''}`
    const key = mount.type === 'btrfs' ? `${mount.source} ${mount.root}` : system
    const found = best.get(key)
    if (found === undefined || mount.root.length < found.root.length) best.set(key, mount)
  }
  return [...best.values()]
}

/** By number where it is a block device's own, else by the name given to mount: `/dev/sda1`, `/dev/sdb:/dev/sdc`. */
function devicesOfMount(
  table: BlockTable,
  mount: Mount,
  deviceOf: (name: string) => string | null,
): readonly (string | null)[] {
  const byNumber = mount.number === null ? undefined : table.byNumber.get(mount.number)
  const byName = mount.source.split(':/dev/').map((path) => {
    return deviceOf(path.replace(/^\/dev\/(mapper\/)?/, '').replaceAll('/', '!'))
  })
  return [...new Set([byNumber?.name ?? null, ...byName])]
}

function holderInWords(holder: BlockDevice | undefined, name: string): string {
  if (holder?.mapper == null) return name.startsWith('dm-') ? `holder ${name}` : name
  const { kind, name: label } = holder.mapper
  if (label === null) return `holder ${name}`
  const group = kind === 'lvm' ? parseLvmName(label)?.group : undefined
  return group === undefined ? `${kind} ${label}` : `vg ${group}`
}

function readBtrfs(bench: Bench): readonly BtrfsPool[] {
  const { source } = bench
  const uuids = valueOr(source.list('/sys/fs/btrfs'), []).filter((name) => /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name))
  return uuids.sort().map((uuid) => ({
    uuid,
    label: readFact(bench, `/sys/fs/btrfs/${uuid}/label`, parseLine),
    devices: [...valueOr(source.list(`/sys/fs/btrfs/${uuid}/devices`), [])].sort(),
  }))
}

/** Imported pools: each has a folder with a file `state` beside the module's own statistics. */
function readZpools({ source }: Bench): readonly string[] {
  const names = valueOr(source.list('/proc/spl/kstat/zfs'), [])
  return names.filter((name) => source.exists(`/proc/spl/kstat/zfs/${name}/state`)).sort()
}

/** A member of a pool carries the pool's name as its label. */
function zpoolOn({ udev }: BlockDevice, zpools: readonly string[]): string | null {
  const content = zpools.length === 0 ? null : contentOf(udev)
  const isMember = content?.type === 'zfs_member' && content.label !== null && zpools.includes(content.label)
  return isMember ? content.label : null
}
