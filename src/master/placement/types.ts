// Placement's contract: which exact parts of one machine a task gets, or why it cannot get any. It knows the machine's
// parts and who of them is taken; nothing of roles, offers, messages or other machines.
// One thousand `cpusMilli` are one hardware thread (decided as Mesos counts: `cpus` is the number of online CPUs).

import type { Grant, Hardware } from '../../model/hardware.ts'
import type { Result } from '../../model/result.ts'

/** What a task wants of the machine, from its labels (wish.ts). */
export type Wish = {
  readonly cpus: 'shared' | 'cores' | 'threads'
  /** A number is a NUMA node's id. */
  readonly numa: 'any' | 'preferred' | 'single' | 'interleave' | number
  /** A list: GPUs (or instances) by uuid. */
  readonly gpus: 'any' | 'linked' | readonly string[]
  /** `gpu`, `nic`, `disk`: near those it is granted or any; else a part's name; null: nothing in particular. */
  readonly near: string | null
  /** Ports for itself alone: how many, or which. */
  readonly nics: number | readonly string[]
}

/** Amounts that a task holds of one machine. */
export type Need = {
  readonly cpusMilli: number
  readonly memoryBytes: number
  readonly gpus: number
  /** By resource name (`gpu-1g.10gb`). */
  readonly gpuInstances: Readonly<Record<string, number>>
  /** Names of the whole disks among its resources: those, and no others. */
  readonly disks: readonly string[]
}

/**
 * The books of one machine: who has which part. Changing and remembering; every method is synchronous and deterministic.
 */
export type MachineBooks = {
  /**
   * What the task would be granted; nothing is booked. Faults: PLACEMENT_IMPOSSIBLE (this machine can never), and
   * PLACEMENT_TAKEN (not now), with a sentence for a person that names what is missing and what would change it.
   */
  place(need: Need, wish: Wish): Result<Grant>
  /** Whether it would be placed if exactly these parts were sick, and all that is held as it is. */
  fitsIf(sick: SickParts, need: Need, wish: Wish): boolean
  /** Books it, whatever it is: an agent's report is the truth. The grants of tasks that hold a part twice are refused earlier. */
  hold(grant: Grant, need: Need): void
  /** It was held. */
  release(grant: Grant, need: Need): void
  /** The machine is another now, or other parts of it are sick; what is held stays. `cpusMilli`: it offers other cpus. */
  setHardware(hardware: Hardware, sick: SickParts, cpusMilli?: number): void
  /** What is free now, for offers. */
  free(): FreeHardware
}

/** Parts that nothing new may be placed on. */
export type SickParts = {
  readonly cpus: string
  readonly nodes: readonly number[]
  /** By uuid; an instance of a sick GPU is sick. */
  readonly gpus: readonly string[]
  readonly nics: readonly string[]
  readonly disks: readonly string[]
}

export const nothingSick: SickParts = { cpus: '', nodes: [], gpus: [], nics: [], disks: [] }

export type FreeHardware = {
  readonly nodes: readonly FreeNode[]
  /** Cores that nobody has alone and no node is known of. */
  readonly coresElsewhere: string
  readonly gpus: readonly string[]
  readonly gpuInstances: readonly string[]
  readonly nics: readonly string[]
}
export type FreeNode = {
  readonly id: number
  /** CPUs that nobody has alone, and how many whole cores they are. */
  readonly cpus: string
  readonly cores: number
  readonly memoryBytes: number
}
