// The allocator's reasons in words for a person, with what would change them. It does not know how they were found.

import { unreachable } from '../../model/result.ts'
import type { Quantities, Refusal } from '../allocator/types.ts'
import type { State } from './state.ts'
import type { WhyCode } from './types.ts'

/** Why one machine is or is not to be had. */
export type Answer = {
  readonly code: WhyCode
  readonly text: string
  readonly change?: string
  /** For the order of changes: when it comes of itself. */
  readonly changeMs?: number
  readonly isHeld?: boolean
}

export function refusalAnswer(state: State, refusal: Refusal): Answer {
  const code = refusal.kind
  switch (refusal.kind) {
    case 'frameworkInactive':
      return { code, text: 'the framework is not connected', change: 'its scheduler subscribes again' }
    case 'notSubscribed':
      return { code, text: 'the framework is not in the role' }
    case 'suppressed':
      return { code, text: 'the framework suppressed offers in the role', change: 'it calls REVIVE' }
    case 'agentInactive':
      return { code, text: 'it is not offered to anybody' }
    case 'capability':
      return { code, text: `the framework lacks the capability ${refusal.capability}` }
    case 'agentCapability':
      return { code, text: `the agent lacks the capability ${refusal.capability}` }
    case 'region':
      return { code, text: `it is in region ${refusal.region} and the framework is not REGION_AWARE` }
    case 'constraint':
      return { code, text: `the framework's offer constraints exclude it` }
    case 'nothingFree':
      return { code, text: 'all of it is held', isHeld: true }
    case 'reserved':
      return { code, text: `what is free is reserved for ${refusal.roles.join(', ')}` }
    case 'hidden':
      return { code, text: `what is free is shown to frameworks with ${refusal.capability} only` }
    case 'quotaLimit':
      return {
        code,
        text: `role ${refusal.role} has what its quota allows of ${refusal.name}`,
        change: `the limit of ${refusal.role} is raised, or tasks of it end`,
      }
    case 'headroom':
      return { code, text: `it is kept back for the guarantees of ${refusal.roles.join(', ')}` }
    case 'belowMinimum':
      return { code, text: `what is free is less than is worth an offer (${minimumText(refusal.least)})`, isHeld: true }
    case 'filter': {
      const inSeconds = Math.ceil((refusal.untilMs - state.nowMs) / 1000)
      return {
        code,
        text: 'the framework refused what it has',
        change:
          inSeconds > (365 * 86_400) / 2 ? 'the framework calls REVIVE' : `filter ends in ${Math.max(0, inSeconds)} s`,
        changeMs: refusal.untilMs,
      }
    }
    default:
      return unreachable(refusal)
  }
}

function minimumText(least: readonly Quantities[]): string {
  const one = (wanted: Quantities) =>
    Object.entries(wanted)
      .map(([name, amount]) => `${name} ${amount / 1000}`)
      .join(' and ')
  return least.map(one).join(' or ')
}
