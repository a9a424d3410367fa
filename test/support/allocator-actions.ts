// Random small clusters for the allocator: what may be in them (a world), and arbitrary sequences of calls. Which call
// is possible at a moment is decided by whoever plays them; numbers such as `which` point into what is there then.

import fc from 'fast-check'
import type {
  AgentSupply,
  AllocatorOptions,
  FrameworkDemand,
  Quantities,
  Quota,
} from '../../src/master/allocator/types.ts'
import { defaultAllocatorOptions } from '../../src/master/allocator/types.ts'
import { add, type Resources, resource, resources, scalarTotal } from '../../src/model/resources.ts'
import { milli } from '../../src/model/units.ts'
import { parseResources } from './resource-text.ts'

/** What a cluster may have beside frameworks, agents, offers and filters. */
export type World = {
  readonly weights: boolean
  readonly quotas: boolean
  /** Reserve, unreserve, refine, on what is held and on what is free. */
  readonly conversions: boolean
  /** Shared volumes. */
  readonly shared: boolean
  /** Agents that change, shrink, or come back with tasks. */
  readonly changes: boolean
  /** Agents and frameworks that lack capabilities, regions, constraints. */
  readonly restrictions: boolean
}

export const plainWorld: World = {
  weights: false,
  quotas: false,
  conversions: false,
  shared: false,
  changes: false,
  restrictions: false,
}

export const frameworkIds = ['f1', 'f2', 'f3', 'f4']
export const agentIds = ['s1', 's2', 's3', 's4']
export const roles = ['*', 'a', 'a/b', 'c']
export const topRoles = ['a', 'c']
const frameworkCapabilities = ['GPU_RESOURCES', 'REVOCABLE_RESOURCES', 'RESERVATION_REFINEMENT']

const aRole = fc.constantFrom(...roles)
const aFramework = fc.constantFrom(...frameworkIds)
const anAgent = fc.constantFrom(...agentIds)
const which = fc.nat(50)
const aPart = fc.constantFrom('all' as const, 'half' as const, 'first' as const)

export function someOptions(world: World): fc.Arbitrary<AllocatorOptions> {
  return fc
    .record({
      filterGpuResources: fc.boolean(),
      excluded: fc.constantFrom([], ['gpus'], ['mem']),
      region: fc.constantFrom(null, 'east'),
    })
    .map(({ filterGpuResources, excluded, region }) => ({
      ...defaultAllocatorOptions,
      filterGpuResources,
      fairSharingExcluded: new Set(world.weights ? excluded : []),
      region: world.restrictions ? region : null,
    }))
}

/** Calls in any order; those that make no sense when their turn comes are passed over. */
export function someActions(world: World, lengthMax: number) {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: is('framework'), id: aFramework, demand: aDemand(world) }) },
    { weight: 4, arbitrary: fc.record({ kind: is('agent'), id: anAgent, supply: aSupply(world) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        kind: is('round'),
        afterMs: fc.constantFrom(0, 1000, 3000),
        agentsMax: fc.constantFrom(undefined, 1, 2),
        workMax: fc.constantFrom(undefined, undefined, 1, 3),
      }),
    },
    {
      weight: 10,
      arbitrary: fc.record({
        kind: is('recover'),
        which,
        part: aPart,
        refuseMs: fc.constantFrom(null, 0, 500, 2500, 1e6),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: is('revive'), id: aFramework, roles: fc.uniqueArray(aRole) }) },
    { weight: 1, arbitrary: fc.record({ kind: is('suppress'), id: aFramework, roles: fc.uniqueArray(aRole) }) },
    { weight: 1, arbitrary: fc.record({ kind: is('activity'), id: aFramework, isActive: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: is('agentActivity'), id: anAgent, isActive: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ kind: is('removeAgent'), id: anAgent }) },
    { weight: 1, arbitrary: fc.record({ kind: is('removeFramework'), id: aFramework }) },
    {
      weight: world.weights ? 3 : 0,
      arbitrary: fc.record({ kind: is('weight'), role: aRole, weight: fc.constantFrom(0.5, 1, 2, 3) }),
    },
    {
      weight: world.quotas ? 3 : 0,
      arbitrary: fc.record({
        kind: is('quota'),
        role: fc.constantFrom(...topRoles),
        quota: fc.option(aQuota, { freq: 5 }),
      }),
    },
    {
      weight: world.conversions ? 4 : 0,
      arbitrary: fc.record({ kind: is('convertHeld'), which, part: aPart, into: fc.nat(5) }),
    },
    {
      weight: world.conversions ? 3 : 0,
      arbitrary: fc.record({ kind: is('convertFree'), id: anAgent, which, part: aPart, into: fc.nat(5) }),
    },
    {
      weight: world.changes ? 2 : 0,
      arbitrary: fc.record({
        kind: is('changeAgent'),
        id: anAgent,
        supply: aSupply(world),
        keepsFilters: fc.boolean(),
      }),
    },
    {
      weight: world.changes ? 2 : 0,
      arbitrary: fc.record({ kind: is('claim'), id: anAgent, framework: aFramework, which, part: aPart }),
    },
    {
      weight: world.changes ? 1 : 0,
      arbitrary: fc.record({ kind: is('task'), id: anAgent, framework: aFramework, which, part: aPart }),
    },
  )
  return fc.array(action, { minLength: 5, maxLength: lengthMax, size: 'max' })
}
export type Action = ReturnType<typeof someActions> extends fc.Arbitrary<(infer A)[]> ? A : never

function is<K extends string>(kind: K): fc.Arbitrary<K> {
  return fc.constant(kind)
}

function aDemand(world: World): fc.Arbitrary<FrameworkDemand> {
  const capabilities = [
    ...frameworkCapabilities,
    ...(world.shared ? ['SHARED_RESOURCES'] : []),
    ...(world.restrictions ? ['MULTI_ROLE', 'REGION_AWARE'] : []),
  ]
  return fc
    .record({
      roles: fc.uniqueArray(aRole, { minLength: 1 }),
      suppressed: fc.uniqueArray(aRole, { maxLength: 1 }),
      capabilities: fc.uniqueArray(fc.constantFrom(...capabilities)),
      least: fc.constantFrom(null, null, ...(world.shared ? [] : [[]]), [{ cpus: 2000 }]),
      constraint: fc.constantFrom(null, null, 'n1', 'n2'),
    })
    .map(({ roles: wanted, suppressed, capabilities: has, least, constraint }) => ({
      roles: wanted,
      suppressedRoles: suppressed.filter((role) => wanted.includes(role)),
      capabilities: new Set(has),
      acceptsByRole:
        world.restrictions && constraint !== null
          ? new Map([[wanted[0] as string, ({ hostname }) => hostname === constraint]])
          : new Map(),
      minAllocatableByRole: new Map(least === null ? [] : [[wanted[0] as string, least]]),
    }))
}

function aSupply(world: World): fc.Arbitrary<AgentSupply> {
  const texts = [
    'cpus:4;mem:1024',
    'cpus:2;mem:64;ports:[1-9]',
    'cpus:1;mem:4096;cpus(a):2',
    'cpus:3;gpus:1;mem:512',
    'cpus(c):2;cpus(a,a/b):1;mem(a):64;mem:31',
    'mem:256;cpus!:2',
  ]
  const capabilities = ['MULTI_ROLE', 'HIERARCHICAL_ROLE']
  return fc
    .record({
      total: fc.constantFrom(...texts.map(parseResources), ...(world.quotas ? disks() : [])),
      volume: fc.boolean(),
      missesGpus: fc.boolean(),
      capabilities: fc.constantFrom(capabilities, capabilities, ['MULTI_ROLE'], []),
      hostname: fc.constantFrom('n1', 'n2'),
      region: fc.constantFrom(null, 'east', 'west'),
    })
    .map(({ total, volume, missesGpus, capabilities: has, hostname, region }) => ({
      total: world.shared && volume ? add(total, aVolume('a', 64)) : total,
      hasGpus: scalarTotal(total, 'gpus') > 0 || (world.restrictions && missesGpus),
      capabilities: new Set(world.restrictions ? has : capabilities),
      facts: { hostname, attributes: [], region: world.restrictions ? region : null, zone: null },
    }))
}

/** Agents with several disks, of which some are one thing. */
function disks(): readonly Resources[] {
  const disk = (type: 'MOUNT' | 'PATH', root: string, amount: number) =>
    resource({ name: 'disk', disk: { source: { type, root } } }, { kind: 'scalar', milli: milli(amount * 1000) })
  return [
    resources([...parseResources('cpus:2;mem:512;disk:30'), disk('MOUNT', '/m', 50)]),
    resources([...parseResources('cpus:2;mem:512;ports:[1-9]'), disk('MOUNT', '/m', 20), disk('PATH', '/p', 70)]),
  ]
}

/** A shared volume on disk that is reserved for `role`. */
export function aVolume(role: string, amount: number): Resources {
  return [
    resource(
      {
        name: 'disk',
        reservations: [{ type: 'DYNAMIC', role }],
        disk: { persistence: { id: 'v' }, volume: { containerPath: 'v', mode: 'RW' } },
        shared: true,
      },
      { kind: 'scalar', milli: milli(amount * 1000) },
    ),
  ]
}

const anAmount = fc.constantFrom(null, 0, 500, 1000, 1500, 3000, 6000)
const aQuota: fc.Arbitrary<Quota> = fc
  .record({ cpus: anAmount, extraCpus: anAmount, mem: anAmount, extraMem: anAmount, disk: anAmount, gpus: anAmount })
  .map(({ cpus, extraCpus, mem, extraMem, disk, gpus }) => {
    const [memory, extraMemory, space] = [mem, extraMem, disk].map((amount) => (amount === null ? null : amount * 100))
    return {
      guarantees: quantities({ cpus, mem: memory ?? null, disk: space ?? null }),
      limits: quantities({
        cpus: extraCpus === null ? null : (cpus ?? 0) + extraCpus,
        mem: extraMemory == null ? null : (memory ?? 0) + extraMemory,
        gpus,
      }),
    }
  })

function quantities(amounts: Readonly<Record<string, number | null>>): Quantities {
  return Object.fromEntries(
    Object.entries(amounts).flatMap(([name, amount]) => (amount === null ? [] : [[name, amount]])),
  )
}
