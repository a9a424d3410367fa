// Frameworks and their schedulers (`subscribe` in Mesos src/master/master.cpp):
//
//   (new) --SUBSCRIBE--> connected --stream ends--> disconnected --failover_timeout--> removed
//   recovered (known from an agent) --SUBSCRIBE--> connected            TEARDOWN from anywhere --> removed
//
// A SUBSCRIBE with a known id is always a failover: the newest stream wins. A removed id is refused for as long as it
// is remembered. It does not know offers' contents or tasks' states.

import { compileConstraints } from '../../mesos/offer-constraints.ts'
import type { FrameworkInfo } from '../../mesos/types.ts'
import {
  frameworkInfoError,
  frameworkRoles,
  suppressedRolesError,
  wantedFrameworkId,
} from '../../mesos/validate-framework.ts'
import type { FrameworkId, StreamId } from '../../model/ids.ts'
import { invariant } from '../../model/result.ts'
import { milliFromNumber } from '../../model/units.ts'
import type { FrameworkDemand } from '../allocator/types.ts'
import { removeFramework } from './framework-removal.ts'
import { forgetGangsOf } from './gangs.ts'
import { frameworkMessage } from './messages.ts'
import { dropOffersOf } from './offers.ts'
import { repeatOperations } from './operation-losses.ts'
import { tellOperators } from './operators.ts'
import { type Framework, isUnacknowledged } from './records.ts'
import { unlistedRoleError } from './role-names.ts'
import { repeatNotices } from './sick-notices.ts'
import type { State } from './state.ts'
import { forward } from './statuses.ts'
import type { ClusterInput } from './types.ts'

type Subscribe = Extract<ClusterInput, { kind: 'subscribe' }>

export function subscribe(state: State, input: Subscribe): void {
  const { framework_info: info, suppressed_roles: suppressed = [], offer_constraints } = input.subscribe
  const id = wantedFrameworkId(info) ?? (input.frameworkId || undefined)
  const known = id === undefined ? undefined : state.frameworks.get(id as FrameworkId)
  state.counters.add(known === undefined ? 'messages_register_framework' : 'messages_reregister_framework')
  const error =
    frameworkInfoError(info) ??
    suppressedRolesError(info, suppressed) ??
    (id !== undefined && state.completedFrameworks.has(id as FrameworkId) ? 'Framework has been removed' : null) ??
    unlistedRoleError(state.config.policy, ...frameworkRoles(info)) ??
    (known !== undefined && (known.info.principal ?? null) !== (info.principal ?? input.principal)
      ? 'the principal of a framework cannot change'
      : null)
  if (error !== null) return refuse(state, input.streamId, error)
  const accepts = compileConstraints(offer_constraints, frameworkRoles(info), known?.acceptsByRole)
  if (!accepts.ok) return refuse(state, input.streamId, accepts.fault.message)
  const principal = info.principal ?? input.principal
  const owned = principal === null ? info : { ...info, principal }
  const framework = known === undefined ? addFramework(state, id, owned) : takeOver(state, known, owned)
  framework.suppressedRoles = new Set(suppressed)
  framework.offerConstraints = offer_constraints ?? null
  framework.acceptsByRole = accepts.value
  framework.streamId = input.streamId
  framework.isActive = true
  state.frameworkByStream.set(input.streamId, framework)
  state.allocator.updateFramework(framework.id, demandOf(framework))
  state.allocator.activateFramework(framework.id)
  state.isAllocationUrgent = true
  greet(state, framework, input.streamId)
  tellOperators(state, () =>
    known === undefined
      ? { type: 'FRAMEWORK_ADDED', framework_added: { framework: frameworkMessage(framework) } }
      : { type: 'FRAMEWORK_UPDATED', framework_updated: { framework: frameworkMessage(framework) } },
  )
}

function refuse(state: State, streamId: StreamId, message: string): void {
  state.tellStream(streamId, { type: 'ERROR', error: { message } })
  state.closeStream(streamId)
  state.log('warn', 'framework.refused', 'a subscription was refused', { streamId, reason: message })
}

/** A framework in the books, not yet active: nothing is offered to it. */
export function addFramework(state: State, wanted: string | undefined, info: FrameworkInfo): Framework {
  const id = (wanted ?? newFrameworkId(state)) as FrameworkId
  const framework: Framework = {
    id,
    ...factsOf(id, info),
    suppressedRoles: new Set(),
    offerConstraints: null,
    acceptsByRole: new Map(),
    streamId: null,
    isActive: false,
    isRecovered: false,
    registeredMs: state.nowMs,
    reregisteredMs: null,
    unregisteredMs: null,
    tasks: new Map(),
    offers: new Set(),
    completedTasks: [],
    completedById: new Map(),
    unreachableTasks: new Map(),
  }
  state.frameworks.set(id, framework)
  state.allocator.addFramework(id, demandOf(framework))
  state.allocator.deactivateFramework(id)
  return framework
}

/** What follows from a FrameworkInfo. */
export function factsOf(id: FrameworkId, info: FrameworkInfo) {
  return {
    info: { ...info, id: { value: id } },
    roles: frameworkRoles(info),
    capabilities: new Set<string>((info.capabilities ?? []).flatMap(({ type }) => type ?? [])),
    principal: info.principal ?? null,
  }
}

/** A scheduler takes over a framework, from another one or after its own absence. */
function takeOver(state: State, framework: Framework, info: FrameworkInfo): Framework {
  const { streamId } = framework
  if (streamId !== null) {
    state.tellStream(streamId, { type: 'ERROR', error: { message: 'Framework failed over' } })
    state.closeStream(streamId)
    state.frameworkByStream.delete(streamId)
  }
  state.unexpect(`failover:${framework.id}`)
  forgetGangsOf(state, framework)
  dropOffersOf(state, framework)
  state.allocator.deactivateFramework(framework.id)
  const { user, checkpoint } = framework.info
  Object.assign(framework, factsOf(framework.id, { ...info, user, checkpoint }))
  framework.isRecovered = false
  framework.reregisteredMs = state.nowMs
  return framework
}

/** SUBSCRIBED, the first heartbeat, and every status that still waits for its acknowledgement. */
function greet(state: State, framework: Framework, streamId: StreamId): void {
  const { masterInfo, schedulerHeartbeatMs } = state.config
  state.tellStream(streamId, {
    type: 'SUBSCRIBED',
    subscribed: {
      framework_id: { value: framework.id },
      heartbeat_interval_seconds: schedulerHeartbeatMs / 1000,
      master_info: masterInfo,
    },
  })
  beatFramework(state, framework.id)
  for (const task of framework.tasks.values()) {
    if (task.status !== null && isUnacknowledged(task)) forward(state, framework, task.status)
  }
  repeatOperations(state, framework)
  repeatNotices(state, framework)
  state.log('info', 'framework.subscribed', 'a scheduler subscribed', {
    frameworkId: framework.id,
    name: framework.info.name,
    streamId,
  })
}

export function beatFramework(state: State, id: FrameworkId): void {
  const framework = state.frameworks.get(id)
  if (framework === undefined || framework.streamId === null) return
  state.tell(framework, { type: 'HEARTBEAT' })
  state.timers.set(`heartbeat:${id}`, state.nowMs + state.config.schedulerHeartbeatMs)
}

/** The scheduler's connection ended: it has failover_timeout to come back. */
export function streamClosed(state: State, streamId: StreamId): void {
  const framework = state.frameworkByStream.get(streamId)
  if (framework === undefined) return
  invariant(framework.streamId === streamId, 'a stream is known while it is the live one', { streamId })
  state.counters.add('messages_deactivate_framework')
  state.frameworkByStream.delete(streamId)
  framework.streamId = null
  framework.isActive = false
  state.timers.clear(`heartbeat:${framework.id}`)
  forgetGangsOf(state, framework)
  dropOffersOf(state, framework)
  state.allocator.deactivateFramework(framework.id)
  state.log('info', 'framework.disconnected', 'a scheduler left', { frameworkId: framework.id })
  const timeoutMs = failoverTimeoutMs(framework.info)
  if (timeoutMs === 0) removeFramework(state, framework)
  else state.expect(`failover:${framework.id}`, timeoutMs)
}

export function failoverExpired(state: State, id: FrameworkId): void {
  const framework = state.frameworks.get(id)
  if (framework !== undefined && framework.streamId === null) removeFramework(state, framework)
}

export function failoverTimeoutMs(info: FrameworkInfo): number {
  return Math.round((info.failover_timeout ?? 0) * 1000)
}

export function demandOf(framework: Framework): FrameworkDemand {
  const { roles, suppressedRoles, capabilities, acceptsByRole, info } = framework
  const minAllocatableByRole = new Map<string, Readonly<Record<string, number>>[]>()
  for (const [role, { min_allocatable_resources }] of Object.entries(info.offer_filters ?? {})) {
    if (min_allocatable_resources === undefined) continue
    const alternatives = (min_allocatable_resources.quantities ?? []).map(({ quantities = {} }) =>
      Object.fromEntries(Object.entries(quantities).map(([name, { value }]) => [name, milliFromNumber(value)])),
    )
    minAllocatableByRole.set(role, alternatives)
  }
  return {
    roles,
    suppressedRoles: [...suppressedRoles],
    capabilities,
    minAllocatableByRole,
    acceptsByRole,
  }
}

function newFrameworkId(state: State): FrameworkId {
  for (;;) {
    const id = `${state.config.masterId}-${`${state.nextFramework++}`.padStart(4, '0')}` as FrameworkId
    if (!state.frameworks.has(id) && !state.completedFrameworks.has(id)) return id
  }
}
