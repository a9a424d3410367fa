// Random messages of any type of the schema, for round trips. Lists and maps are never empty and shown defaults are
// always set, so that a message is equal to itself after any codec.

import fc from 'fast-check'
import { type FieldPlan, type MessageName, messagePlan, type ValuePlan } from '../../../src/mesos/plan.ts'
import { messages } from '../../../src/mesos/schema.ts'

/** Deeper optional messages are left out. */
const depthMax = 3

export const messageNames = Object.keys(messages) as readonly MessageName[]

export function arbitraryMessage(name: string, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const shape: Record<string, fc.Arbitrary<unknown>> = {}
  const required: string[] = []
  for (const field of messagePlan(name).fields) {
    if (field.rule !== 'required' && field.value.kind === 'message' && depth >= depthMax) continue
    shape[field.name] = arbitraryField(field, depth)
    if (field.rule === 'required' || field.shownDefault !== undefined) required.push(field.name)
  }
  return fc.record(shape, { requiredKeys: required, noNullPrototype: true })
}

/** A name of the schema with a message of that type. */
export const anyMessage = fc
  .constantFrom(...messageNames)
  .chain((name) => arbitraryMessage(name).map((message) => ({ name, message })))

function arbitraryField(field: FieldPlan, depth: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field.value, depth)
  if (field.rule === 'repeated') return fc.array(value, { minLength: 1, maxLength: 3 })
  if (field.rule === 'map') return fc.dictionary(text, value, { minKeys: 1, maxKeys: 3, noNullPrototype: true })
  return value
}

const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((it) => it.isWellFormed() && it !== '__proto__')

function arbitraryValue(plan: ValuePlan, depth: number): fc.Arbitrary<unknown> {
  switch (plan.kind) {
    case 'message':
      return arbitraryMessage(plan.type, depth + 1)
    case 'enum':
      return fc.constantFrom(...plan.values.numbers.keys())
    case 'string':
      return text
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 })
    case 'bool':
      return fc.boolean()
    case 'double':
      // Zero has no sign here: JSON.stringify drops it.
      return fc.double({ noNaN: true }).map((it) => it + 0)
    case 'int32':
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    case 'uint32':
      return fc.integer({ min: 0, max: 2 ** 32 - 1 })
    case 'int64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(exact)
    case 'uint64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(exact)
  }
}

function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}
