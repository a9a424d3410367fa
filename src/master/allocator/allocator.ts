// The allocator: who is offered what now, put together from its parts. Every change marks which pairs of agent and
// holder (a framework in a role) may match that could not before; a round tries those pairs alone. Between rounds no
// pair matches, so a filter, a suppressed role, a quota that is used up or a full agent costs nothing while it lasts.
//
// It does not know offers, messages, or when a round is due.

import type { AgentId, FrameworkId } from '../../model/ids.ts'
import { type Resources, resources } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import { createFilters } from './filters.ts'
import { createHolders } from './holders.ts'
import { createHoldings } from './holdings.ts'
import { createJudging } from './judging.ts'
import { createOpenings } from './openings.ts'
import { createNameTable, nameIndex, quantitiesOf, thresholdOf } from './quantities.ts'
import { createQuotas } from './quota.ts'
import { newCut } from './quota-cut.ts'
import type { AgentState, Holder } from './records.ts'
import { createRounds } from './rounds.ts'
import { createShareTree, type ShareTree } from './share-tree.ts'
import { createSupply } from './supply.ts'
import { isTurnOf } from './turns.ts'
import type { AllocationGrant, Allocator, AllocatorOptions } from './types.ts'

/** The contract is types.ts; broken preconditions throw BrokenInvariant. */
export function createAllocator(options: AllocatorOptions): Allocator {
  const names = createNameTable()
  // These take the first indices.
  for (const name of options.fairSharingExcluded) nameIndex(names, name)
  const defaultThresholds = options.minAllocatable.map(thresholdOf)
  const filters = createFilters(options.allocationIntervalMs)
  const openings = createOpenings()
  const tree: ShareTree = createShareTree({
    excluded: options.fairSharingExcluded.size,
    onConsumption: (top, sign) => quotas.onConsumption(top, sign),
  })
  const quotas = createQuotas({ names, tree, defaultThresholds })
  const holdings = createHoldings(names, tree)
  const supply = createSupply({ names, tree, quotas, holdings, region: options.region })
  const holders = createHolders({ tree, filters, quotas, openings, defaultThresholds })
  const judging = createJudging({ filters, quotas, filterGpuResources: options.filterGpuResources })
  const { roleSorter, frameworkSorter } = options
  const rounds = createRounds({
    tree,
    supply,
    holders,
    filters,
    quotas,
    judging,
    openings,
    roleSorter,
    frameworkSorter,
  })
  const turns = { tree, judging, roleSorter, frameworkSorter }
  const { agent } = supply
  const { framework } = holders

  /** Who is subscribed to the role, or still holds something there. */
  function presentHolder(id: FrameworkId, role: string): Holder {
    const holder = framework(id).holders.get(role)
    invariant(holder !== undefined, 'what is changed is held in this role', { id, role })
    return holder
  }

  function hold(state: AgentState, { frameworkId, role, resources: items }: AllocationGrant): void {
    supply.hold(state, holders.holderOf(framework(frameworkId), role), items)
  }

  function heldOf(all: Iterable<Holder>): Resources {
    return resources([...all].flatMap((holder) => [...holder.held.values()].flatMap(({ pieces }) => pieces.flat())))
  }

  return {
    addFramework: (id, demand) => holders.add(id, demand),
    updateFramework: (id, demand) => holders.setDemand(framework(id), demand),
    deactivateFramework: (id) => holders.setActive(framework(id), false),
    activateFramework: (id) => holders.setActive(framework(id), true),
    removeFramework: (id) => holders.remove(framework(id)),
    revive: (id, roles) => holders.revive(framework(id), roles, rounds.number()),
    suppress: (id, roles) => holders.suppress(framework(id), roles),
    setWeight(role, weight) {
      invariant(weight > 0 && Number.isFinite(weight), 'a weight is more than 0', { role, weight })
      tree.setWeight(role, weight)
    },
    setQuota(role, quota) {
      invariant(!role.includes('/'), 'only a top-level role has quota', { role })
      quotas.set(role, quota)
    },

    addAgent(id, agentSupply, used) {
      const state = supply.add(id)
      supply.set(state, agentSupply)
      for (const grant of used) hold(state, grant)
      openings.openAgent(state)
    },
    updateAgent(id, agentSupply) {
      filters.clearAgent(agent(id))
      this.resizeAgent(id, agentSupply)
    },
    resizeAgent(id, agentSupply) {
      const state = agent(id)
      supply.set(state, agentSupply)
      openings.openAgent(state)
    },
    deactivateAgent: (id) => supply.setActive(agent(id), false),
    activateAgent(id) {
      const state = agent(id)
      supply.setActive(state, true)
      openings.openAgent(state)
    },
    removeAgent(id) {
      const state = agent(id)
      for (const holder of supply.remove(state)) holders.dropIfVoid(holder)
      filters.clearAgent(state)
      openings.forgetAgent(state)
      quotas.heldBack.delete(state)
    },

    addAllocation: (grant) => hold(agent(grant.agentId), grant),
    recover(grant, refuseMs, nowMs) {
      const state = agent(grant.agentId)
      const holder = presentHolder(grant.frameworkId, grant.role)
      // Who used a part of what it was offered has not passed: else all would run equally many tasks, whatever their size.
      if (refuseMs !== null && holdings.isAllGranted(state, holder, grant.resources)) rounds.pass(state, holder)
      supply.takeBack(state, holder, grant.resources)
      if (refuseMs === null) state.passed.clear()
      if (refuseMs !== null && refuseMs > 0 && holder.framework.isActive && holder.framework.roles.has(grant.role)) {
        const endMs = nowMs + Math.max(refuseMs, options.allocationIntervalMs)
        filters.add({ holder, agent: state, refused: grant.resources, endMs, round: rounds.number() })
      }
      holders.dropIfVoid(holder)
      openings.openAgent(state)
    },
    convertHeld({ frameworkId, role, agentId }, consumed, converted) {
      const holder = presentHolder(frameworkId, role)
      const state = agent(agentId)
      supply.convertHeld(state, holder, consumed, converted)
      holders.dropIfVoid(holder)
      openings.openAgent(state)
    },
    convertFree(id, consumed, converted) {
      const state = agent(id)
      if (!supply.convertFree(state, consumed, converted)) return false
      openings.openAgent(state)
      return true
    },
    claim(grant) {
      const refusal = this.mayClaim(grant)
      if (refusal !== null) return refusal
      supply.give(agent(grant.agentId), presentHolder(grant.frameworkId, grant.role), grant.resources)
      return null
    },
    mayClaim({ frameworkId, role, agentId, resources: wanted }) {
      const state = agent(agentId)
      const absence = judging.absence(framework(frameworkId), role, state)
      if (absence !== null && absence.kind !== 'suppressed') return absence
      // Suppression is said before what the agent is.
      if (!state.isActive) return { kind: 'agentInactive' }
      return judging.objection(presentHolder(frameworkId, role), state, wanted)
    },

    isTurnOf(id, role, agentId, nowMs, looks) {
      return isTurnOf(turns, presentHolder(id, role), agent(agentId), rounds.next(nowMs), looks)
    },

    allocate: (nowMs, random, agentsMax = Number.POSITIVE_INFINITY, workMax = Number.POSITIVE_INFINITY) =>
      rounds.allocate(nowMs, random, agentsMax, workMax),
    hasMore: () => rounds.hasMore(),
    hasWork: () => rounds.hasWork(),
    nextFilterEndMs: () => filters.nextEndMs(),

    judge(frameworkId, role, agentId, nowMs) {
      const record = framework(frameworkId)
      const state = agent(agentId)
      const absence = judging.absence(record, role, state)
      if (absence !== null) return { kind: 'refused', refusal: absence }
      const holder = presentHolder(frameworkId, role)
      const moment = rounds.next(nowMs)
      const found = judging.decide(holder, state, moment, newCut())
      if (typeof found !== 'string') return { kind: 'offered', resources: found }
      return { kind: 'refused', refusal: judging.explain(found, holder, state, moment) }
    },
    holders(id) {
      const state = agent(id)
      return [...state.holders].map((holder) => ({
        frameworkId: holder.framework.id,
        role: holder.role,
        agentId: id,
        resources: holdings.heldBy(state, holder),
      }))
    },
    available: (id: AgentId) => agent(id).free,
    allocatedToRole: (role) =>
      heldOf([...holders.frameworks.values()].flatMap((record) => record.holders.get(role) ?? [])),
    allocatedToFramework: (id) => heldOf(framework(id).holders.values()),
    consumed(role) {
      const node = tree.find(role)
      return node === null ? {} : quantitiesOf(names, quotas.consumedOf(node))
    },
    totals: () => quantitiesOf(names, tree.totals()),
    share(role) {
      tree.refresh()
      return tree.find(role)?.share ?? 0
    },
  }
}
