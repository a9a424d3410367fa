// Which parts of a machine, were they healthy, would change an answer: as few of those that are sick as are enough. It
// does not know what the answer is about.

import { fewest } from '../placement/healing.ts'
import { listed } from '../placement/words.ts'
import type { Agent } from './records.ts'
import { criticalOf, sicknessOf } from './sick-parts.ts'

export type Relief = {
  /** Of the parts, for a person; empty where none is needed. */
  readonly names: string
  /** The agent as it would be. */
  readonly agent: Agent
}

/** Null where it would not be enough if all of it were healthy. `isEnough` is asked of the agent as it would be. */
export function reliefOf(agent: Agent, isEnough: (ifHealthy: Agent) => boolean): Relief | null {
  const critical = criticalOf(agent.conditions)
  const keyOf = ({ part }: (typeof critical)[number]) => JSON.stringify([part.kind, part.name, part.id])
  const ifHealthy = (healthy: readonly string[]): Agent => {
    const rest = critical.filter((condition) => !healthy.includes(keyOf(condition)))
    return { ...agent, sickness: sicknessOf(agent.hardware, rest) }
  }
  const keys = fewest([...new Set(critical.map(keyOf))], (healthy) => isEnough(ifHealthy(healthy)))
  if (keys === null) return null
  const names = critical.filter((condition) => keys.includes(keyOf(condition))).map(({ part }) => part.name)
  return { names: names.length === 0 ? '' : listed([...new Set(names)]), agent: ifHealthy(keys) }
}
