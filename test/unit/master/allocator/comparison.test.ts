// The allocator against a second one that is as simple as its rules: random small clusters, random calls, the same
// grants in the same order after every round, the same free resources after every call, and never more out than in.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createAllocator } from '../../../../src/master/allocator/allocator.ts'
import type { AgentSupply, AllocationGrant, FrameworkDemand } from '../../../../src/master/allocator/types.ts'
import { defaultAllocatorOptions, noFacts } from '../../../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { add, equal, noResources, type Resources, resource } from '../../../../src/model/resources.ts'
import { milli } from '../../../../src/model/units.ts'
import { formatResources, parseResources } from '../../../support/resource-text.ts'
import { SimpleAllocator } from '../../../support/simple-allocator.ts'

const options = defaultAllocatorOptions

const frameworkIds = ['f1', 'f2', 'f3', 'f4']
const agentIds = ['s1', 's2', 's3', 's4']
const roles = ['*', 'a', 'a/b', 'c']
const totals = [
  'cpus:4;mem:1024',
  'cpus:2;mem:64;ports:[1-9]',
  'cpus:1;mem:4096;cpus(a):2',
  'cpus:3;gpus:1;mem:512',
  'cpus(c):2;cpus(a,a/b):1;mem(a):64;mem:31',
  'mem:256;cpus!:2',
]

const aRole = fc.constantFrom(...roles)
const aFramework = fc.constantFrom(...frameworkIds)
const anAgent = fc.constantFrom(...agentIds)
const aDemand = fc
  .record({
    roles: fc.uniqueArray(aRole, { minLength: 1 }),
    suppressed: fc.uniqueArray(aRole, { maxLength: 1 }),
    capabilities: fc.uniqueArray(fc.constantFrom('GPU_RESOURCES', 'REVOCABLE_RESOURCES', 'RESERVATION_REFINEMENT')),
    least: fc.constantFrom(null, [], [{ cpus: 2000 }]),
  })
  .map(
    ({ roles: wanted, suppressed, capabilities, least }): FrameworkDemand => ({
      roles: wanted,
      suppressedRoles: suppressed.filter((role) => wanted.includes(role)),
      capabilities: new Set(capabilities),
      acceptsByRole: new Map(),
      minAllocatableByRole: new Map(least === null ? [] : [[wanted[0] as string, least]]),
    }),
  )

const anAction = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('framework' as const), id: aFramework, demand: aDemand }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('agent' as const), id: anAgent, total: fc.constantFrom(...totals) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('round' as const), afterMs: fc.constantFrom(0, 1000, 3000) }) },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('recover' as const),
      which: fc.nat(50),
      part: fc.constantFrom('all', 'half', 'first'),
      refuseMs: fc.constantFrom(null, 0, 500, 2500, 1e6),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('revive' as const), id: aFramework, roles: fc.uniqueArray(aRole) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('suppress' as const), id: aFramework, roles: fc.uniqueArray(aRole) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('activity' as const), id: aFramework, isActive: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('agentActivity' as const), id: anAgent, isActive: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeAgent' as const), id: anAgent }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeFramework' as const), id: aFramework }) },
)
type Action = typeof anAction extends fc.Arbitrary<infer A> ? A : never

/** Both allocators under the same calls. */
class Pair {
  readonly real = createAllocator(options)
  readonly simple = new SimpleAllocator(options)
  readonly random = seededRandom(1)
  nowMs = 0

  do(action: Action): void {
    if ('id' in action) this.#change(action)
    else if (action.kind === 'round') this.#round(action.afterMs)
    else this.#recover(action.which, action.part, action.refuseMs)
    this.#compareHoldings()
  }

  #change(action: Extract<Action, { readonly id: string }>): void {
    const { real, simple } = this
    const id = action.id as FrameworkId & AgentId
    const isFramework = simple.frameworks.has(id)
    const framework = simple.frameworks.get(id)
    const agent = simple.agents.get(id)
    switch (action.kind) {
      case 'framework':
        if (isFramework) real.updateFramework(id, action.demand)
        else real.addFramework(id, action.demand)
        simple.setFramework(id, action.demand)
        break
      case 'agent': {
        if (agent !== undefined) break
        const supply: AgentSupply = { total: parseResources(action.total), capabilities: new Set(), facts: noFacts }
        real.addAgent(id, supply, [])
        simple.agents.set(id, { supply, isActive: true })
        break
      }
      case 'revive':
        if (framework === undefined) break
        real.revive(id, action.roles)
        simple.revive(id, action.roles)
        break
      case 'suppress':
        if (framework === undefined) break
        real.suppress(id, action.roles)
        for (const role of action.roles) framework.suppressed.add(role)
        break
      case 'activity':
        if (framework === undefined) break
        framework.isActive = action.isActive
        if (action.isActive) real.activateFramework(id)
        else {
          real.deactivateFramework(id)
          simple.clearFilters(id, roles)
        }
        break
      case 'agentActivity':
        if (agent === undefined) break
        agent.isActive = action.isActive
        if (action.isActive) real.activateAgent(id)
        else real.deactivateAgent(id)
        break
      case 'removeAgent':
        if (agent === undefined) break
        real.removeAgent(id)
        simple.removeAgent(id)
        break
      case 'removeFramework':
        if (framework === undefined) break
        for (const grant of simple.held.filter((held) => held.frameworkId === id)) {
          real.recover(grant, null, this.nowMs)
          simple.recover(grant, null, this.nowMs)
        }
        real.removeFramework(id)
        simple.removeFramework(id)
        break
    }
  }

  #round(afterMs: number): void {
    this.nowMs += afterMs
    const granted = this.real.allocate(this.nowMs, this.random)
    // Who got nothing may be visited at any time: that changes no share.
    const visited = new Set<string>([...granted.map((grant) => grant.agentId), ...this.simple.agents.keys()])
    expect(granted.map(line)).toEqual(this.simple.allocate(this.nowMs, [...visited]).map(line))
    expect(this.real.hasWork()).toBe(false)
  }

  #recover(which: number, part: string, refuseMs: number | null): void {
    const held = this.simple.held[which % Math.max(1, this.simple.held.length)]
    if (held === undefined) return
    const items =
      part === 'half' ? half(held.resources) : part === 'first' ? held.resources.slice(0, 1) : held.resources
    if (items.length === 0) return
    const grant = { ...held, resources: items }
    this.real.recover(grant, refuseMs, this.nowMs)
    this.simple.recover(grant, refuseMs, this.nowMs)
  }

  #compareHoldings(): void {
    for (const [id, { supply }] of this.simple.agents) {
      const free = this.real.available(id as AgentId)
      expect(formatResources(free)).toBe(formatResources(this.simple.free(id)))
      const held = this.simple.held.filter((grant) => grant.agentId === id)
      expect(
        equal(
          supply.total,
          held.reduce((sum, grant) => add(sum, grant.resources), free),
        ),
      ).toBe(true)
    }
    for (const id of this.simple.frameworks.keys()) {
      const held = this.simple.held.filter((grant) => grant.frameworkId === id)
      const sum = held.reduce((all, grant) => add(all, grant.resources), noResources)
      expect(formatResources(this.real.allocatedToFramework(id as FrameworkId))).toBe(formatResources(sum))
    }
  }
}

describe('beside a second, simple allocator', () => {
  test('thousands of random clusters get the same grants', () => {
    fc.assert(
      fc.property(fc.array(anAction, { minLength: 5, maxLength: 60, size: 'max' }), (actions) => {
        const pair = new Pair()
        for (const action of actions) pair.do(action)
        pair.do({ kind: 'round', afterMs: 3000 })
      }),
      { numRuns: 1000 },
    )
  }, 60_000)
})

describe('well-behaved frameworks', () => {
  test('each runs all its tasks, however the others use, decline and return their offers', () => {
    fc.assert(
      fc.property(
        fc.nat(1e9),
        fc.array(fc.record({ tasks: fc.integer({ min: 1, max: 8 }), cpus: fc.integer({ min: 1, max: 3 }) }), {
          minLength: 2,
          maxLength: 6,
        }),
        (seed, wishes) => {
          const allocator = createAllocator(options)
          const random = seededRandom(seed)
          const left = wishes.map(({ tasks }) => tasks)
          for (const i of wishes.keys()) {
            allocator.addFramework(`f${i}` as FrameworkId, {
              roles: [i % 2 === 0 ? 'a' : 'b'],
              suppressedRoles: [],
              capabilities: new Set(),
              minAllocatableByRole: new Map(),
              acceptsByRole: new Map(),
            })
          }
          for (const id of ['s1', 's2', 's3']) {
            allocator.addAgent(
              id as AgentId,
              { total: parseResources('cpus:3;mem:64'), capabilities: new Set(), facts: noFacts },
              [],
            )
          }
          let running: { readonly grant: AllocationGrant; readonly endMs: number }[] = []
          let rounds = 0
          for (let nowMs = 0; left.some((tasks) => tasks > 0); nowMs += 1000) {
            // 48 tasks at most, 3 at a time, 3 s each, with pauses of 5 s for those who declined.
            expect(rounds++).toBeLessThan(48 * 8)
            for (const { grant } of running.filter(({ endMs }) => endMs <= nowMs)) allocator.recover(grant, null, nowMs)
            running = running.filter(({ endMs }) => endMs > nowMs)
            for (const grant of allocator.allocate(nowMs, random)) {
              const i = Number(grant.frameworkId.slice(1))
              const wanted = parseResources(`cpus:${wishes[i]?.cpus}`)
              const offered = grant.resources.find((item) => item.name === 'cpus')
              const fits =
                (left[i] as number) > 0 &&
                offered?.value.kind === 'scalar' &&
                offered.value.milli >= (wishes[i]?.cpus as number) * 1000
              if (!fits) {
                allocator.recover(grant, 5000, nowMs)
                continue
              }
              left[i] = (left[i] as number) - 1
              const rest = without(grant.resources, wanted)
              if (rest.length > 0) allocator.recover({ ...grant, resources: rest }, 5000, nowMs)
              running.push({ grant: { ...grant, resources: wanted }, endMs: nowMs + random.below(3000) })
            }
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

function without(items: Resources, cpus: Resources): Resources {
  return items.flatMap((item) => {
    const taken = cpus[0]?.value.kind === 'scalar' && item.name === 'cpus' ? cpus[0].value.milli : 0
    if (item.value.kind !== 'scalar' || item.value.milli === taken) return []
    return [resource({ name: item.name }, { kind: 'scalar', milli: milli(item.value.milli - taken) })]
  })
}

/** Half of each scalar, in whole thousandths; nothing of the rest. */
function half(items: Resources): Resources {
  return items.flatMap((item) => {
    if (item.value.kind !== 'scalar' || item.value.milli < 2) return []
    return [{ ...item, value: { kind: 'scalar', milli: milli(Math.floor(item.value.milli / 2)) } }]
  })
}

function line({ frameworkId, role, agentId, resources }: AllocationGrant): string {
  return `${frameworkId} ${role} ${agentId} ${formatResources(resources)}`
}
