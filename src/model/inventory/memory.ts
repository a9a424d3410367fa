// NUMA nodes, hugepages and memory modules in the inventory document.

export type NumaSection = {
  /** Memory nodes that this process may use; null where that could not be read. */
  readonly allowed: string | null
  readonly nodes: readonly NumaNode[]
  /** Row and column in ascending order of node id; null where the kernel gives none. */
  readonly distances: readonly (readonly number[])[] | null
}
export type NumaNode = {
  readonly id: number
  /** As the kernel says; empty for a node of memory alone, and without the CPUs that an earlier node has (`numa=fake`). */
  readonly cpus: string
  /** `cpus`, or for a node of memory alone the CPUs nearest to it; empty where none is nearer than others. */
  readonly localCpus: string
  readonly memoryBytes: number | null
  /**
   * What the memory is, where that has a name: persistent, behind CXL, set apart by the firmware for a special purpose, a
   * GPU's. Null where nothing tells it from ordinary DRAM (HBM has no name in the kernel's files).
   */
  readonly kind: 'pmem' | 'cxl' | 'special' | 'gpu' | null
  readonly hugepages: readonly Hugepages[]
  /** The memory is a GPU's: not for general placement. */
  readonly isGpuMemory: boolean
  /** Caches in front of the node's memory (ACPI HMAT, "2LM"), nearest to the memory last. */
  readonly memorySideCaches: readonly MemorySideCache[]
  /** Best performance from its initiators (HMAT); null where the firmware does not say. */
  readonly access: MemoryAccess | null
}
export type Hugepages = { readonly sizeBytes: number; readonly count: number; readonly freeCount: number | null }
export type MemorySideCache = { readonly level: number; readonly sizeBytes: number; readonly lineBytes: number | null }
export type MemoryAccess = {
  /** Node ids from which the figures hold. */
  readonly initiators: readonly number[]
  readonly readMbps: number | null
  readonly writeMbps: number | null
  readonly readNs: number | null
  readonly writeNs: number | null
}

/**
 * `totalBytes` is what the kernel may use: less than the DIMMs together, but with the memory of GPUs that are nodes.
 * `installedBytes` is the DIMMs together, null where any is unknown or none can be seen.
 */
export type MemorySection = {
  readonly totalBytes: number | null
  readonly installedBytes: number | null
  readonly hugepages: readonly Hugepages[]
  readonly dimms: readonly Dimm[]
}
export type Dimm = {
  /** As silk-screened on the board (`DIMM_A1`). */
  readonly locator: string | null
  readonly bank: string | null
  readonly sizeBytes: number | null
  readonly type: string | null
  /** It has more data lines than data bits. */
  readonly isEcc: boolean | null
  /** What the module could do. */
  readonly speedMtps: number | null
  /** What it was set to. */
  readonly configuredMtps: number | null
  readonly manufacturer: string | null
  readonly part: string | null
  readonly serial: string | null
}
