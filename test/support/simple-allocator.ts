// A second allocator, as simple as its rules: every round looks at every agent and every framework, sums all shares
// anew, compares them as exact fractions and walks one flat list of filters. For comparison with the real one.
// The order in which agents are visited is given, so that both can be asked for the same.

import type {
  AgentSupply,
  AllocationGrant,
  AllocatorOptions,
  FrameworkDemand,
} from '../../src/master/allocator/types.ts'
import {
  add,
  allocatedTo,
  contains,
  noResources,
  type Resources,
  resources,
  scalarTotal,
  scalarTotals,
  subtract,
} from '../../src/model/resources.ts'

type Framework = { demand: FrameworkDemand; suppressed: Set<string>; isActive: boolean }
type Agent = { supply: AgentSupply; isActive: boolean }
type Filter = { frameworkId: string; role: string; agentId: string; refused: Resources; endMs: number; round: number }
type Pair = { frameworkId: string; role: string }

export class SimpleAllocator {
  readonly options: AllocatorOptions
  readonly frameworks = new Map<string, Framework>()
  readonly agents = new Map<string, Agent>()
  held: AllocationGrant[] = []
  filters: Filter[] = []
  /** Newest grant of each node of the role tree, by its path. */
  readonly lastGrants = new Map<string, number>()
  /** By agent and holder (`a/b/./f1`): the round in which it gave the agent back. */
  readonly passed = new Map<string, Map<string, number>>()
  /** By holder: the round of its last revival. */
  readonly revived = new Map<string, number>()
  grants = 0
  round = 0

  constructor(options: AllocatorOptions) {
    this.options = options
  }

  setFramework(id: string, demand: FrameworkDemand): void {
    const present = this.frameworks.get(id)
    const freed = [...(present?.suppressed ?? [])].filter((role) => !demand.suppressedRoles.includes(role))
    this.filters = this.filters.filter(
      ({ frameworkId, role }) => frameworkId !== id || (!freed.includes(role) && demand.roles.includes(role)),
    )
    this.frameworks.set(id, {
      demand,
      suppressed: new Set(demand.suppressedRoles),
      isActive: present?.isActive ?? true,
    })
    this.forgetVoid()
  }

  removeFramework(id: string): void {
    this.frameworks.delete(id)
    this.filters = this.filters.filter((filter) => filter.frameworkId !== id)
    this.forgetVoid()
  }

  removeAgent(id: string): void {
    this.agents.delete(id)
    this.passed.delete(id)
    this.held = this.held.filter((grant) => grant.agentId !== id)
    this.filters = this.filters.filter((filter) => filter.agentId !== id)
    this.forgetVoid()
  }

  free(id: string): Resources {
    const agent = this.agents.get(id) as Agent
    return this.held
      .filter((grant) => grant.agentId === id)
      .reduce((free, grant) => subtract(free, grant.resources), agent.supply.total)
  }

  recover(grant: AllocationGrant, refuseMs: number | null, nowMs: number): void {
    const key = (other: AllocationGrant) =>
      other.frameworkId === grant.frameworkId && other.role === grant.role && other.agentId === grant.agentId
    const held = this.held.filter(key).reduce((sum, other) => add(sum, other.resources), noResources)
    const rest = subtract(held, grant.resources)
    this.held = [
      ...this.held.filter((other) => !key(other)),
      ...(rest.length > 0 ? [{ ...grant, resources: rest }] : []),
    ]
    const framework = this.frameworks.get(grant.frameworkId) as Framework
    if (refuseMs === null) this.passed.delete(grant.agentId)
    else {
      const marks = this.passed.get(grant.agentId) ?? new Map<string, number>()
      this.passed.set(grant.agentId, marks.set(paths(grant).at(-1) as string, this.round))
    }
    if (refuseMs !== null && refuseMs > 0 && framework.isActive && framework.demand.roles.includes(grant.role)) {
      const endMs = nowMs + Math.max(refuseMs, this.options.allocationIntervalMs)
      this.filters.push({ ...grant, refused: grant.resources, endMs, round: this.round })
    }
    this.forgetVoid()
  }

  clearFilters(frameworkId: string, roles: readonly string[]): void {
    this.filters = this.filters.filter((filter) => filter.frameworkId !== frameworkId || !roles.includes(filter.role))
  }

  revive(frameworkId: string, roles: readonly string[]): void {
    this.clearFilters(frameworkId, roles)
    for (const role of roles) {
      this.frameworks.get(frameworkId)?.suppressed.delete(role)
      this.revived.set(paths({ frameworkId, role }).at(-1) as string, this.round)
    }
    this.forgetVoid()
  }

  /** `order`: the agents to visit, first to last. */
  allocate(nowMs: number, order: readonly string[]): readonly AllocationGrant[] {
    this.round++
    this.filters = this.filters.flatMap((filter) => {
      if (filter.endMs > nowMs) return [filter]
      return filter.round + 1 >= this.round ? [{ ...filter, endMs: nowMs + this.options.allocationIntervalMs }] : []
    })
    const granted: AllocationGrant[] = []
    for (const agentId of order) {
      for (let grant = this.next(agentId); grant !== null; grant = this.next(agentId)) {
        this.held.push(grant)
        this.grants++
        for (const path of paths(grant)) this.lastGrants.set(path, this.grants)
        granted.push(grant)
      }
    }
    return granted
  }

  private next(agentId: string): AllocationGrant | null {
    const agent = this.agents.get(agentId) as Agent
    if (!agent.isActive) return null
    const pairs = this.pairs().sort((a, b) => this.compare(a, b))
    for (const passed of [false, true]) {
      for (const pair of pairs.filter((other) => this.hasPassed(other, agentId) === passed)) {
        const wanted = this.wanted(pair, agentId)
        if (wanted.length === 0) continue
        if (passed) this.passed.delete(agentId)
        return { ...pair, agentId, resources: wanted } as AllocationGrant
      }
    }
    return null
  }

  private hasPassed(pair: Pair, agentId: string): boolean {
    const holder = paths(pair).at(-1) as string
    return (this.passed.get(agentId)?.get(holder) ?? -1) > (this.revived.get(holder) ?? -1)
  }

  private pairs(): Pair[] {
    return [...this.frameworks].flatMap(([frameworkId, { demand, suppressed, isActive }]) =>
      isActive ? demand.roles.filter((role) => !suppressed.has(role)).map((role) => ({ frameworkId, role })) : [],
    )
  }

  private wanted({ frameworkId, role }: Pair, agentId: string): Resources {
    const { demand } = this.frameworks.get(frameworkId) as Framework
    const { supply } = this.agents.get(agentId) as Agent
    const can = (capability: string) => demand.capabilities.has(capability)
    if (scalarTotal(supply.total, 'gpus') > 0 && this.options.filterGpuResources && !can('GPU_RESOURCES')) return []
    const seen = this.free(agentId).filter((item) => {
      const stack = item.reservations ?? []
      const owner = stack.at(-1)?.role ?? null
      return (
        (owner === null || owner === role || role.startsWith(`${owner}/`)) &&
        (stack.length < 2 || can('RESERVATION_REFINEMENT')) &&
        (!item.revocable || can('REVOCABLE_RESOURCES')) &&
        (!item.shared || can('SHARED_RESOURCES'))
      )
    })
    const least = demand.minAllocatableByRole.get(role) ?? this.options.minAllocatable
    const isEnough = (alternative: Readonly<Record<string, number>>) =>
      Object.entries(alternative).every(([name, amount]) => scalarTotal(seen, name) >= amount)
    if (least.length > 0 && !least.some(isEnough)) return []
    const isFiltered = this.filters.some(
      (filter) =>
        filter.frameworkId === frameworkId &&
        filter.role === role &&
        filter.agentId === agentId &&
        contains(filter.refused, seen),
    )
    return isFiltered ? [] : seen
  }

  private compare(a: Pair, b: Pair): number {
    const pathsA = paths(a)
    const pathsB = paths(b)
    for (const [i, pathA] of pathsA.entries()) {
      const pathB = pathsB[i]
      if (pathB === undefined || pathA === pathB) continue
      const [held, whole] = this.share(pathA)
      const [otherHeld, otherWhole] = this.share(pathB)
      const difference = held * otherWhole - otherHeld * whole
      if (difference !== 0n) return difference < 0n ? -1 : 1
      const age = (this.lastGrants.get(pathA) ?? 0) - (this.lastGrants.get(pathB) ?? 0)
      if (age !== 0) return age
      return pathA < pathB ? -1 : 1
    }
    return 0
  }

  /** The dominant share of a node as a fraction. */
  private share(path: string): readonly [bigint, bigint] {
    const total = scalarTotals(resources([...this.agents.values()].flatMap((agent) => agent.supply.total)))
    const held = this.held.filter((grant) => paths(grant).includes(path)).flatMap((grant) => grant.resources)
    let share: readonly [bigint, bigint] = [0n, 1n]
    for (const [name, amount] of scalarTotals(resources(allocatedTo(held, undefined)))) {
      const whole = total.get(name) ?? 0
      if (whole > 0 && BigInt(amount) * share[1] > share[0] * BigInt(whole)) share = [BigInt(amount), BigInt(whole)]
    }
    return share
  }

  /** A framework that left a role and holds nothing there comes back as a newcomer, and so does an empty role. */
  private forgetVoid(): void {
    const alive = new Set([
      ...[...this.frameworks].flatMap(([frameworkId, { demand }]) =>
        demand.roles.flatMap((role) => paths({ frameworkId, role })),
      ),
      ...this.held.flatMap(paths),
    ])
    for (const marks of [this.lastGrants, this.revived, ...this.passed.values()]) {
      for (const path of marks.keys()) if (!alive.has(path)) marks.delete(path)
    }
  }
}

/** The nodes from the first role to the framework: `a`, `a/b`, `a/b/.`, `a/b/./framework`. */
function paths({ frameworkId, role }: Pair): readonly string[] {
  const parts = [...role.split('/'), '.', frameworkId]
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
