// All whole block devices with their partitions, read once for drives, volumes and file systems: names, numbers, what
// stands on what, and what udev found on them. It does not know what any of them means.
// Loops, RAM disks and compressed memory are not read at all: a machine with packages in images has hundreds.

import { absent, known, type Reading, valueOr } from '../../model/reading.ts'
import { type MapperIdentity, parseMapperUuid } from '../parse/device-mapper.ts'
import { parseAssignments } from '../parse/key-values.ts'
import { cleanText, implausible, parseCount, parseInteger, parseLine, parsePositive } from '../parse/numbers.ts'
import { parseUdevEntry, type UdevEntry } from '../parse/udev-db.ts'
import { type Bench, listNames, naturalOrder, readFact } from './report.ts'

/** The kernel counts in these whatever the drive's own blocks are. */
const sectorBytes = 512

/** More whole devices than this are not read; a problem says so. */
const devicesMax = 4096

const ignored = /^(loop|ram|zram|fd)\d/

export type BlockDevice = {
  /** The kernel's name, `nvme0n1p2`, `cciss!c0d0`. */
  readonly name: string
  readonly folder: string
  /** What is in the folder. */
  readonly files: ReadonlySet<string>
  /** `8:16`. */
  readonly number: string | null
  /** Null for a partition where nothing says it; always null for a whole device. */
  readonly partitionNumber: number | null
  /** From the partition table, as the kernel read it. */
  readonly partitionUuid: string | null
  readonly partitionName: string | null
  readonly sizeBytes: number | null
  /** Devices that stand on this one, at the next level. */
  readonly holders: readonly string[]
  /** Devices that this one stands on, at the next level; none of a drive. */
  readonly slaves: readonly string[]
  readonly partitions: readonly BlockDevice[]
  /** Null where udev keeps no database or knows nothing of this device. */
  readonly udev: UdevEntry | null
  /** Of a device mapper device. */
  readonly mapper: (MapperIdentity & { readonly name: string | null }) | null
}

export type BlockTable = {
  /** Whole devices in the order of their names. */
  readonly devices: readonly BlockDevice[]
  /** Whole devices and partitions. */
  readonly byName: ReadonlyMap<string, BlockDevice>
  readonly byNumber: ReadonlyMap<string, BlockDevice>
  /** Whether udev's database is there at all. */
  readonly hasUdev: boolean
}

export function readBlockTable(bench: Bench): BlockTable {
  const udevNames = new Set(valueOr(bench.source.list(udevFolder), []))
  const devices: BlockDevice[] = []
  const byName = new Map<string, BlockDevice>()
  const byNumber = new Map<string, BlockDevice>()
  const found = wholeDevices(bench)
  const read = found.slice(0, devicesMax).map(([name, folder]) => readDevice(bench, udevNames, name, folder))
  for (const device of withMapperPartitions(withHolders(read))) {
    // A path of a multipath drive; the kernel hides it from everybody.
    if (device.files.has('hidden') && readFact(bench, `${device.folder}/hidden`, parseInteger) === 1) continue
    devices.push(device)
    for (const one of [device, ...device.partitions]) {
      byName.set(one.name, one)
      if (one.number !== null) byNumber.set(one.number, one)
    }
  }
  if (found.length > devicesMax) {
    const message = `${found.length - devicesMax} block devices more are not read`
    bench.report.add({ code: 'HW_UNREADABLE', where: '/sys/block', message })
  }
  return { devices, byName, byNumber, hasUdev: [...udevNames].some((name) => name.startsWith('b')) }
}

const udevFolder = '/run/udev/data'

/** Who stands on whom is said twice, above and below; some captures have only one side. */
function withHolders(devices: readonly BlockDevice[]): readonly BlockDevice[] {
  const above = new Map<string, string[]>()
  for (const { name, slaves } of devices) {
    for (const slave of slaves) above.set(slave, [...(above.get(slave) ?? []), name])
  }
  const complete = (device: BlockDevice): BlockDevice => {
    const holders = new Set([...device.holders, ...(above.get(device.name) ?? [])])
    return { ...device, holders: [...holders], partitions: device.partitions.map(complete) }
  }
  return above.size === 0 ? devices : devices.map(complete)
}

/** Partitions of device mapper devices are devices of their own; here they are partitions too. */
function withMapperPartitions(devices: readonly BlockDevice[]): readonly BlockDevice[] {
  const parts = devices.filter((device) => device.mapper?.partition != null)
  if (parts.length === 0) return devices
  return devices.map((device) => {
    const own = parts.filter((part) => device.mapper !== null && device.holders.includes(part.name))
    if (own.length === 0) return device
    const partitions = own.map((part) => ({ ...part, partitionNumber: part.mapper?.partition ?? null }))
    const names = new Set(own.map((part) => part.name))
    return { ...device, partitions, holders: device.holders.filter((holder) => !names.has(holder)) }
  })
}

/** Names and folders. Captures may have only one of the two places, or less in one than in the other. */
function wholeDevices(bench: Bench): readonly (readonly [string, string])[] {
  const folders = new Map<string, string>()
  for (const name of listNames(bench, '/sys/block')) folders.set(name, `/sys/block/${name}`)
  for (const name of listNames(bench, '/sys/class/block')) {
    const isPartition = [...parents(name)].some((parent) => folders.has(parent))
    if (!folders.has(name) && !isPartition) folders.set(name, `/sys/class/block/${name}`)
  }
  if (folders.size === 0) for (const [name, folder] of nvmeNamespaces(bench)) folders.set(name, folder)
  const wanted = [...folders].filter(([name]) => !ignored.test(name))
  const isPartition = ([name, folder]: readonly [string, string]) =>
    folder.startsWith('/sys/class/') && /\d$/.test(name) && bench.source.exists(`${folder}/partition`)
  return wanted.filter((one) => !isPartition(one)).sort(([a], [b]) => naturalOrder(a, b))
}

/** The device that a partition of this name would be of: `sda` of `sda1`, `nvme0n1` of `nvme0n1p1`. */
function* parents(name: string): Generator<string> {
  const bare = name.replace(/\d+$/, '')
  if (bare === name) return
  yield bare
  if (bare.endsWith('p')) yield bare.slice(0, -1)
}

/** Some captures hold only the NVMe part of /sys. */
function nvmeNamespaces(bench: Bench): readonly (readonly [string, string])[] {
  const places = [
    ...listNames(bench, '/sys/class/nvme').map((name) => `/sys/class/nvme/${name}`),
    ...listNames(bench, '/sys/class/nvme-subsystem').map((name) => `/sys/class/nvme-subsystem/${name}`),
  ]
  return places.flatMap((place) =>
    listNames(bench, place)
      .filter((name) => /^nvme\d+n\d+$/.test(name))
      .map((name) => [name, `${place}/${name}`] as const),
  )
}

function readDevice(bench: Bench, udevNames: ReadonlySet<string>, name: string, folder: string): BlockDevice {
  const names = listNames(bench, folder)
  const partitions = names
    .filter((one) => one.startsWith(name) && /^p?\d+$/.test(one.slice(name.length)))
    .map((one) => readOne(bench, udevNames, one, `${folder}/${one}`, null, []))
  return readOne(bench, udevNames, name, folder, new Set(names), partitions)
}

/** `files` is null for a partition: its folder need not be listed, the kernel gives every one the same files. */
function readOne(
  bench: Bench,
  udevNames: ReadonlySet<string>,
  name: string,
  folder: string,
  files: ReadonlySet<string> | null,
  partitions: readonly BlockDevice[],
): BlockDevice {
  const has = (file: string) => files === null || files.has(file)
  const uevent = has('uevent') ? readFact(bench, `${folder}/uevent`, parseUevent) : null
  const [major, minor] = [uevent?.get('MAJOR'), uevent?.get('MINOR')]
  const said = major !== undefined && minor !== undefined ? `${major}:${minor}` : null
  const number = said ?? (has('dev') ? readFact(bench, `${folder}/dev`, parseDeviceNumber) : null)
  const isPartition = files === null
  const partn = isPartition ? (uevent?.get('PARTN') ?? null) : null
  const sectors = has('size') ? readFact(bench, `${folder}/size`, parseSectors) : null
  const entry = number !== null && udevNames.has(`b${number}`) ? `${udevFolder}/b${number}` : null
  return {
    name,
    folder,
    files: files ?? new Set(),
    number,
    partitionNumber: !isPartition
      ? null
      : partn !== null && /^\d{1,6}$/.test(partn)
        ? Number(partn)
        : readFact(bench, `${folder}/partition`, parsePositive),
    partitionUuid: uevent?.get('PARTUUID') ?? null,
    partitionName: uevent?.get('PARTNAME') ?? null,
    sizeBytes: sectors === null || sectors === 0 ? null : sectors * sectorBytes,
    slaves: files?.has('slaves') && !files.has('device') ? listNames(bench, `${folder}/slaves`) : [],
    holders: has('holders') ? listNames(bench, `${folder}/holders`) : [],
    partitions,
    udev: entry === null ? null : readFact(bench, entry, (text) => known(parseUdevEntry(text))),
    mapper: files?.has('dm') ? readMapper(bench, folder) : null,
  }
}

function readMapper(bench: Bench, folder: string): BlockDevice['mapper'] {
  const text = (file: string) => readFact(bench, `${folder}/dm/${file}`, parseLine)
  return { ...parseMapperUuid(text('uuid') ?? ''), name: text('name') }
}

function parseUevent(text: string): Reading<ReadonlyMap<string, string>> {
  const found = parseAssignments(text)
  return found.size === 0 ? absent : known(found)
}

/** As many as have a size that can be counted. */
function parseSectors(text: string): Reading<number> {
  const sectors = parseCount(text)
  const isCountable = sectors.kind !== 'known' || Number.isSafeInteger(sectors.value * sectorBytes)
  return isCountable ? sectors : implausible(text, 'larger than can be counted')
}

function parseDeviceNumber(text: string): Reading<string> {
  const clean = cleanText(text)
  return /^\d{1,8}:\d{1,8}$/.test(clean) ? known(clean) : absent
}
