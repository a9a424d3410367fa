// What of an agent's free resources a framework in a role may be shown: reservations, capabilities, GPUs.
// It does not know filters, shares or thresholds.

import type { Resource, Resources } from '../../model/resources.ts'
import type { AgentState, Holder } from './records.ts'

/** The part of what is free on `agent` that `holder` may see; the very same collection when that is all of it. */
export function visibleTo(holder: Holder, agent: AgentState, filterGpuResources: boolean): Resources {
  if (agent.hasGpus && filterGpuResources && !holder.framework.seesGpus) return []
  return agent.isPlain ? agent.free : agent.free.filter((item) => isVisible(item, holder))
}

/** Whether everybody may see it. */
export function isPlain(items: Resources): boolean {
  return items.every((item) => (item.reservations?.length ?? 0) === 0 && !item.revocable && !item.shared)
}

function isVisible(item: Resource, { framework, role }: Holder): boolean {
  if (item.revocable && !framework.seesRevocable) return false
  if (item.shared && !framework.seesShared) return false
  const stack = item.reservations ?? []
  if (stack.length > 1 && !framework.seesRefined) return false
  const owner = stack.at(-1)?.role
  return owner === undefined || owner === role || role.startsWith(`${owner}/`)
}
