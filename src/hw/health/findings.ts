// What a look collects: symptoms, counters and unanswered questions, each code and part once.
// It knows no time; the tracker does.

import type { ConditionCode } from '../../model/conditions.ts'
import type { FaultCode } from '../../model/faults.ts'
import type { Counter, Evidence, HealthLook, PartRef, Symptom, Unchecked } from '../../model/health.ts'
import { nameCharactersMax } from '../parse/numbers.ts'

/** More findings than this are not kept; a machine with as many is sick in any case. */
const findingsMax = 2000

/** Evidence of one symptom beyond this is not kept. */
const evidenceMax = 8

/** Words of tools and files longer than this are cut, wherever they stand. */
const wordsCharactersMax = 1000

export class Findings {
  readonly #symptoms = new Map<string, Symptom>()
  readonly #counters = new Map<string, Counter>()
  readonly #unchecked = new Map<string, Unchecked>()

  /** `ageMs`: how long ago it happened, for what only a log tells. */
  symptom(code: ConditionCode, part: PartRef, evidence: Evidence, ageMs?: number): void {
    const named = cutPart(part)
    const key = `${code} ${partKey(named)}`
    const found = this.#symptoms.get(key)
    if (found === undefined && this.#symptoms.size >= findingsMax) return
    const said = { source: cut(evidence.source), text: cut(evidence.text) }
    const evidences = [...(found?.evidence ?? []), said].slice(0, evidenceMax)
    const isNow = ageMs === undefined || (found !== undefined && found.ageMs === undefined)
    const age = isNow ? {} : { ageMs: Math.min(ageMs, found?.ageMs ?? ageMs) }
    this.#symptoms.set(key, { code, part: named, evidence: evidences, ...age })
  }

  counter(counter: Counter): void {
    const { part, source, text } = counter
    const one = { ...counter, part: cutPart(part), source: cut(source), text: cut(text) }
    if (this.#counters.size < findingsMax) this.#counters.set(counterKey(one), one)
  }

  /** `part` is null for a question about all parts of a kind; `about` are the conditions that stay open with it. */
  unchecked(
    question: string,
    part: PartRef | null,
    code: FaultCode,
    message: string,
    about: readonly ConditionCode[] = [],
  ): void {
    const one = {
      question: cut(question),
      part: part === null ? null : cutPart(part),
      code,
      message: cut(message),
      about,
    }
    const key = `${one.question} ${one.part === null ? '' : partKey(one.part)}`
    if (this.#unchecked.size < findingsMax) this.#unchecked.set(key, one)
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

function cut(text: string, charactersMax = wordsCharactersMax): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`
}

function cutPart(part: PartRef): PartRef {
  const { name, id } = part
  if (name.length <= nameCharactersMax && (id?.length ?? 0) <= nameCharactersMax) return part
  return { ...part, name: cut(name, nameCharactersMax), id: id === null ? null : cut(id, nameCharactersMax) }
}

/** Identity where the part has one, else its place. */
export function partKey({ kind, name, id }: PartRef): string {
  return `${kind} ${id ?? name}`
}

export function counterKey({ code, part, source, text }: Counter): string {
  return `${code} ${partKey(part)} ${source} ${text}`
}
