// Why a gang waits though there are machines that could be members: what stops all of it together, in the order in which
// gangs.ts decides, with its own functions. It looks at every agent and is asked by people.

import { chooseGang } from './gang-choice.ts'
import { candidates, confirmed, keptMembers, possibleMembers } from './gang-members.ts'
import { newSearch } from './gang-search.ts'
import { comesFirst, mayKeep } from './gangs.ts'
import type { Framework, Gang } from './records.ts'
import { topRole } from './role-names.ts'
import type { State } from './state.ts'

/** Null when nothing does: it is looked for at this moment. */
export function reasonOf(state: State, framework: Framework, gang: Gang): string | null {
  const { count, racks } = gang
  const search = { ...newSearch(gang), budget: { placements: Number.POSITIVE_INFINITY } }
  const kept = keptMembers(state, gang)
  const possible = possibleMembers(state, framework, search)
  if (possible === 'unknown') return null
  const everCount = kept.length + possible.length
  if (chooseGang([...kept, ...possible], count, racks) === null)
    return `${everCount} could ever be; ${lackOf(gang, everCount)}`
  const limit = limitOf(state, gang)
  if (limit !== null) return limit
  const free = candidates(state, framework, gang)
  const chosen = confirmed(state, search, free, (rest) => chooseGang([...kept, ...rest], count, racks))
  const now = `${kept.length + free.size} could be among them now`
  if (chosen !== null && chosen !== 'unknown') {
    return comesFirst(state, gang, chosen) ? null : `${now}; frameworks with smaller shares come first`
  }
  if (mayKeep(state, gang)) return now
  const keeper = [...state.gangs.values()].find(({ keepUntilMs }) => keepUntilMs !== null)
  if (keeper === undefined)
    return `${now}; for ${secondsUntil(state, state.gangRestUntilMs)} s machines are left to others`
  const name = state.frameworks.get(keeper.frameworkId)?.info.name ?? keeper.frameworkId
  const leftS = secondsUntil(state, keeper.keepUntilMs ?? state.nowMs)
  return `${now}; machines are kept for gang '${keeper.id}' of ${name} for ${leftS} s more`
}

function lackOf({ count, racks }: Gang, possible: number): string {
  if (possible < count || racks === 'ANY') return 'there are too few machines that are large enough'
  return racks === 'SAME' ? `no rack has ${count} of them` : `they are in fewer than ${count} racks`
}

/** A limit of its role that all members together are beyond, even if the role had nothing else. */
function limitOf(state: State, { role, wanted, count }: Gang): string | null {
  const top = topRole(role)
  const limits = state.quotas.get(top)?.limits ?? {}
  for (const { name, value } of wanted) {
    const limit = limits[name]
    if (limit === undefined || value.kind !== 'scalar' || count * value.milli <= limit) continue
    return `all of them take ${(count * value.milli) / 1000} ${name}, and the quota of role ${top} allows ${limit / 1000}`
  }
  return null
}

function secondsUntil({ nowMs }: State, thenMs: number): number {
  return Math.max(1, Math.ceil((thenMs - nowMs) / 1000))
}
