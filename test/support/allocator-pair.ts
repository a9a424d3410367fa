// The real allocator and the simple one under the same calls. After each call both must say the same of what is free
// and held; each round must grant the same in the same order, and be what `judge` said before. Where the order is not
// fixed (random sorters; calls between the slices of a round) the simple one follows: each grant must be one that it
// might have made then, and at the end there must be none left to make.

import { expect } from 'vitest'
import { createAllocator } from '../../src/master/allocator/allocator.ts'
import type { AllocationGrant, Allocator, AllocatorOptions, Judgement } from '../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../src/model/ids.ts'
import { type SeededRandom, seededRandom } from '../../src/model/random.ts'
import {
  add,
  contains,
  copiesOf,
  noResources,
  overlap,
  type Resource,
  type Resources,
  resource,
  resources,
  scalarTotals,
} from '../../src/model/resources.ts'
import { milli } from '../../src/model/units.ts'
import { type Action, roles, topRoles } from './allocator-actions.ts'
import { ownerOf, SimpleAllocator } from './simple-allocator.ts'
import { isBelow, topOf, type Verdict, verdictOf } from './simple-verdict.ts'

/** Where a holder has a shared volume of the agent already, any of these may be told it of what else is there. */
const noneKinds = /nothingFree|reserved|hidden/

/** What somebody asks for is refused as well. */
const neverKinds: ReadonlySet<string> = new Set([
  'frameworkInactive',
  'notSubscribed',
  'agentInactive',
  'capability',
  'agentCapability',
  'region',
  'constraint',
  'reserved',
  'hidden',
  'quotaLimit',
  'headroom',
])

type Of<K extends Action['kind']> = Extract<Action, { readonly kind: K }>

export class AllocatorPair {
  readonly real: Allocator
  readonly simple: SimpleAllocator
  readonly random: SeededRandom
  nowMs = 0

  constructor(options: AllocatorOptions, seed = 1) {
    this.real = createAllocator(options)
    this.simple = new SimpleAllocator(options)
    this.random = seededRandom(seed)
  }

  do(action: Action): void {
    this.#perform(action)
    this.#compareHoldings()
  }

  /** The same, of rounds only one slice. */
  doUnordered(action: Action): void {
    if (action.kind === 'round') this.slice(action.afterMs, action.agentsMax)
    else this.do(action)
  }

  #perform(action: Action): void {
    switch (action.kind) {
      case 'round':
        return this.round(action.afterMs, action.agentsMax)
      case 'recover':
        return this.#recover(action)
      case 'weight':
        this.real.setWeight(action.role, action.weight)
        this.simple.weights.set(action.role, action.weight)
        return
      case 'quota':
        this.real.setQuota(action.role, action.quota)
        this.simple.setQuota(action.role, action.quota)
        return
      case 'convertHeld':
        return this.#convertHeld(action)
      case 'framework':
        if (this.simple.frameworks.has(action.id)) this.real.updateFramework(action.id as FrameworkId, action.demand)
        else this.real.addFramework(action.id as FrameworkId, action.demand)
        this.simple.setFramework(action.id, action.demand)
        return
      case 'revive':
      case 'suppress':
      case 'activity':
      case 'removeFramework':
        if (this.simple.frameworks.has(action.id)) this.#changeFramework(action)
        return
      case 'agent':
        if (this.simple.agents.has(action.id)) return
        this.real.addAgent(action.id as AgentId, action.supply, [])
        this.simple.addAgent(action.id, action.supply, [])
        return
      default:
        if (this.simple.agents.has(action.id)) this.#changeAgent(action)
    }
  }

  /** A slice of a round, or all of it; the calls that come before the next slice may be any. */
  slice(afterMs: number, agentsMax?: number): void {
    const { real, simple } = this
    if (!real.hasMore()) {
      this.nowMs += afterMs
      simple.beginRound(this.nowMs)
    }
    for (const grant of real.allocate(this.nowMs, this.random, agentsMax)) {
      this.#expectRoom(grant)
      this.#expectWithinLimits(grant)
      const verdict = verdictOf(simple, grant, grant.agentId, 'fair')
      expect(saidSimply(verdict)).toBe(`offered ${text(grant.resources)}`)
      simple.take(grant)
    }
    this.#compareHoldings()
  }

  /** Rounds until there is nothing more to do; then there is nothing more to be had. */
  finish(): void {
    for (let rounds = 0; this.real.hasMore() || this.real.hasWork(); rounds++) {
      expect(rounds).toBeLessThan(100)
      this.slice(0)
    }
    const left = [...this.simple.agents.keys()].map((agentId) => this.simple.next(agentId, 'fair'))
    expect(left.flatMap((grant) => (grant === null ? [] : [line(grant)]))).toEqual([])
  }

  /** Hard rule 1, without the help of anybody's view of what is free. */
  #expectRoom({ agentId, resources: items }: AllocationGrant): void {
    const { total } = this.simple.agent(agentId).supply
    const held = this.simple.held.filter((grant) => grant.agentId === agentId).flatMap((grant) => grant.resources)
    expect(contains(total, items), `${text(items)} of ${text(total)}`).toBe(true)
    for (const item of items.filter(({ shared }) => !shared)) {
      const same = held.filter(({ key }) => key === item.key)
      if (item.value.kind === 'scalar') {
        const amounts: readonly number[] = [...same, item].map(({ value }) =>
          value.kind === 'scalar' ? value.milli : 0,
        )
        expect(amounts.reduce((all, amount) => all + amount, 0)).toBeLessThanOrEqual(scalarOf(total, item.key))
      } else expect(same.flatMap((other) => overlap([other], [item]))).toEqual([])
    }
  }

  /** What is given of what is limited stays within the limit. */
  #expectWithinLimits({ role, resources: items }: AllocationGrant): void {
    const { limits } = this.simple.quotaOf(role)
    const consumed = this.simple.consumed(topOf(role))
    const counted = items.filter((item) => !item.reservations?.length && !item.revocable)
    for (const [name, amount] of scalarTotals(counted)) {
      expect((consumed.get(name) ?? 0) + amount).toBeLessThanOrEqual(limits[name] ?? Infinity)
    }
  }

  /** A whole round, in slices of `agentsMax` agents. */
  round(afterMs: number, agentsMax?: number): void {
    const { real, simple } = this
    this.nowMs += afterMs
    const foretold = this.judgeAll()
    const granted: AllocationGrant[] = []
    do granted.push(...real.allocate(this.nowMs, this.random, agentsMax))
    while (real.hasMore())
    // Who got nothing may be visited at any time: what could be given only becomes less.
    const order = (after: number) => [
      ...new Set<string>([...granted.slice(after).map((grant) => grant.agentId), ...simple.agents.keys()]),
    ]
    expect(granted.map(line)).toEqual(simple.allocate(this.nowMs, order).map(line))
    const [first] = granted
    // Before anything was granted everything was as it was judged.
    if (first !== undefined) expect(said(foretold.get(keyOf(first)))).toBe(`offered ${text(first.resources)}`)
    for (const judgement of foretold.values()) {
      if (granted.length === 0) expect(judgement.kind).toBe('refused')
    }
  }

  /** All judgements of the real one, which must be those of the simple one. */
  judgeAll(): ReadonlyMap<string, Judgement> {
    const all = new Map<string, Judgement>()
    for (const frameworkId of this.simple.frameworks.keys() as Iterable<FrameworkId>) {
      for (const role of roles) {
        for (const agentId of this.simple.agents.keys() as Iterable<AgentId>) {
          const pair = { frameworkId, role, agentId }
          const judgement = this.real.judge(frameworkId, role, agentId, this.nowMs)
          const verdict = this.simple.judge(pair, agentId, this.nowMs)
          const isVague = this.simple.agent(agentId).supply.total.some((item) => item.shared)
          const exact = (words: string) => (isVague ? words.replace(noneKinds, 'nothing') : words)
          expect([keyOf(pair), exact(said(judgement))]).toEqual([keyOf(pair), exact(saidSimply(verdict))])
          all.set(keyOf(pair), judgement)
        }
      }
    }
    return all
  }

  #recover({ which, part, refuseMs }: Of<'recover'>): void {
    const grant = this.#someHeld(which, part)
    if (grant === null) return
    this.real.recover(grant, refuseMs, this.nowMs)
    this.simple.recover(grant, refuseMs, this.nowMs)
  }

  #convertHeld({ which, part, into }: Of<'convertHeld'>): void {
    const grant = this.#someHeld(which, part)
    const consumed = grant?.resources.slice(0, 1) ?? []
    const converted = grant === null ? null : this.#converted(consumed, into, grant.agentId, grant.role)
    if (grant === null || converted === null) return
    this.real.convertHeld(grant, consumed, converted)
    this.simple.convertHeld(grant, consumed, converted)
  }

  #changeFramework(action: Of<'revive'> | Of<'suppress'> | Of<'activity'> | Of<'removeFramework'>): void {
    const { real, simple } = this
    const id = action.id as FrameworkId
    switch (action.kind) {
      case 'revive':
        real.revive(id, action.roles)
        return simple.revive(id, action.roles)
      case 'suppress':
        real.suppress(id, action.roles)
        for (const role of action.roles) simple.framework(id).suppressed.add(role)
        return
      case 'activity':
        if (action.isActive) real.activateFramework(id)
        else real.deactivateFramework(id)
        return simple.setFrameworkActive(id, action.isActive)
      case 'removeFramework':
        for (const grant of simple.held.filter((held) => held.frameworkId === id)) {
          real.recover(grant, null, this.nowMs)
          simple.recover(grant, null, this.nowMs)
        }
        real.removeFramework(id)
        return simple.removeFramework(id)
    }
  }

  #changeAgent(
    action: Of<'agentActivity'> | Of<'removeAgent'> | Of<'changeAgent'> | Of<'convertFree'> | Of<'claim'> | Of<'task'>,
  ): void {
    const { real, simple } = this
    const id = action.id as AgentId
    switch (action.kind) {
      case 'agentActivity':
        if (action.isActive) real.activateAgent(id)
        else real.deactivateAgent(id)
        simple.agent(id).isActive = action.isActive
        return
      case 'removeAgent':
        real.removeAgent(id)
        return simple.removeAgent(id)
      case 'changeAgent':
        if (action.keepsFilters) real.resizeAgent(id, action.supply)
        else real.updateAgent(id, action.supply)
        return simple.updateAgent(id, action.supply, action.keepsFilters)
      case 'convertFree': {
        const free = partOf(simple.free(id), action.part)
        const consumed = free.slice(action.which % Math.max(1, free.length)).slice(0, 1)
        const converted = this.#converted(consumed, action.into, id, roles[1 + (action.into % 3)] as string)
        if (converted === null) return
        const tooMuch = add(consumed, consumed.length > 0 ? simple.agent(id).supply.total : [])
        if (consumed[0]?.value.kind === 'scalar') expect(real.convertFree(id, tooMuch, tooMuch)).toBe(false)
        expect(real.convertFree(id, consumed, converted)).toBe(simple.convertFree(id, consumed, converted))
        return
      }
      case 'claim':
        return this.#claim(action)
      case 'task':
        return this.#addTask(action)
    }
  }

  /** What it would be offered, or a part, can be had at once; what is not for it, cannot. */
  #claim({ framework, which, part, ...action }: Of<'claim'>): void {
    const { real, simple } = this
    const id = action.id as AgentId
    const role = roles[which % roles.length] as string
    if (!simple.frameworks.has(framework)) return
    const verdict = simple.judgeClaim({ frameworkId: framework, role }, id, this.nowMs)
    const items = verdict.kind === 'offered' ? partOf(verdict.resources, part) : simple.free(id)
    if (items.length === 0) return
    const grant: AllocationGrant = { frameworkId: framework as FrameworkId, role, agentId: id, resources: items }
    const refusal = real.claim(grant)
    if (verdict.kind === 'offered') {
      expect(refusal).toBeNull()
      simple.claim(grant)
    } else {
      if (neverKinds.has(verdict.why)) expect(refusal?.kind).toBe(verdict.why)
      if (refusal === null) simple.claim(grant)
    }
  }

  /** A task that the master did not know appears, of a framework that may no longer be in the role. */
  #addTask({ framework, which, part, ...action }: Of<'task'>): void {
    const { real, simple } = this
    const id = action.id as AgentId
    const role = roles[which % roles.length] as string
    const items = partOf(simple.agent(id).supply.total, part).filter((item) => {
      const owner = ownerOf(item)
      return !item.shared && (owner === null || isBelow(role, owner))
    })
    if (!simple.frameworks.has(framework) || items.length === 0) return
    const grant: AllocationGrant = { frameworkId: framework as FrameworkId, role, agentId: id, resources: items }
    real.addAllocation(grant)
    simple.addAllocation(grant)
  }

  #someHeld(which: number, part: Of<'recover'>['part']): AllocationGrant | null {
    const held = this.simple.held[which % Math.max(1, this.simple.held.length)]
    if (held === undefined) return null
    const items = partOf(held.resources, part)
    return items.length === 0 ? null : { ...held, resources: items }
  }

  /** What an operation might make of one resource, or null. */
  #converted([item]: Resources, into: number, agentId: string, role: string): Resources | null {
    if (item === undefined || item.revocable || item.disk?.source !== undefined) return null
    if (!contains(this.simple.agent(agentId).supply.total, [item])) return null
    const { value, key: _key, ...identity } = item
    if (item.shared) {
      // Only a volume that nobody else holds may be destroyed.
      const held = this.simple.held.flatMap((grant) => (grant.agentId === agentId ? grant.resources : []))
      const copies = held.reduce((count, other) => count + (other.key === item.key ? copiesOf(other) : 0), 0)
      if (copies > 1 || into % 2 === 0) return null
      const { shared: _shared, disk: _disk, ...plain } = identity
      return resources([resource(plain, value)])
    }
    const stack = item.reservations ?? []
    if (stack.length === 0) {
      // A framework reserves for the role it holds in; nobody reserves for all.
      if (role === '*') return null
      const reservation = { type: 'DYNAMIC', role } as const
      return resources([resource({ ...identity, reservations: [reservation] }, value)])
    }
    if (into % 2 === 0) return resources([resource({ ...identity, reservations: stack.slice(0, -1) }, value)])
    if (stack.at(-1)?.role !== 'a' || !isBelow(role, 'a/b')) return null
    return resources([resource({ ...identity, reservations: [...stack, { type: 'DYNAMIC', role: 'a/b' }] }, value)])
  }

  #compareHoldings(): void {
    const { real, simple } = this
    for (const id of simple.agents.keys() as Iterable<AgentId>) {
      expect([id, text(real.available(id))]).toEqual([id, text(simple.free(id))])
      const held = simple.held.filter((grant) => grant.agentId === id)
      expect(real.holders(id).map(line).sort()).toEqual(merged(held).map(line).sort())
    }
    for (const id of simple.frameworks.keys() as Iterable<FrameworkId>) {
      const held = simple.held.filter((grant) => grant.frameworkId === id)
      expect(text(real.allocatedToFramework(id))).toBe(text(sum(held)))
    }
    for (const role of roles) {
      const [part, whole] = simple.share(role)
      if (simple.isSorted(role)) expect(real.share(role), role).toBeCloseTo(Number(part) / Number(whole), 9)
      const held = simple.held.filter((grant) => grant.role === role)
      expect(text(real.allocatedToRole(role))).toBe(text(sum(held)))
    }
    for (const role of topRoles) {
      const consumed = [...simple.consumed(role)].filter(([, amount]) => amount > 0)
      expect(positive(real.consumed(role))).toEqual(Object.fromEntries(consumed))
    }
  }
}

function scalarOf(items: Resources, key: string): number {
  const value = items.find((item) => item.key === key)?.value
  return value?.kind === 'scalar' ? value.milli : 0
}

/** One grant of each holder on each agent. */
function merged(grants: readonly AllocationGrant[]): readonly AllocationGrant[] {
  const byHolder = new Map<string, AllocationGrant>()
  for (const grant of grants) {
    const present = byHolder.get(keyOf(grant))
    const all = present === undefined ? grant.resources : add(present.resources, grant.resources)
    byHolder.set(keyOf(grant), { ...grant, resources: all })
  }
  return [...byHolder.values()]
}

function sum(grants: readonly AllocationGrant[]): Resources {
  return grants.reduce((all, grant) => add(all, grant.resources), noResources)
}

function positive(amounts: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount > 0))
}

/** All of it; half of each scalar that may be cut, in whole thousandths; or one of it. */
export function partOf(items: Resources, part: 'all' | 'half' | 'first'): Resources {
  if (part === 'all') return items
  if (part === 'first') return items.slice(0, 1)
  return items.flatMap((item): Resource[] => {
    if (item.value.kind !== 'scalar' || item.value.milli < 2) return []
    if (item.shared || item.disk !== undefined || item.name === 'gpus') return []
    const half = Math.floor(item.value.milli / 2)
    return [{ ...item, value: { kind: 'scalar', milli: milli(half) } }]
  })
}

export function keyOf({
  frameworkId,
  role,
  agentId,
}: Pick<AllocationGrant, 'frameworkId' | 'role' | 'agentId'>): string {
  return `${frameworkId} ${role} ${agentId}`
}

/** With identities: what is reserved, shared, revocable or on which disk. */
export function text(items: Resources): string {
  return resources(items)
    .map((item) => {
      const copies = copiesOf(item) > 1 ? ` x${copiesOf(item)}` : ''
      return `${item.key}=${JSON.stringify(Object.values(item.value).slice(1))}${copies}`
    })
    .join(';')
}

export function line(grant: AllocationGrant): string {
  return `${keyOf(grant)} ${text(grant.resources)}`
}

function said(judgement: Judgement | undefined): string {
  if (judgement?.kind === 'offered') return `offered ${text(judgement.resources)}`
  return `refused ${judgement?.refusal.kind}`
}

function saidSimply(verdict: Verdict): string {
  return verdict.kind === 'offered' ? `offered ${text(verdict.resources)}` : `refused ${verdict.why}`
}
