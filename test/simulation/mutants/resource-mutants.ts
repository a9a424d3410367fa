// Planted bugs in what is done to resources: operations, volumes, quota, exact parts, sick parts, gangs, and what
// operators set and see.

import type { AgentCore } from '../../../src/agent/core/core.ts'
import type { AgentEffect, ContainerSpec } from '../../../src/agent/core/types.ts'
import type { Cluster, ClusterEffect, ClusterView } from '../../../src/master/cluster/types.ts'
import type { RegistryOp } from '../../../src/master/registry/types.ts'
import type { ContainerId, OperationUuid } from '../../../src/model/ids.ts'
import { agentEffects, agentMutant, clusterEffects, clusterMutant } from './parts.ts'
import type { Mutant } from './types.ts'

export const resourceMutants: readonly Mutant[] = [
  {
    name: 'the agent does not persist what is reserved',
    foundBy: ['convergence', 'volumes', 'capacity', 'operations'],
    parts: agentEffects(unreserved),
  },
  { name: 'the agent says that all was done', foundBy: ['operations'], parts: agentEffects(allDone) },
  {
    name: 'the master keeps the ends of operations for itself',
    foundBy: ['convergence', 'operations'],
    parts: clusterEffects(tellsNoEnds),
  },
  { name: 'the agent removes volumes with their tasks', foundBy: ['volumes'], parts: agentMutant(removesVolumes) },
  {
    name: 'the agent does not wait for volumes',
    foundBy: ['volumes', 'convergence'],
    parts: agentMutant(waitsForNoVolume),
  },
  { name: 'the master does not persist quota', foundBy: ['policy'], parts: clusterEffects(without('setQuotas')) },
  { name: 'the master does not persist weights', foundBy: ['policy'], parts: clusterEffects(without('setWeights')) },
  {
    name: 'the master does not persist who is taken out',
    foundBy: ['policy'],
    parts: clusterEffects(without('deactivateAgent')),
  },
  {
    name: 'the master calls a machine drained at once',
    foundBy: ['drains', 'policy', 'convergence'],
    parts: clusterEffects(drainedAtOnce),
  },
  {
    name: 'the master keeps to limits that are twice as high',
    foundBy: ['quota'],
    parts: clusterMutant(doublesLimits, halvedLimits),
  },
  { name: 'the master tells operators of no task', foundBy: ['watching'], parts: clusterEffects(tellsNoTasks) },
  {
    name: 'the agent leaves others where somebody is alone',
    foundBy: ['placement'],
    parts: agentEffects(confinesNobody),
  },
  { name: 'the master thinks little of sick parts', foundBy: ['health'], parts: clusterMutant(takesLightly, asItIs) },
  { name: 'the master offers gangs in parts', foundBy: ['gangs'], parts: clusterEffects(inParts) },
  { name: 'the master keeps machines for gangs too long', foundBy: ['gangs'], parts: clusterMutant(keepsLong) },
]

function unreserved(effects: AgentEffect[]): AgentEffect[] {
  return effects.map((effect) =>
    effect.kind === 'persist' && effect.op.op === 'putOperation'
      ? { ...effect, op: { ...effect.op, reserved: null } }
      : effect,
  )
}

function allDone(effects: AgentEffect[]): AgentEffect[] {
  return effects.map((effect) => {
    if (effect.kind !== 'send' || effect.frame.message?.kind !== 'operationUpdate') return effect
    const { message } = effect.frame
    const status = { ...message.status, state: 'OPERATION_FINISHED' }
    return { ...effect, frame: { ...effect.frame, message: { ...message, status } } }
  })
}

function tellsNoEnds(effects: ClusterEffect[]): ClusterEffect[] {
  return effects.filter(
    (effect) => effect.kind !== 'sendEvent' || effect.event.update_operation_status?.status.uuid === undefined,
  )
}

function removesVolumes(core: AgentCore): AgentCore['step'] {
  const volumes = new Map<ContainerId, ContainerSpec['volumes']>()
  return (input, nowMs) => {
    const effects = core.step(input, nowMs)
    for (const effect of effects) if (effect.kind === 'start') volumes.set(effect.spec.containerId, effect.spec.volumes)
    if (input.kind !== 'containerExited') return effects
    const remove = (volumes.get(input.containerId) ?? []).map(({ place }) => place)
    if (remove.length === 0) return effects
    const operationUuid = String(input.containerId) as OperationUuid
    return [...effects, { kind: 'changeVolumes', operationUuid, make: [], remove }]
  }
}

function waitsForNoVolume(core: AgentCore): AgentCore['step'] {
  return (input, nowMs) => {
    const effects = core.step(input, nowMs)
    const changes = effects.flatMap((effect) => (effect.kind === 'changeVolumes' ? [effect.operationUuid] : []))
    return [
      ...effects,
      ...changes.flatMap((operationUuid) => core.step({ kind: 'volumesChanged', operationUuid, failed: [] }, nowMs)),
    ]
  }
}

function without(op: RegistryOp['op']): (effects: ClusterEffect[]) => ClusterEffect[] {
  return (effects) => effects.filter((effect) => effect.kind !== 'persist' || effect.op.op !== op)
}

type Limits = Readonly<Record<string, number>>

function drainedAtOnce(effects: ClusterEffect[]): ClusterEffect[] {
  return effects.map((effect) => {
    if (effect.kind !== 'persist' || effect.op.op !== 'deactivateAgent' || effect.op.drain === null) return effect
    return { kind: 'persist', op: { ...effect.op, drain: { ...effect.op.drain, isDrained: true } } }
  })
}

function doublesLimits(cluster: Cluster): Cluster['step'] {
  return (input, nowMs) => {
    if (input.kind !== 'updateQuota') return cluster.step(input, nowMs)
    const configs = input.configs.map(({ limits = {}, ...config }) => ({
      ...config,
      limits: Object.fromEntries(Object.entries(limits).map(([name, { value }]) => [name, { value: 2 * value }])),
    }))
    return cluster.step({ ...input, configs }, nowMs)
  }
}

function halvedLimits(view: ClusterView): ClusterView {
  const halved = (limits: Limits) =>
    Object.fromEntries(Object.entries(limits).map(([name, milli]) => [name, milli / 2]))
  return {
    ...view,
    quotas: () =>
      new Map([...view.quotas()].map(([role, quota]) => [role, { ...quota, limits: halved(quota.limits) }])),
  }
}

function tellsNoTasks(effects: ClusterEffect[]): ClusterEffect[] {
  return effects.filter((effect) => effect.kind !== 'sendOperatorEvent' || effect.event.type !== 'TASK_ADDED')
}

function confinesNobody(effects: AgentEffect[]): AgentEffect[] {
  return effects.filter(({ kind }) => kind !== 'confine')
}

function takesLightly(cluster: Cluster): Cluster['step'] {
  return (input, nowMs) => {
    if (input.kind !== 'agentFrame') return cluster.step(input, nowMs)
    const { message } = input.frame
    if (message?.kind !== 'machineHealth' && message?.kind !== 'register') return cluster.step(input, nowMs)
    const conditions = message.conditions.map((one) => ({ ...one, severity: 'warning' }) as const)
    return cluster.step({ ...input, frame: { ...input.frame, message: { ...message, conditions } } }, nowMs)
  }
}

function asItIs(view: ClusterView): ClusterView {
  return {
    ...view,
    agents: () =>
      [...view.agents()].map((agent) => ({
        ...agent,
        conditions: agent.conditions.map((one) => ({ ...one, severity: 'critical' }) as const),
      })),
  }
}

function inParts(effects: ClusterEffect[]): ClusterEffect[] {
  return effects.map((effect) => {
    if (effect.kind !== 'sendEvent' || effect.event.offers?.gang === undefined) return effect
    const offers = (effect.event.offers.offers ?? []).slice(1)
    return { ...effect, event: { ...effect.event, offers: { ...effect.event.offers, offers } } }
  })
}

function keepsLong(cluster: Cluster): Cluster['step'] {
  return (input, nowMs) => {
    if (input.kind !== 'call' || input.call.request === undefined) return cluster.step(input, nowMs)
    const requests = (input.call.request.requests ?? []).map(({ gang, ...rest }) =>
      gang === undefined ? rest : { ...rest, gang: { ...gang, hold_seconds: (gang.hold_seconds ?? 0) * 3 } },
    )
    return cluster.step({ ...input, call: { ...input.call, request: { requests } } }, nowMs)
  }
}
