// What a task takes of an offer, resource by resource: what is reserved first, as good frameworks do. It does not know
// what a task is for.

import { isVolume } from '../../../src/mesos/operations.ts'
import { normaliseRanges, type Resource, type Resources, resource, subtract } from '../../../src/model/resources.ts'
import { milli } from '../../../src/model/units.ts'
import { chance, type Draws } from '../engine/plan.ts'

export type Wanted = {
  readonly cpusMilli: number
  readonly memMb: number
  readonly gpus: number
  readonly ports: number
}

export type Taken = { readonly taken: Resources; readonly ports: readonly number[]; readonly left: Resources }

/** Null when it is not all there. `idle`: CPUs that others leave idle first, if all of them can be such. */
export function take(items: Resources, { cpusMilli, memMb, gpus, ports }: Wanted, idle = false): Taken | null {
  const amounts = [
    ['cpus', cpusMilli],
    ['mem', memMb * 1000],
    ['gpus', gpus * 1000],
  ] as const
  const taken: Resource[] = []
  for (const [name, amount] of amounts) {
    const parts =
      (idle && name === 'cpus' ? takeScalar(items, name, amount, true) : null) ?? takeScalar(items, name, amount)
    if (parts === null) return null
    taken.push(...parts)
  }
  const found = takePorts(items, ports)
  if (found === null) return null
  if (found.part !== null) taken.push(found.part)
  return { taken, ports: found.ports, left: subtract(items, taken) }
}

/** Volumes among `items` that a task is given by chance; who shares one leaves it for others. */
export function takeVolumes(
  random: Draws,
  items: Resources,
  permille: number,
): { readonly volumes: Resources; readonly left: Resources } {
  if (permille === 0) return { volumes: [], left: items }
  const volumes = items
    .filter((item) => isVolume(item) && chance(random, permille))
    .map(({ copies: _copies, ...item }) => item)
  const own = volumes.filter(({ shared }) => shared !== true)
  return { volumes, left: subtract(items, own) }
}

function takeScalar(items: Resources, name: string, amount: number, isIdle = false): Resource[] | null {
  const found = items.filter(
    (item) => item.name === name && item.value.kind === 'scalar' && (item.revocable === true) === isIdle,
  )
  const parts: Resource[] = []
  let missing = amount
  for (const item of found.sort((a, b) => (b.reservations?.length ?? 0) - (a.reservations?.length ?? 0))) {
    const part = Math.min(missing, item.value.kind === 'scalar' ? item.value.milli : 0)
    if (part > 0) parts.push({ ...item, value: { kind: 'scalar', milli: milli(part) } })
    missing -= part
  }
  return missing > 0 ? null : parts
}

function takePorts(
  items: Resources,
  count: number,
): { readonly part: Resource | null; readonly ports: readonly number[] } | null {
  if (count === 0) return { part: null, ports: [] }
  for (const item of items) {
    if (item.name !== 'ports' || item.value.kind !== 'ranges') continue
    const all = item.value.ranges.flatMap(({ begin, end }) =>
      Array.from({ length: end - begin + 1 }, (_, i) => begin + i),
    )
    if (all.length < count) continue
    const ports = all.slice(0, count)
    const { key: _key, value: _value, ...identity } = item
    const ranges = normaliseRanges(ports.map((port) => ({ begin: port, end: port })))
    return { part: resource(identity, { kind: 'ranges', ranges }), ports }
  }
  return null
}
