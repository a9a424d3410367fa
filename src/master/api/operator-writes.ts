// Operators' calls that change the cluster, one row each: what the message alone can break, and the input that it
// becomes. The cluster decides and answers; its status goes out as it is. It does not know who may call what.

import type { MasterCall, MasterCallDrainAgent, MasterCallType, OfferOperation, Resource } from '../../mesos/types.ts'
import type { AgentId } from '../../model/ids.ts'
import { sendEmpty, sendText } from '../../shell/http-answers.ts'
import type { Exchange } from '../../shell/http-server.ts'
import type { ClusterInput, RequestId } from '../cluster/types.ts'
import { quotaInput, removeQuotaInput, setQuotaInput, weightsInput } from './policy-inputs.ts'
import type { ClusterPort } from './types.ts'

export type InputOf = (requestId: RequestId) => ClusterInput

/** The input of a call, a sentence about what is wrong with it, or undefined where its body is missing. */
type Write = (call: MasterCall, principal: string | null) => InputOf | string | undefined

const writes: Partial<Record<MasterCallType, Write>> = {
  RESERVE_RESOURCES: ({ reserve_resources: it }, principal) =>
    it && operateInput(it.agent_id.value, reserveOperation(it.resources, it.source), principal),
  UNRESERVE_RESOURCES: ({ unreserve_resources: it }, principal) =>
    it && operateInput(it.agent_id.value, unreserveOperation(it.resources), principal),
  CREATE_VOLUMES: ({ create_volumes: it }, principal) =>
    it && operateInput(it.agent_id.value, createOperation(it.volumes), principal),
  DESTROY_VOLUMES: ({ destroy_volumes: it }, principal) =>
    it && operateInput(it.agent_id.value, destroyOperation(it.volumes), principal),
  GROW_VOLUME: ({ grow_volume: it }, principal) => {
    if (it?.agent_id === undefined) return it && 'call.grow_volume.agent_id is required'
    const { volume, addition } = it
    return operateInput(it.agent_id.value, { type: 'GROW_VOLUME', grow_volume: { volume, addition } }, principal)
  },
  SHRINK_VOLUME: ({ shrink_volume: it }, principal) => {
    if (it?.agent_id === undefined) return it && 'call.shrink_volume.agent_id is required'
    const { volume, subtract } = it
    return operateInput(it.agent_id.value, { type: 'SHRINK_VOLUME', shrink_volume: { volume, subtract } }, principal)
  },
  DEACTIVATE_AGENT: ({ deactivate_agent: it }) => it && activityInput(it.agent_id.value, false),
  REACTIVATE_AGENT: ({ reactivate_agent: it }) => it && activityInput(it.agent_id.value, true),
  DRAIN_AGENT: ({ drain_agent: it }) => it && drainInput(it),
  MARK_AGENT_GONE: ({ mark_agent_gone: it }) =>
    it && ((requestId) => ({ kind: 'markAgentGone', requestId, agentId: it.agent_id.value as AgentId })),
  UPDATE_WEIGHTS: ({ update_weights: it }) => it && weightsInput(it.weight_infos ?? []),
  UPDATE_QUOTA: ({ update_quota: it }) => it && quotaInput(it.quota_configs ?? [], it.force ?? false),
  SET_QUOTA: ({ set_quota: it }) => it && setQuotaInput(it.quota_request),
  REMOVE_QUOTA: ({ remove_quota: it }) => it && removeQuotaInput(it.role),
}

/** The input of a call that changes the cluster, a sentence when it is wrong, or null for any other call. */
export function operatorWrite(call: MasterCall, principal: string | null): InputOf | string | null {
  const { type } = call
  const write = type === undefined ? undefined : writes[type]
  if (type === undefined || write === undefined) return null
  return write(call, principal) ?? `call.${type.toLowerCase()} is required`
}

/** Hands the input to the cluster; its answer is that of the request. */
export async function performWrite({ reply, subject: cluster }: Exchange<ClusterPort>, inputOf: InputOf) {
  const { status, message } = await cluster.request(inputOf)
  return message === null ? sendEmpty(reply, status) : sendText(reply, status, message)
}

export function operateInput(agentId: string, operation: OfferOperation, principal: string | null): InputOf {
  return (requestId) => ({ kind: 'operate', requestId, agentId: agentId as AgentId, operation, principal })
}

function activityInput(agentId: string, isActive: boolean): InputOf {
  return (requestId) => ({ kind: 'setAgentActivity', requestId, agentId: agentId as AgentId, isActive })
}

/** It is shown again as an int64 of nanoseconds. */
const graceMaxSeconds = 2n ** 63n / 1_000_000_000n - 1n

function drainInput({ agent_id, max_grace_period: grace, mark_gone }: MasterCallDrainAgent): InputOf | string {
  const { seconds = 0n, nanos = 0 } = grace ?? {}
  if (seconds < 0n || seconds > graceMaxSeconds || nanos < 0 || nanos >= 1e9) {
    return `call.drain_agent.max_grace_period must be from 0 to ${graceMaxSeconds} seconds, and nanos of one`
  }
  const maxGraceMs = grace === undefined ? null : Math.round(Number(seconds) * 1000 + nanos / 1e6)
  const agentId = agent_id.value as AgentId
  return (requestId) => ({ kind: 'drainAgent', requestId, agentId, maxGraceMs, markGone: mark_gone ?? false })
}

type Resources = readonly Resource[] | undefined

export function reserveOperation(resources: Resources, source: Resources): OfferOperation {
  return { type: 'RESERVE', reserve: { ...(source && { source }), ...(resources && { resources }) } }
}

export function unreserveOperation(resources: Resources): OfferOperation {
  return { type: 'UNRESERVE', unreserve: resources === undefined ? {} : { resources } }
}

export function createOperation(volumes: Resources): OfferOperation {
  return { type: 'CREATE', create: volumes === undefined ? {} : { volumes } }
}

export function destroyOperation(volumes: Resources): OfferOperation {
  return { type: 'DESTROY', destroy: volumes === undefined ? {} : { volumes } }
}
