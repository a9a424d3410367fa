// Inventory documents made of a few words, for what reads documents and not machines.

import { unknownGpu } from '../../src/hw/probe/gpu-facts.ts'
import type { Dimm, Disk, Gpu, Inventory, Nic, PciDevice, Volume } from '../../src/model/inventory.ts'

/** A machine of 8 CPUs in two packages without devices; `parts` replace whole sections. */
export function anInventory(parts: Partial<Inventory> = {}): Inventory {
  const cores = [0, 1, 2, 3, 4, 5, 6, 7].map((cpu) => ({
    id: cpu % 4,
    package: cpu < 4 ? 0 : 1,
    die: null,
    numaNode: cpu < 4 ? 0 : 1,
    cpus: String(cpu),
    kind: null,
  }))
  const packages = [0, 1].map((id) => ({ id, model: 'A CPU', cpus: id === 0 ? '0-3' : '4-7', microcode: ['0x1'] }))
  return {
    schema: 'tepui.inventory/1',
    cpu: {
      architecture: 'x86_64',
      online: '0-7',
      offline: '',
      allowed: '0-7',
      isolated: '',
      nohzFull: '',
      smt: 'unsupported',
      packages,
      groups: [],
      dies: [],
      clusters: [],
      cores,
      coreKinds: [],
      caches: [],
    },
    numa: { allowed: '0', nodes: [], distances: null },
    memory: { totalBytes: 2 ** 34, installedBytes: null, hugepages: [], dimms: [] },
    pci: [],
    disks: [],
    volumes: [],
    filesystems: [],
    nics: [],
    fabrics: [],
    gpus: [],
    accelerators: [],
    firmware: [],
    machine: {
      id: null,
      idFrom: [],
      partition: null,
      vendor: 'Vendor',
      product: 'Product',
      serial: 'S1',
      uuid: null,
      sku: null,
      board: null,
      chassis: null,
      virtualisation: 'none',
      bmc: null,
    },
    os: {
      kernel: '6.1',
      distribution: 'Debian',
      hostname: 'host',
      bootId: 'boot-1',
      isUefi: null,
      secureBoot: null,
      cgroup: 'v2',
    },
    problems: [],
    ...parts,
  }
}

export function aDisk(name: string, serial: string | null, facts: Partial<Disk> = {}): Disk {
  return {
    name,
    model: 'A DRIVE',
    serial,
    wwn: null,
    sizeBytes: 2 ** 40,
    logicalBlockBytes: 512,
    physicalBlockBytes: 4096,
    rotational: false,
    kind: 'nvme',
    transport: 'nvme',
    numaNode: 0,
    pciAddress: '0000:01:00.0',
    firmware: '1.0',
    isRemovable: false,
    isReadOnly: false,
    paths: [],
    partitions: [],
    usedBy: [],
    content: null,
    isFree: true,
    ...facts,
  }
}

export function aDimm(locator: string, serial: string | null, facts: Partial<Dimm> = {}): Dimm {
  return {
    locator,
    bank: null,
    sizeBytes: 2 ** 35,
    type: 'DDR5',
    isEcc: true,
    speedMtps: 4800,
    configuredMtps: 4800,
    manufacturer: 'Maker',
    part: 'PART',
    serial,
    ...facts,
  }
}

export function aNic(name: string, facts: Partial<Nic> = {}): Nic {
  return {
    name,
    mac: '02:00:00:00:00:01',
    permanentMac: null,
    speedMbps: 25_000,
    speedMaxMbps: null,
    link: true,
    isUp: true,
    mtu: 1500,
    driver: 'mlx5_core',
    firmware: '22.1',
    numaNode: 0,
    pciAddress: '0000:02:00.0',
    port: null,
    bond: null,
    rdma: null,
    sriov: null,
    lldp: [],
    ...facts,
  }
}

/** A GPU's function, without a link. */
export function aPciDevice(address: string, facts: Partial<PciDevice> = {}): PciDevice {
  return {
    address,
    class: '030200',
    vendorId: '10de',
    deviceId: '2330',
    subsystemVendorId: null,
    subsystemId: null,
    revision: null,
    driver: null,
    isBridge: false,
    parent: null,
    root: 'pci0000:00',
    numaNode: 0,
    locality: 'numa_node',
    slot: null,
    iommuGroup: null,
    link: null,
    sriov: null,
    ...facts,
  }
}

export function aVolume(name: string, facts: Partial<Volume> = {}): Volume {
  const nothing = { level: null, sizeBytes: null, state: null, members: [], usedBy: [] }
  return { name, kind: 'lvm', label: null, uuid: null, ...nothing, ...facts }
}

export function aGpu(pciAddress: string, uuid: string | null, facts: Partial<Gpu> = {}): Gpu {
  return { ...unknownGpu('nvidia'), model: 'A GPU', pciAddress, uuid, driver: 'nvidia', isUsable: true, ...facts }
}
