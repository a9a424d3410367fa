// Every captured machine with block devices through the probe of storage, compared with what others made of the same
// files: hwloc, lsblk, libnvme, and the kernel's own lists.

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Report } from '../../../src/hw/probe/report.ts'
import { probeStorage, type Storage } from '../../../src/hw/probe/storage.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import { numaOf } from '../../support/storage-bench.ts'
import { type CaptureEntry, captureFacts, captureIndex, capturesMissing, withCapture } from './captures.ts'

const expectedFolder = fileURLToPath(new URL('../../../../shared/hw/captures/given', import.meta.url))

/** All captures that hold a block device; the others have no /sys/block and no NVMe. */
const withBlocks = [
  'hwloc/2pa-pcidomain32bits.tar.bz2',
  'hwloc/32em64t-2n8c+dax+nvme+mic+dimms.tar.bz2',
  'hwloc/40intel64-2g2n4c+pcilocality.tar.bz2',
  'hwloc/fakepcilocalities.tar.bz2',
  'util-linux-lsblk/multi-devs-bcachefs.tar.xz',
  'util-linux-lsblk/simple-lvm.tar.xz',
  'ghw/linux-amd64-415ee03b8c4d1c4f07ae2e9d8b3d3d6d.tar.gz',
  'ghw/linux-amd64-61797caf7c0b6bca1725ad7975ed4773.tar.gz',
  'ghw/linux-amd64-accel.tar.gz',
  'ghw/linux-arm64-c288e0776090cd558ef793b2a4e61939.tar.gz',
  'libnvme/tree-pcie.tar.xz',
  'libnvme/config-pcie-with-tcp-config.tar.xz',
  'pcp/scsi-map-root-001.tgz',
  'node_exporter/sys-fixture.tar.gz',
]

type BlockFact = {
  readonly name: string
  readonly kinds: readonly string[]
  readonly pci?: string
  readonly info: Readonly<Record<string, string>>
}

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('drives of captured machines are read as others read them', (ctx) => ctx.skip(reason))
} else {
  const index = captureIndex()
  const entryOf = (file: string) => index.find((entry) => entry.file === file) as CaptureEntry

  describe('the storage of a captured machine is plausible', () => {
    it.each(withBlocks)('%s', (file) => {
      const { disks, volumes, filesystems } = storageIn(entryOf(file))
      expect(disks.length + volumes.length).toBeGreaterThan(0)
      expect(new Set(disks.map((disk) => disk.name)).size).toBe(disks.length)
      for (const disk of disks) {
        const parts = disk.partitions.reduce((bytes, part) => bytes + (part.sizeBytes ?? 0), 0)
        expect(disk.sizeBytes === null || disk.sizeBytes >= parts).toBe(true)
        expect(disk.sizeBytes).not.toBe(0)
        expect(disk.partitions.every((part) => part.name.startsWith(disk.name) && part.number !== null)).toBe(true)
        if (disk.usedBy.length > 0) expect(disk.isFree).toBe(false)
        for (const text of [disk.model, disk.serial, disk.firmware, disk.wwn])
          expect(text?.trim()).toBe(text ?? undefined)
      }
      for (const one of filesystems) expect(one.mountPoint.startsWith('/')).toBe(true)
    })
  })

  describe('drives of a captured machine are those that hwloc sees', () => {
    const facts = captureFacts() as unknown as Readonly<Record<string, { readonly osdevs?: readonly BlockFact[] }>>
    const rows = withBlocks.filter((file) => blocksOf(facts[file]).length > 0)

    it.each(rows)('%s', (file) => {
      const { disks } = storageIn(entryOf(file))
      // hwloc lists optical drives and the byte-addressed part of persistent memory as well.
      const theirs = blocksOf(facts[file]).filter(({ name }) => !/^(sr|dax)/.test(name))
      expect(theirs.length).toBeGreaterThan(0)
      for (const { name, pci, info } of theirs) {
        const disk = disks.find((one) => one.name === name)
        expect([name, Math.floor((disk?.sizeBytes ?? 0) / 1024)]).toEqual([name, Number.parseInt(info.Size ?? '', 10)])
        if (info.SectorSize !== undefined) expect(disk?.logicalBlockBytes).toBe(Number(info.SectorSize))
        if (info.Model !== undefined) expect(disk?.model).toBe(info.Model.replaceAll('_', ' '))
        if (info.Revision !== undefined) expect(disk?.firmware).toBe(info.Revision)
        if (info.SerialNumber !== undefined) expect(disk?.serial).toBe(info.SerialNumber)
        if (pci !== undefined) expect(disk?.pciAddress).toBe(pci)
      }
    })
  })

  describe('drives of a captured machine are those that lsblk lists', () => {
    it.each(['multi-devs-bcachefs', 'simple-lvm'])('%s', (name) => {
      const { disks, volumes, filesystems } = storageIn(entryOf(`util-linux-lsblk/${name}.tar.xz`), udevFromDev)
      const table = (columns: string) => lsblkRows(name, columns)
      const rows = table('basic').map((row) => row.split(/\s+/))
      const ours = disks.flatMap((disk) => [disk.name, ...disk.partitions.map((part) => part.name)])
      const theirs = rows.filter((row) => row[5] === 'disk' || row[5] === 'part').map((row) => row[1] as string)
      expect([...ours].sort()).toEqual([...theirs].sort())
      for (const [, kname = '', , removable, size = '', type, mountPoint = ''] of rows) {
        const disk = disks.find((one) => one.name === kname)
        const part = disks.flatMap((one) => one.partitions).find((one) => one.name === kname)
        const volume = volumes.find((one) => one.name === kname)
        if (type === 'loop' || type === 'rom') continue
        expect([kname, inWords(disk?.sizeBytes ?? part?.sizeBytes ?? volume?.sizeBytes ?? 0)]).toEqual([kname, size])
        if (disk !== undefined) expect(disk.isRemovable).toBe(removable === '1')
        if (mountPoint === '') continue
        expect(part?.usedBy ?? disk?.usedBy ?? volume?.usedBy).toContain(`mount ${mountPoint}`)
        expect(filesystems.map((one) => one.mountPoint)).toContain(mountPoint)
      }
      for (const row of table('state')) {
        const match = /^(\S+) +(\d) +(\d) +\d +\d +(\S*) +(\d) disk/.exec(row)
        const disk = disks.find((one) => one.name === match?.[1])
        if (match === null) continue
        expect([disk?.isReadOnly, disk?.isRemovable, disk?.rotational]).toEqual(
          [2, 3, 5].map((at) => match[at] === '1'),
        )
      }
      for (const row of table('topo')) {
        const [kname, size, , , , physical, logical] = row.split(/\s+/)
        const disk = disks.find((one) => one.name === kname)
        if (disk === undefined) continue
        expect([inWords(disk.sizeBytes ?? 0), disk.physicalBlockBytes, disk.logicalBlockBytes]).toEqual([
          size,
          Number(physical),
          Number(logical),
        ])
      }
    })

    it('with the whole model and firmware where page 89h or udev tells, else those that SCSI cuts', () => {
      const whole = storageIn(entryOf('util-linux-lsblk/multi-devs-bcachefs.tar.xz'))
      expect(whole.disks.map((disk) => [disk.name, disk.model, disk.firmware, disk.serial, disk.kind])).toEqual([
        ['nvme0n1', 'KINGSTON SFYR2S1T0', 'SGW00110', '50026B7283B12B31', 'nvme'],
        ['sda', 'KINGSTON SH103S3240G', '580ABBF0', '50026B724B09A1FF', 'ssd'],
        ['sdb', 'WDC WD800JD-00MSA1', '10.01E01', 'WD-WMAM9XE78956', 'hdd'],
        ['sdc', 'Linux scsi_debug', '0191', '14000', 'virtual'],
      ])
      const cut = storageIn(entryOf('util-linux-lsblk/simple-lvm.tar.xz'))
      expect(cut.disks.map((disk) => [disk.name, disk.model, disk.firmware])).toEqual([
        ['nvme0n1', 'KINGSTON SKC1000240G', 'E7FT04.6'],
        ['sda', 'KINGSTON SH103S3240G', 'BBF0'],
        ['sdb', 'WDC WD800JD-00MSA1', '1E01'],
      ])
    })

    it('with what udev recognised on them, and a file system of two devices on both', () => {
      const { disks } = storageIn(entryOf('util-linux-lsblk/multi-devs-bcachefs.tar.xz'), udevFromDev)
      const types = Object.fromEntries(
        disks.flatMap((disk) => disk.partitions).map((part) => [part.name, part.content?.type]),
      )
      const rows = lsblkRows('multi-devs-bcachefs', 'mnt').map((row) => row.split(/\s+/))
      expect(types).toEqual(Object.fromEntries(rows.filter((row) => row.length > 3).map((row) => [row[1], row[2]])))
      const members = disks.find((disk) => disk.name === 'sdc')?.partitions.map((part) => part.usedBy)
      expect(members).toEqual([['mount /mnt/test'], ['mount /mnt/test']])
    })
  })

  it('NVMe drives of several paths are those of the subsystem tree (FN-0042)', () => {
    const { disks } = storageIn(entryOf('libnvme/tree-pcie.tar.xz'))
    const tree = readFileSync(join(expectedFolder, 'libnvme/expected/tree-pcie.out'), 'utf8')
    const spaces = tree.split(/^ +ns \d+ /m).slice(1)
    const theirs = spaces.map((text) => ({
      name: /^(\S+)/.exec(text)?.[1],
      paths: [...text.matchAll(/path (\S+)/g)].map((match) => match[1]),
      pciAddress: /traddr=(\S+)/.exec(text)?.[1],
    }))
    expect(disks.map(({ name, paths, pciAddress }) => ({ name, paths, pciAddress }))).toEqual(theirs)
    expect(disks.map((disk) => tree.includes(disk.serial ?? '-'))).toEqual([true, true])
  })

  it('sizes and numbers of volumes are those of /proc/partitions', () => {
    const entry = entryOf('pcp/scsi-map-root-001.tgz')
    const { volumes } = storageIn(entry)
    const listed = withCapture(entry, (root) => readFileSync(join(root, 'proc/partitions'), 'utf8'))
    const kib = new Map([...listed.matchAll(/^ *\d+ +\d+ +(\d+) (\S+)$/gm)].map((row) => [row[2], Number(row[1])]))
    expect(volumes.length).toBe(4)
    for (const { name, sizeBytes } of volumes) expect([name, (sizeBytes ?? 0) / 1024]).toEqual([name, kib.get(name)])
  })

  it('software RAID is as its files say, and LUNs of several paths are one drive each', () => {
    const { disks, volumes } = storageIn(entryOf('node_exporter/sys-fixture.tar.gz'))
    expect(volumes.filter((one) => one.kind === 'md').map((one) => [one.name, one.level, one.state])).toEqual([
      ['md0', 'raid0', 'clean'],
      ['md1', 'raid1', 'clean'],
      ['md4', 'raid4', 'clean'],
      ['md5', 'raid5', 'clean, degraded'],
      ['md6', 'raid6', 'active, degraded, recover'],
      ['md10', 'raid10', 'clean'],
    ])
    const paths = volumes.filter((one) => one.kind === 'multipath').map((one) => one.members)
    expect(disks.map((disk) => disk.paths)).toEqual(paths)
  })
}

function blocksOf(facts: object | undefined): readonly BlockFact[] {
  const lists = Object.values(facts ?? {}).filter((list) => Array.isArray(list)) as BlockFact[][]
  return lists.flat().filter((one) => one?.kinds?.includes('block') === true)
}

function storageIn(entry: CaptureEntry, prepare: (root: string) => void = () => {}): Storage {
  return withCapture(entry, (root) => {
    prepare(root)
    const source = sysrootSource(root)
    if (!source.ok) throw new Error(source.fault.message)
    return probeStorage({ source: source.value, report: new Report() }, numaOf(1))
  })
}

/** The captures of lsblk keep udev's properties in the place of the device nodes; here they come where udev keeps them. */
function udevFromDev(root: string): void {
  mkdirSync(join(root, 'run/udev/data'), { recursive: true })
  for (const path of globSync('dev/*', { cwd: root })) {
    const text = readFileSync(join(root, path), 'utf8')
    const [major, minor] = ['MAJOR', 'MINOR'].map((key) => new RegExp(`^${key}=(\\d+)`, 'm').exec(text)?.[1])
    const entry = text.replace(/^(?=[A-Z])/gm, 'E:')
    if (major !== undefined) writeFileSync(join(root, `run/udev/data/b${major}:${minor}`), entry)
    else throw new Error(`${basename(path)} has no number`)
  }
}

/** The rows of a printed table without header and branches. */
function lsblkRows(name: string, columns: string): readonly string[] {
  const path = join(expectedFolder, 'util-linux-lsblk/expected', `lsblk-${name}-${columns}`)
  const rows = readFileSync(path, 'utf8').split('\n').slice(1)
  return rows.filter((row) => row !== '').map((row) => row.replace(/^[ |`-]+/, '').trimEnd())
}

/** As lsblk prints sizes: `223.6G`, `50G`. */
function inWords(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  const rounded =
    value >= 1024 || Number.isInteger(Math.round(value * 10) / 10) ? `${Math.round(value)}` : value.toFixed(1)
  return `${rounded}${units[unit]}`
}
