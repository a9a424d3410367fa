// The inventory document: what a machine is, as `tepui probe --json` prints it and agents report it.
// Unknown is null and is listed under `problems`; never 0. CPU and node sets are Linux lists (`0-3,8`).
// Numbers that the kernel gives to packages, dies and cores are labels: the identity of such a part is its `cpus`.
// Parts that do not nest everywhere (NUMA nodes, caches, packages) are separate lists of sets, not a tree.

import type { FaultCode } from './faults.ts'

export type Inventory = {
  readonly schema: 'tepui.inventory/1'
  readonly cpu: CpuSection
  readonly numa: NumaSection
  readonly memory: MemorySection
  readonly disks: readonly Disk[]
  readonly nics: readonly Nic[]
  readonly gpus: readonly Gpu[]
  readonly firmware: readonly Firmware[]
  readonly machine: MachineIdentity
  readonly os: OsSection
  readonly problems: readonly Problem[]
}

/** Something that could not be read, or that contradicts itself. `where` is a path, a tool or a part of the document. */
export type Problem = { readonly code: FaultCode; readonly where: string; readonly message: string }

export type CpuSection = {
  /** As `uname -m` says it. */
  readonly architecture: string | null
  /** Null where neither the kernel's lists nor any CPU could be read. All other sets are cut with this one. */
  readonly online: string | null
  readonly offline: string | null
  /** What this process may use: affinity and cgroup taken together. */
  readonly allowed: string | null
  /** CPUs that the kernel keeps its own load away from (`isolcpus`); online and allowed, but for those who ask. */
  readonly isolated: string | null
  readonly packages: readonly CpuPackage[]
  /** Only where a package has several, or the kernel names them. */
  readonly dies: readonly Die[]
  readonly cores: readonly Core[]
  readonly caches: readonly Cache[]
}
/** `id` is unique: the kernel's own number where that is one, else the package's place in order of first CPU. */
export type CpuPackage = { readonly id: number; readonly model: string | null; readonly cpus: string }
export type Die = { readonly id: number; readonly package: number | null; readonly cpus: string }
export type CoreKind = 'performance' | 'efficiency'
export type Core = {
  /** The kernel's label; it repeats across packages and, on some machines, inside one. */
  readonly id: number
  /** A `CpuPackage.id`; null where the kernel names no packages. */
  readonly package: number | null
  /** A `Die.id`; null where there are no dies. */
  readonly die: number | null
  readonly numaNode: number | null
  readonly cpus: string
  /** Null where all cores are of one kind. */
  readonly kind: CoreKind | null
}
export type Cache = {
  readonly level: number
  readonly type: 'data' | 'instruction' | 'unified'
  readonly sizeBytes: number | null
  readonly cpus: string
}

export type NumaSection = {
  /** Memory nodes that this process may use; null where that could not be read. */
  readonly allowed: string | null
  readonly nodes: readonly NumaNode[]
  /** Row and column in ascending order of node id; null where the kernel gives none. */
  readonly distances: readonly (readonly number[])[] | null
}
export type NumaNode = {
  readonly id: number
  /** As the kernel says; empty for a node of memory alone. */
  readonly cpus: string
  /** `cpus`, or for a node of memory alone the CPUs nearest to it; empty where none is nearer than others. */
  readonly localCpus: string
  readonly memoryBytes: number | null
  readonly hugepages: readonly Hugepages[]
  /** The memory is a GPU's: not for general placement. */
  readonly isGpuMemory: boolean
}
export type Hugepages = { readonly sizeBytes: number; readonly count: number }

/** `totalBytes` is what the kernel may use: less than the DIMMs together, but with the memory of GPUs that are nodes. */
export type MemorySection = { readonly totalBytes: number | null; readonly dimms: readonly Dimm[] }
export type Dimm = {
  readonly locator: string | null
  readonly sizeBytes: number | null
  readonly type: string | null
  readonly speedMtps: number | null
  readonly manufacturer: string | null
  readonly part: string | null
  readonly serial: string | null
}

/** A whole drive, or the volume that a RAID controller shows as one. Partitions and stacked devices are not here. */
export type Disk = {
  readonly name: string
  readonly model: string | null
  readonly serial: string | null
  readonly sizeBytes: number | null
  readonly rotational: boolean | null
  readonly transport: string | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
  readonly firmware: string | null
}

/** A network port of real (or virtual machine's) hardware; bridges, bonds, tunnels and virtual functions are not here. */
export type Nic = {
  readonly name: string
  readonly mac: string | null
  /** Null while there is no link, or where the driver does not know. */
  readonly speedMbps: number | null
  readonly link: boolean | null
  readonly driver: string | null
  readonly firmware: string | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
}

/** `to` is the other GPU's `uuid`, or its `pciAddress` where it has none; `count` is null for a kind that is not counted. */
export type GpuLink = { readonly to: string; readonly kind: string; readonly count: number | null }
export type Gpu = {
  readonly uuid: string | null
  readonly vendor: string
  readonly model: string | null
  readonly memoryBytes: number | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
  readonly driver: string | null
  /** A task can be given it whole: its driver names it, it is for computing, and it is not cut into instances. */
  readonly isUsable: boolean
  readonly links: readonly GpuLink[]
}

export type Firmware = {
  readonly component: string
  readonly vendor: string | null
  readonly version: string | null
  readonly date: string | null
}

export type MachineIdentity = {
  readonly vendor: string | null
  readonly product: string | null
  readonly serial: string | null
  readonly uuid: string | null
}

export type OsSection = {
  readonly kernel: string | null
  readonly distribution: string | null
  readonly hostname: string | null
  readonly bootId: string | null
}
