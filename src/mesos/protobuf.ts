// Protobuf of the public API, both ways: protobufjs by reflection over a descriptor made from the field table, and
// a walk between its messages and ours. Rules that the library leaves to us are here: required fields (named with
// their path), 64-bit integers, enums by name. It does not know which messages are sent where.

import protobuf from 'protobufjs/light.js'
import { invariant, type Result } from '../model/result.ts'
import { type CodecBounds, catchMalformed, Malformed, MessagePath, messageSizeMaxBytes } from './malformed.ts'
import { type FieldPlan, type MessageName, type MessagePlan, messagePlan, rootLabel, type ValuePlan } from './plan.ts'
import { enums, messages } from './schema.ts'
import type { MessageTypes } from './types.ts'

/**
 * Reads a message from protobuf. Enum numbers that nobody knows count as unset, unknown fields are dropped; nesting
 * is bounded by the library, at the same depth as for JSON.
 * @returns API_MALFORMED with a sentence that names the field where there is one
 */
export function decodeProtobuf<N extends MessageName>(
  name: N,
  bytes: Uint8Array,
  bounds: Pick<CodecBounds, 'sizeMaxBytes'> = {},
): Result<MessageTypes[N]> {
  return catchMalformed(() => {
    const sizeMax = bounds.sizeMaxBytes ?? messageSizeMaxBytes
    if (bytes.length > sizeMax) throw new Malformed(`the message is larger than ${sizeMax} bytes`)
    const reflected = parse(name, bytes)
    return fromReflected(messagePlan(name), reflected, new MessagePath(rootLabel(name))) as MessageTypes[N]
  })
}

/** The protobuf bytes of a message; one that lacks a required field is our mistake. */
export function encodeProtobuf<N extends MessageName>(name: N, message: MessageTypes[N]): Uint8Array {
  const bytes = protobufType(name)
    .encode(toReflected(messagePlan(name), message))
    .finish()
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function parse(name: MessageName, bytes: Uint8Array): Record<string, unknown> {
  const reader = protobuf.Reader.create(bytes)
  reader.discardUnknown = true
  const type = protobufType(name)
  try {
    return type.decode(reader) as unknown as Record<string, unknown>
  } catch (error) {
    const why = error instanceof Error ? error.message : `${error}`
    throw new Malformed(`the body is not the protobuf of ${name}: ${why}`)
  }
}

function fromReflected(plan: MessagePlan, reflected: Record<string, unknown>, path: MessagePath): object {
  const message: Record<string, unknown> = {}
  for (const field of plan.fields) {
    // The library keeps defaults on the prototype; what was not in the bytes is not an own property.
    const value = Object.hasOwn(reflected, field.name) ? reflected[field.name] : undefined
    if (value === undefined || isEmpty(field, value)) {
      if (field.rule === 'required') path.refuse(field.name, 'is required')
      continue
    }
    path.push(field.name)
    if (field.rule === 'repeated') {
      message[field.name] = (value as unknown[]).map((item, i) => valueAt(field.value, item, i, path))
    } else if (field.rule === 'map') {
      const entries = Object.entries(value as object)
      message[field.name] = Object.fromEntries(
        entries.map(([key, item]) => [key, valueAt(field.value, item, key, path)]),
      )
    } else {
      message[field.name] = fromReflectedValue(field.value, value, path)
    }
    path.pop()
  }
  return message
}

/** The library makes empty lists and maps for fields that were not there. */
function isEmpty(field: FieldPlan, value: unknown): boolean {
  if (field.rule === 'repeated') return (value as unknown[]).length === 0
  return field.rule === 'map' && Object.keys(value as object).length === 0
}

function valueAt(plan: ValuePlan, value: unknown, at: string | number, path: MessagePath): unknown {
  path.push(at)
  const read = fromReflectedValue(plan, value, path)
  path.pop()
  return read
}

function fromReflectedValue(plan: ValuePlan, value: unknown, path: MessagePath): unknown {
  switch (plan.kind) {
    case 'message':
      return fromReflected(plan.plan(), value as Record<string, unknown>, path)
    case 'enum':
      return plan.values.names.get(value as number)
    case 'bytes':
      return new Uint8Array(value as Uint8Array)
    case 'double':
      return Number.isNaN(value) ? path.refuse(undefined, 'must be a number') : value
    case 'int64':
    case 'uint64':
      return int64(value as LongBits)
    default:
      return value
  }
}

/** The parts of the library's 64-bit integers. */
type LongBits = { readonly low: number; readonly high: number; readonly unsigned: boolean }

function int64({ low, high, unsigned }: LongBits): number | bigint {
  const top = unsigned ? high >>> 0 : high
  const number = top * 0x1_0000_0000 + (low >>> 0)
  return Number.isSafeInteger(number) ? number : (BigInt(top) << 32n) | BigInt(low >>> 0)
}

function toReflected(plan: MessagePlan, message: object): Record<string, unknown> {
  const reflected: Record<string, unknown> = {}
  for (const field of plan.fields) {
    const value = (message as Record<string, unknown>)[field.name]
    if (value === undefined) {
      invariant(field.rule !== 'required', 'a message has its required fields', { of: plan.name, field: field.name })
    } else if (field.rule === 'repeated') {
      reflected[field.name] = (value as unknown[]).map((item) => toReflectedValue(field.value, item))
    } else if (field.rule === 'map') {
      const entries = Object.entries(value as object)
      reflected[field.name] = Object.fromEntries(
        entries.map(([key, item]) => [key, toReflectedValue(field.value, item)]),
      )
    } else {
      reflected[field.name] = toReflectedValue(field.value, value)
    }
  }
  return reflected
}

function toReflectedValue(plan: ValuePlan, value: unknown): unknown {
  if (plan.kind === 'message') return toReflected(plan.plan(), value as object)
  if (plan.kind === 'enum') return plan.values.numbers.get(value as string)
  if (typeof value !== 'bigint') return value
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) }
}

const types = new Map<string, protobuf.Type>()

/** The library's type of a message; the whole descriptor is built when the first one is asked for. */
function protobufType(name: MessageName): protobuf.Type {
  if (types.size === 0) {
    const root = protobuf.Root.fromJSON({ nested: descriptor() } as protobuf.INamespace).resolveAll()
    for (const message of Object.keys(messages)) types.set(message, root.lookupType(message))
  }
  const type = types.get(name)
  invariant(type !== undefined, 'a message that is encoded is in the schema', { name })
  return type
}

type Node = {
  nested?: Record<string, Node>
  fields?: Record<string, object>
  values?: Readonly<Record<string, number>>
  edition?: 'proto2'
}

/** The schema in the library's JSON form. Required fields are optional here: we check them, with their path. */
function descriptor(): Record<string, Node> {
  const root: Node = {}
  // Without an edition the library would take a JSON descriptor for proto3, where a set zero is the same as unset.
  for (const name of Object.keys(messages)) Object.assign(nodeAt(root, name), { fields: {}, edition: 'proto2' })
  for (const [name, values] of Object.entries(enums)) Object.assign(nodeAt(root, name), { values, edition: 'proto2' })
  for (const name of Object.keys(messages)) {
    const fields = nodeAt(root, name).fields as Record<string, object>
    for (const { name: field, number, rule, value } of messagePlan(name).fields) {
      const type = value.kind === 'message' || value.kind === 'enum' ? `.${value.type}` : value.kind
      fields[field] =
        rule === 'map'
          ? { keyType: 'string', type, id: number }
          : { type, id: number, ...(rule === 'repeated' ? { rule: 'repeated' } : {}) }
    }
  }
  return root.nested ?? {}
}

function nodeAt(root: Node, name: string): Node {
  let node = root
  for (const part of name.split('.')) {
    node.nested ??= {}
    node.nested[part] ??= {}
    node = node.nested[part]
  }
  return node
}
