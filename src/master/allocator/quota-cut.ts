// Offers cut to what quota allows: limits and headroom are about unreserved scalars that are not revocable, everything
// else comes along. Amounts are cut in the order of the collection; GPUs go whole, and a disk that is one thing fits or
// is left out. It does not know how quota is counted.

import { isIndivisible, type Resource, type Resources, resource } from '../../model/resources.ts'
import { milli } from '../../model/units.ts'
import type { Quotas } from './quota.ts'
import type { ShareNode } from './records.ts'
import { ownerOf } from './visibility.ts'

/** What held something back when an offer was cut: names of resources, or null. */
export type Cut = {
  limit: string | null
  headroom: string | null
  /** What is left brings the role nearer to its guarantee. */
  isHelpful: boolean
}

export function newCut(): Cut {
  return { limit: null, headroom: null, isHelpful: false }
}

/** As much of `items` as the role may get now; the very same collection when that is all of it. */
export function cutToFit(quotas: Quotas, items: Resources, top: ShareNode, cut: Cut, isHeadroomKept = true): Resources {
  cut.limit = null
  cut.headroom = null
  cut.isHelpful = false
  if (!quotas.needsCut(top, isHeadroomKept)) return items
  const given = new Map<string, number>()
  const kept: Resource[] = []
  let isCut = false
  for (const item of items) {
    const amount = limitedAmount(item)
    if (amount === 0) {
      kept.push(item)
      continue
    }
    const before = given.get(item.name) ?? 0
    const fromLimit = quotas.room(top, item.name) - before
    const fromOthers = isHeadroomKept ? quotas.allowance(top, item.name) - before : Number.POSITIVE_INFINITY
    if (amount > fromLimit) cut.limit = item.name
    if (amount > fromOthers) cut.headroom = item.name
    const fits = fitting(item, amount, Math.min(fromLimit, fromOthers))
    if (fits < amount) isCut = true
    if (fits === 0) continue
    kept.push(fits < amount ? withAmount(item, fits) : item)
    given.set(item.name, before + fits)
    if (quotas.lacks(top, item.name)) cut.isHelpful = true
  }
  return isCut ? kept : items
}

/** Whether there is anything among them that limits and headroom are about. */
export function isAnyLimited(items: Resources): boolean {
  return items.some((item) => limitedAmount(item) > 0)
}

/** Whether there is anything among them that the role lacks. */
export function mayHelp(quotas: Quotas, items: Resources, top: ShareNode): boolean {
  return items.some((item) => limitedAmount(item) > 0 && quotas.lacks(top, item.name))
}

/** How much of it limits and headroom are about, in thousandths. */
function limitedAmount(item: Resource): number {
  return item.value.kind === 'scalar' && !item.revocable && ownerOf(item) === null ? item.value.milli : 0
}

/** How much of all of it fits; GPUs go whole, and so do disks that are one thing. */
function fitting(item: Resource, amount: number, room: number): number {
  if (amount <= room) return amount
  const fits = item.name === 'gpus' ? Math.floor(room / 1000) * 1000 : room
  return fits <= 0 || isIndivisible(item) ? 0 : fits
}

function withAmount(item: Resource, amount: number): Resource {
  const { value: _value, key: _key, ...identity } = item
  return resource(identity, { kind: 'scalar', milli: milli(amount) })
}
