// The inventory document: what a machine is, as `tepui probe --json` prints it and agents report it.
// Unknown is null and is listed under `problems`; never 0. CPU and node sets are Linux lists (`0-3,8`).

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

/** Something that could not be read, or that contradicts itself. `where` is a path, a tool or a part. */
export type Problem = { readonly code: FaultCode; readonly where: string; readonly message: string }

export type CpuSection = {
  readonly architecture: string | null
  readonly online: string | null
  /** What this process may use: affinity and cgroup taken together. */
  readonly allowed: string | null
  readonly packages: readonly CpuPackage[]
  readonly cores: readonly Core[]
  readonly caches: readonly Cache[]
}
export type CpuPackage = { readonly id: number; readonly model: string | null; readonly cpus: string }
export type CoreKind = 'performance' | 'efficiency'
export type Core = {
  readonly id: number
  readonly package: number | null
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
  readonly nodes: readonly NumaNode[]
  /** Row and column in ascending order of node id; null where the kernel gives none. */
  readonly distances: readonly (readonly number[])[] | null
}
export type NumaNode = {
  readonly id: number
  readonly cpus: string
  readonly memoryBytes: number | null
  readonly hugepages: readonly Hugepages[]
}
export type Hugepages = { readonly sizeBytes: number; readonly count: number }

export type MemorySection = { readonly totalBytes: number | null; readonly dimms: readonly Dimm[] }
export type Dimm = {
  readonly locator: string | null
  readonly sizeBytes: number | null
  readonly type: string | null
  readonly manufacturer: string | null
  readonly part: string | null
  readonly serial: string | null
}

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

export type Nic = {
  readonly name: string
  readonly mac: string | null
  readonly speedMbps: number | null
  readonly link: boolean | null
  readonly driver: string | null
  readonly firmware: string | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
}

export type GpuLink = { readonly to: string; readonly kind: string; readonly count: number | null }
export type Gpu = {
  readonly uuid: string | null
  readonly vendor: string
  readonly model: string | null
  readonly memoryBytes: number | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
  readonly driver: string | null
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
