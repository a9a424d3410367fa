// Plays random small clusters and, where one fails, says the shortest sequence of calls that fails in words, with the
// seed that makes it again (`ALLOCATOR_SEED=seed:path`).

import fc from 'fast-check'
import type { AllocatorOptions } from '../../src/master/allocator/types.ts'
import { type Action, someActions, someOptions, type World } from './allocator-actions.ts'
import { formatResources } from './resource-text.ts'

export type Play = { readonly world: World; readonly clusters: number; readonly lengthMax: number }

export function playRandomClusters(
  { world, clusters, lengthMax }: Play,
  check: (options: AllocatorOptions, actions: readonly Action[]) => void,
): void {
  const [seed, path] = process.env.ALLOCATOR_SEED?.split(/:(.*)/) ?? []
  const outcome = fc.check(fc.property(someOptions(world), someActions(world, lengthMax), check), {
    numRuns: clusters,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  })
  if (!outcome.failed) return
  const [options, actions] = outcome.counterexample ?? []
  const calls = (actions ?? []).map(({ kind, ...rest }) => `  ${kind} ${JSON.stringify(rest, readably)}`)
  const head = `seed ${outcome.seed}:${outcome.counterexamplePath}, ${JSON.stringify(options, readably)}`
  const cause = outcome.errorInstance
  throw new Error([head, ...calls, cause instanceof Error ? cause.message : ''].join('\n'), { cause })
}

/** Sets and maps as lists, resources as text. */
function readably(key: string, value: unknown): unknown {
  if (key === 'total') return formatResources(value as Parameters<typeof formatResources>[0])
  if (value instanceof Set || value instanceof Map) return [...value]
  return value
}
