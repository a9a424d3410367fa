// The inventory document: what a machine is, as `tepui probe --json` prints it and agents report it.
// Unknown is null and is listed under `problems`; never 0. CPU and node sets are Linux lists (`0-3,8`).
// Numbers that the kernel gives to packages, dies and cores are labels: the identity of such a part is its `cpus`.
// Parts that do not nest everywhere (NUMA nodes, caches, packages) are separate lists of sets, not a tree.
// What changes by the minute (temperatures, counters, free memory) is not here but in health.

import type { FaultCode } from './faults.ts'
import type { CpuSection } from './inventory/cpu.ts'
import type { Accelerator, Gpu } from './inventory/gpu.ts'
import type { MemorySection, NumaSection } from './inventory/memory.ts'
import type { FabricPort, Nic } from './inventory/network.ts'
import type { PciDevice } from './inventory/pci.ts'
import type { Firmware, MachineIdentity, OsSection } from './inventory/platform.ts'
import type { Disk, Filesystem, Volume } from './inventory/storage.ts'

export type * from './inventory/cpu.ts'
export type * from './inventory/gpu.ts'
export type * from './inventory/memory.ts'
export type * from './inventory/network.ts'
export type * from './inventory/pci.ts'
export type * from './inventory/platform.ts'
export type * from './inventory/storage.ts'

export type Inventory = {
  readonly schema: 'tepui.inventory/1'
  readonly cpu: CpuSection
  readonly numa: NumaSection
  readonly memory: MemorySection
  readonly pci: readonly PciDevice[]
  readonly disks: readonly Disk[]
  readonly volumes: readonly Volume[]
  readonly filesystems: readonly Filesystem[]
  readonly nics: readonly Nic[]
  readonly fabrics: readonly FabricPort[]
  readonly gpus: readonly Gpu[]
  readonly accelerators: readonly Accelerator[]
  readonly firmware: readonly Firmware[]
  readonly machine: MachineIdentity
  readonly os: OsSection
  readonly problems: readonly Problem[]
}

/** Something that could not be read, or that contradicts itself. `where` is a path, a tool or a part of the document. */
export type Problem = { readonly code: FaultCode; readonly where: string; readonly message: string }
