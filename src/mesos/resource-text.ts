// Resources and attributes as people write them: `cpus:8;mem:4096;ports:[31000-32000];disk(web):100` and
// `rack:r1;zone:[1-3]`, the JSON list of resource messages, and the summary objects of the classic endpoints.
// It does not know where such texts come from.

import { type Resource as ModelResource, normaliseRanges, type Range, type Resources } from '../model/resources.ts'
import { fail, ok, type Result } from '../model/result.ts'
import { milliToNumber } from '../model/units.ts'
import { fromJsonValue, parseJson } from './json.ts'
import { fromMessages } from './resources.ts'
import type { Attribute, Resource, ValueRange } from './types.ts'

/**
 * Resources from `name[(role)][{REV}]:value` separated by `;`, or from a JSON list of resource messages.
 * A role in parentheses is a static reservation, `{REV}` makes the resource revocable, as in Mesos.
 */
export function parseResources(text: string): Result<Resources> {
  const messages = parseResourceMessages(text)
  return messages.ok ? fromMessages(messages.value) : messages
}

/** The same as messages, of which a list may leave out what its reader knows better, such as the size of a disk. */
export function parseResourceMessages(text: string): Result<Resource[]> {
  return text.trimStart().startsWith('[') ? parseList(text) : parseItems(text)
}

/** The same text back; what it cannot say of a reservation or disk is shown in brackets for people. */
export function formatResources(items: Resources): string {
  return items.map((item) => `${item.name}${decorations(item)}:${formatValue(item.value)}`).join('; ')
}

/** Resources as the classic endpoints show them: `cpus`, `gpus`, `mem`, `disk` always, revocable ones apart. */
export function resourcesSummary(items: Resources): Record<string, number | string> {
  const summary: Record<string, number | string> = { cpus: 0, gpus: 0, mem: 0, disk: 0 }
  const milliTotals = new Map<string, number>()
  const ranges = new Map<string, Range[]>()
  const sets = new Map<string, string[]>()
  for (const { name, value, revocable } of items) {
    const key = revocable ? `${name}_revocable` : name
    if (value.kind === 'scalar') milliTotals.set(key, (milliTotals.get(key) ?? 0) + value.milli)
    else if (value.kind === 'ranges') ranges.set(key, [...(ranges.get(key) ?? []), ...value.ranges])
    else sets.set(key, [...(sets.get(key) ?? []), ...value.items])
  }
  for (const [key, total] of milliTotals) summary[key] = total / 1000
  for (const [key, list] of ranges) summary[key] = formatRanges(normaliseRanges(list))
  for (const [key, list] of sets) summary[key] = formatSet([...new Set(list)].sort())
  return summary
}

/** Attributes from `name:value` separated by `;`: a number, `[1-3]`, or else text. */
export function parseAttributes(text: string): Result<Attribute[]> {
  const attributes: Attribute[] = []
  for (const item of splitItems(text)) {
    const [name, value] = splitAtColon(item)
    if (name === '' || value === '') return fail('API_MALFORMED', `attribute '${item}' is not name:value`)
    const parsed = parseValue(value)
    if (parsed?.type === 'SET') return fail('API_MALFORMED', `attribute '${name}': a set is not a value of attributes`)
    attributes.push(parsed === null ? { name, type: 'TEXT', text: { value } } : { name, ...parsed })
  }
  return ok(attributes)
}

export function formatAttributes(attributes: readonly Attribute[]): string {
  return attributes.map((it) => `${it.name}:${attributeValue(it)}`).join(';')
}

/** Attributes as the classic endpoints show them: name to number or text. */
export function attributesSummary(attributes: readonly Attribute[]): Record<string, number | string> {
  return Object.fromEntries(attributes.map((it) => [it.name, attributeValue(it)]))
}

/** `[31000-31005, 32000-32000]` */
export function formatRanges(ranges: readonly ValueRange[]): string {
  return `[${ranges.map(({ begin, end }) => `${begin}-${end}`).join(', ')}]`
}

function formatSet(items: readonly string[]): string {
  return `{${items.join(', ')}}`
}

function attributeValue({ scalar, ranges, set, text }: Attribute): number | string {
  if (scalar !== undefined) return scalar.value
  if (ranges !== undefined) return formatRanges(ranges.range ?? [])
  if (set !== undefined) return formatSet(set.item ?? [])
  return text?.value ?? ''
}

function parseList(text: string): Result<Resource[]> {
  const list = parseJson(text)
  if (!list.ok) return list
  const messages: Resource[] = []
  for (const item of list.value as unknown[]) {
    const message = fromJsonValue('mesos.v1.Resource', item)
    if (!message.ok) return message
    messages.push(message.value)
  }
  return ok(messages)
}

function parseItems(text: string): Result<Resource[]> {
  const messages: Resource[] = []
  for (const item of splitItems(text)) {
    const match = /^([^(){}[\]:]+?)\s*(?:\(([^()]*)\))?\s*(\{REV\})?\s*:\s*(.*)$/s.exec(item)
    if (match === null) return fail('API_MALFORMED', `resource '${item}' is not name:value or name(role):value`)
    const [, name = '', role, revocable, text = ''] = match
    const value = parseValue(text)
    if (value === null) {
      return fail('API_MALFORMED', `resource '${name}': '${text}' is neither a number, nor [ranges], nor a {set}`)
    }
    messages.push({
      name,
      ...value,
      ...(role !== undefined && { role: role.trim() }),
      ...(revocable !== undefined && { revocable: {} }),
    })
  }
  return ok(messages)
}

type ParsedValue = Pick<Resource, 'type' | 'scalar' | 'ranges' | 'set'>

/** The value in one of its text forms, or null. */
function parseValue(text: string): ParsedValue | null {
  if (text.startsWith('[') && text.endsWith(']')) {
    const range = text.slice(1, -1).split(',').map(parseRange)
    return range.includes(null) ? null : { type: 'RANGES', ranges: { range: range as ValueRange[] } }
  }
  if (text.startsWith('{') && text.endsWith('}')) {
    const item = text
      .slice(1, -1)
      .split(',')
      .map((it) => it.trim())
    return item.includes('') ? null : { type: 'SET', set: { item } }
  }
  return /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? { type: 'SCALAR', scalar: { value: Number(text) } } : null
}

function parseRange(text: string): ValueRange | null {
  const match = /^\s*(\d{1,15})\s*-\s*(\d{1,15})\s*$/.exec(text)
  return match === null ? null : { begin: Number(match[1]), end: Number(match[2]) }
}

function splitItems(text: string): string[] {
  return text
    .split(/[;\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function splitAtColon(item: string): [name: string, value: string] {
  const colon = item.indexOf(':')
  return colon === -1 ? [item, ''] : [item.slice(0, colon).trim(), item.slice(colon + 1).trim()]
}

function decorations({ reservations = [], disk, revocable, shared }: ModelResource): string {
  const only = reservations.length === 1 ? reservations[0] : undefined
  const role = only?.type === 'STATIC' ? `(${only.role})` : reservations.map((it) => `[${it.type} ${it.role}]`).join('')
  const volume = disk?.persistence === undefined ? '' : `[${disk.persistence.id}:${disk.volume?.containerPath ?? ''}]`
  const source = disk?.source === undefined ? '' : `[${disk.source.type} ${disk.source.root ?? disk.source.id ?? ''}]`
  return `${role}${volume}${source}${revocable ? '{REV}' : ''}${shared ? '<SHARED>' : ''}`
}

function formatValue(value: ModelResource['value']): string {
  switch (value.kind) {
    case 'scalar':
      return `${milliToNumber(value.milli)}`
    case 'ranges':
      return `[${value.ranges.map(({ begin, end }) => `${begin}-${end}`).join(',')}]`
    case 'set':
      return `{${value.items.join(',')}}`
  }
}
