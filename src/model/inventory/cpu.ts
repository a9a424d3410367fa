// The processors in the inventory document. CPU sets are Linux lists (`0-3,8`); the kernel's numbers are labels.

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
  /** CPUs without a periodic tick (`nohz_full`); null where the kernel does not say. */
  readonly nohzFull: string | null
  /** Hardware threads: `off` can be switched on; null where the kernel does not say. */
  readonly smt: 'on' | 'off' | 'unsupported' | null
  readonly packages: readonly CpuPackage[]
  /** Sets above the package (books and drawers of s390). */
  readonly groups: readonly CpuGroup[]
  /** Only where a package has several, or the kernel names them. */
  readonly dies: readonly Die[]
  /** Only where they are neither a core, a die nor a package. */
  readonly clusters: readonly Cluster[]
  readonly cores: readonly Core[]
  /** Slowest first; empty where all cores are of one kind or that cannot be known. */
  readonly coreKinds: readonly CoreKindGroup[]
  readonly caches: readonly Cache[]
}
/** `id` is unique: the kernel's own number where that is one, else the package's place in order of first CPU. */
export type CpuPackage = {
  readonly id: number
  readonly model: string | null
  readonly cpus: string
  /** Each version in use, as the kernel writes it; several are a contradiction. */
  readonly microcode: readonly string[]
}
export type CpuGroup = { readonly kind: 'book' | 'drawer'; readonly id: number; readonly cpus: string }
export type Die = { readonly id: number; readonly package: number | null; readonly cpus: string }
export type Cluster = { readonly id: number; readonly package: number | null; readonly cpus: string }
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
  /** Null where all cores are of one kind. The slowest kind is `efficiency`, all others perform. */
  readonly kind: CoreKind | null
}
/** One sort of core, of however many; `baseMhz`, `maxMhz` and `capacity` are null where the kernel does not say. */
export type CoreKindGroup = {
  readonly cpus: string
  readonly baseMhz: number | null
  readonly maxMhz: number | null
  /** The kernel's relative speed, 1024 for the fastest. */
  readonly capacity: number | null
}
export type Cache = {
  readonly level: number
  readonly type: 'data' | 'instruction' | 'unified'
  readonly sizeBytes: number | null
  readonly lineBytes: number | null
  readonly cpus: string
}
