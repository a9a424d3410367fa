import { expect, it } from 'vitest'
import { renderTree } from '../../../src/cli/probe-tree.ts'
import type { Health } from '../../../src/model/health.ts'
import type { Inventory, NumaNode } from '../../../src/model/inventory.ts'
import { aGpuServer } from '../../support/gpu-server.ts'
import { aDimm, aDisk, aGpu, aNic, anInventory, aPciDevice } from '../../support/inventories.ts'

const wide = { speedGtps: 32, widthLanes: 16, speedMaxGtps: 32, widthMaxLanes: 16 }
const gib = 1024 ** 3
const plain = { width: 80, color: false }
const healthy: Health = { schema: 'tepui.health/1', conditions: [], unchecked: [] }
const base = anInventory()

const node = (id: number, cpus: string, facts: Partial<NumaNode> = {}): NumaNode => ({
  id,
  cpus,
  localCpus: cpus,
  memoryBytes: 64 * gib,
  kind: null,
  hugepages: [],
  isGpuMemory: false,
  memorySideCaches: [],
  access: null,
  ...facts,
})

const gpu = (pciAddress: string, uuid: string, peer: string) =>
  aGpu(pciAddress, uuid, {
    model: 'NVIDIA H100 80GB HBM3',
    memoryBytes: 80 * gib,
    numaNode: 0,
    links: [{ to: peer, toKind: 'gpu', kind: 'nvlink', count: 18 }],
  })

/** Two packages, two nodes and a third of memory alone; GPUs near node 0, a drive near none. */
const inventory: Inventory = {
  ...base,
  cpu: {
    ...base.cpu,
    allowed: '0-3',
    packages: [
      { id: 0, model: 'AMD EPYC 7543', cpus: '0-1,4-5', microcode: [] },
      { id: 1, model: 'AMD EPYC 7543', cpus: '2-3,6-7', microcode: [] },
    ],
    cores: [0, 1, 2, 3].map((n) => ({
      id: n,
      package: n < 2 ? 0 : 1,
      die: null,
      numaNode: n < 2 ? 0 : 1,
      cpus: `${n},${n + 4}`,
      kind: null,
    })),
    caches: [
      { level: 1, type: 'data', sizeBytes: 32 * 1024, lineBytes: 64, cpus: '0,4' },
      { level: 3, type: 'unified', sizeBytes: 32 * 1024 ** 2, lineBytes: 64, cpus: '0-1,4-5' },
      { level: 3, type: 'unified', sizeBytes: 32 * 1024 ** 2, lineBytes: 64, cpus: '2-3,6-7' },
    ],
  },
  numa: {
    allowed: '0-2',
    nodes: [
      node(0, '0-1,4-5', { hugepages: [{ sizeBytes: 2 ** 21, count: 512, freeCount: null }] }),
      node(1, '2-3,6-7', { memoryBytes: 63.5 * gib }),
      node(2, '', { memoryBytes: null, kind: 'cxl' }),
    ],
    distances: [
      [10, 20, 30],
      [20, 10, 30],
      [30, 30, 10],
    ],
  },
  memory: { ...base.memory, totalBytes: 127.5 * gib, dimms: [aDimm('A1', 's'), aDimm('A2', 't')] },
  pci: [
    aPciDevice('0000:41:00.0', { numaNode: null, link: { ...wide, widthLanes: 8 } }),
    aPciDevice('0000:17:00.0', { class: '010400', numaNode: 1, link: wide }),
  ],
  disks: [
    aDisk('sda', 's', {
      model: 'ST4000',
      sizeBytes: 4 * 1024 ** 4,
      kind: 'hdd',
      transport: 'sata',
      numaNode: null,
      pciAddress: null,
      isFree: false,
      partitions: [
        {
          name: 'sda1',
          number: 1,
          sizeBytes: gib,
          uuid: null,
          label: null,
          content: null,
          usedBy: ['mount /boot'],
        },
      ],
    }),
  ],
  volumes: [
    {
      name: 'md0',
      kind: 'md',
      label: 'data',
      uuid: null,
      level: 'raid1',
      sizeBytes: gib,
      state: 'clean',
      members: ['sda', 'sdb'],
      usedBy: [],
    },
    {
      name: 'dm-0',
      kind: 'crypt',
      label: 'secret',
      uuid: null,
      level: 'LUKS2',
      sizeBytes: gib,
      state: 'active',
      members: ['md0'],
      usedBy: ['mount /srv'],
    },
  ],
  filesystems: [
    { mountPoint: '/boot', type: 'ext4', source: '/dev/sda1', isReadOnly: false, options: [] },
    { mountPoint: '/srv', type: 'xfs', source: '/dev/mapper/secret', isReadOnly: true, options: [] },
    { mountPoint: '/home', type: 'nfs4', source: 'nas:/home', isReadOnly: false, options: [] },
  ],
  nics: [
    aNic('eth0', { mac: 'b8:59:9f:00:00:01', firmware: null, numaNode: 1, pciAddress: null }),
    aNic('eth1', {
      mac: null,
      speedMbps: null,
      link: false,
      driver: null,
      firmware: null,
      numaNode: 1,
      pciAddress: null,
    }),
  ],
  gpus: [gpu('0000:41:00.0', 'GPU-a', 'GPU-b'), gpu('0000:42:00.0', 'GPU-b', 'GPU-a')],
  firmware: [
    { component: 'bios', vendor: 'Dell Inc.', version: '2.21.2', date: '02/19/2024' },
    { component: 'nic eth0', vendor: null, version: '22.1', date: null },
  ],
  machine: { ...base.machine, vendor: 'Dell Inc.', product: 'PowerEdge R7525', serial: '8XYZ' },
  os: { ...base.os, kernel: '6.1.0', distribution: 'Debian GNU/Linux 12', hostname: 'r1n7' },
  problems: [
    { code: 'HW_TOOL_MISSING', where: 'ethtool', message: 'ethtool is not installed' },
    { code: 'HW_UNKNOWN', where: 'nics[eth0]', message: 'unknown: firmware' },
    { code: 'HW_UNKNOWN', where: 'nics[eth1]', message: 'unknown: firmware' },
  ],
}

const health: Health = {
  ...healthy,
  conditions: [
    {
      code: 'GPU_FAILED',
      part: { kind: 'gpu', name: '0000:42:00.0', id: 'GPU-b' },
      severity: 'critical',
      sinceMs: Date.UTC(2024, 4, 1, 12),
      evidence: [{ source: 'dmesg', text: 'Xid 79: GPU has fallen off the bus' }],
    },
  ],
  unchecked: [{ question: 'the clock', part: null, code: 'HW_TOOL_MISSING', message: 'no chronyc', about: [] }],
}

it('a machine is drawn as its parts lie, what is wrong first', () => {
  expect(renderTree(inventory, health, plain)).toMatchInlineSnapshot(`
    "Dell Inc. PowerEdge R7525: serial 8XYZ, r1n7, Debian GNU/Linux 12,
    │  Linux 6.1.0 x86_64
    ├─ critical GPU_FAILED: GPU 1: Xid 79: GPU has fallen off the bus,
    │     since 2024-05-01 12:00 UTC
    ├─ health: 1 question not answered: the clock
    ├─ has: 8 CPUs, 4 cores, 2 packages, 3 NUMA nodes, 127.5 GiB of memory,
    │     this process may use 0-3, each core L1d 32 KiB
    ├─ 2 processors: AMD EPYC 7543
    ├─ package 0, NUMA node 0: 64 GiB, 512 hugepages of 2 MiB, L3 32 MiB
    │  ├─ 2 cores: CPUs 0-1 + 4-5
    │  ├─ GPU 0: NVIDIA H100 80GB HBM3, 80 GiB, nvidia, nvlink × 18 to 1 GPU,
    │  │     0000:41:00.0, PCIe 5.0 ×8 that could be ×16
    │  └─ GPU 1: NVIDIA H100 80GB HBM3, 80 GiB, nvidia, nvlink × 18 to 1 GPU,
    │        0000:42:00.0
    ├─ package 1, NUMA node 1: 63.5 GiB, L3 32 MiB
    │  ├─ 2 cores: CPUs 2-3 + 6-7
    │  ├─ NIC eth0: 25 Gb/s, mlx5_core, b8:59:9f:00:00:01
    │  ├─ NIC eth1: no link
    │  └─ other PCI: RAID controller
    ├─ NUMA node 2: memory unknown, CXL memory, no CPUs
    ├─ disk sda: 4 TiB, SATA HDD ST4000, firmware 1.0, /boot (ext4)
    │  └─ volume data: 1 GiB, md raid1, clean, of sda sdb
    │     └─ volume secret: 1 GiB, crypt LUKS2, active, /srv (xfs, read-only)
    ├─ file system /home: nfs4, nas:/home
    ├─ NUMA distances: to 0 1 2
    │  ├─ from 0: 10 20 30
    │  ├─ from 1: 20 10 30
    │  └─ from 2: 30 30 10
    ├─ memory modules: 2 × 32 GiB DDR5 4800 MT/s Maker PART
    ├─ firmware: bios Dell Inc. 2.21.2 02/19/2024
    └─ problems
       ├─ ethtool: ethtool is not installed (HW_TOOL_MISSING)
       └─ nics[eth0 eth1]: unknown: firmware (HW_UNKNOWN)
    "
  `)
})

it('names of conditions are in the colour of their severity', () => {
  const colored = renderTree(inventory, health, { width: 80, color: true })
  expect(colored).toContain('\u001b[31;1mcritical GPU_FAILED:')
})

it('a large machine fits into eighty columns', () => {
  const server = aGpuServer()
  const lines = renderTree(server.inventory, server.health, plain).split('\n')
  expect(lines.filter((line) => line.length > 80)).toEqual([])
})

it('problems past twenty are counted', () => {
  const problems = Array.from({ length: 30 }, (_, i) => ({
    code: 'HW_UNREADABLE' as const,
    where: `/sys/${i}`,
    message: 'x',
  }))
  expect(renderTree({ ...inventory, problems }, healthy, plain)).toContain('10 more: are in the document: --json')
})

it('volumes that claim to stand on each other, as none can, do not hang it', () => {
  const [first] = inventory.volumes
  const circle =
    first === undefined
      ? []
      : [
          { ...first, members: ['dm-9'] },
          { ...first, name: 'dm-9', members: ['md0'] },
        ]
  const without = renderTree({ ...inventory, volumes: [] }, healthy, plain)
  expect(renderTree({ ...inventory, volumes: circle }, healthy, plain)).toBe(without)
})

it('a machine of which nothing is known is drawn too', () => {
  const nothing: Inventory = {
    ...base,
    cpu: { ...base.cpu, architecture: null, online: null, offline: null, allowed: null, packages: [], cores: [] },
    numa: { allowed: null, nodes: [], distances: null },
    memory: { ...base.memory, totalBytes: null },
    machine: { ...base.machine, vendor: null, product: null, serial: null, virtualisation: null },
    os: { ...base.os, kernel: null, distribution: null, hostname: null, bootId: null },
  }
  expect(renderTree(nothing, healthy, plain)).toBe(
    'unknown machine\n├─ health: nothing wrong seen\n└─ has: CPUs unknown, memory unknown\n',
  )
})
