// What a REQUEST asks for, from its message to a gang, or the sentence why it cannot be one. It does not know machines.

import { fromMessages } from '../../mesos/resources.ts'
import type { Request } from '../../mesos/types.ts'
import { idError } from '../../model/ids.ts'
import type { Resource } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import { wishOf } from '../placement/wish.ts'
import type { Framework, Gang } from './records.ts'
import type { State } from './state.ts'

/** Machines of one gang: their offers are one event, which clients refuse beyond 4 MiB. */
export const gangCountMax = 256
export const holdDefaultMs = 30_000
export const holdMaxMs = 600_000
/** Resources of each machine that are named: every agent is asked for each. */
export const gangResourcesMax = 32

export function readGang(
  state: State,
  framework: Framework,
  { gang, resources: messages = [], agent_id }: Request,
): Gang | string {
  invariant(gang !== undefined, 'only gangs are read')
  const { id, count, labels, racks = 'ANY', hold_seconds } = gang
  const role = gang.role ?? (framework.roles.length === 1 ? framework.roles[0] : undefined)
  const wrong = (what: string) => `gang '${id.slice(0, 80)}': ${what}`
  const error = idError(id)
  if (error !== null) return wrong(error)
  if (agent_id !== undefined) return wrong('agent_id must not be set: it is asked for any machines')
  if (count > gangCountMax) return wrong(`count must be at most ${gangCountMax}`)
  if (role === undefined || !framework.roles.includes(role)) return wrong('role must be a role of the framework')
  const wanted = fromMessages(messages)
  if (!wanted.ok) return wrong(wanted.fault.message)
  if (wanted.value.length === 0) return wrong('resources of each machine are required')
  if (wanted.value.length > gangResourcesMax) return wrong(`at most ${gangResourcesMax} resources may be named`)
  const special = wanted.value.find((item) => {
    return !isAmountAlone(item) || item.reservations !== undefined || item.allocationRole !== undefined
  })
  if (special !== undefined) return wrong(`'${special.name}' must be given without reservation, disk, volume or role`)
  const wish = wishOf(labels?.labels ?? [])
  if (!wish.ok) return wrong(wish.fault.message)
  const holdMs = Math.round((hold_seconds ?? holdDefaultMs / 1000) * 1000)
  if (!(holdMs >= 0 && holdMs <= holdMaxMs)) return wrong(`hold_seconds must be from 0 to ${holdMaxMs / 1000}`)
  return {
    id,
    frameworkId: framework.id,
    role,
    count,
    wanted: wanted.value,
    wish: wish.value,
    racks,
    holdMs,
    askedMs: state.nowMs,
    kept: new Map(),
    keepUntilMs: null,
  }
}

/** One that is asked for again goes on as it is: what it keeps, and how long. */
export function isSameWish(present: Gang, again: Gang): boolean {
  const words = ({ role, count, wanted, wish, racks, holdMs }: Gang) =>
    JSON.stringify([role, count, wanted, wish, racks, holdMs])
  return words(present) === words(again)
}

/** Nothing but an amount, whoever it is reserved for. */
export function isAmountAlone({ disk, revocable, shared, providerId }: Resource): boolean {
  return !disk && !revocable && !shared && providerId === undefined
}
