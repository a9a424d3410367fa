// Which conditions of the machine the master is told: what the bounds of the wire allow, the worst first, each with little
// of its evidence. All of it stays with the agent's own health document. It does not know when they are told.

import type { Severity } from '../../model/conditions.ts'
import type { Condition, PartRef } from '../../model/health.ts'
import { conditionsMax, evidenceMax, healthBytesMax, textLengthMax } from '../../wire/bounds.ts'

const order: readonly Severity[] = ['critical', 'warning', 'info']

/** So many bytes of conditions are told with their evidence; what is wrong matters more than how it was seen. */
const evidenceBytesMax = healthBytesMax / 2

/** Critical ones first; beyond `conditionsMax` and `healthBytesMax` the least bad are left out. */
export function conditionsToTell(conditions: readonly Condition[]): readonly Condition[] {
  const sorted = [...conditions].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  const told: Condition[] = []
  let bytes = 0
  for (const condition of sorted.slice(0, conditionsMax)) {
    const full = shortened(condition)
    const short = bytes + bytesOf(full) <= evidenceBytesMax ? full : { ...full, evidence: [] }
    bytes += bytesOf(short)
    if (bytes > healthBytesMax) break
    told.push(short)
  }
  return told
}

function bytesOf(condition: Condition): number {
  return new TextEncoder().encode(JSON.stringify(condition)).length + 1
}

/** Whether they are about the same parts and as bad; what they were seen by may have other words at every look. */
export function isSameHealth(a: readonly Condition[], b: readonly Condition[]): boolean {
  return a.length === b.length && a.every((one, i) => keyOf(one) === keyOf(b[i] as Condition))
}

function keyOf({ code, part, severity }: Condition): string {
  return JSON.stringify([code, part.kind, part.name, part.id, severity])
}

function shortened({ code, part, severity, sinceMs, evidence }: Condition): Condition {
  return {
    code,
    part: { kind: part.kind, name: cut(part.name), id: idOf(part) },
    severity,
    sinceMs: sinceMs === null ? null : Math.max(0, Math.round(sinceMs)),
    evidence: evidence.slice(0, evidenceMax).map(({ source, text }) => ({ source: cut(source), text: cut(text) })),
  }
}

function idOf({ id }: PartRef): string | null {
  return id === null ? null : cut(id)
}

function cut(text: string): string {
  return text.length <= textLengthMax ? text : `${text.slice(0, textLengthMax - 1)}…`
}
