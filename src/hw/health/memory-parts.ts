// What symptoms of memory and processors are about.

import type { PartRef } from '../../model/health.ts'
import type { Dimm, Inventory } from '../../model/inventory.ts'
import { dimmParts } from '../parts.ts'

/** Where nothing says which module. */
export const wholeMemory: PartRef = { kind: 'memory', name: 'memory', id: null }

/** Where nothing says which package, or it is all of them. */
export const allProcessors: PartRef = { kind: 'cpu', name: 'processors', id: null }

/** The module that the firmware's table has under this label, where it is exactly one; else the label, else the place. */
export function modulePart(inventory: Pick<Inventory, 'memory'>, label: string | null, place: string): PartRef {
  const { dimms } = inventory.memory
  const found = label === null ? [] : dimms.flatMap((dimm, i) => (namesOf(dimm).has(plain(label)) ? [i] : []))
  const [at] = found
  const known = found.length === 1 && at !== undefined ? dimmParts(inventory)[at]?.ref : undefined
  return known ?? { kind: 'dimm', name: label ?? place, id: null }
}

/** Drivers write the locator, or bank and locator. */
function namesOf({ bank, locator }: Dimm): ReadonlySet<string> {
  if (locator === null) return new Set()
  return new Set([plain(locator), ...(bank === null ? [] : [plain(`${bank}${locator}`)])])
}

function plain(text: string): string {
  return text.toUpperCase().replaceAll(/[^A-Z0-9]/g, '')
}
