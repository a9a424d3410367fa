// The master's state machine: agents, frameworks, offers, tasks. Inputs in, effects out: persist, then send, then tell.
// This file gives every input and every timer to the file that knows it, and decides when offers are made. It knows no
// clock, network, disk or randomness but what it is given. README.md has the states.

import { fromJsonValue } from '../../mesos/json.ts'
import type { AgentId, AgentUid, FrameworkId, OfferId, StreamId } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import { unreachable } from '../../model/result.ts'
import { createAllocator } from '../allocator/allocator.ts'
import type { RegistryAgent, RegistrySnapshot } from '../registry/types.ts'
import { setAgentActivity, setWhitelist } from './agent-activity.ts'
import { onAgentFrame } from './agent-frames.ts'
import { onCall } from './calls.ts'
import { concludeDrains, drainAgent, markAgentGone } from './drain.ts'
import { removeFramework } from './framework-removal.ts'
import { beatFramework, failoverExpired, streamClosed, subscribe } from './frameworks.ts'
import { assembleGangs, gangDue } from './gangs.ts'
import { expirePending } from './handshake.ts'
import { killTask } from './kill.ts'
import { repeatMessages } from './link.ts'
import {
  checkSilence,
  disconnectAgent,
  giveUpRecovered,
  loseUncheckpointed,
  pruneIntervalMs,
  pruneUnreachable,
} from './loss.ts'
import { concludeResizes } from './machine-health.ts'
import { expireOffer, makeOffers } from './offers.ts'
import { operate } from './operator-operations.ts'
import { beatOperator, forgetOperator, subscribeOperator } from './operators.ts'
import { endPause, isHeldUp, pauseAllocation } from './pause.ts'
import { recallQuotas, updateQuota } from './quota.ts'
import { rescindSome } from './rescinding.ts'
import { State } from './state.ts'
import type { Cluster, ClusterConfig, ClusterEffect, ClusterInput, ClusterView, RecoveredAgentRecord } from './types.ts'
import { createView } from './view.ts'
import { recallWeights, updateWeights } from './weights.ts'

/** A tick may come this late before it counts as the master's own absence. */
export const lateToleranceMs = 1_000

/** `snapshot` is what earlier masters left in the registry; their agents have a while to come back. */
export function createCluster(
  config: ClusterConfig,
  snapshot: RegistrySnapshot,
  random: Random,
  nowMs: number,
): Cluster {
  return new Machine(config, snapshot, random, nowMs)
}

class Machine implements Cluster {
  readonly view: ClusterView
  readonly #state: State
  #lastAllocationMs: number

  constructor(config: ClusterConfig, snapshot: RegistrySnapshot, random: Random, nowMs: number) {
    const allocator = createAllocator({
      ...config.policy,
      allocationIntervalMs: config.allocationIntervalMs,
      region: config.policy.domain?.region ?? null,
    })
    this.#state = new State({ config, allocator, random, registrations: new Map(), nowMs })
    this.#lastAllocationMs = nowMs - config.allocationIntervalMs
    this.view = createView(this.#state)
    recall(this.#state, snapshot)
  }

  step(input: ClusterInput, nowMs: number): ClusterEffect[] {
    const state = this.#state
    this.#noticeAbsence(nowMs)
    state.nowMs = nowMs
    this.#handle(input)
    concludeResizes(state)
    concludeDrains(state)
    for (const [agent, reason] of state.cuts) {
      state.log('warn', 'wire.dropped', 'the link of an agent is cut', { agentId: agent.id, reason })
      disconnectAgent(state, agent)
      state.disconnectAgent(agent.uid)
    }
    state.cuts.clear()
    this.#planAllocation()
    if (state.isExpecting && !state.timers.has('watch')) this.#watch()
    return state.takeEffects()
  }

  nextTickMs(): number | null {
    return this.#state.timers.nextMs()
  }

  #handle(input: ClusterInput): void {
    const state = this.#state
    switch (input.kind) {
      case 'subscribe':
        return subscribe(state, input)
      case 'call':
        return onCall(state, input)
      case 'streamClosed':
        return streamClosed(state, input.streamId)
      case 'teardown': {
        const framework = state.frameworks.get(input.frameworkId)
        if (framework === undefined) return state.reply(input.requestId, 400, 'there is no such framework')
        removeFramework(state, framework)
        return state.reply(input.requestId, 200)
      }
      case 'operatorKill': {
        const task = state.frameworks.get(input.frameworkId)?.tasks.get(input.taskId)
        if (task === undefined) return state.reply(input.requestId, 404, 'there is no such task')
        killTask(state, task, null)
        return state.reply(input.requestId, 200)
      }
      case 'operate':
        return operate(state, input)
      case 'updateWeights':
        return updateWeights(state, input)
      case 'updateQuota':
        return updateQuota(state, input)
      case 'setAgentActivity':
        return setAgentActivity(state, input)
      case 'drainAgent':
        return drainAgent(state, input)
      case 'markAgentGone':
        return markAgentGone(state, input)
      case 'whitelist':
        return setWhitelist(state, input.hostnames)
      case 'operatorSubscribe':
        return subscribeOperator(state, this.view, input.streamId)
      case 'operatorStreamClosed':
        return forgetOperator(state, input.streamId)
      case 'agentFrame':
        return onAgentFrame(state, input.uid, input.frame)
      case 'agentDisconnected': {
        const agent = state.agents.get(state.agentIdByUid.get(input.uid) as AgentId)
        if (agent !== undefined) disconnectAgent(state, agent)
        return
      }
      case 'tick':
        for (const key of state.timers.due(state.nowMs)) this.#due(key)
        return
      default:
        unreachable(input)
    }
  }

  #due(key: string): void {
    const state = this.#state
    const colon = key.indexOf(':')
    const what = colon === -1 ? key : key.slice(0, colon)
    const id = key.slice(colon + 1)
    if (!state.isOver(key)) return
    switch (what) {
      case 'allocate':
        if (isHeldUp(state)) return
        this.#lastAllocationMs = state.nowMs
        state.isAllocationUrgent = false
        assembleGangs(state)
        return makeOffers(state)
      case 'pause':
        return endPause(state)
      case 'rescind':
        return rescindSome(state)
      case 'heartbeat':
        return beatFramework(state, id as FrameworkId)
      case 'operator':
        return beatOperator(state, id as StreamId)
      case 'failover':
        return failoverExpired(state, id as FrameworkId)
      case 'offer': {
        const offer = state.offers.get(id as OfferId)
        if (offer !== undefined) expireOffer(state, offer)
        return
      }
      case 'channel':
        return repeatMessages(state, id as AgentUid)
      case 'pending':
        return expirePending(state, id as AgentUid)
      case 'silence':
        return checkSilence(state, id as AgentId)
      case 'orphan':
        return loseUncheckpointed(state, id as AgentId)
      case 'recovery':
        return giveUpRecovered(state)
      case 'prune':
        return pruneUnreachable(state)
      case 'gang':
        return gangDue(state, id)
      case 'gangRest':
        state.isGangInLine = true
        return
      case 'watch':
        return
    }
  }

  /**
   * A tick that comes much later than asked means that this master stood still, and heard nobody meanwhile: that time
   * must not count as an agent's silence.
   */
  #noticeAbsence(nowMs: number): void {
    const state = this.#state
    const asked = state.timers.nextMs()
    if (asked === null) return
    const lateMs = nowMs - Math.max(asked, state.nowMs)
    if (lateMs > lateToleranceMs) state.absentMs += lateMs
  }

  /** Wakes up often enough to notice its own absence before anybody's time is over for it. */
  #watch(): void {
    const { agentHeartbeatMs } = this.#state.config
    this.#state.timers.set('watch', this.#state.nowMs + Math.max(1, Math.floor(agentHeartbeatMs / 3)))
  }

  /**
   * What is new (agents, frameworks, freed resources) is offered at once; what a framework just refused waits for the
   * next batch, or one that refuses for no time would be asked as fast as it can answer.
   */
  #planAllocation(): void {
    const { allocator, timers, nowMs, config, isAllocationUrgent, newGangs, isGangInLine } = this.#state
    if (isHeldUp(this.#state)) return
    const batchMs = Math.max(nowMs, this.#lastAllocationMs + config.allocationIntervalMs)
    if (allocator.hasMore() || newGangs.size > 0) timers.setEarlier('allocate', nowMs)
    if (isGangInLine) timers.setEarlier('allocate', batchMs)
    if (allocator.hasWork()) timers.setEarlier('allocate', isAllocationUrgent ? nowMs : batchMs)
    const filterEndMs = allocator.nextFilterEndMs()
    if (filterEndMs !== null) timers.setEarlier('allocate', Math.max(filterEndMs, batchMs))
  }
}

/** What the registry remembers: agents that may come back, and such as may not. */
function recall(state: State, snapshot: RegistrySnapshot): void {
  const unreachableAgents = [...snapshot.unreachable].sort((a, b) => a.sinceMs - b.sinceMs)
  for (const { agentId: id, uid, sinceMs } of unreachableAgents) {
    state.unreachable.set(id, { id, uid, sinceMs })
    state.agentIdByUid.set(uid, id)
  }
  for (const agent of snapshot.admitted) {
    state.recovered.set(agent.agentId, recoveredAgent(agent))
    state.agentIdByUid.set(agent.uid, agent.agentId)
  }
  for (const { agentId, uid } of snapshot.gone) {
    state.gone.add(agentId)
    if (!state.agentIdByUid.has(uid)) state.goneUids.add(uid)
  }
  for (const { agentId, drain } of snapshot.deactivated) state.deactivated.set(agentId, drain)
  recallWeights(state, snapshot.weights)
  recallQuotas(state, snapshot.quotas)
  pauseAllocation(state)
  if (state.recovered.size > 0) state.expect('recovery', state.config.agentReregisterTimeoutMs)
  if (state.unreachable.size > 0) state.timers.set('prune', state.nowMs + pruneIntervalMs)
}

function recoveredAgent({ agentId: id, uid, hostname, agentInfo }: RegistryAgent): RecoveredAgentRecord {
  const info = fromJsonValue('mesos.v1.AgentInfo', agentInfo)
  return { id, uid, info: info.ok ? info.value : { hostname } }
}
