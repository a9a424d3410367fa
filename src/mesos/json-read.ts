// From a parsed JSON value to a message, as lenient and as strict as Mesos is (Mesos
// 3rdparty/stout/include/stout/protobuf.hpp): unknown fields are ignored, null is unset, numbers and booleans may be
// strings, enums are names only, bytes are base64.
// It does not know texts; nesting is bounded here too, because values may come from programs.

import { type MessagePath, messageDepthMax } from './malformed.ts'
import type { EnumPlan, FieldPlan, MessagePlan, ScalarType, ValuePlan } from './plan.ts'

/** The message, or a Malformed exception that names the place. */
export function readJsonMessage(plan: MessagePlan, value: unknown, path: MessagePath): Record<string, unknown> {
  if (!isObject(value)) path.refuse(undefined, `must be an object, not ${kindOf(value)}`)
  if (path.depth > messageDepthMax) path.refuse(undefined, `is nested deeper than ${messageDepthMax} levels`)
  const message: Record<string, unknown> = {}
  for (const field of plan.fields) {
    const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined
    const read = given === undefined || given === null ? undefined : readField(field, given, path)
    if (read !== undefined) message[field.name] = read
    else if (field.rule === 'required') path.refuse(field.name, missing(field, given))
  }
  return message
}

function missing(field: FieldPlan, given: unknown): string {
  return field.value.kind === 'enum' && typeof given === 'string'
    ? `is required, and ${JSON.stringify(given.slice(0, 60))} is none of its names`
    : 'is required'
}

function readField(field: FieldPlan, given: unknown, path: MessagePath): unknown {
  path.push(field.name)
  const read = readByRule(field, given, path)
  path.pop()
  return read
}

/** Undefined for what counts as unset: an empty list or map, an unknown enum name. */
function readByRule(field: FieldPlan, given: unknown, path: MessagePath): unknown {
  switch (field.rule) {
    case 'required':
    case 'optional':
      return readValue(field.value, given, path)
    case 'repeated': {
      if (!Array.isArray(given)) return path.refuse(undefined, `must be a list, not ${kindOf(given)}`)
      const items: unknown[] = []
      for (let i = 0; i < given.length; i++) {
        if (given[i] === null) continue
        path.push(i)
        const item = readValue(field.value, given[i], path)
        path.pop()
        if (item !== undefined) items.push(item)
      }
      return items.length === 0 ? undefined : items
    }
    case 'map': {
      if (!isObject(given)) return path.refuse(undefined, `must be an object, not ${kindOf(given)}`)
      const entries: [string, unknown][] = []
      for (const [key, entry] of Object.entries(given)) {
        if (entry === null) continue
        path.push(key)
        const item = readValue(field.value, entry, path)
        path.pop()
        if (item !== undefined) entries.push([key, item])
      }
      return entries.length === 0 ? undefined : Object.fromEntries(entries)
    }
  }
}

/** Undefined for the unknown name of an enum. */
function readValue(plan: ValuePlan, given: unknown, path: MessagePath): unknown {
  switch (plan.kind) {
    case 'message':
      return readJsonMessage(plan.plan(), given, path)
    case 'enum':
      return readEnum(plan.values, given, path)
    case 'string':
      return typeof given === 'string' ? given : path.refuse(undefined, `must be a string, not ${kindOf(given)}`)
    case 'bool':
      if (given === true || given === 'true') return true
      if (given === false || given === 'false') return false
      return path.refuse(undefined, `must be true or false, not ${kindOf(given)}`)
    case 'bytes':
      return readBytes(given, path)
    case 'double':
      return readDouble(given, path)
    default:
      return readInteger(plan.kind, given, path)
  }
}

function readEnum(values: EnumPlan, given: unknown, path: MessagePath): string | undefined {
  if (typeof given !== 'string') return path.refuse(undefined, `must be a name, not ${kindOf(given)}`)
  return values.numbers.has(given) ? given : undefined
}

function readBytes(given: unknown, path: MessagePath): Uint8Array {
  if (typeof given !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(given)) {
    return path.refuse(undefined, 'must be a string of base64')
  }
  return new Uint8Array(Buffer.from(given, 'base64'))
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

function readDouble(given: unknown, path: MessagePath): number {
  if (given === 'Infinity' || given === '-Infinity') return Number(given)
  const number =
    typeof given === 'string' && decimal.test(given)
      ? Number(given)
      : typeof given === 'number' || typeof given === 'bigint'
        ? Number(given)
        : Number.NaN
  return Number.isNaN(number) ? path.refuse(undefined, `must be a number, not ${kindOf(given)}`) : number
}

type IntegerType = Extract<ScalarType, 'int32' | 'uint32' | 'int64' | 'uint64'>

const integerRanges: Readonly<Record<IntegerType, readonly [min: bigint, max: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
}

/** A fraction is cut off, as Mesos does; clients that count in floating point rely on it. */
function readInteger(type: IntegerType, given: unknown, path: MessagePath): number | bigint {
  const number =
    typeof given === 'string' && /^[+-]?\d{1,40}$/.test(given)
      ? BigInt(given.replace(/^\+/, ''))
      : typeof given === 'string' && decimal.test(given)
        ? Number(given)
        : given
  if (typeof number !== 'bigint' && (typeof number !== 'number' || !Number.isFinite(number))) {
    return path.refuse(undefined, `must be a number, not ${kindOf(given)}`)
  }
  const whole = typeof number === 'bigint' ? number : Math.trunc(number) + 0
  const [min, max] = integerRanges[type]
  if (whole < min || whole > max) return path.refuse(undefined, `must be from ${min} to ${max}`)
  if (typeof whole === 'number' && Number.isSafeInteger(whole)) return whole
  const exact = BigInt(whole)
  return exact >= Number.MIN_SAFE_INTEGER && exact <= Number.MAX_SAFE_INTEGER ? Number(exact) : exact
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  switch (typeof value) {
    case 'string':
      return `the string ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`
    case 'object':
      return 'an object'
    case 'number':
    case 'bigint':
      return `the number ${value}`
    case 'boolean':
      return `${value}`
    default:
      return 'that'
  }
}
