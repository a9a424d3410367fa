// An emulated board in words of its own, from which come both qemu's arguments (arguments.ts) and what the probe must
// find (facts.ts), so that nothing is said twice. CPU sets are Linux lists; sizes are in mebibytes, as qemu takes them.

import type { LogEvent } from '../../../src/model/events.ts'
import type { Health } from '../../../src/model/health.ts'
import type { Inventory } from '../../../src/model/inventory.ts'

export type BoardArchitecture = 'x86_64' | 'aarch64'

export type Board = {
  /** As `--board` names it. */
  readonly name: string
  readonly summary: string
  readonly architecture: BoardArchitecture
  /** qemu's machine with its options. */
  readonly machine: string
  readonly processors: Processors
  readonly nodes: readonly BoardNode[]
  /** Row and column by place in `nodes`; empty where the firmware says nothing. */
  readonly distances: readonly (readonly number[])[]
  readonly identity: BoardIdentity
  readonly roots: readonly PciRoot[]
  readonly ports: readonly PciePort[]
  readonly drives: readonly BoardDrive[]
  readonly nics: readonly BoardNic[]
  readonly bmc: BoardBmc | null
  /** What the guest's processes may use; null for everything. */
  readonly allowed: { readonly cpus: string; readonly nodes: string } | null
  /** Added to the kernel's command line. */
  readonly kernelArguments: readonly string[]
  /** What only this board has: arguments as they are, and the modules that its kernel needs for them. */
  readonly extra: readonly string[]
  readonly modules: readonly string[]
  /** Shell commands that the guest runs before anything is probed. */
  readonly prepare: readonly string[]
  /** Facts of what only this board has. */
  readonly facts: readonly Fact[]
  readonly trials: readonly Trial[]
}

/** All sockets are alike; CPUs are numbered socket by socket, die by die, core by core. */
export type Processors = {
  readonly model: string
  readonly sockets: number
  readonly dies: number
  readonly clusters: number
  readonly cores: number
  readonly threads: number
  /** CPUs for which there are sockets, but that are not plugged in. */
  readonly absent: number
}

export type BoardNode = {
  readonly id: number
  readonly megabytes: number
  /** Empty for memory alone. */
  readonly cpus: string
  /** HMAT: how fast the processors reach this memory; null where the firmware says nothing. */
  readonly access: NodeAccess | null
  readonly cache: { readonly level: number; readonly kilobytes: number; readonly lineBytes: number } | null
}
export type NodeAccess = {
  /** The node whose processors are nearest; its figures come first. */
  readonly initiator: number
  readonly near: { readonly ns: number; readonly mbps: number }
  readonly far: { readonly ns: number; readonly mbps: number }
}

/** Null where the board has no SMBIOS of its own. */
export type BoardIdentity = {
  readonly bios: { readonly vendor: string; readonly version: string; readonly date: string }
  readonly system: {
    readonly vendor: string
    readonly product: string
    readonly serial: string
    readonly uuid: string
    readonly sku: string
  }
  readonly board: {
    readonly vendor: string
    readonly product: string
    readonly version: string
    readonly serial: string
  }
  readonly chassis: { readonly serial: string; readonly asset: string }
  readonly dimm: {
    readonly locator: string
    readonly bank: string
    readonly manufacturer: string
    readonly part: string
    readonly serial: string
    readonly mtps: number
  }
} | null

/** A host bridge with a NUMA node of its own. */
export type PciRoot = { readonly id: string; readonly bus: number; readonly numaNode: number }

/** A PCI Express port with a slot; `root` is a `PciRoot`, or null for the first host bridge. */
export type PciePort = {
  readonly id: string
  readonly root: string | null
  readonly slot: number
  readonly speedGtps: '2_5' | '5' | '8' | '16'
  readonly widthLanes: number
}

/**
 * An NVMe drive of one namespace. `port` is where it is plugged in; null is the first host bridge itself. Nothing is on
 * it, and what is written to it is lost, unless it `keeps` it.
 */
export type BoardDrive = {
  readonly id: string
  readonly port: string | null
  readonly serial: string
  readonly megabytes: number
  readonly blockBytes: number
  readonly keeps: boolean
}

export type BoardNic = {
  readonly id: string
  readonly model: 'virtio-net-pci' | 'e1000' | 'e1000e'
  readonly driver: string
  readonly port: string | null
  readonly mac: string
  /** Told to the driver of a virtio port; others have what their hardware has. */
  readonly speedMbps: number
  /** The guest switches it on before the probe. */
  readonly isUp: boolean
}

export type BoardBmc = {
  readonly firmwareMajor: number
  readonly firmwareMinor: number
  readonly manufacturerId: number
  readonly productId: number
}

/** What `tepui probe --json` prints. */
export type Probed = Inventory & { readonly health: Health }

/** One thing that qemu was told and that the document must say. Both sides are compared as JSON. */
export type Fact = {
  readonly fact: string
  readonly told: unknown
  readonly said: (probed: Probed) => unknown
}

/** Something done to the running guest while an agent watches it, and what must be told of it. */
export type Trial = {
  readonly name: string
  readonly steps: readonly TrialStep[]
  /** What the agent's log must say after it. */
  readonly news: readonly News[]
  /** Words that `tepui probe --diff` must say together in a line, against the document before all trials. */
  readonly difference?: readonly string[]
  readonly facts: (before: Probed) => readonly Fact[]
}

/** A line of the log whose `what` has all of these words. */
export type News = { readonly event: LogEvent; readonly words: readonly string[] }

export type TrialStep =
  | { readonly kind: 'qmp'; readonly command: string; readonly arguments: Readonly<Record<string, unknown>> }
  /** A shell command in the guest; it must succeed. */
  | { readonly kind: 'guest'; readonly command: string }
  /** The guest's shell condition becomes true, within the bound of trial.ts. */
  | { readonly kind: 'wait'; readonly condition: string }
  /** The agent ends and starts again, and so asks every drive anew, which a running one does each half hour. */
  | { readonly kind: 'restart' }
