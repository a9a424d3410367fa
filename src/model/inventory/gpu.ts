// GPUs and other accelerators in the inventory document.

/**
 * `to` is the other GPU's `uuid` (its `pciAddress` where it has none), or the name of a NIC, RDMA device or disk.
 * Kinds: `nvlink`, `xgmi`, and by what lies between, as `nvidia-smi topo` names it: `pix` (one switch), `pxb` (several),
 * `phb` (a host bridge), `node` (one NUMA node), `sys` (between NUMA nodes). `count` is null for a kind that is not counted.
 */
export type GpuLink = {
  readonly to: string
  readonly toKind: 'gpu' | 'nic' | 'disk'
  readonly kind: string
  readonly count: number | null
}
export type Gpu = {
  readonly uuid: string | null
  readonly vendor: string
  readonly model: string | null
  readonly serial: string | null
  readonly memoryBytes: number | null
  /** NUMA node that the GPU's own memory is, where the kernel shows it as one. */
  readonly memoryNode: number | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
  readonly driver: string | null
  /** Null also where the driver is a part of the kernel and has no version of its own. */
  readonly driverVersion: string | null
  readonly vbios: string | null
  /** What programs are compiled for: `9.0` of NVIDIA, `gfx942` of AMD. */
  readonly computeCapability: string | null
  /** Null where the GPU has no ECC that could be switched, or nobody says. */
  readonly ecc: boolean | null
  readonly powerLimitWatts: number | null
  readonly clockMaxMhz: number | null
  readonly memoryClockMaxMhz: number | null
  /** How it is cut: `MIG` of NVIDIA, compute and memory partitions of AMD (`DPX`, `CPX/NPS4`); null where it is whole. */
  readonly partitioning: string | null
  readonly instances: readonly GpuInstance[]
  /** A task can be given it whole: its driver names it, it is for computing, and it is not cut into instances. */
  readonly isUsable: boolean
  readonly links: readonly GpuLink[]
}
/** A part of a GPU that can be given to a task by itself (MIG instance, XCP). */
export type GpuInstance = {
  readonly uuid: string | null
  /** `1g.10gb`, `CPX`; null where nobody says. */
  readonly profile: string | null
  readonly memoryBytes: number | null
  /** Of AMD, the number of the partition: the PCI function by which the driver tells them apart. */
  readonly gpuInstanceId: number | null
  /** Null of AMD, which does not cut a second time. */
  readonly computeInstanceId: number | null
  /** Compute units of AMD. */
  readonly multiprocessors: number | null
}
/**
 * A device that computes and is not a GPU. Kinds: `ai`, `npu`, `qat`, `dsa`, `iaa`, `fpga`, `vector`, `coprocessor`, and
 * `processing` for what only its class tells. Vendor and model are null where we have no name for the ids.
 */
export type Accelerator = {
  readonly kind: string
  readonly vendor: string | null
  readonly model: string | null
  readonly driver: string | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
}
