// Planted bugs: each takes one promise out of a production machine from outside, by what it lets in and out. A simulator
// that does not find them finds nothing else either.

import type { AgentCore } from '../../../src/agent/core/core.ts'
import type { AgentEffect, AgentInput } from '../../../src/agent/core/types.ts'
import type { Cluster, ClusterEffect, ClusterInput } from '../../../src/master/cluster/types.ts'
import type { AgentUid, SessionId } from '../../../src/model/ids.ts'
import type { DownFrame, StatusUpdate } from '../../../src/wire/messages.ts'
import { agentEffects, agentMutant, clusterEffects, clusterMutant } from './parts.ts'
import { resourceMutants } from './resource-mutants.ts'
import type { Mutant } from './types.ts'

export const mutants: readonly Mutant[] = [
  { name: 'the agent sends before it persists', foundBy: ['persistence'], parts: agentEffects(sendsFirst) },
  { name: 'the agent starts before it persists', foundBy: ['persistence'], parts: agentEffects(startsFirst) },
  {
    name: 'the agent does not persist statuses',
    foundBy: ['persistence', 'terminal'],
    parts: agentEffects(unpersisted),
  },
  { name: 'the agent ignores acknowledgements', foundBy: ['convergence'], parts: agentMutant(ignoresAcknowledgements) },
  {
    name: 'the agent takes a sent status for acknowledged',
    foundBy: ['terminal', 'convergence'],
    parts: agentMutant(assumesAcknowledged),
  },
  { name: 'the agent sends each status once', foundBy: ['convergence'], parts: agentMutant(neverRepeats) },
  {
    name: 'the agent believes every frame',
    foundBy: ['singleRun', 'statusOrder', 'operations', 'convergence'],
    parts: agentMutant(believesAll),
  },
  {
    name: 'the agent reports an end when it asks for it',
    foundBy: ['terminal', 'capacity'],
    parts: agentMutant(reportsEarly),
  },
  {
    name: 'the agent starts again what still runs',
    foundBy: ['singleRun', 'capacity'],
    parts: agentMutant(startsAgain),
  },
  { name: 'the master does not persist admitted agents', foundBy: ['persistence'], parts: clusterEffects(unadmitted) },
  { name: 'the master sends before it persists', foundBy: ['persistence'], parts: clusterEffects(masterSendsFirst) },
  { name: 'the master frees resources of running tasks', foundBy: ['capacity'], parts: clusterMutant(freesEarly) },
  {
    name: 'the master believes frames of ended sessions',
    foundBy: ['statusOrder', 'terminal', 'crash'],
    parts: clusterMutant(believesStale),
  },
  { name: 'the master sends every launch twice', foundBy: ['singleRun'], parts: clusterEffects(launchesTwice) },
  { name: 'the master ignores REVIVE', foundBy: ['starvation', 'convergence'], parts: clusterMutant(ignoresRevive) },
  {
    name: 'the master does not hear that a stream ended',
    foundBy: ['starvation', 'convergence'],
    parts: clusterMutant(deaf),
  },
  { name: 'the master never launches', foundBy: ['convergence'], parts: clusterEffects(forgetsLaunches) },
  ...resourceMutants,
]

// --- the agent ---------------------------------------------------------------------------------------------------

function sendsFirst(effects: AgentEffect[]): AgentEffect[] {
  return [...effects.filter(({ kind }) => kind === 'send'), ...effects.filter(({ kind }) => kind !== 'send')]
}

function startsFirst(effects: AgentEffect[]): AgentEffect[] {
  return [...effects.filter(({ kind }) => kind === 'start'), ...effects.filter(({ kind }) => kind !== 'start')]
}

function unpersisted(effects: AgentEffect[]): AgentEffect[] {
  return effects.filter(
    (effect) => effect.kind !== 'persist' || effect.op.op !== 'putRun' || effect.op.run.statuses.length < 2,
  )
}

function ignoresAcknowledgements(core: AgentCore): AgentCore['step'] {
  return (input, nowMs) => {
    if (input.kind !== 'frame' || input.frame.message?.kind !== 'acknowledge') return core.step(input, nowMs)
    const { frameworkId, taskId } = input.frame.message
    const message = { kind: 'acknowledge', frameworkId, taskId, uuid: 'bm9ib2R5' } as const
    return core.step({ kind: 'frame', frame: { ...input.frame, message } }, nowMs)
  }
}

function assumesAcknowledged(core: AgentCore): AgentCore['step'] {
  return (input, nowMs) => {
    const effects = core.step(input, nowMs)
    const sent = effects.flatMap((effect) =>
      effect.kind === 'send' && effect.frame.message?.kind === 'statusUpdate' ? [effect.frame] : [],
    )
    return [
      ...effects,
      ...sent.flatMap((frame) => {
        const { frameworkId, taskId, status } = frame.message as StatusUpdate
        const message = { kind: 'acknowledge', frameworkId, taskId, uuid: String(status.uuid) } as const
        return core.step({ kind: 'frame', frame: { ...frame, seq: 0, ack: 0, message } }, nowMs)
      }),
    ]
  }
}

function neverRepeats(core: AgentCore): AgentCore['step'] {
  const sent = new Set<unknown>()
  return (input, nowMs) =>
    core.step(input, nowMs).map((effect) => {
      if (effect.kind !== 'send' || effect.frame.message?.kind !== 'statusUpdate') return effect
      const { uuid } = effect.frame.message.status
      if (!sent.has(uuid)) {
        sent.add(uuid)
        return effect
      }
      return { ...effect, frame: { ...effect.frame, message: { kind: 'heartbeat' } } }
    })
}

function believesAll(core: AgentCore): AgentCore['step'] {
  let session: SessionId | null = null
  let epoch = 0
  return (input, nowMs) => {
    if (input.kind === 'linkUp') session = input.session
    if (input.kind !== 'frame' || session === null) return core.step(input, nowMs)
    const { frame } = input
    if (frame.message?.kind === 'registered' && frame.session === session) epoch = frame.epoch
    if (frame.seq === 0) return core.step(input, nowMs)
    const believed: DownFrame = { ...frame, session, epoch, seq: 0 }
    return core.step({ kind: 'frame', frame: believed }, nowMs)
  }
}

function reportsEarly(core: AgentCore): AgentCore['step'] {
  return (input, nowMs) => {
    const effects = core.step(input, nowMs)
    const asked = effects.flatMap((effect) => (effect.kind === 'signal' ? [effect.containerId] : []))
    return [
      ...effects,
      ...asked.flatMap((containerId) => {
        const exit = { status: { kind: 'signaled', signal: 15 }, limitation: null } as const
        const early = core.step({ kind: 'containerExited', containerId, exit }, nowMs)
        return early.filter(({ kind }) => kind !== 'remove')
      }),
    ]
  }
}

function startsAgain(core: AgentCore): AgentCore['step'] {
  return (input: AgentInput, nowMs) => {
    if (input.kind !== 'recovered') return core.step(input, nowMs)
    const runs = input.runs.map(({ containerId }) => ({ containerId, state: { kind: 'neverStarted' } }) as const)
    return core.step({ kind: 'recovered', runs }, nowMs)
  }
}

// --- the master --------------------------------------------------------------------------------------------------

function unadmitted(effects: ClusterEffect[]): ClusterEffect[] {
  return effects.filter((effect) => effect.kind !== 'persist' || effect.op.op !== 'admitAgent')
}

function masterSendsFirst(effects: ClusterEffect[]): ClusterEffect[] {
  return [...effects.filter(({ kind }) => kind !== 'persist'), ...effects.filter(({ kind }) => kind === 'persist')]
}

function freesEarly(cluster: Cluster): Cluster['step'] {
  return (input, nowMs) => {
    if (input.kind !== 'agentFrame' || input.frame.message?.kind !== 'statusUpdate') return cluster.step(input, nowMs)
    const message = { ...input.frame.message, latestState: 'TASK_FINISHED' }
    return cluster.step({ ...input, frame: { ...input.frame, message } }, nowMs)
  }
}

function believesStale(cluster: Cluster): Cluster['step'] {
  const sessions = new Map<AgentUid, SessionId>()
  return (input: ClusterInput, nowMs) => {
    if (input.kind !== 'agentFrame') return cluster.step(input, nowMs)
    const { uid, frame } = input
    if (frame.message?.kind === 'register') sessions.set(uid, frame.session)
    const session = sessions.get(uid)
    if (session === undefined || session === frame.session) return cluster.step(input, nowMs)
    return cluster.step({ ...input, frame: { ...frame, session, seq: 0 } }, nowMs)
  }
}

function launchesTwice(effects: ClusterEffect[]): ClusterEffect[] {
  return effects.flatMap((effect) => {
    const isLaunch = effect.kind === 'sendAgent' && effect.frame.message?.kind === 'launch'
    return isLaunch ? [effect, { ...effect, frame: { ...effect.frame, seq: 0 } }] : [effect]
  })
}

function forgetsLaunches(effects: ClusterEffect[]): ClusterEffect[] {
  return effects.map((effect) => {
    if (effect.kind !== 'sendAgent' || effect.frame.message?.kind !== 'launch') return effect
    return { ...effect, frame: { ...effect.frame, message: { kind: 'heartbeatEcho' } } }
  })
}

function ignoresRevive(cluster: Cluster): Cluster['step'] {
  return (input, nowMs) => {
    if (input.kind !== 'call' || input.call.type !== 'REVIVE') return cluster.step(input, nowMs)
    return cluster.step({ ...input, call: { ...input.call, type: 'REQUEST', request: { requests: [] } } }, nowMs)
  }
}

function deaf(cluster: Cluster): Cluster['step'] {
  return (input, nowMs) => (input.kind === 'streamClosed' ? [] : cluster.step(input, nowMs))
}
