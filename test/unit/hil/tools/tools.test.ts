// What tools print beside a document: each in the form of its own, agreeing and differing.

import { describe, expect, test } from 'vitest'
import type { Inventory } from '../../../../src/model/inventory.ts'
import { compareDmidecode } from '../../../hil/tools/dmidecode.ts'
import { compareIp } from '../../../hil/tools/ip.ts'
import { compareLsblk } from '../../../hil/tools/lsblk.ts'
import { compareLscpu, compareLscpuCaches, compareLscpuTable } from '../../../hil/tools/lscpu.ts'
import { compareLspci } from '../../../hil/tools/lspci.ts'
import { compareLstopo } from '../../../hil/tools/lstopo.ts'
import { compareNumactl } from '../../../hil/tools/numactl.ts'
import { compareNvidiaSmi } from '../../../hil/tools/nvidia-smi.ts'
import { compareDetectVirt, compareFindmnt, compareFree, compareUname } from '../../../hil/tools/system.ts'
import type { Verdict } from '../../../hil/verdicts.ts'

const gigabyte = 1024 ** 3

/** Two sockets of one core of two threads, a node each. Only what the comparisons read. */
const machine = {
  cpu: {
    architecture: 'x86_64',
    online: '0-3',
    offline: '',
    packages: [
      { id: 0, model: 'Processor One', cpus: '0,2' },
      { id: 1, model: 'Processor One', cpus: '1,3' },
    ],
    dies: [],
    cores: [{ cpus: '0,2' }, { cpus: '1,3' }],
    caches: [
      { level: 1, type: 'data', sizeBytes: 32768, lineBytes: 64, cpus: '0,2' },
      { level: 1, type: 'data', sizeBytes: 32768, lineBytes: 64, cpus: '1,3' },
    ],
  },
  numa: {
    nodes: [
      { id: 0, cpus: '0,2', localCpus: '0,2', memoryBytes: 2 * gigabyte + 5, isGpuMemory: false },
      { id: 1, cpus: '1,3', localCpus: '1,3', memoryBytes: gigabyte, isGpuMemory: false },
    ],
    distances: [
      [10, 21],
      [21, 10],
    ],
  },
  memory: {
    totalBytes: 3 * gigabyte,
    dimms: [{ locator: 'A1', bank: null, sizeBytes: 2 * gigabyte, speedMtps: 4800, serial: '77', part: 'P-1' }],
  },
  pci: [
    {
      address: '0000:01:00.0',
      class: '010802',
      vendorId: '1b36',
      deviceId: '0010',
      driver: 'nvme',
      numaNode: 0,
      iommuGroup: 4,
      sriov: { functionsMax: 2, functions: 1 },
    },
  ],
  disks: [
    {
      name: 'sda',
      model: 'SUMMIT ARRAY DISK',
      serial: 'S 1',
      wwn: 'naa.5000c500aabbccdd',
      sizeBytes: 4096,
      rotational: true,
      isReadOnly: false,
      isRemovable: false,
      logicalBlockBytes: 512,
      physicalBlockBytes: 4096,
      partitions: [{ name: 'sda1', sizeBytes: 1024, uuid: 'u-1' }],
      usedBy: ['partition table'],
    },
  ],
  filesystems: [{ mountPoint: '/', type: 'ext4', isReadOnly: false }],
  nics: [
    { name: 'eth0', mac: '02:00:00:00:00:01', permanentMac: '02:00:00:00:00:01', mtu: 1500, isUp: true, link: false },
  ],
  gpus: [
    {
      uuid: 'GPU-1',
      vendor: 'NVIDIA',
      model: 'NVIDIA H200',
      serial: null,
      memoryBytes: 1024 * 1024,
      pciAddress: '0000:3b:00.0',
      driverVersion: '550.1',
      vbios: '96.00',
      powerLimitWatts: 700,
    },
  ],
  firmware: [{ component: 'bios', vendor: 'Maker', version: '1.2' }],
  machine: {
    vendor: 'Maker',
    product: 'Box',
    serial: null,
    uuid: '4c4c4544-0042-3510-8052-b4c04f4e3132',
    sku: null,
    board: { product: 'MB', serial: 'B1' },
    chassis: { serial: 'C1', assetTag: null },
    virtualisation: null,
  },
  os: { hostname: 'box', kernel: '6.1.0' },
} as unknown as Inventory

function rows(verdicts: readonly Verdict[], verdict: Verdict['verdict']): readonly string[] {
  return verdicts.filter((one) => one.verdict === verdict).map(({ fact }) => fact)
}

/** All agree, but for facts that the tool leaves open. */
function expectAgreement(verdicts: readonly Verdict[]): void {
  expect(verdicts.filter((one) => one.verdict === 'differ')).toEqual([])
  expect(rows(verdicts, 'agree').length).toBeGreaterThan(0)
}

describe('lscpu', () => {
  const whole = (online: string) =>
    JSON.stringify({
      lscpu: [
        { field: 'Architecture:', data: 'x86_64' },
        { field: 'CPU(s):', data: '4', children: [{ field: 'On-line CPU(s) list:', data: online }] },
        { field: 'Vendor ID:', data: 'X', children: [{ field: 'Model name:', data: 'Processor One' }] },
      ],
    })
  const table = (last: string | null) =>
    JSON.stringify({
      cpus: [
        { cpu: 0, core: 0, socket: 0, node: 0, online: true },
        { cpu: 1, core: 1, socket: 1, node: 1, online: 'yes' },
        { cpu: 2, core: 0, socket: 0, node: 0, online: true },
        { cpu: 3, core: 1, socket: last, node: 1, online: true },
        { cpu: 4, core: null, socket: null, node: null, online: false },
      ],
    })

  test('agrees, with its fields flat or nested', () => {
    expectAgreement(compareLscpu(whole('0-3'), machine))
    expectAgreement(compareLscpuTable(table('1'), machine))
  })

  test('differs', () => {
    expect(rows(compareLscpu(whole('0-2'), machine), 'differ')).toEqual(['CPUs online'])
    expect(rows(compareLscpuTable(table('2'), machine), 'differ')).toEqual(['packages', 'cores'])
  })

  test('is not compared where it does not know', () => {
    expect(rows(compareLscpuTable(table(null), machine), 'not comparable')).toEqual(['packages'])
    expect(rows(compareLscpu('{"lscpu":[]}', machine), 'not comparable')).toEqual([
      'architecture',
      'CPUs online',
      'processor name',
    ])
  })

  test('has caches by level and type', () => {
    const cache = { name: 'L1d', 'one-size': '32768', level: 1, type: 'Data', 'coherency-size': 64 }
    expectAgreement(compareLscpuCaches(JSON.stringify({ caches: [cache] }), machine))
    const other = { ...cache, 'one-size': '65536' }
    expect(rows(compareLscpuCaches(JSON.stringify({ caches: [other] }), machine), 'differ')).toEqual(['cache L1d'])
  })
})

describe('lsblk', () => {
  const drive = {
    name: 'sda',
    type: 'disk',
    size: 4096,
    vendor: 'SUMMIT  ',
    model: 'ARRAY_DISK',
    serial: 'S_1',
    wwn: '0x5000c500aabbccdd',
    rota: true,
    ro: false,
    rm: '0',
    'log-sec': 512,
    'phy-sec': '4096',
    mountpoints: [null],
    children: [{ name: 'sda1', type: 'part', size: 1024, partuuid: 'u-1', mountpoints: ['/srv'] }],
  }
  const said = (...blockdevices: object[]) => JSON.stringify({ blockdevices })

  test('agrees, in its own way of writing', () => {
    expectAgreement(compareLsblk(said(drive, { name: 'zram0', type: 'disk' }, { name: 'sr0', type: 'rom' }), machine))
  })

  test('differs by drive', () => {
    expect(rows(compareLsblk(said({ ...drive, size: 1 }), machine), 'differ')).toEqual(['drive size sda'])
    expect(rows(compareLsblk(said(drive, { ...drive, name: 'sdb' }), machine), 'differ')).toEqual(['drive size sdb'])
    expect(rows(compareLsblk(said({ ...drive, mountpoints: ['/x'] }), machine), 'differ')).toEqual(['drive mounts sda'])
  })
})

describe('lstopo', () => {
  const object = (type: string, cpuset: string, more = '') => `<object type="${type}" cpuset="${cpuset}" ${more}/>`
  const all = [
    '<object type="Machine" os_index="0" cpuset="0x0000000f">',
    object('Package', '0x00000005'),
    object('Package', '0x0000000a'),
    object('NUMANode', '0x00000005', `os_index="0" local_memory="${2 * gigabyte + 5}"`),
    object('NUMANode', '0x0000000a', `os_index="1" local_memory="${gigabyte}"`),
    object('L1Cache', '0x5', 'cache_size="32768" cache_linesize="64"'),
    object('L1Cache', '0xa', 'cache_size="32768" cache_linesize="64"'),
    object('Core', '0x5'),
    object('Core', '0xa'),
    '<object type="PCIDev" pci_busid="0000:01:00.0" pci_type="0108 [1b36:0010] [1af4:1100] 02"/>',
  ]

  test('agrees', () => {
    expectAgreement(compareLstopo(all.join('\n'), machine))
  })

  test('differs by set', () => {
    const other = all.join('\n').replace(object('Core', '0xa'), `${object('Core', '0x2')}${object('Core', '0x8')}`)
    expect(rows(compareLstopo(other, machine), 'differ')).toEqual(['cores'])
    const gone = all.slice(0, -1).join('\n')
    expect(rows(compareLstopo(gone, machine), 'differ')).toEqual(['PCI device 0000:01:00.0'])
  })
})

describe('numactl', () => {
  const said = (megabytes: number) =>
    `available: 2 nodes (0-1)\nnode 0 cpus: 0 2\nnode 0 size: ${megabytes} MB\nnode 0 free: 1 MB\nnode 1 cpus: 1 3\n` +
    'node 1 size: 1024 MB\nnode 1 free: 2 MB\nnode distances:\nnode   0   1 \n  0:  10  21 \n  1:  21  10 \n'

  test('agrees on whole mebibytes', () => {
    expectAgreement(compareNumactl(said(2048), machine))
  })

  test('differs by node', () => {
    expect(rows(compareNumactl(said(2047), machine), 'differ')).toEqual(['node CPUs, MiB 0'])
  })
})

describe('lspci', () => {
  const block =
    'Slot:\t0000:01:00.0\nClass:\t0108\nVendor:\t1b36\nDevice:\t0010\nProgIf:\t02\nDriver:\tnvme\nNUMANode:\t0\nIOMMUGroup:\t4\n'

  test('agrees', () => {
    expectAgreement(compareLspci(`${block}\n`, machine))
  })

  test('has virtual functions beside their device, which has a reason', () => {
    const [first] = compareLspci(`${block}\n${block.replace('00.0', '00.1')}`, machine)
    expect(first).toMatchObject({ verdict: 'differ', reason: 'virtual functions count at their device' })
  })

  test('differs by device', () => {
    expect(rows(compareLspci(block.replace('nvme', 'vfio-pci'), machine), 'differ')).toEqual([
      'PCI driver 0000:01:00.0',
    ])
  })
})

test('ip agrees, and differs by port', () => {
  const port = {
    ifname: 'eth0',
    flags: ['BROADCAST', 'UP'],
    mtu: 1500,
    address: '02:00:00:00:00:01',
    parentdev: 'virtio0',
  }
  const lo = { ifname: 'lo', flags: ['UP'], mtu: 65536 }
  expectAgreement(compareIp(JSON.stringify([lo, port]), machine))
  expect(rows(compareIp(JSON.stringify([{ ...port, flags: [] }]), machine), 'differ')).toEqual([
    'port switched on eth0',
  ])
  expect(rows(compareIp(JSON.stringify([{ ...port, parentdev: undefined }]), machine), 'not comparable')).toEqual([
    'ports',
    'port burnt-in address (1)',
  ])
})

test('dmidecode agrees where something was filled in', () => {
  const said = [
    'Handle 0x0000, DMI type 0, 24 bytes\nBIOS Information\n\tVendor: Maker\n\tVersion: 1.2\n',
    'Handle 0x0100, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Maker\n\tProduct Name: Box\n\tSerial Number: To Be Filled By O.E.M.\n\tUUID: 4C4C4544-0042-3510-8052-B4C04F4E3132\n',
    'Handle 0x0200, DMI type 2, 15 bytes\nBase Board Information\n\tProduct Name: MB\n\tSerial Number: B1\n',
    'Handle 0x0300, DMI type 3, 21 bytes\nChassis Information\n\tSerial Number: C1\n\tAsset Tag: Not Specified\n',
    'Handle 0x1100, DMI type 17, 40 bytes\nMemory Device\n\tSize: 2 GB\n\tLocator: A1\n\tSpeed: 4800 MT/s\n\tSerial Number: 77\n\tPart Number: P-1 \n',
    'Handle 0x1101, DMI type 17, 40 bytes\nMemory Device\n\tSize: No Module Installed\n\tLocator: A2\n',
  ].join('\n')
  expectAgreement(compareDmidecode(said, machine))
  expect(rows(compareDmidecode(said.replace('Serial Number: B1', 'Serial Number: B2'), machine), 'differ')).toEqual([
    'board serial',
  ])
})

test('nvidia-smi agrees, and leaves open what it calls not available', () => {
  const said = 'GPU-1, NVIDIA H200, [N/A], 1, 00000000:3B:00.0, 550.1, 96.00, 700.00\n'
  expectAgreement(compareNvidiaSmi(said, machine))
  expect(rows(compareNvidiaSmi(said.replace('700.00', '500.00'), machine), 'differ')).toEqual(['GPU power limit GPU-1'])
})

test('free, uname, findmnt and systemd-detect-virt agree, or differ', () => {
  expectAgreement(compareFree(`      total  used\nMem:  ${3 * gigabyte}  1\n`, machine))
  expect(rows(compareFree('Mem: 1 1\n', machine), 'differ')).toEqual(['memory'])
  expectAgreement(compareUname('box 6.1.0 x86_64\n', machine))
  const mounts = { filesystems: [{ target: '/', fstype: 'ext4', options: 'rw,relatime' }] }
  expectAgreement(compareFindmnt(JSON.stringify(mounts), machine))
  expect(rows(compareDetectVirt('kvm\n', machine), 'not comparable')).toEqual(['virtualisation'])
  expect(rows(compareDetectVirt('none\n', machine), 'differ')).toEqual(['virtualisation'])
})
