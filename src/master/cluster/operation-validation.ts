// What of an operation on resources only the cluster can judge (Mesos src/master/validation.cpp, operation::validate):
// for whom may be reserved and in whose name, what the agent can do, what is in use, how much can be described. What
// the message alone can break is in mesos/validate-operation.ts; whether the resources are there, in mesos/operations.ts.

import { type Applied, isVolume, volumeName } from '../../mesos/operations.ts'
import { fromMessages } from '../../mesos/resources.ts'
import type { OfferOperation } from '../../mesos/types.ts'
import { allocatedTo, type Resource, type Resources } from '../../model/resources.ts'
import type { Agent, Framework } from './records.ts'
import type { State } from './state.ts'

/** Operations of one agent that wait for their end to be acknowledged; a registration has to carry them all. */
export const operationsPerAgentMax = 1_000
/** Of one framework: on one agent, and on all. */
export const operationsPerFrameworkAndAgentMax = 100
export const operationsPerFrameworkMax = 10_000
/** All identities (reservations, labels, volumes) of one agent's resources together: an offer has to show them. */
export const identitiesLengthMax = 256 * 1024

/** Who asks: a framework for what it was offered in `role`, or an operator for what is free. */
export type Asker =
  | { readonly framework: Framework; readonly role: string; readonly principal: string | null }
  | { readonly framework: null; readonly role: null; readonly principal: string | null }

/** Why this may not be done on the agent, or null. `change` is what it would do to the agent's total. */
export function operationRefusal(
  agent: Agent,
  asker: Asker,
  operation: OfferOperation,
  change: Applied,
): string | null {
  return ruleFor(agent, asker, operation, change) ?? identitiesError(change.total)
}

function ruleFor(agent: Agent, asker: Asker, { type }: OfferOperation, change: Applied): string | null {
  switch (type) {
    case 'RESERVE':
      return firstError(change.converted, (item) => reservationError(agent, asker, item))
    case 'CREATE':
      return firstError(change.converted, (item) => volumeError(asker, item))
    case 'DESTROY': {
      const used = new Set(allocatedTo(agent.used, undefined).map(({ key }) => key))
      return firstError(change.consumed, (item) => (used.has(item.key) ? `${wordsFor(item)} is in use` : null))
    }
    case 'GROW_VOLUME':
    case 'SHRINK_VOLUME':
      return capabilityError(agent, 'RESIZE_VOLUME')
    default:
      return null
  }
}

/** Why it cannot be kept until it is acknowledged, or null. */
export function waitingError(state: State, agent: Agent, framework: Framework | null): string | null {
  const here = state.operations.ofAgent(agent.id)
  if (here.size >= operationsPerAgentMax) return 'too many operations wait on the agent'
  if (framework === null) return null
  const own = state.operations.ofFramework(framework.id)
  if (own.size >= operationsPerFrameworkMax) return 'too many operations of the framework wait to be acknowledged'
  if (own.size < operationsPerFrameworkAndAgentMax) return null
  const ownHere = [...here].filter(({ frameworkId }) => frameworkId === framework.id).length
  return ownHere < operationsPerFrameworkAndAgentMax
    ? null
    : 'too many operations of the framework wait on the agent to be acknowledged'
}

/** Of a CREATE: a role has one volume of an id on a machine. */
export function takenVolumeError(agent: Agent, operation: OfferOperation): string | null {
  const wanted = fromMessages(operation.create?.volumes ?? [])
  if (!wanted.ok || wanted.value.length === 0) return null
  // A task may still use one that its agent does not know any more.
  const taken = new Set([...agent.total, ...agent.used].map(nameText))
  const twice = wanted.value.find((item) => taken.has(nameText(item)))
  return twice === undefined ? null : `${wordsFor(twice)} is there already`
}

/** Of a DESTROY: the agent has what is to be destroyed. */
export function unknownVolumeError(agent: Agent, operation: OfferOperation): string | null {
  const wanted = fromMessages(operation.destroy?.volumes ?? [])
  if (!wanted.ok) return null
  const present = new Set(agent.total.map(nameText))
  const missing = wanted.value.find((item) => !present.has(nameText(item)))
  return missing === undefined ? null : `the agent has no ${wordsFor(missing)}`
}

function reservationError(agent: Agent, asker: Asker, item: Resource): string | null {
  const stack = item.reservations ?? []
  const top = stack.at(-1)
  if (top === undefined) return `'${item.name}' is not reserved`
  if (asker.framework !== null) {
    if (top.role !== asker.role) {
      return `'${item.name}' is offered to role '${asker.role}' and cannot be reserved for '${top.role}'`
    }
    if (!asker.framework.roles.includes(top.role)) return `the framework is not in role '${top.role}'`
  }
  return (
    principalError(asker, top.principal, 'the reservation') ??
    (top.role.includes('/') ? capabilityError(agent, 'HIERARCHICAL_ROLE') : null) ??
    (stack.length > 1 ? capabilityError(agent, 'RESERVATION_REFINEMENT') : null)
  )
}

function volumeError(asker: Asker, item: Resource): string | null {
  if (item.shared === true && asker.framework !== null && !asker.framework.capabilities.has('SHARED_RESOURCES')) {
    return 'a shared volume needs the framework capability SHARED_RESOURCES'
  }
  return principalError(asker, item.disk?.persistence?.principal, 'the volume')
}

/** A framework signs with its own principal, and with none when it has none; an operator with the one it showed. */
function principalError({ framework, principal }: Asker, signed: string | undefined, what: string): string | null {
  if (principal === null) {
    return framework === null || signed === undefined ? null : `${what} must have no principal: the framework has none`
  }
  return signed === principal ? null : `the principal of ${what} must be '${principal}'`
}

function capabilityError(agent: Agent, capability: string): string | null {
  return agent.capabilities.includes(capability) ? null : `the agent lacks the capability ${capability}`
}

function identitiesError(total: Resources): string | null {
  const length = total.reduce((sum, { key }) => sum + key.length, 0)
  return length <= identitiesLengthMax
    ? null
    : 'the agent would have too many different reservations and volumes to be described'
}

function firstError(items: Resources, rule: (item: Resource) => string | null): string | null {
  for (const item of items) {
    const error = rule(item)
    if (error !== null) return error
  }
  return null
}

function nameText(item: Resource): string {
  const name = volumeName(item)
  return name === null ? '' : JSON.stringify([name.role, name.id])
}

function wordsFor(item: Resource): string {
  const name = isVolume(item) ? volumeName(item) : null
  return name === null ? `'${item.name}'` : `persistent volume '${name.id}' of role '${name.role}'`
}
