// The real allocator and the simple one under the same calls. After each call both must say the same of what is free
// and held; each round must grant the same in the same order, and be what `judge` said before. Where the order is not
// fixed (random sorters; calls between the slices of a round) the simple one follows: each grant must be one that it
// might have made then, and at the end there must be none left to make.

import { expect } from 'vitest'
import { createAllocator } from '../../src/master/allocator/allocator.ts'
import type { AllocationGrant, Allocator, AllocatorOptions, Judgement } from '../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../src/model/ids.ts'
import { type SeededRandom, seededRandom } from '../../src/model/random.ts'
import { add, contains, overlap, type Resources, scalarTotals } from '../../src/model/resources.ts'
import { type Action, roles } from './allocator-actions.ts'
import {
  booksOf,
  expectSame,
  keyOf,
  line,
  said,
  saidSimply,
  simpleBooksOf,
  simpleSumsOf,
  sumsOf,
  text,
} from './allocator-books.ts'
import { convertedFrom, partOf } from './allocator-parts.ts'
import { SimpleAllocator } from './simple-allocator.ts'
import { consumedBelow, isBelow, ownerOf, topOf } from './simple-shares.ts'
import { verdictOf } from './simple-verdict.ts'

/** Where a holder has a shared volume of the agent already, any of these may be told it of what else is there. */
const noneKinds = /nothingFree|reserved|hidden/

/** Why two may never meet; then nothing can be claimed either. */
const neverKinds: ReadonlySet<string> = new Set([
  'frameworkInactive',
  'notSubscribed',
  'agentInactive',
  'capability',
  'agentCapability',
  'region',
  'constraint',
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
    if (action.kind === 'round') this.slice(action.afterMs, action.agentsMax, action.workMax)
    else this.do(action)
  }

  #perform(action: Action): void {
    switch (action.kind) {
      case 'round':
        return this.round(action.afterMs, action.agentsMax, action.workMax)
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
  slice(afterMs: number, agentsMax?: number, workMax?: number): void {
    const { real, simple } = this
    if (!real.hasMore()) {
      this.nowMs += afterMs
      simple.beginRound(this.nowMs)
    }
    for (const grant of real.allocate(this.nowMs, this.random, agentsMax, workMax)) {
      this.#expectRoom(grant)
      this.#expectWithinLimits(grant)
      const verdict = verdictOf(simple, grant, grant.agentId, 'fair')
      expect(saidSimply(verdict)).toBe(`offered ${text(grant.resources)}`)
      simple.take(grant)
    }
    this.#compareHoldings()
    if (!real.hasMore()) expectSame(sumsOf(real, simple), simpleSumsOf(simple))
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
    const consumed = consumedBelow(this.simple, topOf(role))
    const counted = items.filter((item) => !item.reservations?.length && !item.revocable)
    for (const [name, amount] of scalarTotals(counted)) {
      expect((consumed.get(name) ?? 0) + amount).toBeLessThanOrEqual(limits[name] ?? Infinity)
    }
  }

  /** A whole round, in slices of `agentsMax` agents and `workMax` pairs. */
  round(afterMs: number, agentsMax?: number, workMax?: number): void {
    const { real, simple } = this
    this.nowMs += afterMs
    expectSame(sumsOf(real, simple), simpleSumsOf(simple))
    const foretold = this.judgeAll()
    const granted: AllocationGrant[] = []
    do granted.push(...real.allocate(this.nowMs, this.random, agentsMax, workMax))
    while (real.hasMore())
    // Who got nothing may be visited at any time: what could be given only becomes less.
    const order = (after: number) => [
      ...new Set<string>([...granted.slice(after).map((grant) => grant.agentId), ...simple.agents.keys()]),
    ]
    expectSame(granted.map(line), simple.allocate(this.nowMs, order).map(line))
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
    const [theirs, ours]: [string[], string[]] = [[], []]
    for (const frameworkId of this.simple.frameworks.keys() as Iterable<FrameworkId>) {
      for (const role of roles) {
        for (const agentId of this.simple.agents.keys() as Iterable<AgentId>) {
          const pair = { frameworkId, role, agentId }
          const judgement = this.real.judge(frameworkId, role, agentId, this.nowMs)
          const verdict = this.simple.judge(pair, agentId, this.nowMs)
          const isVague = this.simple.agent(agentId).supply.total.some((item) => item.shared)
          const exact = (words: string) => (isVague ? words.replace(noneKinds, 'nothing') : words)
          theirs.push(`${keyOf(pair)} ${exact(said(judgement))}`)
          ours.push(`${keyOf(pair)} ${exact(saidSimply(verdict))}`)
          all.set(keyOf(pair), judgement)
        }
      }
    }
    expectSame(theirs, ours)
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
    const converted =
      grant === null ? null : convertedFrom(this.simple, consumed, { into, agentId: grant.agentId, role: grant.role })
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
        const converted = convertedFrom(simple, consumed, {
          into: action.into,
          agentId: id,
          role: roles[1 + (action.into % 3)] as string,
        })
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
      // Only amounts may be more than there is: no two tasks have the same port.
      return !item.shared && item.value.kind === 'scalar' && (owner === null || isBelow(role, owner))
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

  #compareHoldings(): void {
    expectSame(booksOf(this.real, this.simple), simpleBooksOf(this.simple))
  }
}

function scalarOf(items: Resources, key: string): number {
  const value = items.find((item) => item.key === key)?.value
  return value?.kind === 'scalar' ? value.milli : 0
}
