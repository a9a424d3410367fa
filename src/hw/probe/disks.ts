// Drives: whole block devices of real (or a virtual machine's) hardware. Partitions, loops, RAM disks, and stacked
// devices (device mapper, software RAID) are not drives. A drive that is reached in several ways is listed once.
// It does not know health; smartctl does.

import type { Disk, Partition } from '../../model/inventory.ts'
import { valueOr } from '../../model/reading.ts'
import { parseInteger, parseLine, parsePositive } from '../parse/numbers.ts'
import { pciAddressInPath } from '../parse/pci.ts'
import { decodeUdev } from '../parse/udev-db.ts'
import type { BlockDevice, BlockTable } from './block-table.ts'
import { type DriveIdentity, readIdentity } from './disk-identity.ts'
import { type DriveWords, isDriveName, kindOf, transportOf } from './disk-kind.ts'
import { joinPaths } from './disk-paths.ts'
import { contentOf, isContentKnown, type Uses } from './disk-use.ts'
import { localityFinder } from './locality.ts'
import type { NumaFacts } from './numa.ts'
import { type Bench, listNames, readFact } from './report.ts'

export function probeDisks(bench: Bench, numa: NumaFacts, table: BlockTable, uses: Uses): readonly Disk[] {
  const near = localityFinder(bench, numa)
  const drivers = new Map<string, string | null>()
  const disks = table.devices.flatMap((device) => disk(bench, { table, uses, near, drivers }, device) ?? [])
  const joined = joinPaths(disks, table)
  const open = joined.filter((one) => one.isFree === null).map((one) => `disks[${one.name}].isFree`)
  if (open.length > 0) {
    const [where, why] = uses.isKnown
      ? ['/run/udev/data', 'no udev database: what is on drives']
      : ['/proc/self/mountinfo', 'what is mounted and swapped to cannot be read: what uses drives']
    bench.report.add({ code: 'HW_UNKNOWN', where, message: `${why}, and so whether they are free, is not known` }, open)
  }
  return joined
}

type DiskBench = {
  readonly table: BlockTable
  readonly uses: Uses
  readonly near: ReturnType<typeof localityFinder>
  /** The driver of each SCSI host that was met. */
  readonly drivers: Map<string, string | null>
}

function disk(bench: Bench, { table, uses, near, drivers }: DiskBench, device: BlockDevice): Disk | null {
  const { name, folder, udev } = device
  const path = isDriveName(name, device.files.has('device')) ? bench.source.realPath(`${folder}/device`) : null
  if (path === null && !isDriveName(name, false)) return null
  const files = new Set(valueOr(bench.source.list(`${folder}/device`), []))
  const ways = waysOf(bench, name, path ?? bench.source.realPath(folder) ?? folder, files)
  const first = ways[0] as string
  const identity = readIdentity(bench, device, files)
  const words = wordsOf(bench, { device, identity, files, path: first, drivers })
  const transport = transportOf(words)
  const fact = (file: string) => readFact(bench, `${folder}/${file}`, parseInteger)
  const blockBytes = (file: string) => readFact(bench, `${folder}/queue/${file}`, parsePositive)
  const flag = (file: string) => (device.files.has(file) ? asBoolean(fact(file)) : null)
  const rotational = asBoolean(fact('queue/rotational'))
  const isRemovable = flag('removable')
  if (device.sizeBytes === null) reportNoSize(bench, device, isRemovable === true)
  const nodes = new Set(ways.map((way) => near(way).node))
  const [only = null] = nodes.size === 1 ? nodes : []
  const above = multipathOf(table, device)
  const partitions = above !== null && above.partitions.length > 0 ? above.partitions : device.partitions
  const usedBy = [...(above === null ? [] : uses.of(device)), ...uses.ofWhole(above ?? device)]
  const content = contentOf(above?.udev ?? udev) ?? contentOf(udev)
  const isReadOnly = flag('ro')
  return {
    name,
    model: identity.model,
    serial: identity.serial,
    wwn: identity.wwn,
    sizeBytes: device.sizeBytes,
    logicalBlockBytes: blockBytes('logical_block_size'),
    physicalBlockBytes: blockBytes('physical_block_size'),
    rotational,
    kind: kindOf(words, transport, rotational),
    transport,
    numaNode: only,
    pciAddress: pciAddressInPath(first),
    firmware: identity.firmware,
    isRemovable,
    isReadOnly,
    paths: hiddenPaths(bench, device),
    partitions: partitions.map((one) => partition(one, uses)),
    content,
    usedBy: [...new Set(usedBy)],
    isFree: isFree({ device, above, usedBy, content, isReadOnly, areUsesKnown: uses.isKnown }),
  }
}

/** The device mapper device that stands for all paths to the drive. */
function multipathOf(table: BlockTable, device: BlockDevice): BlockDevice | null {
  const holders = device.holders.map((holder) => table.byName.get(holder))
  return holders.find((holder) => holder?.mapper?.kind === 'multipath') ?? null
}

function isFree(facts: {
  readonly device: BlockDevice
  readonly above: BlockDevice | null
  readonly usedBy: readonly string[]
  readonly content: Disk['content']
  readonly isReadOnly: boolean | null
  readonly areUsesKnown: boolean
}): boolean | null {
  const { device, above, content, usedBy } = facts
  const isUsed = usedBy.some((use) => !use.startsWith('multipath '))
  if (isUsed || content !== null || device.sizeBytes === null || facts.isReadOnly === true) return false
  return facts.areUsesKnown && isContentKnown(above === null ? device.udev : above.udev) ? true : null
}

function partition(device: BlockDevice, uses: Uses): Partition {
  const { udev } = device
  const entry = (key: string) => contentText(udev?.get(key))
  return {
    name: device.name,
    number: device.partitionNumber,
    sizeBytes: device.sizeBytes,
    uuid: device.partitionUuid ?? entry('ID_PART_ENTRY_UUID'),
    label: device.partitionName ?? entry('ID_PART_ENTRY_NAME'),
    content: contentOf(udev, true),
    usedBy: uses.of(device),
  }
}

function reportNoSize(bench: Bench, { name }: BlockDevice, isRemovable: boolean): void {
  const message = isRemovable
    ? 'the drive has no size: it holds no medium'
    : 'the drive has no size: no medium, or it does not answer'
  bench.report.add({ code: 'HW_UNKNOWN', where: `/sys/block/${name}/size`, message }, [`disks[${name}].sizeBytes`])
}

function asBoolean(value: number | null): boolean | null {
  return value === null ? null : value !== 0
}

/**
 * Real paths of the hardware. A multipath NVMe drive hangs below a virtual subsystem (FN-0042); its hardware is where the
 * subsystem's controllers are, those on PCI first.
 */
function waysOf(bench: Bench, name: string, path: string, files: ReadonlySet<string>): readonly string[] {
  if (!name.startsWith('nvme') || !/\/nvme-subsystem\/nvme-subsys\d+/.test(path)) return [path]
  const named = [...files].filter((file) => /^nvme\d+$/.test(file)).sort()
  const real = named.flatMap((file) => bench.source.realPath(`${path}/${file}`) ?? [])
  const onPci = real.filter((one) => pciAddressInPath(one) !== null)
  return onPci.length > 0 ? onPci : real.length > 0 ? real : [path]
}

/** `nvme1c1n1`, `nvme1c2n1`: the ways to a multipath NVMe drive. One alone is no choice. */
function hiddenPaths(bench: Bench, { name, folder, files }: BlockDevice): readonly string[] {
  if (!name.startsWith('nvme') || !files.has('multipath')) return []
  const paths = listNames(bench, `${folder}/multipath`).filter((one) => /^nvme\d+c\d+n\d+$/.test(one))
  return paths.length > 1 ? paths : []
}

function wordsOf(
  bench: Bench,
  facts: {
    readonly device: BlockDevice
    readonly identity: DriveIdentity
    readonly files: ReadonlySet<string>
    readonly path: string
    readonly drivers: Map<string, string | null>
  },
): DriveWords {
  const { device, identity, files, path } = facts
  const isNvme = device.name.startsWith('nvme')
  const sata = device.udev?.get('ID_ATA_SATA')
  return {
    name: device.name,
    path,
    model: identity.model,
    driver: isNvme ? null : hostDriver(bench, path, facts.drivers),
    raidLevel: files.has('raid_level') ? readFact(bench, `${device.folder}/device/raid_level`, parseLine) : null,
    nvmeTransport: isNvme ? readFact(bench, `${path}/transport`, parseLine) : null,
    isSata: sata === undefined ? null : sata === '1',
  }
}

/** `ahci`, `megaraid_sas`: what the SCSI host calls its driver. Each host is asked once. */
function hostDriver(bench: Bench, path: string, drivers: Map<string, string | null>): string | null {
  const match = /^(.*\/(host\d+))(\/|$)/.exec(path)
  if (match === null) return null
  const [, host, name] = match as unknown as [string, string, string]
  const before = drivers.get(host)
  if (before !== undefined) return before
  const driver = readFact(bench, `${host}/scsi_host/${name}/proc_name`, parseLine)
  drivers.set(host, driver)
  return driver
}

function contentText(value: string | undefined): string | null {
  return value === undefined ? null : decodeUdev(value)
}
