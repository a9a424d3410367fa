import { expect, it } from 'vitest'
import { renderTree } from '../../../src/cli/probe-tree.ts'
import type { Inventory } from '../../../src/model/inventory.ts'

const gib = 1024 ** 3

const gpu = (uuid: string, peer: string, pciAddress: string) => ({
  uuid,
  vendor: 'nvidia',
  model: 'NVIDIA H100 80GB HBM3',
  memoryBytes: 80 * gib,
  numaNode: 0,
  pciAddress,
  driver: 'nvidia',
  isUsable: true,
  links: [{ to: peer, kind: 'nvlink', count: 18 }],
})

/** Two packages, two nodes and a third of memory alone; GPUs near node 0, a drive near none. */
const inventory: Inventory = {
  schema: 'tepui.inventory/1',
  cpu: {
    architecture: 'x86_64',
    online: '0-7',
    offline: '',
    allowed: '0-3',
    isolated: '',
    packages: [
      { id: 0, model: 'AMD EPYC 7543', cpus: '0-1,4-5' },
      { id: 1, model: 'AMD EPYC 7543', cpus: '2-3,6-7' },
    ],
    dies: [],
    cores: [0, 1, 2, 3].map((n) => ({
      id: n,
      package: n < 2 ? 0 : 1,
      die: null,
      numaNode: n < 2 ? 0 : 1,
      cpus: `${n},${n + 4}`,
      kind: null,
    })),
    caches: [
      { level: 3, type: 'unified', sizeBytes: 32 * 1024 ** 2, cpus: '0-1,4-5' },
      { level: 3, type: 'unified', sizeBytes: 32 * 1024 ** 2, cpus: '2-3,6-7' },
    ],
  },
  numa: {
    allowed: '0-2',
    nodes: [
      {
        id: 0,
        cpus: '0-1,4-5',
        localCpus: '0-1,4-5',
        memoryBytes: 64 * gib,
        hugepages: [{ sizeBytes: 2 ** 21, count: 512 }],
        isGpuMemory: false,
      },
      { id: 1, cpus: '2-3,6-7', localCpus: '2-3,6-7', memoryBytes: 63.5 * gib, hugepages: [], isGpuMemory: false },
      { id: 2, cpus: '', localCpus: '', memoryBytes: null, hugepages: [], isGpuMemory: false },
    ],
    distances: [
      [10, 20, 30],
      [20, 10, 30],
      [30, 30, 10],
    ],
  },
  memory: {
    totalBytes: 127.5 * gib,
    dimms: [
      {
        locator: 'A1',
        sizeBytes: 64 * gib,
        type: 'DDR4',
        speedMtps: 3200,
        manufacturer: 'Samsung',
        part: 'M393A',
        serial: 's',
      },
    ],
  },
  disks: [
    {
      name: 'sda',
      model: 'ST4000',
      serial: 's',
      sizeBytes: 4 * 1024 ** 4,
      rotational: true,
      transport: 'sata',
      numaNode: null,
      pciAddress: null,
      firmware: 'SN03',
    },
  ],
  nics: [
    {
      name: 'eth0',
      mac: 'b8:59:9f:00:00:01',
      speedMbps: 25_000,
      link: true,
      driver: 'mlx5_core',
      firmware: null,
      numaNode: 1,
      pciAddress: null,
    },
    {
      name: 'eth1',
      mac: null,
      speedMbps: null,
      link: false,
      driver: null,
      firmware: null,
      numaNode: 1,
      pciAddress: null,
    },
  ],
  gpus: [gpu('GPU-a', 'GPU-b', '0000:41:00.0'), gpu('GPU-b', 'GPU-a', '0000:42:00.0')],
  firmware: [{ component: 'bios', vendor: 'Dell Inc.', version: '2.21.2', date: '02/19/2024' }],
  machine: { vendor: 'Dell Inc.', product: 'PowerEdge R7525', serial: '8XYZ', uuid: null },
  os: { kernel: '6.1.0', distribution: 'Debian GNU/Linux 12', hostname: 'r1n7', bootId: null },
  problems: [
    { code: 'HW_TOOL_MISSING', where: 'ethtool', message: 'ethtool is not installed' },
    { code: 'HW_UNKNOWN', where: 'nics[eth0]', message: 'unknown: firmware' },
    { code: 'HW_UNKNOWN', where: 'nics[eth1]', message: 'unknown: firmware' },
  ],
}

it('a machine is drawn as its parts lie', () => {
  expect(renderTree(inventory, { width: 80, color: false })).toMatchInlineSnapshot(`
    "Dell Inc. PowerEdge R7525: serial 8XYZ, r1n7, Debian GNU/Linux 12, Linux 6.1.0
    │  x86_64
    ├─ CPUs: 8 online, 4 cores, 2 packages, 3 NUMA nodes, 127.5 GiB of memory, this
    │     process may use 0-3
    ├─ caches: L3 32 MiB × 2
    ├─ package 0: AMD EPYC 7543
    │  └─ NUMA node 0: 64 GiB, 512 hugepages of 2 MiB
    │     ├─ L3 32 MiB: 2 cores: CPUs 0-1 + 4-5
    │     ├─ GPU 0000:41:00.0: NVIDIA H100 80GB HBM3, 80 GiB, nvidia, nvlink × 18 to
    │     │     1 GPU
    │     └─ GPU 0000:42:00.0: NVIDIA H100 80GB HBM3, 80 GiB, nvidia, nvlink × 18 to
    │           1 GPU
    ├─ package 1: AMD EPYC 7543
    │  └─ NUMA node 1: 63.5 GiB
    │     ├─ L3 32 MiB: 2 cores: CPUs 2-3 + 6-7
    │     ├─ NIC eth0: 25 Gb/s, mlx5_core, b8:59:9f:00:00:01
    │     └─ NIC eth1: no link
    ├─ NUMA node 2: unknown memory, no CPUs
    ├─ NUMA distances: to 0 1 2
    │  ├─ from 0: 10 20 30
    │  ├─ from 1: 20 10 30
    │  └─ from 2: 30 30 10
    ├─ disk sda: 4 TiB, sata, rotating, ST4000, firmware SN03
    ├─ memory modules: 1 × 64 GiB DDR4 3200 MT/s Samsung M393A
    ├─ firmware
    │  └─ bios: Dell Inc., 2.21.2, 02/19/2024
    └─ problems
       ├─ ethtool: ethtool is not installed (HW_TOOL_MISSING)
       └─ nics[eth0 eth1]: unknown: firmware (HW_UNKNOWN)
    "
  `)
})

it('problems past twenty are counted', () => {
  const problems = Array.from({ length: 30 }, (_, i) => ({
    code: 'HW_UNREADABLE' as const,
    where: `/sys/${i}`,
    message: 'x',
  }))
  expect(renderTree({ ...inventory, problems }, { width: 80, color: false })).toContain(
    '10 more: are in the document: --json',
  )
})

it('a machine of which nothing is known is drawn too', () => {
  const nothing: Inventory = {
    ...inventory,
    cpu: {
      architecture: null,
      online: null,
      offline: null,
      allowed: null,
      isolated: null,
      packages: [],
      dies: [],
      cores: [],
      caches: [],
    },
    numa: { allowed: null, nodes: [], distances: null },
    memory: { totalBytes: null, dimms: [] },
    disks: [],
    nics: [],
    gpus: [],
    firmware: [],
    machine: { vendor: null, product: null, serial: null, uuid: null },
    os: { kernel: null, distribution: null, hostname: null, bootId: null },
    problems: [],
  }
  expect(renderTree(nothing, { width: 80, color: false })).toBe(
    'unknown machine\n└─ CPUs: 0 online, 0 cores, 0 packages, 0 NUMA nodes, unknown memory\n',
  )
})
