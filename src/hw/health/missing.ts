// What a machine had and has no more. The baseline is what was ever seen of parts that belong to the machine; one that
// another part has taken the place of is forgotten, so a replaced drive is not missing.
// It knows no time; what is missing is a symptom of one look, and the tracker gives it the rest.

import type { ConditionCode } from '../../model/conditions.ts'
import type { PartKind, PartRef, Symptom } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { matchParts } from '../diff.ts'
import { type Part, partsOf } from '../parts.ts'

/** What is kept of a part: no facts but the number of its CPUs. */
export type BaselinePart = { readonly ref: PartRef; readonly place: string | null; readonly cpus: number | null }
export type Baseline = readonly BaselinePart[]

/** More parts than any machine has; the rest is not watched over. */
const baselinePartsMax = 4096

const codes: Partial<Record<PartKind, ConditionCode>> = {
  cpu: 'CPU_MISSING',
  dimm: 'DIMM_MISSING',
  disk: 'DISK_MISSING',
  nic: 'NIC_MISSING',
  gpu: 'GPU_MISSING',
}

/** The baseline after seeing `inventory`, and what of it is not there. With no baseline yet, nothing is missing. */
export function compareWithBaseline(
  baseline: Baseline,
  inventory: Inventory,
): { readonly baseline: Baseline; readonly symptoms: readonly Symptom[] } {
  const now = partsOf(inventory).filter((one) => one.isFixed && codes[one.ref.kind] !== undefined)
  const { pairs, onlyBefore, onlyAfter } = matchParts(baseline.map(asPart), now)
  const places = new Set(now.map((one) => `${one.ref.kind} ${one.place}`))
  const isKindSeen = new Set(now.map((one) => one.ref.kind))
  const gone = onlyBefore.filter((one) => one.place === null || !places.has(`${one.ref.kind} ${one.place}`))
  // Memory modules are seen only with the right to read the firmware's tables: none at all is not knowing.
  const missing = gone.filter((one) => one.ref.kind !== 'dimm' || isKindSeen.has('dimm'))
  const kept = [
    ...pairs.map(([old, part]) => merged(old, part)),
    ...onlyAfter.map(baselinePart),
    ...gone.map(baselinePart),
  ]
  return {
    baseline: kept.slice(0, baselinePartsMax),
    symptoms: [...missing.map(missingSymptom), ...pairs.flatMap(([old, part]) => shrunk(old, part, inventory) ?? [])],
  }
}

function asPart({ ref, place, cpus }: BaselinePart): Part {
  return { ref, place, isFixed: true, facts: { cpus } }
}

function baselinePart({ ref, place, facts }: Part): BaselinePart {
  return { ref, place, cpus: typeof facts.cpus === 'number' ? facts.cpus : null }
}

/** A package keeps the largest number of CPUs that it was seen with. */
function merged(old: Part, now: Part): BaselinePart {
  const before = baselinePart(old).cpus
  const after = baselinePart(now).cpus
  return { ...baselinePart(now), cpus: before === null || after === null ? (after ?? before) : Math.max(before, after) }
}

function missingSymptom({ ref, place }: Part): Symptom {
  const text = `${ref.id ?? ref.name} was in ${place ?? ref.name}, and nothing is there now`
  return { code: codes[ref.kind] as ConditionCode, part: ref, evidence: [{ source: 'inventory', text }] }
}

/** Fewer CPUs than before, and not because somebody switched them off. */
function shrunk(old: Part, now: Part, { cpu }: Inventory): Symptom | null {
  const before = old.facts.cpus
  const after = now.facts.cpus
  if (now.ref.kind !== 'cpu' || typeof before !== 'number' || typeof after !== 'number' || after >= before) return null
  if (cpu.offline !== '' || cpu.smt === 'off') return null
  const text = `it had ${before} CPUs and has ${after}, and none is offline`
  return { code: 'CPU_MISSING', part: now.ref, evidence: [{ source: 'inventory', text }] }
}
