// Rounds: agents in random order, each offered to who comes first and wants it. First the guarantees of quota, over all
// agents; then, over all agents again, everything to everybody by share. Only pairs that have opened are tried.
// Whoever gave an agent back comes after everybody who was not asked about it since, so that frameworks that want
// nothing, and so have the smallest share for ever, starve nobody.
//
// A round may be done in slices; what happens between them counts for what is still to be tried, and what it opens is
// for the next round. A slice may end in the midst of an agent. It does not know why a pair matches or not (judging.ts).

import type { Random } from '../../model/random.ts'
import type { Filters } from './filters.ts'
import type { Holders } from './holders.ts'
import type { Judging } from './judging.ts'
import { comparePaths, insertSorted, merged, shuffledByWeight } from './node-order.ts'
import type { Openings } from './openings.ts'
import type { Quotas } from './quota.ts'
import { isAnyLimited, mayHelp, newCut } from './quota-cut.ts'
import type { AgentState, Holder, Moment, ShareNode } from './records.ts'
import type { ShareTree } from './share-tree.ts'
import type { Supply } from './supply.ts'
import { hasPassed } from './turns.ts'
import type { AllocationGrant, Sorter } from './types.ts'
import { ownerOf, workToAsk } from './visibility.ts'

/** So few open holders are tried one by one instead of walking the whole tree to find them. */
const fewMax = 4
/** Marks of holders that are gone which an agent may keep beside those of the living. */
const passedSpareMax = 8
/** So many holders are passed by without being tried in the time in which one is tried. */
const holdersPerWork = 16

export type Rounds = {
  /** The last round begun. */
  number(): number
  /** The moment for which somebody may be judged now: in the next round. */
  next(nowMs: number): Moment
  allocate(nowMs: number, random: Random, agentsMax: number, workMax: number): readonly AllocationGrant[]
  hasMore(): boolean
  hasWork(): boolean
  /** The holder gave something of the agent back. */
  pass(state: AgentState, holder: Holder): void
}

export type RoundsParts = {
  readonly tree: ShareTree
  readonly supply: Supply
  readonly holders: Holders
  readonly filters: Filters
  readonly quotas: Quotas
  readonly judging: Judging
  readonly openings: Openings
  readonly roleSorter: Sorter
  readonly frameworkSorter: Sorter
}

/** The round in progress. */
type Round = {
  readonly moment: Moment
  /** Holders to whom every agent is open, when they are few. */
  readonly few: readonly Holder[] | null
  stage: 'guarantees' | 'shares'
  agents: AgentState[]
  at: number
  /** A slice ended in the midst of the agent that is next: who took nothing of it then is not tried again. */
  isHalfDone: boolean
}

/** Leaves of the only holders that need to be tried; null: they are too many to name. */
type Few = readonly ShareNode[] | null

/** What was decided last: to whom it is to be given. */
type Choice = { readonly holder: Holder; readonly grant: AllocationGrant }

export function createRounds(parts: RoundsParts): Rounds {
  const { tree, supply, holders, filters, quotas, judging, openings, roleSorter, frameworkSorter } = parts
  const cut = newCut()
  let number = 0
  let visit = 0
  /** Of the agent that is visited. */
  let isOpenToAll = false
  /** A visit of an agent until a grant, or from one grant to the next: nobody is tried twice in it. */
  let turn = 0
  let round: Round | null = null
  /** Of the slice: pairs tried and constraints asked, holders looked at, how much there may be, and that it was. */
  let work = 0
  let looks = 0
  let workMax = 0
  let isOver = false
  /** For the random sorters; that of the call in progress. */
  let chance: Random

  function begin(nowMs: number): Round {
    const moment = { round: ++number, nowMs }
    for (const { holder, agent } of filters.takeEnded(nowMs, number)) openings.openPair(agent, holder)
    for (const top of quotas.loosened) {
      if (top.quota !== null) top.quota.isBinding = top.isSpent
      holders.openBelow(top)
    }
    quotas.loosened.clear()
    if (quotas.isLooser()) {
      for (const state of quotas.heldBack) openings.openAgent(state)
      quotas.forgetHeldBack()
    }
    const opened = openings.takeAll()
    for (const holder of opened.holders) holder.openedRound = number
    const isWorthIt = holders.listedCount() > 0
    const wanted = opened.holders.size > 0 ? supply.offerable : opened.agents
    const agents = shuffled(isWorthIt ? supply.inOrder(wanted).filter((state) => supply.offerable.has(state)) : [])
    for (const state of opened.agents) if (!isWorthIt || !supply.offerable.has(state)) openings.close(state)
    const isFew = opened.holders.size <= fewMax && roleSorter === 'drf' && frameworkSorter === 'drf'
    return { moment, few: isFew ? [...opened.holders] : null, stage: 'guarantees', agents, at: 0, isHalfDone: false }
  }

  function shuffled(states: AgentState[]): AgentState[] {
    for (let i = states.length - 1; i > 0; i--) {
      const j = chance.below(i + 1)
      const swapped = states[i] as AgentState
      states[i] = states[j] as AgentState
      states[j] = swapped
    }
    return states
  }

  /** Top-level roles that lack something of their guarantee and have somebody who could take it, in order. */
  function needyRoles(): ShareNode[] {
    if (!quotas.isHeadroomNeeded()) return []
    return merged(tree.root.listed, tree.spent).filter(isNeedy)
  }

  function isOpen(holder: Holder): boolean {
    return isOpenToAll || holder.openedRound === number || holder.openedVisit === visit
  }

  function choose(holder: Holder, state: AgentState, { moment, stage }: Round): Choice | null {
    work += 1 + workToAsk(holder, state)
    cut.limit = null
    cut.headroom = null
    const found = judging.decide(holder, state, moment, cut)
    if (cut.limit !== null && holder.top.quota !== null) holder.top.quota.isBinding = true
    if (cut.headroom !== null) quotas.heldBack.add(state)
    if (typeof found === 'string' || (stage === 'guarantees' && !cut.isHelpful)) {
      holder.triedTurn = turn
      return null
    }
    const grant = { frameworkId: holder.framework.id, role: holder.role, agentId: state.id, resources: found }
    return { holder, grant }
  }

  /** The first in order who takes something: of those who have passed, of those who have not, or (null) of all. */
  function firstBelow(nodes: Iterable<ShareNode>, state: AgentState, passed: boolean | null, of: Round): Choice | null {
    for (const node of nodes) {
      const { holder } = node
      // Roles that lack nothing of what is free there need not be walked.
      if (of.stage === 'guarantees' && node.depth === 1 && !mayHelp(quotas, state.free, node)) continue
      let choice: Choice | null = null
      if (holder === null) choice = firstBelow(membersOf(node), state, passed, of)
      else if (isToTry(holder) && (passed === null || hasPassed(holder, state) === passed)) {
        isOver = work >= workMax
        if (!isOver) choice = choose(holder, state, of)
      }
      if (choice !== null || isOver) return choice
    }
    return null
  }

  function isToTry(holder: Holder): boolean {
    looks++
    return isOpen(holder) && holder.triedTurn !== turn
  }

  function membersOf(node: ShareNode): Iterable<ShareNode> {
    const sorter = node.name === '.' ? frameworkSorter : roleSorter
    return sorter === 'drf' ? node.listed : shuffledByWeight(node.listed, chance)
  }

  function inTurn(nodes: readonly ShareNode[]): Iterable<ShareNode> {
    return roleSorter === 'drf' ? nodes : shuffledByWeight(nodes, chance)
  }

  /**
   * The next grant of the agent to one of these, or null, as well when the slice is over; when only those who have passed
   * want it, their turns begin anew.
   */
  function nextOf(nodes: readonly ShareNode[], state: AgentState, of: Round): Choice | null {
    if (state.passed.size === 0) return firstBelow(inTurn(nodes), state, null, of)
    const fresh = firstBelow(inTurn(nodes), state, false, of)
    if (fresh !== null || isOver) return fresh
    const again = firstBelow(inTurn(nodes), state, true, of)
    if (again !== null) state.passed.clear()
    return again
  }

  /** Those who may be offered something of what is free there: the others need not be asked. */
  function scopeOf(state: AgentState): readonly ShareNode[] {
    const { free, isPlain } = state
    const isEnough = !quotas.isHeadroomNeeded() || quotas.leavesMinimum(free)
    if (!isEnough) quotas.heldBack.add(state)
    if (isPlain) return isEnough ? tree.root.listed : []
    if (isEnough && free.some((item) => ownerOf(item) === null)) return merged(tree.root.listed, tree.spent)
    const owners = new Set(free.map(ownerOf))
    const nodes = [...owners].map((role) => (role === null ? null : tree.find(role)))
    const listed = nodes.filter((node): node is ShareNode => node?.isListed === true)
    return listed.filter((node) => !listed.some((other) => isAbove(other, node))).sort(comparePaths)
  }

  /** The holders that are to be tried on this agent, when they are so few that the tree need not be walked. */
  function fewFor(state: AgentState, { few }: Round): Few {
    if (few === null || state.isOpenToAll || few.length + state.openTo.length > fewMax) return null
    return [...new Set([...few, ...state.openTo])].map(({ node }) => node).filter(({ isListed }) => isListed)
  }

  function give(state: AgentState, { holder, grant }: Choice, grants: AllocationGrant[]): void {
    supply.give(state, holder, grant.resources, isRest(state, holder, grant))
    turn++
    grants.push(grant)
    for (const item of grant.resources) {
      if (!item.shared) continue
      if (state.sharedRound !== number) state.sharedGiven.clear()
      state.sharedRound = number
      state.sharedGiven.add(item.key)
    }
  }

  /**
   * Nothing but its own reservation, after another had its turn: who gives that back was not asked about the agent, and
   * would else come last for ever on an agent where others come first and want nothing.
   */
  function isRest(state: AgentState, holder: Holder, { resources: given }: AllocationGrant): boolean {
    if (state.servedRound !== number) state.served = holder
    state.servedRound = number
    return state.served !== holder && given.every((item) => ownerOf(item) !== null)
  }

  /** All that the first willing holder may have, then what is left to the next one. */
  function visitForShares(state: AgentState, of: Round, few: Few, grants: AllocationGrant[]): void {
    while (state.free.length > 0) {
      const choice = nextOf(few?.toSorted(comparePaths) ?? scopeOf(state), state, of)
      if (choice === null) return
      give(state, choice, grants)
    }
  }

  function visitForGuarantees(
    state: AgentState,
    of: Round,
    few: Few,
    needy: ShareNode[],
    grants: AllocationGrant[],
  ): void {
    while (isAnyLimited(state.free)) {
      const choice = nextOf(few?.filter(isOfNeedy).sort(comparePaths) ?? needy, state, of)
      if (choice === null) return
      const { top } = choice.holder
      needy.splice(needy.indexOf(top), 1)
      give(state, choice, grants)
      if (isNeedy(top)) insertSorted(needy, top)
    }
  }

  /** Marks whom the agent is open to, tries them, and closes it for those who had their chance. */
  function visitNext(of: Round, needy: ShareNode[], grants: AllocationGrant[]): void {
    const state = of.agents[of.at++] as AgentState
    visit++
    if (!of.isHalfDone) turn++
    of.isHalfDone = false
    if (!supply.offerable.has(state)) return
    for (const holder of state.openTo) holder.openedVisit = visit
    isOpenToAll = state.isOpenToAll
    const few = fewFor(state, of)
    if (of.stage === 'guarantees') visitForGuarantees(state, of, few, needy, grants)
    else visitForShares(state, of, few, grants)
    if (isOver) {
      of.at--
      of.isHalfDone = true
    } else if (of.stage === 'shares') leave(state)
  }

  function leave(state: AgentState): void {
    openings.close(state)
    // What is shared and was given to one may be had by others as well, in the next round.
    if (state.sharedRound === number) openings.openAgent(state)
  }

  /** Goes on to the next stage when one is over; null when the round is. */
  function advance(of: Round, needy: readonly ShareNode[]): Round | null {
    if (of.stage === 'guarantees' && (of.at === of.agents.length || needy.length === 0)) {
      const wasVisited = of.at > 0
      of.stage = 'shares'
      of.at = 0
      of.isHalfDone = false
      if (wasVisited) shuffled(of.agents)
    }
    return of.at < of.agents.length ? of : null
  }

  return {
    number: () => number,
    next: (nowMs) => ({ round: number + 1, nowMs }),
    allocate(nowMs, random, agentsMax, workOfSliceMax) {
      chance = random
      work = 0
      looks = 0
      workMax = workOfSliceMax
      isOver = false
      round ??= begin(nowMs)
      tree.refresh()
      const grants: AllocationGrant[] = []
      const needy = round.stage === 'guarantees' ? needyRoles() : []
      let of = advance(round, needy)
      for (let visits = 0; of !== null && visits < agentsMax && work + looks / holdersPerWork < workMax; visits++) {
        visitNext(of, needy, grants)
        of = advance(of, needy)
      }
      round = of
      quotas.remember(round !== null)
      return grants
    },
    hasMore: () => round !== null,
    hasWork: () => openings.isAnyOpen() || quotas.loosened.size > 0 || quotas.isLooser(),
    pass(state, holder) {
      state.passed.set(holder, number)
      if (state.passed.size <= 2 * (holders.listedCount() + passedSpareMax)) return
      for (const other of state.passed.keys()) {
        if (other.framework.holders.get(other.role) !== other) state.passed.delete(other)
      }
    },
  }
}

function isNeedy({ quota, isListed }: ShareNode): boolean {
  return isListed && quota !== null && quota.unmetSum > 0
}

function isOfNeedy({ holder }: ShareNode): boolean {
  return holder !== null && isNeedy(holder.top)
}

function isAbove(node: ShareNode, other: ShareNode): boolean {
  let at = other.parent
  while (at !== null && at.depth > node.depth) at = at.parent
  return at === node
}
