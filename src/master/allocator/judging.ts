// What a holder is offered of an agent now, or why nothing: the one place where that is decided, for rounds, for claims
// and for those who ask. It does not know shares and turns: who comes first is the rounds' business.

import { noResources, type Resources } from '../../model/resources.ts'
import type { Filters } from './filters.ts'
import { isWithin, reachesAny } from './quantities.ts'
import type { Quotas } from './quota.ts'
import { type Cut, cutToFit, newCut } from './quota-cut.ts'
import type { AgentState, FrameworkRecord, Holder, Moment } from './records.ts'
import type { Quantities, Refusal } from './types.ts'
import { type Barrier, barrierTo, hiddenBy, isReservedFor, missingOfAgent, ownerOf, visibleTo } from './visibility.ts'

/** Short for a reason: `explain` says the rest. `unseen` is nothing free that the holder may see, `little` too little. */
export type RefusalKind = Barrier | 'unseen' | 'little' | 'filter'

export type Judging = {
  /** Of a holder that may be offered something and an agent that may be offered. `cut` is told what was kept back. */
  decide(holder: Holder, agent: AgentState, moment: Moment, cut: Cut): Resources | RefusalKind
  /** Why the framework in the role, or the agent, takes part in no round now, or null. */
  absence(framework: FrameworkRecord, role: string, agent: AgentState): Refusal | null
  explain(kind: RefusalKind, holder: Holder, agent: AgentState, moment: Moment): Refusal
  /**
   * Why the holder may not take exactly these now, or null; filters and minimum amounts do not matter. What stands though
   * more were free is said before what is not free.
   */
  objection(holder: Holder, agent: AgentState, wanted: Resources): Refusal | null
}

export type JudgingParts = {
  readonly filters: Filters
  readonly quotas: Quotas
  readonly filterGpuResources: boolean
}

export function createJudging({ filters, quotas, filterGpuResources }: JudgingParts): Judging {
  const leastOf = ({ thresholds }: Holder): readonly Quantities[] => thresholds.map((each) => Object.fromEntries(each))

  function explainBarrier(kind: Barrier, holder: Holder, agent: AgentState): Refusal {
    switch (kind) {
      case 'capability':
        return { kind, capability: 'GPU_RESOURCES' }
      case 'agentCapability':
        return { kind, capability: missingOfAgent(holder, agent) ?? '' }
      case 'region':
        return { kind, region: agent.facts.region ?? '' }
      case 'constraint':
        return { kind }
    }
  }

  /** Of resources that the holder may see none of. */
  function explainUnseen(items: Resources, { role, framework }: Holder): Refusal {
    const own = items.filter((item) => isReservedFor(item, role))
    const hidden = own.map((item) => hiddenBy(item, framework)).find((capability) => capability !== null)
    if (hidden !== undefined && hidden !== null) return { kind: 'hidden', capability: hidden }
    if (own.length > 0 || items.length === 0) return { kind: 'nothingFree' }
    return { kind: 'reserved', roles: [...new Set(items.map(ownerOf).filter((owner) => owner !== null))].sort() }
  }

  /** Of resources that are too little, for themselves or after something was kept back. */
  function explainLittle(visible: Resources, holder: Holder): Refusal {
    const { top, thresholds } = holder
    const cut = newCut()
    if (reachesAny(visible, thresholds)) {
      const limited = cutToFit(quotas, visible, top, cut, false)
      if (!reachesAny(limited, thresholds)) return { kind: 'quotaLimit', role: top.name, name: cut.limit ?? '' }
      cutToFit(quotas, limited, top, cut)
      if (cut.headroom !== null) return { kind: 'headroom', roles: quotas.rolesLacking(cut.headroom, top) }
    }
    return { kind: 'belowMinimum', least: leastOf(holder), visible }
  }

  return {
    decide(holder, agent, moment, cut) {
      const barrier = barrierTo(holder, agent, filterGpuResources)
      if (barrier !== null) return barrier
      const visible = visibleTo(holder, agent, moment.round)
      if (visible.length === 0) return 'unseen'
      const candidate = cutToFit(quotas, visible, holder.top, cut)
      if (!reachesAny(candidate, holder.thresholds)) return 'little'
      return filters.filterOf(holder, agent, candidate, moment) === null ? candidate : 'filter'
    },
    absence(framework, role, agent) {
      if (!framework.isActive) return { kind: 'frameworkInactive' }
      if (!framework.roles.has(role)) return { kind: 'notSubscribed' }
      if (framework.suppressedRoles.has(role)) return { kind: 'suppressed' }
      return agent.isActive ? null : { kind: 'agentInactive' }
    },
    explain(kind, holder, agent, moment) {
      const visible = visibleTo(holder, agent, moment.round)
      switch (kind) {
        case 'unseen':
          return explainUnseen(agent.free, holder)
        case 'little':
          return explainLittle(visible, holder)
        case 'filter': {
          const candidate = cutToFit(quotas, visible, holder.top, newCut())
          const filter = filters.filterOf(holder, agent, candidate, moment)
          return { kind, untilMs: Math.max(filter?.endMs ?? 0, moment.nowMs), refused: filter?.refused ?? noResources }
        }
        default:
          return explainBarrier(kind, holder, agent)
      }
    },
    objection(holder, agent, wanted) {
      const barrier = barrierTo(holder, agent, filterGpuResources)
      if (barrier !== null) return explainBarrier(barrier, holder, agent)
      const unseen = wanted.filter(
        (item) => !isReservedFor(item, holder.role) || hiddenBy(item, holder.framework) !== null,
      )
      if (unseen.length > 0) return explainUnseen(unseen, holder)
      const cut = newCut()
      const isFree = isWithin(wanted, agent.free)
      if (cutToFit(quotas, wanted, holder.top, cut) === wanted) return isFree ? null : { kind: 'nothingFree' }
      if (cut.limit !== null) return { kind: 'quotaLimit', role: holder.top.name, name: cut.limit }
      if (!isFree) return { kind: 'nothingFree' }
      return { kind: 'headroom', roles: quotas.rolesLacking(cut.headroom ?? '', holder.top) }
    },
  }
}
