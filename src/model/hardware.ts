// The parts of one machine that tasks can be given, and what a task was given: what placement decides with and the agent
// enforces. A short form of the inventory: only what can be granted, every number known. CPU and node sets are Linux
// lists (`0-3,8`). It does not know who holds what, nor how a grant is enforced.

import type { CoreKind } from './inventory/cpu.ts'

export type Hardware = {
  /** Physical cores that tasks may use, in ascending order of their first CPU. */
  readonly cores: readonly HardwareCore[]
  /** In ascending order of id; at least one where the kernel tells any. */
  readonly nodes: readonly HardwareNode[]
  /** Row and column as `nodes`; null where the kernel gives none. */
  readonly distances: readonly (readonly number[])[] | null
  readonly gpus: readonly HardwareGpu[]
  readonly nics: readonly HardwareNic[]
  readonly disks: readonly HardwareDisk[]
  /** Mounted file systems and what they are lost with; absent where nobody said, so that any sick disk may be beneath. */
  readonly mounts?: readonly HardwareMount[]
}

export type HardwareCore = {
  /** Its hardware threads, those alone that tasks may use. */
  readonly cpus: string
  /** A `HardwareNode.id`; null where it is not known. */
  readonly node: number | null
  readonly package: number | null
  /** Cores of one number share their last cache; null where caches are not known. */
  readonly cache: number | null
  /** Null where all are of one kind. */
  readonly kind: CoreKind | null
}

export type HardwareNode = {
  readonly id: number
  /** What tasks may use of its memory. */
  readonly memoryBytes: number
  readonly hugepages: readonly { readonly sizeBytes: number; readonly count: number }[]
}

/** What a GPU is given by, whole or an instance of it. */
export type HardwareGpu = {
  readonly uuid: string
  readonly model: string | null
  readonly memoryBytes: number | null
  readonly node: number | null
  readonly pciAddress: string | null
  /** To other GPUs by uuid; kinds as in the inventory (`nvlink`, `xgmi`, `pix`, `pxb`, `phb`, `node`, `sys`). */
  readonly links: readonly { readonly to: string; readonly kind: string; readonly count: number | null }[]
  /** Where it is cut: it is given by instance and not whole. */
  readonly instances: readonly HardwareGpuInstance[]
}
/** `resource` is the name it is offered by: `gpu-1g.10gb`. */
export type HardwareGpuInstance = {
  readonly uuid: string
  readonly profile: string
  readonly resource: string
  readonly memoryBytes: number | null
}

export type HardwareNic = {
  readonly name: string
  readonly mac: string | null
  readonly speedMbps: number | null
  readonly node: number | null
  readonly pciAddress: string | null
  readonly rdma: string | null
  /** The machine itself does not use it, so that a task can be given it alone. */
  readonly isFree: boolean
}

export type HardwareDisk = {
  readonly name: string
  readonly serial: string | null
  readonly sizeBytes: number | null
  readonly rotational: boolean | null
  readonly node: number | null
  readonly pciAddress: string | null
  /** What the `source.id` of a disk resource calls it; absent where no resource can be of it. */
  readonly resourceId?: string
}

/** A mounted file system: it is lost with each of these alone; members of a mirror are not among them. */
export type HardwareMount = {
  readonly path: string
  /** By the names that parts of conditions have. */
  readonly disks: readonly string[]
  readonly volumes: readonly string[]
  /** Every task needs it: programs are on it, or the work directory. */
  readonly isSystem: boolean
}

export const noHardware: Hardware = { cores: [], nodes: [], distances: null, gpus: [], nics: [], disks: [] }

/** Exact hardware granted to one task; it is the task's until its end. */
export type Grant = {
  /** CPUs that are the task's alone; null: it runs on those that nobody has alone. */
  readonly cpus: string | null
  /** CPUs within which a task without CPUs of its own stays; null: anywhere. */
  readonly cpusWithin: string | null
  /** Memory it is counted with, by node; empty where the machine tells no nodes. */
  readonly memory: readonly { readonly node: number; readonly bytes: number }[]
  /** How the kernel is to take memory from the nodes of `memory`; null: as it likes. */
  readonly memoryPolicy: 'bind' | 'interleave' | 'preferred' | null
  readonly gpuUuids: readonly string[]
  readonly gpuInstanceUuids: readonly string[]
  /** Network ports and whole disks that are the task's alone, by name. */
  readonly nics: readonly string[]
  readonly disks: readonly string[]
  /** Parts that it was placed close to and shares with others, by name or uuid. */
  readonly near: readonly string[]
}

export const noGrant: Grant = {
  cpus: null,
  cpusWithin: null,
  memory: [],
  memoryPolicy: null,
  gpuUuids: [],
  gpuInstanceUuids: [],
  nics: [],
  disks: [],
  near: [],
}

/** The one of these file systems that a path without links lies on: the deepest. */
export function mountOf<M extends { readonly path: string }>(mounts: readonly M[], path: string): M | undefined {
  const isWithin = (folder: string) => path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
  return mounts.filter((one) => isWithin(one.path)).sort((a, b) => b.path.length - a.path.length)[0]
}

/** As the documents of master and agent show it. */
export function grantDocument(grant: Grant): { readonly [field: string]: unknown } {
  return {
    cpus: grant.cpus,
    cpus_within: grant.cpusWithin,
    memory: grant.memory,
    memory_policy: grant.memoryPolicy,
    gpu_uuids: grant.gpuUuids,
    gpu_instance_uuids: grant.gpuInstanceUuids,
    nics: grant.nics,
    disks: grant.disks,
    near: grant.near,
  }
}

/** A grant as an earlier version kept it, which may lack what it did not know. */
export function wholeGrant(kept: Partial<Grant> | undefined): Grant {
  return { ...noGrant, ...kept }
}
