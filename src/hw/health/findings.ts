// What a look collects: symptoms, counters and unanswered questions, each code and part once.
// It knows no time; the tracker does.

import type { ConditionCode } from '../../model/conditions.ts'
import type { FaultCode } from '../../model/faults.ts'
import type { Counter, Evidence, HealthLook, PartRef, Symptom, Unchecked } from '../../model/health.ts'

/** More findings than this are not kept; a machine with as many is sick in any case. */
const findingsMax = 2000

/** Evidence of one symptom beyond this is not kept. */
const evidenceMax = 8

export class Findings {
  readonly #symptoms = new Map<string, Symptom>()
  readonly #counters = new Map<string, Counter>()
  readonly #unchecked = new Map<string, Unchecked>()

  /** `ageMs`: how long ago it happened, for what only a log tells. */
  symptom(code: ConditionCode, part: PartRef, evidence: Evidence, ageMs?: number): void {
    const key = `${code} ${partKey(part)}`
    const found = this.#symptoms.get(key)
    if (found === undefined && this.#symptoms.size >= findingsMax) return
    const evidences = [...(found?.evidence ?? []), evidence].slice(0, evidenceMax)
    const isNow = ageMs === undefined || (found !== undefined && found.ageMs === undefined)
    const age = isNow ? {} : { ageMs: Math.min(ageMs, found?.ageMs ?? ageMs) }
    this.#symptoms.set(key, { code, part, evidence: evidences, ...age })
  }

  counter(counter: Counter): void {
    if (this.#counters.size < findingsMax) this.#counters.set(counterKey(counter), counter)
  }

  /** `part` is null for a question about all parts of a kind; `about` are the conditions that stay open with it. */
  unchecked(
    question: string,
    part: PartRef | null,
    code: FaultCode,
    message: string,
    about: readonly ConditionCode[] = [],
  ): void {
    const key = `${question} ${part === null ? '' : partKey(part)}`
    if (this.#unchecked.size < findingsMax) this.#unchecked.set(key, { question, part, code, message, about })
  }

  look(bootId: string | null): HealthLook {
    return {
      bootId,
      symptoms: [...this.#symptoms.values()],
      counters: [...this.#counters.values()],
      unchecked: [...this.#unchecked.values()],
    }
  }
}

/** Identity where the part has one, else its place. */
export function partKey({ kind, name, id }: PartRef): string {
  return `${kind} ${id ?? name}`
}

export function counterKey({ code, part, source, text }: Counter): string {
  return `${code} ${partKey(part)} ${source} ${text}`
}
