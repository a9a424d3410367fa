// Makes conditions of looks: a symptom must be seen as often as its rule says before it is a condition, and must be gone
// for as long as its rule says before the condition clears. Counters become symptoms when they grow.
// Pure: time is an argument, and its whole memory is a value that can be kept and read again.

import { type ConditionCode, conditionRules } from '../../model/conditions.ts'
import type { Condition, Counter, Evidence, Health, HealthLook, PartRef, Symptom } from '../../model/health.ts'
import { counterKey, partKey } from './findings.ts'

type Tracked = {
  readonly code: ConditionCode
  readonly part: PartRef
  readonly evidence: readonly Evidence[]
  readonly firstSeenMs: number
  readonly lastSeenMs: number
  /** Looks in a row that saw it; what a look could not check neither counts nor breaks the row. */
  readonly looks: number
  readonly isCondition: boolean
}

export type TrackerMemory = {
  readonly tracked: Readonly<Record<string, Tracked>>
  readonly counters: Readonly<Record<string, { readonly epoch: string; readonly value: number }>>
}

export const emptyMemory: TrackerMemory = { tracked: {}, counters: {} }

export type TrackerStep = {
  readonly memory: TrackerMemory
  readonly health: Health
  readonly appeared: readonly Condition[]
  readonly cleared: readonly Condition[]
}

export function trackHealth(memory: TrackerMemory, look: HealthLook, nowMs: number): TrackerStep {
  const symptoms = mergeSymptoms([...look.symptoms, ...look.counters.flatMap((one) => grown(memory, one) ?? [])])
  const tracked: Record<string, Tracked> = {}
  const cleared: Condition[] = []
  const appeared: Condition[] = []
  for (const [key, symptom] of symptoms) {
    const before = memory.tracked[key]
    const next = seen(before, symptom, nowMs - (symptom.ageMs ?? 0))
    if (next.lastSeenMs + conditionRules[next.code].clearAfterMs <= nowMs) {
      // A log tells it, and it was long ago.
      if (before?.isCondition) cleared.push(conditionOf(before))
      continue
    }
    tracked[key] = next
    if (next.isCondition && before?.isCondition !== true) appeared.push(conditionOf(next))
  }
  const open = openQuestions(look)
  for (const [key, before] of Object.entries(memory.tracked)) {
    if (symptoms.has(key)) continue
    const isOpen = open(before)
    if (before.isCondition && (isOpen || nowMs - before.lastSeenMs < conditionRules[before.code].clearAfterMs)) {
      tracked[key] = isOpen ? before : { ...before, looks: 0 }
    } else if (isOpen) tracked[key] = before
    else if (before.isCondition) cleared.push(conditionOf(before))
  }
  const next = { tracked, counters: rememberCounters(memory, look) }
  return {
    memory: next,
    health: { schema: 'tepui.health/1', conditions: conditionsIn(next), unchecked: look.unchecked },
    appeared,
    cleared,
  }
}

/** The conditions of the last look, for whoever has not looked yet in this life. */
export function conditionsIn({ tracked }: TrackerMemory): readonly Condition[] {
  return Object.values(tracked)
    .filter((one) => one.isCondition)
    .map(conditionOf)
    .sort(worstFirst)
}

/** Health from one look alone, where nobody keeps a memory: everything that the look saw, since nobody knows when. */
export function healthOfOneLook(look: HealthLook): Health {
  const conditions = [...mergeSymptoms(look.symptoms).values()]
    .filter(({ code, ageMs }) => (ageMs ?? 0) < conditionRules[code].clearAfterMs)
    .map(({ code, part, evidence }): Condition => {
      return { code, part, severity: conditionRules[code].severity, sinceMs: null, evidence }
    })
  return { schema: 'tepui.health/1', conditions: conditions.sort(worstFirst), unchecked: look.unchecked }
}

function seen(before: Tracked | undefined, { code, part, evidence }: Symptom, atMs: number): Tracked {
  const looks = (before?.looks ?? 0) + 1
  return {
    code,
    part,
    evidence,
    firstSeenMs: before === undefined ? atMs : Math.min(before.firstSeenMs, atMs),
    lastSeenMs: before === undefined ? atMs : Math.max(before.lastSeenMs, atMs),
    looks,
    isCondition: before?.isCondition === true || looks >= conditionRules[code].looksMin,
  }
}

/** A counter that grew since the last look in the same epoch; the first look only remembers it. */
function grown(memory: TrackerMemory, counter: Counter): Symptom | null {
  const last = memory.counters[counterKey(counter)]
  if (last === undefined || last.epoch !== counter.epoch) return null
  const growth = counter.value - last.value
  if (growth < Math.max(1, counter.growthMin)) return null
  const text = `${counter.text}: ${counter.value}, ${growth} more than at the last look`
  return { code: counter.code, part: counter.part, evidence: [{ source: counter.source, text }] }
}

/**
 * A counter that grows slower than its `growthMin` a look must not be remembered anew each time, or it would never be
 * told: its old value stays until it has grown enough. Counters that this look did not see are kept.
 */
function rememberCounters(memory: TrackerMemory, look: HealthLook): TrackerMemory['counters'] {
  const counters = { ...memory.counters }
  for (const counter of look.counters) {
    const key = counterKey(counter)
    const last = counters[key]
    const isSlow =
      last?.epoch === counter.epoch && counter.value >= last.value && counter.value - last.value < counter.growthMin
    if (!isSlow) counters[key] = { epoch: counter.epoch, value: counter.value }
  }
  return Object.fromEntries(Object.entries(counters).slice(-countersMax))
}

/** More counters than this are not remembered; the oldest go first. */
const countersMax = 10_000

/** Whether a look left open if something is still so: its part could not be asked, or its kind could not. */
function openQuestions({ unchecked }: HealthLook): (one: Tracked) => boolean {
  const parts = new Set(unchecked.flatMap(({ part }) => (part === null ? [] : [partKey(part)])))
  const codes = new Set(unchecked.flatMap((one) => one.about))
  return ({ code, part }) => parts.has(partKey(part)) || codes.has(code)
}

function mergeSymptoms(symptoms: readonly Symptom[]): ReadonlyMap<string, Symptom> {
  const merged = new Map<string, Symptom>()
  for (const symptom of symptoms) {
    const key = `${symptom.code} ${partKey(symptom.part)}`
    const known = merged.get(key)
    merged.set(key, known === undefined ? symptom : joined(known, symptom))
  }
  return merged
}

/** What is so now outweighs what a log tells of earlier. */
function joined(a: Symptom, b: Symptom): Symptom {
  const evidence = [...a.evidence, ...b.evidence]
  if (a.ageMs === undefined || b.ageMs === undefined) return { code: a.code, part: a.part, evidence }
  return { code: a.code, part: a.part, evidence, ageMs: Math.min(a.ageMs, b.ageMs) }
}

function conditionOf({ code, part, evidence, firstSeenMs }: Tracked): Condition {
  return { code, part, severity: conditionRules[code].severity, sinceMs: firstSeenMs, evidence }
}

const order = ['critical', 'warning', 'info']

function worstFirst(a: Condition, b: Condition): number {
  const bySeverity = order.indexOf(a.severity) - order.indexOf(b.severity)
  return bySeverity || a.code.localeCompare(b.code) || a.part.name.localeCompare(b.part.name, 'en', { numeric: true })
}
