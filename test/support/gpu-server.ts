// A made-up machine with a great deal in it, for what shows machines: two packages of 48 cores in four NUMA nodes, eight
// GPUs joined by NVLink with a network port near each, drives, modules, and a few things that are wrong.

import type { Condition, Health } from '../../src/model/health.ts'
import type { Gpu, GpuLink, Inventory, Nic, PciDevice, PcieLink } from '../../src/model/inventory.ts'
import { aDimm, aDisk, aGpu, aNic, anInventory, aPciDevice } from './inventories.ts'

const gib = 2 ** 30
const numbers = (count: number) => Array.from({ length: count }, (_, i) => i)
const hex = (value: number) => value.toString(16).padStart(2, '0')

const gpuAddress = (i: number) => `0000:${hex(0x18 + 0x10 * i)}:00.0`
const nicAddress = (i: number) => `0000:${hex(0x19 + 0x10 * i)}:00.0`
const nodeOfGpu = (i: number) => Math.floor(i / 2)

export function aGpuServer(): { readonly inventory: Inventory; readonly health: Health } {
  return { inventory: inventory(), health: health() }
}

function inventory(): Inventory {
  const cores = numbers(96).map((n) => ({
    id: n,
    package: Math.floor(n / 48),
    die: null,
    numaNode: Math.floor(n / 24),
    cpus: `${n},${n + 96}`,
    kind: null,
  }))
  const nodes = numbers(4).map((id) => ({
    id,
    cpus: `${id * 24}-${id * 24 + 23},${id * 24 + 96}-${id * 24 + 119}`,
    localCpus: `${id * 24}-${id * 24 + 23},${id * 24 + 96}-${id * 24 + 119}`,
    memoryBytes: 503 * gib,
    kind: null,
    hugepages: id === 0 ? [{ sizeBytes: 2 ** 30, count: 64, freeCount: 60 }] : [],
    isGpuMemory: false,
    memorySideCaches: [],
    access: null,
  }))
  const base = anInventory()
  return {
    ...base,
    cpu: {
      ...base.cpu,
      online: '0-191',
      allowed: '0-191',
      isolated: '4-7,100-103',
      smt: 'on',
      packages: [0, 1].map((id) => ({
        id,
        model: 'Intel(R) Xeon(R) Platinum 8468',
        cpus: id === 0 ? '0-47,96-143' : '48-95,144-191',
        microcode: ['0x2b0004d0'],
      })),
      cores,
      caches: [
        ...[0, 1].map((id) => ({
          level: 3,
          type: 'unified' as const,
          sizeBytes: 105 * 2 ** 20,
          lineBytes: 64,
          cpus: id === 0 ? '0-47,96-143' : '48-95,144-191',
        })),
        ...cores.flatMap((core) => [
          { level: 1, type: 'data' as const, sizeBytes: 48 * 1024, lineBytes: 64, cpus: core.cpus },
          { level: 2, type: 'unified' as const, sizeBytes: 2 * 2 ** 20, lineBytes: 64, cpus: core.cpus },
        ]),
      ],
    },
    numa: {
      allowed: '0-3',
      nodes,
      distances: [
        [10, 12, 21, 21],
        [12, 10, 21, 21],
        [21, 21, 10, 12],
        [21, 21, 12, 10],
      ],
    },
    memory: {
      totalBytes: 2012 * gib,
      installedBytes: 2048 * gib,
      hugepages: [],
      dimms: numbers(32).map((i) =>
        aDimm(`${'ABCDEFGHIJKLMNOP'.charAt(Math.floor(i / 2))}${(i % 2) + 1}`, `D${i}`, {
          sizeBytes: 64 * gib,
          manufacturer: 'Samsung',
          part: 'M321R8GA0BB0-CQKZJ',
        }),
      ),
    },
    pci: [...numbers(8).map((i) => pciOfGpu(i)), ...numbers(8).map((i) => pciOfNic(i)), ...numbers(8).map(pciOfDisk)],
    gpus: numbers(8).map(gpu),
    nics: [
      ...numbers(8).map(fabricPort),
      aNic('eno1', { speedMbps: 25_000, driver: 'bnxt_en', pciAddress: '0000:04:00.0', bond: 'bond0' }),
      aNic('eno2', { speedMbps: null, link: false, driver: 'bnxt_en', pciAddress: '0000:04:00.1', bond: 'bond0' }),
    ],
    disks: [
      aDisk('nvme8n1', 'S8', {
        model: 'Micron_7450_MTFDKBG960TFR',
        sizeBytes: 960 * 10 ** 9,
        pciAddress: '0000:05:00.0',
        usedBy: ['mount /', 'mount /boot/efi'],
        isFree: false,
      }),
      ...numbers(8).map((i) =>
        aDisk(`nvme${i}n1`, `S6${i}`, {
          model: 'SAMSUNG MZQL23T8HCLS-00A07',
          sizeBytes: 3840 * 10 ** 9,
          numaNode: Math.floor(i / 2),
          pciAddress: `0000:${hex(0x60 + i)}:00.0`,
          usedBy: ['md127'],
          isFree: false,
        }),
      ),
    ],
    volumes: [
      {
        name: 'md127',
        kind: 'md',
        label: 'scratch',
        uuid: 'md-uuid',
        level: 'raid6',
        sizeBytes: 6 * 3840 * 10 ** 9,
        state: 'clean, degraded',
        members: numbers(8).map((i) => `nvme${i}n1`),
        usedBy: ['mount /scratch'],
      },
    ],
    filesystems: [],
    firmware: [
      { component: 'bios', vendor: 'Supermicro', version: '2.1', date: '2024-02-07' },
      { component: 'bmc', vendor: null, version: '01.02.21', date: null },
    ],
    machine: { ...base.machine, vendor: 'Supermicro', product: 'SYS-821GE-TNHR', serial: 'A4821' },
    os: { ...base.os, kernel: '6.8.0', distribution: 'Ubuntu 24.04', hostname: 'r12-gpu03' },
  }
}

function gpu(i: number): Gpu {
  return aGpu(gpuAddress(i), `GPU-${i}`, {
    model: 'NVIDIA H100 80GB HBM3',
    memoryBytes: 80 * gib,
    numaNode: nodeOfGpu(i),
    driverVersion: '550.54.15',
    ecc: true,
    powerLimitWatts: 700,
    links: [...numbers(8).flatMap((j) => (i === j ? [] : [nvlink(j)])), ...numbers(8).map((j) => toPort(i, j))],
    ...(i === 7
      ? {
          partitioning: 'MIG',
          isUsable: false,
          instances: numbers(7).map((part) => ({
            uuid: `MIG-${part}`,
            profile: '1g.10gb',
            memoryBytes: 10 * gib,
            gpuInstanceId: part,
            computeInstanceId: 0,
            multiprocessors: 16,
          })),
        }
      : {}),
  })
}

function nvlink(to: number): GpuLink {
  return { to: `GPU-${to}`, toKind: 'gpu', kind: 'nvlink', count: 18 }
}

function toPort(i: number, j: number): GpuLink {
  const kind = i === j ? 'pix' : nodeOfGpu(i) === nodeOfGpu(j) ? 'node' : 'sys'
  return { to: `mlx5_${j}`, toKind: 'nic', kind, count: null }
}

function fabricPort(i: number): Nic {
  return aNic(`ibp${25 + 16 * i}s0`, {
    speedMbps: 400_000,
    numaNode: nodeOfGpu(i),
    pciAddress: nicAddress(i),
    rdma: {
      name: `mlx5_${i}`,
      port: 1,
      firmware: '28.39.1002',
      linkLayer: 'InfiniBand',
      rateGbps: 400,
      state: 'ACTIVE',
      nodeGuid: null,
    },
  })
}

function aLink(widthLanes: number, widthMaxLanes: number): PcieLink {
  return { speedGtps: 32, widthLanes, speedMaxGtps: 32, widthMaxLanes }
}

function pciOfGpu(i: number): PciDevice {
  return aPciDevice(gpuAddress(i), { numaNode: nodeOfGpu(i), slot: `SXM${i}`, link: aLink(i === 5 ? 8 : 16, 16) })
}

function pciOfNic(i: number): PciDevice {
  return aPciDevice(nicAddress(i), { class: '020700', numaNode: nodeOfGpu(i), link: aLink(16, 16) })
}

function pciOfDisk(i: number): PciDevice {
  return aPciDevice(`0000:${hex(0x60 + i)}:00.0`, { class: '010802', numaNode: Math.floor(i / 2), link: aLink(4, 4) })
}

function health(): Health {
  const condition = (
    code: Condition['code'],
    severity: Condition['severity'],
    part: Condition['part'],
    text: string,
  ) => {
    return { code, part, severity, sinceMs: null, evidence: [{ source: 'a source', text }] }
  }
  return {
    schema: 'tepui.health/1',
    conditions: [
      condition(
        'GPU_FAILED',
        'critical',
        { kind: 'gpu', name: gpuAddress(2), id: 'GPU-2' },
        'Xid 79: GPU has fallen off the bus',
      ),
      condition(
        'DISK_WORN',
        'warning',
        { kind: 'disk', name: 'nvme3n1', id: 'S63' },
        'percentage_used 104: more than the drive was built for',
      ),
      condition(
        'MEMORY_CORRECTED_ERRORS',
        'warning',
        { kind: 'dimm', name: 'C2', id: 'D5' },
        'corrected errors: 4711, 311 more than at the last look',
      ),
      condition('NIC_LINK_DOWN', 'warning', { kind: 'nic', name: 'eno2', id: null }, 'carrier is 0 and the port is up'),
      condition(
        'PCIE_LINK_DEGRADED',
        'warning',
        { kind: 'pci', name: gpuAddress(5), id: null },
        'x8 where both ends can do x16',
      ),
      condition(
        'RAID_DEGRADED',
        'warning',
        { kind: 'volume', name: 'scratch', id: 'md-uuid' },
        '1 of 8 members missing',
      ),
    ],
    unchecked: [
      { question: 'temperatures of GPUs', part: null, code: 'HW_TOOL_MISSING', message: 'no tool', about: [] },
    ],
  }
}
