// Reads an inventory document that was printed before, perhaps by another version and by anybody's hand: only what
// comparing needs is looked at, and nothing is believed about the rest. A list that an older version did not have yet is
// empty; so is everything in it unknown, and unknown is no difference.

import type { Inventory } from '../model/inventory.ts'
import { fail, ok, type Result } from '../model/result.ts'

type Json = Readonly<Record<string, unknown>>

const lists = [
  'pci',
  'disks',
  'volumes',
  'filesystems',
  'nics',
  'fabrics',
  'gpus',
  'accelerators',
  'firmware',
  'problems',
]
const sections = ['cpu', 'numa', 'memory', 'machine', 'os']
/** Lists inside of sections and of the parts in a list. */
const inner = {
  cpu: ['packages', 'cores', 'caches'],
  numa: ['nodes'],
  memory: ['dimms', 'hugepages'],
  'cpu.packages': ['microcode'],
  'numa.nodes': ['hugepages'],
  volumes: ['members'],
  gpus: ['instances'],
} as const

/** By which a value becomes text. A fact of such a name would take that away. */
const hidden = new Set(['toString', 'valueOf'])

/** HW_BAD_DOCUMENT with what is wrong. `name` is what people call the text. */
export function readDocument(text: string, name: string): Result<Inventory> {
  const bad = (why: string) => fail('HW_BAD_DOCUMENT', `${name} is no inventory document: ${why}`, { name })
  let value: unknown
  try {
    value = JSON.parse(text, (name, fact) => (hidden.has(name) ? undefined : fact))
  } catch {
    return bad('it is not JSON; `tepui probe --json` prints one')
  }
  if (!isObject(value)) return bad('it is not an object')
  if (value.schema !== 'tepui.inventory/1') return bad(`its schema is ${JSON.stringify(value.schema) ?? 'missing'}`)
  try {
    const whole: Record<string, unknown> = { ...value }
    for (const section of sections) whole[section] = { ...objectAt(value[section] ?? {}, section) }
    for (const list of lists) whole[list] = listAt(value[list], list)
    for (const [place, names] of Object.entries(inner)) {
      for (const part of partsAt(whole, place)) {
        for (const field of names) (part as Record<string, unknown>)[field] = listAt(part[field], `${place}.${field}`)
      }
    }
    for (const { cpus } of partsAt(whole, 'cpu.packages')) {
      if (typeof cpus !== 'string') throw new BadDocument('cpu.packages.cpus is not a list of CPUs')
    }
    return ok(whole as unknown as Inventory)
  } catch (error) {
    if (error instanceof BadDocument) return bad(error.message)
    throw error
  }
}

class BadDocument extends Error {}

/** Copies, so that what is missing can be filled in. */
function partsAt(whole: Record<string, unknown>, place: string): readonly Record<string, unknown>[] {
  const [first = '', second] = place.split('.')
  const at = second === undefined ? whole : (whole[first] as Record<string, unknown>)
  const name = second ?? first
  const value = at[name]
  if (!Array.isArray(value)) return [value as Record<string, unknown>]
  const copies = value.map((item) => ({ ...objectAt(item, place) }))
  at[name] = copies
  return copies
}

function listAt(value: unknown, place: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw new BadDocument(`${place} is not a list`)
  return value.map((item) => (typeof item === 'object' ? objectAt(item, place) : item))
}

/** Facts are compared as they are: an object or a list among them would make everything different. */
function objectAt(value: unknown, place: string): Json {
  if (!isObject(value)) throw new BadDocument(`${place} is not an object`)
  return value
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
