// A second allocator, as simple as its rules: every question looks at every agent, framework and grant, sums all
// shares anew, compares them as exact fractions and walks one flat list of filters. For comparison with the real one,
// which keeps all of this up to date instead. The order in which agents are visited is given, so that both can be
// asked for the same; who may have what of one agent says simple-verdict.ts. It does not know slices of a round.
//
// A round. First, over all agents, the guarantees: holders (a framework in a role) whose top-level role has not got
// what it is guaranteed, and to whom the agent gives some of that. Then, over all agents, everybody. Each agent goes,
// as far as the first willing holder may have it, to that holder; what is left to the next.
//
// Who is first. Whoever gave back all that it was offered last of this agent, after all who were not asked about it since
// (until something comes free there, or only those want it). Whoever used a part stays in its place: else all would
// run equally many tasks, whatever their size and weight; so does who was offered only its own reservation, after others
// had had the rest. Then by share (simple-shares.ts).
//
// Shared resources stay free while they are held.

import type {
  AgentSupply,
  AllocationGrant,
  AllocatorOptions,
  FrameworkDemand,
  Quota,
} from '../../src/master/allocator/types.ts'
import {
  add,
  contains,
  noResources,
  overlap,
  type Resource,
  type Resources,
  resources,
  subtract,
} from '../../src/model/resources.ts'
import { inOrder, isBelow, pathOf, pathsTo, topOf } from './simple-shares.ts'
import { type Stage, type Verdict, verdictOf } from './simple-verdict.ts'

export type SimpleFramework = { demand: FrameworkDemand; suppressed: Set<string>; isActive: boolean }
export type SimpleAgent = { supply: AgentSupply; isActive: boolean }
export type Filter = {
  frameworkId: string
  role: string
  agentId: string
  refused: Resources
  endMs: number
  round: number
}
export type Pair = { readonly frameworkId: string; readonly role: string }

export class SimpleAllocator {
  readonly options: AllocatorOptions
  readonly frameworks = new Map<string, SimpleFramework>()
  readonly agents = new Map<string, SimpleAgent>()
  readonly weights = new Map<string, number>()
  readonly quotas = new Map<string, Quota>()
  held: AllocationGrant[] = []
  filters: Filter[] = []
  /** Newest grant of each node of the role tree, by its path. */
  readonly lastGrants = new Map<string, number>()
  /** By agent and holder (`a/b/./f1`): the round in which it gave the agent back. */
  readonly passed = new Map<string, Map<string, number>>()
  /** By agent and holder: what it was granted last of what it has there. */
  readonly offered = new Map<string, Map<string, Resources>>()
  /** By agent: who was given something first in this round. */
  private served = new Map<string, string>()
  /** By agent and holder: that was its own reservation alone, after another was given something. */
  readonly rests = new Map<string, Map<string, true>>()
  /** By holder: the round of its last revival. */
  readonly revived = new Map<string, number>()
  /** By agent: keys of the shared resources that this round has given. */
  sharedGiven: ReadonlyMap<string, ReadonlySet<string>> = new Map()
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

  setFrameworkActive(id: string, isActive: boolean): void {
    this.framework(id).isActive = isActive
    if (!isActive) this.filters = this.filters.filter((filter) => filter.frameworkId !== id)
  }

  setQuota(role: string, quota: Quota | null): void {
    if (quota === null) this.quotas.delete(role)
    else this.quotas.set(role, quota)
  }

  addAgent(id: string, supply: AgentSupply, used: readonly AllocationGrant[]): void {
    this.agents.set(id, { supply, isActive: true })
    this.held.push(...used)
  }

  /** `keepsFilters`: it is the same agent, of which more or less is there. */
  updateAgent(id: string, supply: AgentSupply, keepsFilters: boolean): void {
    this.agent(id).supply = supply
    if (!keepsFilters) this.filters = this.filters.filter((filter) => filter.agentId !== id)
  }

  removeAgent(id: string): void {
    this.agents.delete(id)
    this.passed.delete(id)
    this.offered.delete(id)
    this.rests.delete(id)
    this.served.delete(id)
    this.held = this.held.filter((grant) => grant.agentId !== id)
    this.filters = this.filters.filter((filter) => filter.agentId !== id)
    this.forgetVoid()
  }

  addAllocation(grant: AllocationGrant): void {
    this.held.push(grant)
  }

  recover(grant: AllocationGrant, refuseMs: number | null, nowMs: number): void {
    const offered = this.offered.get(grant.agentId)?.get(pathOf(grant)) ?? noResources
    const isRest = this.rests.get(grant.agentId)?.get(pathOf(grant)) ?? false
    this.replaceHeld(grant, (held) => subtract(held, grant.resources))
    if (refuseMs === null) this.passed.delete(grant.agentId)
    else if (!isRest && contains(grant.resources, offered)) {
      const marks = this.passed.get(grant.agentId) ?? new Map<string, number>()
      this.passed.set(grant.agentId, marks.set(pathOf(grant), this.round))
    }
    const { isActive, demand } = this.framework(grant.frameworkId)
    if (refuseMs !== null && refuseMs > 0 && isActive && demand.roles.includes(grant.role)) {
      const endMs = nowMs + Math.max(refuseMs, this.options.allocationIntervalMs)
      this.filters.push({ ...grant, refused: grant.resources, endMs, round: this.round })
    }
    this.forgetVoid()
  }

  convertHeld(grant: AllocationGrant, consumed: Resources, converted: Resources): void {
    this.replaceHeld(grant, (held) => subtract(held, consumed))
    this.replaceHeld(grant, (held) => add(held, converted))
    this.convertTotal(grant.agentId, consumed, converted)
  }

  convertFree(agentId: string, consumed: Resources, converted: Resources): boolean {
    const held = this.held.filter((grant) => grant.agentId === agentId).flatMap((grant) => grant.resources)
    const isHeld = (item: Resource) => held.some(({ key, shared }) => shared && key === item.key)
    if (!contains(this.free(agentId), consumed) || consumed.some(isHeld)) return false
    this.convertTotal(agentId, consumed, converted)
    return true
  }

  revive(frameworkId: string, roles: readonly string[]): void {
    this.filters = this.filters.filter((filter) => filter.frameworkId !== frameworkId || !roles.includes(filter.role))
    for (const role of roles) {
      this.framework(frameworkId).suppressed.delete(role)
      this.revived.set(pathOf({ frameworkId, role }), this.round)
    }
    this.forgetVoid()
  }

  /** `order`: the agents to visit, first to last, in the stage that begins after this many grants. */
  allocate(nowMs: number, order: (granted: number) => readonly string[]): readonly AllocationGrant[] {
    this.beginRound(nowMs)
    const granted: AllocationGrant[] = []
    for (const stage of ['guarantee', 'fair'] as const) {
      for (const agentId of order(granted.length)) {
        for (let grant = this.next(agentId, stage); grant !== null; grant = this.next(agentId, stage)) {
          this.take(grant)
          granted.push(grant)
        }
      }
    }
    return granted
  }

  beginRound(nowMs: number): void {
    this.round++
    this.sharedGiven = new Map()
    this.served = new Map()
    this.filters = this.filters.flatMap((filter) => {
      if (filter.endMs > nowMs) return [filter]
      return filter.round + 1 >= this.round ? [{ ...filter, endMs: nowMs + this.options.allocationIntervalMs }] : []
    })
  }

  /** What the agent gives next in this stage of the round. */
  next(agentId: string, stage: Stage): AllocationGrant | null {
    if (stage === 'guarantee' && this.quotas.size === 0) return null
    const offered = this.pairs().flatMap((pair) => {
      const verdict = verdictOf(this, pair, agentId, stage)
      return verdict.kind === 'offered' ? [{ ...pair, resources: verdict.resources }] : []
    })
    const order = offered.length > 1 ? inOrder(this, offered) : offered
    const first = order.find((pair) => !this.hasPassed(pair, agentId)) ?? order[0]
    return first === undefined ? null : ({ ...first, agentId } as AllocationGrant)
  }

  take(grant: AllocationGrant): void {
    if (this.hasPassed(grant, grant.agentId)) this.passed.delete(grant.agentId)
    const shared = grant.resources.filter((item) => item.shared).map((item) => item.key)
    const given = this.sharedGiven.get(grant.agentId) ?? []
    this.sharedGiven = new Map([...this.sharedGiven, [grant.agentId, new Set([...given, ...shared])]])
    this.claim(grant)
    const first = this.served.get(grant.agentId) ?? pathOf(grant)
    this.served.set(grant.agentId, first)
    const isOwn = grant.resources.every(({ reservations = [] }) => reservations.length > 0)
    if (first === pathOf(grant) || !isOwn) return
    const rests = this.rests.get(grant.agentId) ?? new Map<string, true>()
    this.rests.set(grant.agentId, rests.set(pathOf(grant), true))
  }

  /** Takes it out of turn; it counts as a turn for whoever is first of equal shares. */
  claim(grant: AllocationGrant): void {
    const offered = this.offered.get(grant.agentId) ?? new Map<string, Resources>()
    this.offered.set(grant.agentId, offered.set(pathOf(grant), grant.resources))
    this.rests.get(grant.agentId)?.delete(pathOf(grant))
    this.held.push(grant)
    this.grants++
    for (const path of pathsTo(grant)) this.lastGrants.set(path, this.grants)
  }

  /** What it would be offered now, were it its turn, by a round that began now. */
  judge(pair: Pair, agentId: string, nowMs: number): Verdict {
    const { filters, sharedGiven } = this
    this.filters = filters.filter((filter) => filter.endMs > nowMs || filter.round >= this.round)
    this.sharedGiven = new Map()
    const first = verdictOf(this, pair, agentId, 'guarantee')
    const helpsNone = first.kind === 'refused' && first.why === 'stage'
    const verdict = helpsNone ? verdictOf(this, pair, agentId, 'fair') : first
    this.filters = filters
    this.sharedGiven = sharedGiven
    return verdict
  }

  /** The same for who asked for it: what it refused or suppressed does not count. */
  judgeClaim(pair: Pair, agentId: string, nowMs: number): Verdict {
    const { filters } = this
    const framework = this.framework(pair.frameworkId)
    const { suppressed } = framework
    this.filters = []
    framework.suppressed = new Set()
    const verdict = this.judge(pair, agentId, nowMs)
    this.filters = filters
    framework.suppressed = suppressed
    return verdict
  }

  free(id: string): Resources {
    const { total } = this.agent(id).supply
    const held = resources(this.held.filter((grant) => grant.agentId === id).flatMap((grant) => grant.resources))
    return subtract(
      total,
      overlap(
        total,
        held.filter((item) => !item.shared),
      ),
    )
  }

  heldBy({ frameworkId, role }: Pair, agentId: string): Resources {
    const own = this.held.filter(
      (grant) => grant.frameworkId === frameworkId && grant.role === role && grant.agentId === agentId,
    )
    return resources(own.flatMap((grant) => grant.resources))
  }

  quotaOf(role: string): Quota {
    return this.quotas.get(topOf(role)) ?? { guarantees: {}, limits: {} }
  }

  /** Whether some framework is in the role or below, or holds something there. */
  isSorted(role: string): boolean {
    return [...this.pairs(), ...this.held].some((pair) => isBelow(pair.role, role))
  }

  framework(id: string): SimpleFramework {
    return this.frameworks.get(id) as SimpleFramework
  }

  agent(id: string): SimpleAgent {
    return this.agents.get(id) as SimpleAgent
  }

  private hasPassed(pair: Pair, agentId: string): boolean {
    const path = pathOf(pair)
    return (this.passed.get(agentId)?.get(path) ?? -1) > (this.revived.get(path) ?? -1)
  }

  private pairs(): Pair[] {
    return [...this.frameworks].flatMap(([frameworkId, { demand }]) =>
      demand.roles.map((role) => ({ frameworkId, role })),
    )
  }

  private replaceHeld(grant: AllocationGrant, change: (held: Resources) => Resources): void {
    const isSame = (other: AllocationGrant) =>
      other.frameworkId === grant.frameworkId && other.role === grant.role && other.agentId === grant.agentId
    const rest = change(this.heldBy(grant, grant.agentId))
    this.held = [
      ...this.held.filter((other) => !isSame(other)),
      ...(rest.length > 0 ? [{ ...grant, resources: rest }] : []),
    ]
    if (rest.length === 0) this.offered.get(grant.agentId)?.delete(pathOf(grant))
    if (rest.length === 0) this.rests.get(grant.agentId)?.delete(pathOf(grant))
  }

  private convertTotal(agentId: string, consumed: Resources, converted: Resources): void {
    const agent = this.agent(agentId)
    agent.supply = { ...agent.supply, total: add(subtract(agent.supply.total, consumed), converted) }
  }

  /** A framework that left a role and holds nothing there comes back as a newcomer, and so does an empty role. */
  private forgetVoid(): void {
    const alive = new Set([...this.pairs(), ...this.held].flatMap(pathsTo))
    const all = [this.lastGrants, this.revived]
    for (const marks of [...all, ...this.passed.values(), ...this.offered.values(), ...this.rests.values()]) {
      for (const path of marks.keys()) if (!alive.has(path)) marks.delete(path)
    }
  }
}
