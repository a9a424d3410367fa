// What an operator was told is set stays set: weights, quota and who is taken out of the offers are what was asked for
// last, whatever dies meanwhile. What was not answered may have happened or not.

import type { ClusterView } from '../../../src/master/cluster/types.ts'
import type { Drain } from '../../../src/master/registry/types.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { OperatorRequest } from '../world/operator.ts'

/** By what it is of: every value that may hold now, as text. */
type Possible = Map<string, Set<string>>

export function policy(): Observer {
  const possible: Possible = new Map()
  /** What would not be possible but for this request. */
  const added = new Map<OperatorRequest, readonly string[]>()
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'operatorAsked':
        for (const [name, value] of changesOf(fact.request)) {
          const values = valuesOf(possible, name)
          if (!values.has(value)) added.set(fact.request, [...(added.get(fact.request) ?? []), name])
          values.add(value)
        }
        return
      case 'operatorAnswered':
        for (const [name, value] of changesOf(fact.request)) {
          if (fact.status === 200) possible.set(name, new Set([value]))
          else if (added.get(fact.request)?.includes(name)) valuesOf(possible, name).delete(value)
        }
        return
      case 'masterStarted':
        return check(fact.view, possible, new Map(fact.snapshot.deactivated.map((it) => [it.agentId, it.drain])))
      case 'ended': {
        const { view } = fact.world.master
        if (view !== null) check(view, possible, null)
        return
      }
      default:
        return
    }
  }
}

function check(view: ClusterView, possible: Possible, deactivated: ReadonlyMap<string, Drain | null> | null): void {
  const weights = view.weights()
  const quotas = view.quotas()
  const present = new Set(
    [...view.agents(), ...view.recoveredAgents(), ...view.unreachableAgents()].map(({ id }) => id),
  )
  for (const [name, values] of possible) {
    const [kind, of = ''] = name.split(' ')
    let value: string
    if (kind === 'weight') value = String(weights.get(of) ?? 1)
    else if (kind === 'quota') value = quotaText(quotas.get(of))
    else {
      // An agent that is gone has nothing that could be kept.
      if (!present.has(of as never) || deactivated === null) continue
      value = kind === 'activity' ? String(!deactivated.has(of)) : drainText(deactivated.get(of) ?? null)
    }
    if (values.has(value)) continue
    throw new Violation('policy', 'what an operator was told is set stays set', { name, value, possible: [...values] })
  }
}

function drainText(drain: Pick<Drain, 'maxGraceMs' | 'markGone'> | null): string {
  return drain === null ? 'none' : `${drain.maxGraceMs} ${drain.markGone}`
}

const defaults = { weight: '1', quota: quotaText(undefined), activity: 'true', drain: drainText(null) }

/** What holds from the beginning may hold until an answer says otherwise. */
function valuesOf(possible: Possible, name: string): Set<string> {
  const present = possible.get(name)
  if (present !== undefined) return present
  const [kind] = name.split(' ')
  const fresh = new Set([defaults[kind as keyof typeof defaults]])
  possible.set(name, fresh)
  return fresh
}

function changesOf(request: OperatorRequest): readonly (readonly [name: string, value: string])[] {
  switch (request.kind) {
    case 'updateWeights':
      return request.weights.map(({ role, weight }) => [`weight ${role}`, String(weight)] as const)
    case 'updateQuota':
      return request.configs.map(({ role, limits = {}, guarantees = {} }) => {
        const milli = (amounts: typeof limits) =>
          Object.fromEntries(Object.entries(amounts).map(([name, { value }]) => [name, Math.round(value * 1000)]))
        return [`quota ${role}`, quotaText({ limits: milli(limits), guarantees: milli(guarantees) })] as const
      })
    case 'setAgentActivity':
      return [
        [`activity ${request.agentId}`, String(request.isActive)],
        ...(request.isActive ? [[`drain ${request.agentId}`, drainText(null)] as const] : []),
      ]
    case 'drainAgent':
      return [
        [`activity ${request.agentId}`, 'false'],
        [`drain ${request.agentId}`, drainText(request)],
      ]
    default:
      return []
  }
}

type Amounts = Readonly<Record<string, number>>

function quotaText(quota: { readonly limits: Amounts; readonly guarantees: Amounts } | undefined): string {
  const sorted = (amounts: Amounts = {}) => Object.entries(amounts).sort(([a], [b]) => (a < b ? -1 : 1))
  // A guarantee of nothing is none; a limit of nothing allows nothing.
  return JSON.stringify([sorted(quota?.limits), sorted(quota?.guarantees).filter(([, milli]) => milli > 0)])
}
