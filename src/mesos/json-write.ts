// From a message to JSON as Mesos writes it (Mesos 3rdparty/stout/include/stout/protobuf.hpp): set fields, shown
// defaults, no empty lists, bytes in base64, enums by name, integers with all digits, integral doubles as `1.0`. Event
// streams are made of this, so each message type gets its writers prepared once. A message that lacks a required field
// is our mistake.

import { invariant } from '../model/result.ts'
import type { FieldPlan, MessagePlan, ValuePlan } from './plan.ts'

type FieldWriter = {
  readonly name: string
  readonly isRequired: boolean
  /** `"name":` */
  readonly prefix: string
  /** `"name":default`, for fields whose default is shown. */
  readonly whenUnset: string | undefined
  readonly write: (value: unknown) => string
  readonly isEmpty: (value: unknown) => boolean
}

const writers = new Map<MessagePlan, readonly FieldWriter[]>()

/** The JSON text of a message. */
export function jsonMessageText(plan: MessagePlan, message: object): string {
  let text = ''
  for (const field of writersOf(plan)) {
    const value = (message as Record<string, unknown>)[field.name]
    let part: string
    if (value === undefined) {
      invariant(!field.isRequired, 'a message has its required fields', { message: plan.name, field: field.name })
      if (field.whenUnset === undefined) continue
      part = field.whenUnset
    } else {
      if (field.isEmpty(value)) continue
      part = field.prefix + field.write(value)
    }
    text = text === '' ? part : `${text},${part}`
  }
  return `{${text}}`
}

/** The same as a value for JSON.stringify. */
export function jsonMessageValue(plan: MessagePlan, message: object): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const field of plan.fields) {
    const value = (message as Record<string, unknown>)[field.name]
    if (value === undefined) {
      invariant(field.rule !== 'required', 'a message has its required fields', { of: plan.name, field: field.name })
      if (field.shownDefault !== undefined) object[field.name] = field.shownDefault
    } else if (field.rule === 'repeated') {
      if ((value as unknown[]).length > 0) {
        object[field.name] = (value as unknown[]).map((item) => jsonValue(field.value, item))
      }
    } else if (field.rule === 'map') {
      const entries = Object.entries(value as object)
      if (entries.length === 0) continue
      object[field.name] = Object.fromEntries(entries.map(([key, item]) => [key, jsonValue(field.value, item)]))
    } else {
      object[field.name] = jsonValue(field.value, value)
    }
  }
  return object
}

function writersOf(plan: MessagePlan): readonly FieldWriter[] {
  let made = writers.get(plan)
  if (made === undefined) {
    made = plan.fields.map(fieldWriter)
    writers.set(plan, made)
  }
  return made
}

function fieldWriter(field: FieldPlan): FieldWriter {
  const prefix = `${JSON.stringify(field.name)}:`
  const writeItem = valueWriter(field.value)
  return {
    name: field.name,
    isRequired: field.rule === 'required',
    prefix,
    whenUnset: field.shownDefault === undefined ? undefined : prefix + writeItem(field.shownDefault),
    write:
      field.rule === 'repeated'
        ? (value) => listText(value as readonly unknown[], writeItem)
        : field.rule === 'map'
          ? (value) => mapText(value as Record<string, unknown>, writeItem)
          : writeItem,
    isEmpty:
      field.rule === 'repeated'
        ? (value) => (value as readonly unknown[]).length === 0
        : field.rule === 'map'
          ? (value) => Object.keys(value as object).length === 0
          : () => false,
  }
}

function listText(items: readonly unknown[], writeItem: (item: unknown) => string): string {
  let text = '['
  for (let i = 0; i < items.length; i++) text += i === 0 ? writeItem(items[i]) : `,${writeItem(items[i])}`
  return `${text}]`
}

function mapText(entries: Record<string, unknown>, writeItem: (item: unknown) => string): string {
  const parts = Object.entries(entries).map(([key, item]) => `${stringText(key)}:${writeItem(item)}`)
  return `{${parts.join(',')}}`
}

function valueWriter(plan: ValuePlan): (value: unknown) => string {
  switch (plan.kind) {
    case 'message':
      return (value) => jsonMessageText(plan.plan(), value as object)
    case 'string':
      return stringText as (value: unknown) => string
    case 'bytes':
      return (value) => `"${base64Text(value as Uint8Array)}"`
    case 'double':
      return doubleText as (value: unknown) => string
    case 'enum':
      return (value) => `"${value}"`
    default:
      // Booleans and integers of any size.
      return (value) => `${value}`
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes exactly these.
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/

function stringText(value: string): string {
  return needsEscape.test(value) ? JSON.stringify(value) : `"${value}"`
}

function doubleText(value: number): string {
  if (Number.isInteger(value)) {
    if (Math.abs(value) < 1e21) return Object.is(value, -0) ? '-0.0' : `${value}.0`
    return `${value}`
  }
  invariant(!Number.isNaN(value), 'a number in a message is a number')
  return Number.isFinite(value) ? `${value}` : `"${value}"`
}

function base64Text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** ECMAScript 2026: a value that JSON.stringify writes as the given text. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON

function jsonValue(plan: ValuePlan, value: unknown): unknown {
  switch (plan.kind) {
    case 'message':
      return jsonMessageValue(plan.plan(), value as object)
    case 'bytes':
      return base64Text(value as Uint8Array)
    case 'double':
      return Number.isFinite(value) ? value : `${value}`
    default:
      return typeof value === 'bigint' ? rawJson(`${value}`) : value
  }
}
