// An operation before it happens, of a framework or an operator alike: everything that may be wrong with it, what it
// does to the agent's resources, and the form in which the agent is sent it. Nothing changes here. It does not know
// whether the asker has the resources.

import { toJsonValue } from '../../mesos/json.ts'
import { type Applied, applied } from '../../mesos/operations.ts'
import { fromMessages, toMessages } from '../../mesos/resources.ts'
import type { OfferOperation, Resource } from '../../mesos/types.ts'
import { operationError } from '../../mesos/validate-operation.ts'
import { allocatedTo } from '../../model/resources.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import {
  type Asker,
  operationRefusal,
  takenVolumeError,
  unknownVolumeError,
  waitingError,
} from './operation-validation.ts'
import type { Agent } from './records.ts'
import type { State } from './state.ts'

/** One operation as JSON: a registration has to carry all that wait. */
export const operationBytesMax = 16 * 1024

export type OperationPlan = {
  /** As the agent is sent it. */
  readonly info: OfferOperation
  /** To the agent's total; without allocation. */
  readonly change: Applied
}

/** API_MALFORMED when it may not be done at all, RESOURCES_MISSING when the agent has not what it takes. */
export function planOperation(
  state: State,
  agent: Agent,
  asker: Asker,
  operation: OfferOperation,
): Result<OperationPlan> {
  const error =
    operationError(operation, asker.framework === null ? 'operator' : 'framework') ??
    providerError(operation) ??
    allocationError(asker, operation)
  if (error !== null) return fail('API_MALFORMED', error)
  const info = plainOperation(operation)
  const unfit =
    sizeError(info) ??
    takenVolumeError(agent, info) ??
    unknownVolumeError(agent, info) ??
    waitingError(state, agent, asker.framework)
  if (unfit !== null) return fail('API_MALFORMED', unfit)
  const change = applied(agent.total, info)
  if (!change.ok) return change
  const refusal = operationRefusal(agent, asker, operation, change.value)
  return refusal === null ? ok({ info, change: change.value }) : fail('API_MALFORMED', refusal)
}

/** All resources that the operation names. */
function resourcesOf(operation: OfferOperation): readonly Resource[] {
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  return [
    ...(reserve?.source ?? []),
    ...(reserve?.resources ?? []),
    ...(unreserve?.resources ?? []),
    ...(create?.volumes ?? []),
    ...(destroy?.volumes ?? []),
    ...(grow === undefined ? [] : [grow.volume, grow.addition]),
    ...(shrink === undefined ? [] : [shrink.volume]),
  ]
}

function providerError(operation: OfferOperation): string | null {
  const isOfProvider =
    operation.type === 'CREATE_DISK' ||
    operation.type === 'DESTROY_DISK' ||
    resourcesOf(operation).some(({ provider_id }) => provider_id !== undefined)
  return isOfProvider ? 'the agent has no resource providers' : null
}

/** What a framework leaves out is filled in; what an operator works on is allocated to nobody. */
function allocationError({ role }: Asker, operation: OfferOperation): string | null {
  for (const { name, allocation_info } of resourcesOf(operation)) {
    const allocated = allocation_info?.role
    if (allocated === undefined || allocated === role) continue
    return role === null
      ? `'${name}' must not have allocation_info`
      : `'${name}' is allocated to role '${allocated}', the offer to '${role}'`
  }
  return null
}

function sizeError(info: OfferOperation): string | null {
  const bytes = new TextEncoder().encode(JSON.stringify(toJsonValue('mesos.v1.Offer.Operation', info))).length
  return bytes <= operationBytesMax
    ? null
    : `the operation is too large: ${bytes} of ${operationBytesMax} bytes; do it in several steps`
}

/** The operation as an agent is sent it: post-refinement form, no allocation. Its resources must be valid. */
function plainOperation(operation: OfferOperation): OfferOperation {
  const { reserve, unreserve, create, destroy, grow_volume: grow, shrink_volume: shrink } = operation
  return {
    ...operation,
    ...(reserve && {
      reserve: {
        ...((reserve.source ?? []).length > 0 && { source: plain(reserve.source) }),
        resources: plain(reserve.resources),
      },
    }),
    ...(unreserve && { unreserve: { resources: plain(unreserve.resources) } }),
    ...(create && { create: { volumes: plain(create.volumes) } }),
    ...(destroy && { destroy: { volumes: plain(destroy.volumes) } }),
    ...(grow && { grow_volume: { volume: plainOne(grow.volume), addition: plainOne(grow.addition) } }),
    ...(shrink && { shrink_volume: { ...shrink, volume: plainOne(shrink.volume) } }),
  }
}

function plain(messages: readonly Resource[] | undefined): readonly Resource[] {
  const items = fromMessages(messages ?? [])
  return items.ok ? toMessages(allocatedTo(items.value, undefined), 'post') : []
}

function plainOne(message: Resource): Resource {
  return plain([message])[0] ?? message
}
