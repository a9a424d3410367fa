// Conditions by the part that has them, for those who draw parts. It does not know what is wrong with anything.

import type { Severity } from '../../model/conditions.ts'
import type { Condition, Health, PartKind } from '../../model/health.ts'
import { type Paint, severityColors } from './theme.ts'

const order: readonly Severity[] = ['critical', 'warning', 'info']

export class SickParts {
  readonly #byPart: ReadonlyMap<string, readonly Condition[]>

  constructor({ conditions }: Health) {
    this.#byPart = Map.groupBy(conditions, ({ part }) => `${part.kind} ${part.name}`)
  }

  /** What is wrong with the parts of these kinds and names, worst first. A null name is nobody's. */
  of(parts: readonly (readonly [PartKind, string | null])[]): readonly Condition[] {
    const found = parts.flatMap(([kind, name]) => (name === null ? [] : (this.#byPart.get(`${kind} ${name}`) ?? [])))
    return found.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
  }
}

/** The frame of a part with these conditions; `info` is told in words alone. */
export function sickPaint(healthy: Paint, [worst]: readonly Condition[]): Paint {
  if (worst === undefined || worst.severity === 'info') return healthy
  return { ...healthy, stroke: severityColors[worst.severity], strokeWidth: 2 }
}
