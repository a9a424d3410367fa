// UPDATE_FRAMEWORK, REVIVE and SUPPRESS: a framework changes what it says of itself and what it wants to be offered
// (Mesos docs/scheduler-http-api.md). It does not know streams or failover.

import { encodeJson } from '../../mesos/json.ts'
import { compileConstraints } from '../../mesos/offer-constraints.ts'
import type { FrameworkInfo, SchedulerCallUpdateFramework } from '../../mesos/types.ts'
import { frameworkInfoError, frameworkRoles, suppressedRolesError } from '../../mesos/validate-framework.ts'
import { demandOf, factsOf } from './frameworks.ts'
import { forgetGangsOutside } from './gangs.ts'
import { frameworkMessage } from './messages.ts'
import { rescindOffer } from './offers.ts'
import { tellOperators } from './operators.ts'
import type { Framework } from './records.ts'
import { unlistedRoleError } from './role-names.ts'
import type { State } from './state.ts'

/** Replaces what may change. The reason why not is a sentence for a 400; nothing has changed then. */
export function updateFramework(
  state: State,
  framework: Framework,
  { framework_info: info, suppressed_roles: suppressed = [], offer_constraints }: SchedulerCallUpdateFramework,
): string | null {
  const error =
    updateError(framework, info, suppressed) ?? unlistedRoleError(state.config.policy, ...frameworkRoles(info))
  if (error !== null) return error
  const accepts = compileConstraints(offer_constraints, frameworkRoles(info), framework.acceptsByRole)
  if (!accepts.ok) return accepts.fault.message
  const before = shownText(framework)
  const principal = framework.info.principal
  Object.assign(framework, factsOf(framework.id, { ...info, ...(principal === undefined ? {} : { principal }) }))
  framework.suppressedRoles = new Set(suppressed)
  framework.offerConstraints = offer_constraints ?? null
  framework.acceptsByRole = accepts.value
  forgetGangsOutside(state, framework)
  for (const id of [...framework.offers]) {
    const offer = state.offers.get(id)
    if (offer !== undefined && !framework.roles.includes(offer.role)) rescindOffer(state, offer)
  }
  // The allocator forgets the filters of roles that are no longer suppressed.
  state.allocator.updateFramework(framework.id, demandOf(framework))
  state.isAllocationUrgent = true
  if (shownText(framework) !== before) {
    tellOperators(state, () => ({
      type: 'FRAMEWORK_UPDATED',
      framework_updated: { framework: frameworkMessage(framework) },
    }))
  }
  return null
}

/** All of it that operators are shown and an update can change. */
function shownText(framework: Framework): string {
  return encodeJson('mesos.v1.master.Response.GetFrameworks.Framework', frameworkMessage(framework))
}

function updateError(framework: Framework, info: FrameworkInfo, suppressed: readonly string[]): string | null {
  const { info: present } = framework
  if (info.id !== undefined && info.id.value !== framework.id) return `framework_info.id must be '${framework.id}'`
  if (info.user !== present.user) return `the user of a framework cannot change`
  if ((info.checkpoint ?? false) !== (present.checkpoint ?? false)) return `checkpoint of a framework cannot change`
  if (info.principal !== undefined && info.principal !== present.principal) {
    return `the principal of a framework cannot change`
  }
  return frameworkInfoError(info) ?? suppressedRolesError(info, suppressed)
}

export function revive(state: State, framework: Framework, roles: readonly string[]): void {
  const wanted = ownRoles(framework, roles)
  if (wanted === null) return
  for (const role of wanted) framework.suppressedRoles.delete(role)
  state.allocator.revive(framework.id, wanted)
  state.isAllocationUrgent = true
}

export function suppress(state: State, framework: Framework, roles: readonly string[]): void {
  const wanted = ownRoles(framework, roles)
  if (wanted === null) return
  for (const role of wanted) framework.suppressedRoles.add(role)
  state.allocator.suppress(framework.id, wanted)
}

/** The roles named, or all when none is; null when one of them is not the framework's: all are dropped. */
function ownRoles(framework: Framework, roles: readonly string[]): readonly string[] | null {
  if (roles.length === 0) return framework.roles
  const own = new Set(framework.roles)
  return roles.every((role) => own.has(role)) ? roles : null
}
