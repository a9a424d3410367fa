// Health: what is wrong with a machine now, as conditions. A look (one reading of everything that can tell) gives
// symptoms and counters; the tracker (src/hw/health/tracker.ts) makes conditions of them over several looks.
// Unknown is a third value: what could not be looked at is listed under `unchecked` and never reads as healthy.

import type { ConditionCode, Severity } from './conditions.ts'
import type { FaultCode } from './faults.ts'

/** What can be sick or missing. */
export type PartKind =
  | 'machine'
  | 'cpu'
  | 'core'
  | 'memory'
  | 'dimm'
  | 'numa-node'
  | 'pci'
  | 'disk'
  | 'volume'
  | 'filesystem'
  | 'nic'
  | 'fabric'
  | 'gpu'
  | 'accelerator'
  | 'fan'
  | 'psu'
  | 'sensor'
  | 'bmc'

export type PartRef = {
  readonly kind: PartKind
  /** Where people find it: `nvme0n1`, `DIMM_A1`, `0000:3b:00.0`, `eth0`, `/srv`, `Fan 3`; may change at each boot. */
  readonly name: string
  /** What stays the same wherever it is put: serial, UUID, permanent MAC; null where it has none. */
  readonly id: string | null
}

/** What was seen and where: a path or a tool's command line, and one line of text in the words of that source. */
export type Evidence = { readonly source: string; readonly text: string }

/** Something wrong that one look saw. A code and a part have at most one symptom a look; its evidence may have several. */
export type Symptom = {
  readonly code: ConditionCode
  readonly part: PartRef
  readonly evidence: readonly Evidence[]
  /** How long ago it happened, for what only a log tells; absent for what is so now. */
  readonly ageMs?: number
}

/**
 * A count that only grows until `epoch` changes (a boot, or the part's own life where it keeps the count itself).
 * Growth between two looks is a symptom of `code`, where it is `growthMin` or more.
 */
export type Counter = {
  readonly code: ConditionCode
  readonly part: PartRef
  readonly source: string
  /** What is counted, in words for people: `media errors`. */
  readonly text: string
  readonly value: number
  readonly epoch: string
  readonly growthMin: number
}

/** A question about a part (or a kind of part, where `part` is null) that this look could not answer. */
export type Unchecked = {
  readonly question: string
  readonly part: PartRef | null
  readonly code: FaultCode
  /** What would answer it: a right, a tool, a driver. */
  readonly message: string
  /** Conditions that cannot clear while this is open, beside all those of `part`. */
  readonly about: readonly ConditionCode[]
}

/** One look at the machine. Taken from a capture or the running machine; knows no time. */
export type HealthLook = {
  readonly bootId: string | null
  readonly symptoms: readonly Symptom[]
  readonly counters: readonly Counter[]
  readonly unchecked: readonly Unchecked[]
}

export type Condition = {
  readonly code: ConditionCode
  readonly part: PartRef
  readonly severity: Severity
  /** When it was first seen, milliseconds since 1970; null where only one look was taken and nobody keeps time. */
  readonly sinceMs: number | null
  readonly evidence: readonly Evidence[]
}

export type Health = {
  readonly schema: 'tepui.health/1'
  readonly conditions: readonly Condition[]
  readonly unchecked: readonly Unchecked[]
}
