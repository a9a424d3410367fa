// What tools and kernels of real machines printed about storage, against what the probe makes of the same words. Outputs
// of tools that the project never runs serve as a second opinion; the last test says why they are not read.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseMdstat } from '../../../src/hw/parse/mdstat.ts'
import { parseMounts, parseSwapDevices } from '../../../src/hw/parse/mounts.ts'
import { decodeUdev } from '../../../src/hw/parse/udev-db.ts'
import { type DriveWords, isDriveName, kindOf, transportOf } from '../../../src/hw/probe/disk-kind.ts'
import { storageOf } from '../../support/storage-bench.ts'
import { blockRecords, filesOfMockup, filesOfRecords, isWhole, type UdevRecord } from './storage-machines.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given', import.meta.url))
const sources = fileURLToPath(new URL('../../../src/hw', import.meta.url))

if (!existsSync(folder)) {
  it('recorded outputs of storage are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')

  describe('a machine of which only udev is known', () => {
    it.each(recorded('udev-db/*/*.txt'))('%s', (path) => {
      const records = blockRecords(read(path))
      const { disks, volumes } = storageOf({ ...filesOfRecords(records), ...pathsUnderMultipath(records) })
      const drives = records.filter((one) => isWhole(one) && one.properties.has('MAJOR') && isHardware(one))
      expect(disks.flatMap((disk) => (disk.paths.length > 0 ? disk.paths : [disk.name])).sort()).toEqual(
        drives.map((one) => one.name).sort(),
      )
      for (const disk of disks) {
        const said = (key: string) => drives.find((one) => one.name === disk.name)?.properties.get(key)
        const bus = said('ID_BUS') ?? (disk.name.startsWith('nvme') ? 'nvme' : '')
        if (/ata|usb|nvme/.test(bus)) expect(disk.serial ?? '').toBe(said('ID_SERIAL_SHORT')?.trim())
        if (/ata|nvme/.test(bus)) expect(disk.model?.replaceAll(' ', '_')).toBe(said('ID_MODEL')?.replaceAll(' ', '_'))
        if (said('ID_REVISION') !== undefined) expect(disk.firmware).toBe(said('ID_REVISION'))
        if (said('ID_WWN') !== undefined)
          expect(disk.wwn?.replace('naa.', '0x')).toBe(said('ID_WWN_WITH_EXTENSION') ?? said('ID_WWN'))
        expect(disk.content?.type ?? null).toBe(said('ID_FS_TYPE') ?? said('ID_PART_TABLE_TYPE') ?? null)
        const parts = partsOf(records, disk.name)
        if (disk.paths.length === 0) {
          expect(disk.partitions.map((one) => one.name)).toEqual(parts.map((one) => one.name))
          for (const [i, part] of disk.partitions.entries()) {
            const entry = parts[i]?.properties
            expect(part.number).toBe(Number(entry?.get('PARTN') ?? entry?.get('ID_PART_ENTRY_NUMBER')))
            expect(part.content?.type).toBe(entry?.get('ID_FS_TYPE'))
            expect(part.content?.uuid ?? undefined).toBe(entry?.get('ID_FS_UUID'))
            expect(part.uuid ?? undefined).toBe(entry?.get('ID_PART_ENTRY_UUID'))
            expect(part.label ?? undefined).toBe(nameOf(entry?.get('ID_PART_ENTRY_NAME')))
          }
        }
      }
      expect(volumes.map((one) => one.name)).toEqual(
        records
          .filter((one) => isWhole(one) && /^(dm-|md)/.test(one.name))
          .map((one) => one.name)
          .sort(),
      )
    })

    it('of two adapters on the same drives has each drive once', () => {
      const records = blockRecords(read('udev-db/checkbox/IBM_PSERIES_POWER8.txt'))
      const { disks } = storageOf({ ...filesOfRecords(records), ...pathsUnderMultipath(records) })
      expect(disks.map((disk) => [disk.name, disk.kind, disk.paths, disk.isFree])).toEqual([
        ['sda', 'raid', ['sda', 'sde'], false],
        ['sdb', 'raid', ['sdb', 'sdf'], false],
        ['sdc', 'raid', ['sdc', 'sdg'], false],
        ['sdd', 'raid', ['sdd', 'sdh'], false],
        ['sdi', null, [], false],
      ])
    })

    it('has a drive without content, which is free', () => {
      const files = filesOfRecords(blockRecords(read('udev-db/checkbox/MELLANOX_40GBPS.txt')))
      const sized = Object.keys(files).filter(
        (path) => /\/block\/sd[a-z]$/.test(path) && path.startsWith('/sys/block/'),
      )
      const sizes = sized.map((path) => [`${(files[path] as { link: string }).link}/size`, '2048\n'])
      const { disks } = storageOf({ ...files, ...Object.fromEntries(sizes) })
      expect(
        disks.filter((disk) => disk.isFree === true && disk.transport === 'sata').map((disk) => disk.name),
      ).toEqual(['sdb'])
    })
  })

  describe('a machine of which the commands of an installer are known', () => {
    it.each(recorded('storage-mockups/*/*-mockup.xml'))('%s', (path) => {
      const { files, records } = filesOfMockup(read(path))
      const { disks, volumes, filesystems } = storageOf(files)
      const graph = read(path.replace('-mockup.xml', '-devicegraph.xml'))
      const drives = objectsOf(graph, 'Disk|Dasd|StrayBlkDevice')
      const known = drives.filter((one) => records.some((record) => record.name === one.name))
      expect(disks.flatMap((disk) => (disk.paths.length > 0 ? disk.paths : [disk.name])).sort()).toEqual(
        known.map((one) => one.name).sort(),
      )
      for (const disk of disks) {
        const one = drives.find(({ name }) => name === disk.name)
        expect([disk.name, disk.sizeBytes]).toEqual([disk.name, one?.bytes])
        if (one?.transport !== undefined) expect(disk.transport?.toUpperCase()).toBe(one.transport)
      }
      const parts = objectsOf(graph, 'Partition').map((one) => one.name)
      const ours = disks.flatMap((disk) => disk.partitions.map((part) => part.name))
      for (const name of ours) expect(parts).toContain(name)
      // udev may know no UUID of a container; the installer asked mdadm.
      const isNameless = (name: string) =>
        /^0[0:]*$/.test(records.find((one) => one.name === name)?.properties.get('MD_UUID') ?? '')
      const arrays = objectsOf(graph, 'Md|MdContainer|MdMember').map((one) =>
        isNameless(one.name) ? { ...one, uuid: null } : one,
      )
      expect(volumes.filter((one) => one.kind === 'md').map((one) => [one.name, one.level, one.uuid])).toEqual(
        arrays
          .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
          .map((one) => [one.name, one.level, one.uuid]),
      )
      const mounts = files['/proc/mounts'] as string
      const kept = [...mounts.matchAll(/^(\/dev\/(?!loop)\S+|\S+:\/\S*) (\/\S*) (?!autofs)\S+ /gm)].map((row) => row[2])
      for (const { mountPoint } of filesystems) expect(kept).toContain(mountPoint)
      const used = [...disks.flatMap((disk) => disk.usedBy), ...volumes.flatMap((one) => one.usedBy)]
      const swaps = parseSwapDevices(files['/proc/swaps'] as string)
      expect(used.includes('swap')).toBe(swaps.some((device) => ours.includes(device.replace('/dev/', ''))))
    })

    it('multipath and encryption on it are told level by level', () => {
      const { files } = filesOfMockup(read('storage-mockups/libstorage-ng/multipath+luks1-mockup.xml'))
      const { disks, volumes } = storageOf(files)
      expect(disks.map((disk) => [disk.name, disk.kind, disk.transport, disk.paths, disk.usedBy])).toEqual([
        ['dasda', 'lun', 'ccw', [], ['partition table', 'mount /boot/zipl', 'mount /', 'swap']],
        [
          'sda',
          'lun',
          'fc',
          ['sda', 'sdc'],
          ['multipath 36005076305ffc73a00000000000013b4', 'partition table', 'crypt cr-test1'],
        ],
        ['sdb', 'lun', 'fc', ['sdb', 'sdd'], ['multipath 36005076305ffc73a00000000000013b5', 'crypt cr-test2']],
      ])
      expect(volumes.map((one) => [one.kind, one.label, one.members])).toEqual([
        ['multipath', '36005076305ffc73a00000000000013b4', ['sda', 'sdc']],
        ['dm', '36005076305ffc73a00000000000013b4-part1', ['dm-0']],
        ['crypt', 'cr-test1', ['dm-1']],
        ['multipath', '36005076305ffc73a00000000000013b5', ['sdb', 'sdd']],
        ['crypt', 'cr-test2', ['dm-3']],
      ])
    })
  })

  describe('/proc/mdstat', () => {
    it.each([...recorded('mdadm/node_exporter/mdstat.txt'), ...recorded('raid/*/mdstat__*')])('%s', (path) => {
      const text = read(path)
      const heads = [...text.matchAll(/^(md\w+) : (active|inactive)/gm)]
      const arrays = parseMdstat(text)
      expect(arrays.map((array) => [array.name, array.isActive])).toEqual(
        heads.map((head) => [head[1], head[2] === 'active']),
      )
      for (const [i, array] of arrays.entries()) {
        const from = heads[i]?.index ?? 0
        const body = text.slice(from, heads[i + 1]?.index ?? text.length).split(/\n\s*\n|\nunused/)[0] ?? ''
        const head = body.split('\n')[0] ?? ''
        expect(array.members.map((one) => one.name)).toEqual([...head.matchAll(/(\S+)\[\d+\]/g)].map((row) => row[1]))
        expect(array.members.filter((one) => one.isFaulty)).toHaveLength(head.split('(F)').length - 1)
        expect(array.members.filter((one) => one.isSpare)).toHaveLength(head.split('(S)').length - 1)
        expect(array.level).toBe(/ (raid\d+|linear)/.exec(head)?.[1] ?? null)
        expect(array.sizeBytes).toBe(Number(/(\d+) blocks/.exec(body)?.[1]) * 1024)
        const counts = /\[(\d+)\/(\d+)\]/.exec(body)
        expect([array.wanted, array.working]).toEqual(
          counts === null ? [null, null] : [Number(counts[1]), Number(counts[2])],
        )
        expect(array.action).toBe(/(\w+) *= *(?:[\d.]+%|DELAYED|PENDING)/.exec(body)?.[1] ?? null)
      }
    })
  })

  it('/proc/swaps names devices, and files belong to their file system', () => {
    expect(parseSwapDevices(read('proc/jc/swaps'))).toEqual([])
    const all = recorded('storage-mockups/*/*-mockup.xml').map(
      (path) => filesOfMockup(read(path)).files['/proc/swaps'] as string,
    )
    for (const text of all) {
      expect(parseSwapDevices(text)).toEqual([...text.matchAll(/^(\/dev\/\S+)\s+partition/gm)].map((row) => row[1]))
    }
  })

  it('mounts that findmnt lists are kept where they hold data', () => {
    type Row = { readonly target: string; readonly source: string; readonly fstype: string; readonly options: string }
    const rows = JSON.parse(read('lsblk/jc/centos-7.7-findmnt-l.json')) as readonly (Omit<Row, 'options'> & {
      options: unknown
      kv_options?: unknown
    })[]
    const text = rows.map((row) => `${row.source.replace(/\[.*\]/, '')} ${row.target} ${row.fstype} rw 0 0`).join('\n')
    const kept = rows.filter((row) => row.source.startsWith('/dev/')).map((row) => row.target)
    expect(parseMounts(text).map((mount) => mount.mountPoint)).toEqual(kept)
  })

  describe('drives that lsblk names are told apart by the same words', () => {
    it.each([
      ['lsblk/insights-core/lsblk-LSBLK_EXT_DATA_FAILED_PATH.txt', 'PERC H710P', 'raid'],
      ['lsblk/jc/centos-7.7-lsblk-allcols.out', 'VMware Virtual S', 'virtual'],
      ['lsblk/jc/ubuntu-18.04-lsblk-allcols.out', 'VMware Virtual S', 'virtual'],
      ['lsblk/insights-core/lsscsi-LSSCSI_4.txt', 'QEMU DVD-ROM', 'virtual'],
    ])('%s: %s is %s', (path, model, kind) => {
      expect(read(path)).toContain(model)
      const words: DriveWords = {
        ...noWords,
        name: 'sda',
        path: '/sys/devices/pci0/host0/target0:0:0/0:0:0:0/x',
        model,
      }
      expect(kindOf(words, transportOf(words), true)).toBe(kind)
    })

    it.each(recorded('lsblk/checkbox/*.json'))('%s: no area of an eMMC, loop or tray is a drive', (path) => {
      const { blockdevices } = JSON.parse(read(path)) as { blockdevices: { kname: string; type: string }[] }
      const wholes = blockdevices.filter((one) => ['disk', 'rom', 'loop'].includes(one.type)).map((one) => one.kname)
      const drives = wholes.filter((name) => isDriveName(name, true))
      expect(drives).toEqual(
        wholes.filter((name) => /^(sd[a-z]+|nvme\d+n\d+|mmcblk\d+|dasd[a-z]+|vd[a-z])$/.test(name)),
      )
    })
  })

  it('tools whose outputs are recorded here and that no probe runs', () => {
    const reasons: Readonly<Record<string, string>> = {
      lsblk: 'it reads the same files of /sys and the same database of udev',
      blkid: 'it reads the devices themselves, which needs root and wakes sleeping drives; udev keeps its answers',
      findmnt: 'it prints /proc/self/mountinfo',
      mdadm: 'the kernel says the state of arrays in /sys/block/md*/md, and udev keeps names and UUIDs',
      lsscsi: 'it prints /sys/bus/scsi',
      multipath: 'the device mapper shows paths as slaves, and their state is that of the SCSI devices',
    }
    const texts = globSync('**/*.ts', { cwd: sources }).map((path) => readFileSync(join(sources, path), 'utf8'))
    for (const tool of Object.keys(reasons)) expect(texts.filter((text) => text.includes(`['${tool}'`))).toEqual([])
  })
}

const noWords: DriveWords = {
  name: '',
  path: '',
  model: null,
  driver: null,
  raidLevel: null,
  nvmeTransport: null,
  isSata: null,
}

function isHardware({ name }: UdevRecord): boolean {
  return !/^(loop|ram|zram|dm-|md|sr|fd|nbd|zd)/.test(name)
}

function partsOf(records: readonly UdevRecord[], disk: string): readonly UdevRecord[] {
  const parts = records.filter((one) => !isWhole(one) && one.path.split('/').at(-2) === disk)
  return [...parts].sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
}

function nameOf(encoded: string | undefined): string | undefined {
  return encoded === undefined ? undefined : decodeUdev(encoded)
}

/** udev does not say which drives a multipath device stands on; the name in its UUID is that of the drives. */
function pathsUnderMultipath(records: readonly UdevRecord[]): Record<string, string> {
  const files: Record<string, string> = {}
  for (const upper of records) {
    const wwid = /^mpath-(.*)$/.exec(upper.properties.get('DM_UUID') ?? '')?.[1]
    const part = /^part\d+-(mpath-.*)$/.exec(upper.properties.get('DM_UUID') ?? '')?.[1]
    for (const lower of records.filter(isWhole)) {
      const isPath =
        wwid !== undefined &&
        lower.properties.get('ID_SERIAL') === wwid.replaceAll(' ', '_').replace(/_(?=[^_]*$)/, '_')
      const isWholeOf = part !== undefined && lower.properties.get('DM_UUID') === part
      if (isPath || isWholeOf) files[`/sys${upper.path}/slaves/${lower.name}/x`] = ''
    }
  }
  return files
}

type GraphObject = {
  readonly name: string
  readonly bytes: number
  readonly transport: string | undefined
  readonly level: string | null
  readonly uuid: string | null
}

/** Devices of a kind in the installer's own picture of the machine. */
function objectsOf(graph: string, kinds: string): GraphObject[] {
  return [...graph.matchAll(new RegExp(`<(${kinds})>(.*?)</\\1>`, 'gs'))].map((match) => {
    const get = (tag: string) => new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(match[2] as string)?.[1]
    const uuid = get('uuid')?.replaceAll(':', '') ?? null
    return {
      name: get('sysfs-name') ?? basename(get('name') ?? ''),
      bytes: Number(get('length')) * Number(get('block-size')),
      transport: get('transport'),
      level: get('md-level')?.toLowerCase() ?? null,
      uuid: uuid?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') ?? null,
    }
  })
}
