// Drives of every kind, and what may stand on them: SATA and SAS-like with names of their own, an NVMe drive that two
// controllers lead to, a stick, a hypervisor's; partitions, a mounted file system, swap.

import type { Disk, Inventory } from '../../../src/model/inventory.ts'
import { driveOf } from './device-facts.ts'
import type { Board, Fact, Trial } from './types.ts'

/** A drive by one of qemu's devices; `device` is that with its bus. Nothing is on it. */
type PlainDrive = {
  readonly device: string
  readonly options: Readonly<Record<string, string | number>>
  readonly serial: string
  readonly megabytes: number
  readonly said: Partial<Record<keyof Disk, unknown>>
}

const plainDrives: readonly PlainDrive[] = [
  {
    device: 'ide-hd,bus=ide.0',
    options: { model: 'SUMMIT HDD 4000', ver: 'HD01', rotation_rate: 7200, wwn: '0x5000c50012345678' },
    serial: 'SATA-SER-1',
    megabytes: 64,
    said: {
      kind: 'hdd',
      transport: 'sata',
      rotational: true,
      model: 'SUMMIT HDD 4000',
      firmware: 'HD01',
      wwn: 'naa.5000c50012345678',
    },
  },
  {
    device: 'ide-hd,bus=ide.1',
    options: { model: 'SUMMIT SSD 960', ver: 'SD02', rotation_rate: 1, physical_block_size: 4096 },
    serial: 'SATA-SER-2',
    megabytes: 72,
    said: {
      kind: 'ssd',
      transport: 'sata',
      rotational: false,
      model: 'SUMMIT SSD 960',
      firmware: 'SD02',
      logicalBlockBytes: 512,
      physicalBlockBytes: 4096,
    },
  },
  {
    device: 'scsi-hd,bus=scsi.0',
    options: {
      vendor: 'SUMMIT',
      product: 'ARRAY DISK',
      ver: 'A3',
      rotation_rate: 10000,
      wwn: '0x5000c500aabbccdd',
      device_id: 'SCSI-SER-1',
    },
    serial: 'SCSI-SER-1',
    megabytes: 80,
    said: { rotational: true, model: 'SUMMIT ARRAY DISK', firmware: 'A3', wwn: 'naa.5000c500aabbccdd' },
  },
  {
    device: 'virtio-blk-pci,bus=pcie.0',
    options: {},
    serial: 'VIRTIO-SER-1',
    megabytes: 88,
    said: { kind: 'virtual', transport: 'virtio' },
  },
  {
    device: 'usb-storage,bus=usb.0',
    options: { removable: 'on' },
    serial: 'USB-SER-1',
    megabytes: 96,
    said: { transport: 'usb', isRemovable: true },
  },
]

const sharedSerial = 'NVME-SHARED-1'
const sharedMegabytes = 48

const keeper = {
  id: 'keeper',
  port: 'port1',
  serial: 'NVME-KEEPER-1',
  megabytes: 256,
  blockBytes: 512,
  keeps: true,
} as const

/** Sectors of the two parts of the drive that keeps what is written. */
const parts = [
  { start: 2048, sectors: 262144 },
  { start: 264192, sectors: 131072 },
] as const

const keeperDevice = `/dev/$(basename "$(grep -l ${keeper.serial} /sys/block/nvme*/device/serial | cut -d/ -f1-4)")`

/** Two drives that a mirror is made of, without any mark on them: they would not keep it. */
const mirrored = ['SATA-SER-2', 'SCSI-SER-1'] as const

/** A shell word that becomes the drive's device; the kernel shows the serial in a page of the drive. */
function deviceOf(serial: string): string {
  return `/dev/$(basename "$(grep -l ${serial} /sys/block/sd*/device/vpd_pg80 | cut -d/ -f1-4)")`
}

const brokenMirror: Trial = {
  name: 'drive of a mirror failed',
  steps: [{ kind: 'guest', command: `mdadm /dev/md0 --fail ${deviceOf(mirrored[0])}` }],
  news: [{ event: 'health.appeared', words: ['RAID_DEGRADED', 'md0'] }],
  facts: (before) => [
    {
      fact: 'mirror is still what it was',
      told: before.volumes.map(({ name }) => name),
      said: ({ volumes }) => volumes.map(({ name }) => name),
    },
    {
      fact: 'conditions of volumes',
      told: [['RAID_DEGRADED', 'md0']],
      said: ({ health }) =>
        health.conditions.filter(({ part }) => part.kind === 'volume').map(({ code, part }) => [code, part.name]),
    },
  ],
}

export const drives: Board = {
  name: 'drives',
  summary: 'SATA, SCSI, USB, virtio and multipath NVMe drives; partitions, a mount, swap',
  architecture: 'x86_64',
  machine: 'q35',
  processors: { model: 'qemu64', sockets: 1, dies: 1, clusters: 1, cores: 2, threads: 1, absent: 0 },
  nodes: [{ id: 0, megabytes: 1024, cpus: '', access: null, cache: null }],
  distances: [],
  identity: null,
  roots: [],
  ports: [{ id: 'port1', root: null, slot: 1, speedGtps: '8', widthLanes: 4 }],
  drives: [keeper],
  nics: [],
  bmc: null,
  allowed: null,
  kernelArguments: [],
  extra: [
    ...['-global', 'ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off'],
    ...['-device', 'virtio-scsi-pci,id=scsi,bus=pcie.0', '-device', 'qemu-xhci,id=usb,bus=pcie.0'],
    ...plainDrives.flatMap(argumentsOf),
    ...['-device', 'nvme-subsys,id=both'],
    ...['one', 'two'].flatMap((id) => ['-device', `nvme,id=${id},serial=${sharedSerial},subsys=both,bus=pcie.0`]),
    ...['-blockdev', `driver=null-co,node-name=shared-data,size=${bytesOf(sharedMegabytes)},read-zeroes=on`],
    ...['-device', 'nvme-ns,drive=shared-data,bus=one,shared=on,nsid=1'],
  ],
  modules: [
    'raid1',
    'ahci',
    'virtio_scsi',
    'sd_mod',
    'virtio_blk',
    'xhci_pci',
    'usb_storage',
    'ext4',
    'crc32c_generic',
  ],
  prepare: [
    // The driver gives sticks a second to settle.
    'for i in $(seq 300); do [ "$(ls -d /sys/block/sd* | wc -l)" = 4 ] && break; sleep 0.1; done; [ -e /sys/block/sdd ]',
    `d=${keeperDevice}; printf 'n\\np\\n1\\n${parts[0].start}\\n${end(parts[0])}\\nn\\np\\n2\\n${parts[1].start}\\n${end(parts[1])}\\nw\\n' | fdisk "$d"; true`,
    `d=${keeperDevice}; for i in $(seq 100); do [ -b "\${d}p2" ] && break; sleep 0.1; done; [ -b "\${d}p2" ]`,
    `d=${keeperDevice}; mke2fs -L records "\${d}p1" && mkdir /srv && mount -t ext4 -o ro "\${d}p1" /srv`,
    `mdadm --build /dev/md0 --assume-clean --level=1 --raid-devices=2 ${mirrored.map(deviceOf).join(' ')}`,
    `d=${keeperDevice}; mkswap "\${d}p2" && swapon "\${d}p2"`,
  ],
  facts: [
    { fact: 'drives', told: plainDrives.length + 2, said: ({ disks }) => disks.length },
    ...plainDrives.flatMap(factsOf),
    drive(sharedSerial, 'size', bytesOf(sharedMegabytes), ({ sizeBytes }) => sizeBytes),
    drive(sharedSerial, 'kind', ['virtual', 'nvme'], ({ kind, transport }) => [kind, transport]),
    drive(sharedSerial, 'controllers', 2, (_, { pci }) => pci.filter(isSharedController).length),
    drive(
      keeper.serial,
      'partitions',
      parts.map(({ sectors }, i) => [i + 1, sectors * 512]),
      ({ partitions }) => partitions.map(({ number, sizeBytes }) => [number, sizeBytes]),
    ),
    drive(keeper.serial, 'users of partitions', [['mount /srv'], ['swap']], ({ partitions }) =>
      partitions.map(({ usedBy }) => usedBy),
    ),
    drive(keeper.serial, 'free', false, ({ isFree }) => isFree),
    {
      fact: 'mirror',
      told: [['md0', 'md', 'raid1', 2, []]],
      said: ({ volumes }) =>
        volumes.map(({ name, kind, level, members, usedBy }) => [name, kind, level, members.length, usedBy]),
    },
    {
      fact: 'file systems',
      told: [['/srv', 'ext4', true]],
      said: ({ filesystems }) => filesystems.map(({ mountPoint, type, isReadOnly }) => [mountPoint, type, isReadOnly]),
    },
  ],
  trials: [brokenMirror],
}

function argumentsOf({ device, options, serial, megabytes }: PlainDrive): readonly string[] {
  const name = serial.toLowerCase()
  const all = Object.entries({ serial, ...options }).map(([key, value]) => `,${key}=${value}`)
  return [
    ...['-blockdev', `driver=null-co,node-name=${name},size=${bytesOf(megabytes)},read-zeroes=on`],
    ...['-device', `${device},drive=${name}${all.join('')}`],
  ]
}

function factsOf({ serial, megabytes, said }: PlainDrive): readonly Fact[] {
  return [
    drive(serial, 'size', bytesOf(megabytes), ({ sizeBytes }) => sizeBytes),
    drive(serial, 'free', !isMirrored(serial), ({ isFree }) => isFree),
    drive(serial, 'users', isMirrored(serial) ? ['md0'] : [], ({ usedBy }) => usedBy),
    ...Object.entries(said).map(([key, told]) => drive(serial, key, told, (disk) => disk[key as keyof Disk])),
  ]
}

function isMirrored(serial: string): boolean {
  return mirrored.some((one) => one === serial)
}

function drive(serial: string, name: string, told: unknown, read: (disk: Disk, all: Inventory) => unknown): Fact {
  return {
    fact: `drive ${serial} ${name}`,
    told,
    said: (inventory) => {
      const disk = driveOf(serial)(inventory)
      return disk === undefined ? 'no such drive' : read(disk, inventory)
    },
  }
}

/** Both lie directly on the first host bridge; the other NVMe drive is behind a port. */
function isSharedController({ driver, parent }: Inventory['pci'][number]): boolean {
  return driver === 'nvme' && parent === null
}

function end({ start, sectors }: { readonly start: number; readonly sectors: number }): number {
  return start + sectors - 1
}

function bytesOf(megabytes: number): number {
  return megabytes * 1024 * 1024
}
