// Which machines a gang gets, of those that could be given now. Pure; it knows names, racks and how well each fits.

import type { AgentId } from '../../model/ids.ts'

/** `SAME`: all in one rack; `SPREAD`: each in another; a machine that names no rack is in none. */
export type Racks = 'ANY' | 'SAME' | 'SPREAD'

export type Candidate = {
  readonly agentId: AgentId
  readonly rack: string | null
  /** What is left of the machine when a member is placed on it: the less, the better it fits. */
  readonly left: number
}

/** `count` machines together, those that fit best; null where there are not so many. */
export function chooseGang(candidates: readonly Candidate[], count: number, racks: Racks): readonly Candidate[] | null {
  const sorted = [...candidates].sort(byFit)
  if (racks === 'ANY') return sorted.length < count ? null : sorted.slice(0, count)
  const byRack = inRacks(sorted)
  if (racks === 'SPREAD') {
    if (byRack.size < count) return null
    const best = [...byRack.values()].map((members) => members[0] as Candidate)
    return best.sort(byFit).slice(0, count)
  }
  // The rack that it fills best: the others stay whole for gangs to come.
  let chosen: readonly Candidate[] | null = null
  for (const members of byRack.values()) {
    if (members.length >= count && (chosen === null || members.length < chosen.length)) chosen = members
  }
  return chosen?.slice(0, count) ?? null
}

/**
 * Of `candidates` those to keep for a gang that is not complete yet, beside those it `has`. `possible` are all machines
 * that could ever be members: a rack is begun only where it can be filled.
 */
export function gather(
  has: readonly Candidate[],
  candidates: readonly Candidate[],
  possible: readonly Candidate[],
  { count, racks }: { readonly count: number; readonly racks: Racks },
): readonly Candidate[] {
  const room = count - has.length
  const sorted = [...candidates].sort(byFit)
  if (racks === 'ANY') return sorted.slice(0, room)
  const byRack = inRacks(sorted)
  if (racks === 'SPREAD') {
    const taken = new Set(has.map(({ rack }) => rack))
    const free = [...byRack].filter(([rack]) => !taken.has(rack))
    return free
      .map(([, members]) => members[0] as Candidate)
      .sort(byFit)
      .slice(0, room)
  }
  const begun = has[0]?.rack
  if (begun !== undefined && begun !== null) return (byRack.get(begun) ?? []).slice(0, room)
  const largeEnough = inRacks(possible)
  let chosen: readonly Candidate[] = []
  for (const [rack, members] of byRack) {
    if ((largeEnough.get(rack)?.length ?? 0) >= count && members.length > chosen.length) chosen = members
  }
  return chosen.slice(0, room)
}

function inRacks(candidates: readonly Candidate[]): ReadonlyMap<string, readonly Candidate[]> {
  const byRack = new Map<string, Candidate[]>()
  for (const candidate of candidates) {
    if (candidate.rack === null) continue
    const members = byRack.get(candidate.rack)
    if (members === undefined) byRack.set(candidate.rack, [candidate])
    else members.push(candidate)
  }
  return byRack
}

function byFit(a: Candidate, b: Candidate): number {
  return a.left - b.left || (a.agentId < b.agentId ? -1 : 1)
}
