// The schema prepared for walking: each field with its kind decided and its type resolved, made once per message.
// Both codecs walk messages by these plans. It does not know any encoding.

import { resolveType } from './resolve.ts'
import { enums, type FieldSpec, messages } from './schema.ts'
import type { MessageTypes } from './types.ts'

export type MessageName = keyof MessageTypes

export type ScalarType = 'string' | 'bytes' | 'bool' | 'double' | 'int32' | 'uint32' | 'int64' | 'uint64'

export type ValuePlan =
  | { readonly kind: ScalarType }
  | { readonly kind: 'enum'; readonly type: string; readonly values: EnumPlan }
  /** `plan` is a function because messages may contain themselves. */
  | { readonly kind: 'message'; readonly type: string; readonly plan: () => MessagePlan }

export type EnumPlan = {
  readonly numbers: ReadonlyMap<string, number>
  readonly names: ReadonlyMap<number, string>
}

export type FieldPlan = {
  readonly name: string
  readonly number: number
  readonly rule: 'required' | 'optional' | 'repeated' | 'map'
  readonly value: ValuePlan
  /** Written in JSON when the field is unset: explicit defaults of fields that are not deprecated. */
  readonly shownDefault?: string | number | boolean
}

export type MessagePlan = { readonly name: string; readonly fields: readonly FieldPlan[] }

const scalarTypes: ReadonlySet<string> = new Set<ScalarType>([
  'string',
  'bytes',
  'bool',
  'double',
  'int32',
  'uint32',
  'int64',
  'uint64',
])

const messagePlans = new Map<string, MessagePlan>()
const enumPlans = new Map<string, EnumPlan>()

/** The plan of a message of the schema. */
export function messagePlan(name: string): MessagePlan {
  const known = messagePlans.get(name)
  if (known !== undefined) return known
  const spec = messages[name]
  if (spec === undefined) throw new Error(`the schema has no message ${name}`)
  const plan = { name, fields: Object.entries(spec).map(([field, it]) => fieldPlan(name, field, it)) }
  messagePlans.set(name, plan)
  return plan
}

/** What a person sees as the first word of a path into a message: `mesos.v1.TaskInfo` is `task_info`. */
export function rootLabel(name: string): string {
  const last = name.slice(name.lastIndexOf('.') + 1)
  return last.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
}

function fieldPlan(message: string, name: string, [number, type, rule, extras]: FieldSpec): FieldPlan {
  const mapped = /^map<string,(.+)>$/.exec(type)?.[1]
  const shown = rule === 'optional' && extras?.deprecated !== true ? extras?.default : undefined
  return {
    name,
    number,
    rule: mapped === undefined ? rule : 'map',
    value: valuePlan(message, mapped ?? type),
    ...(shown === undefined ? {} : { shownDefault: shown }),
  }
}

function valuePlan(message: string, type: string): ValuePlan {
  if (scalarTypes.has(type)) return { kind: type as ScalarType }
  const full = resolveType(message, type)
  if (full in enums) return { kind: 'enum', type: full, values: enumPlan(full) }
  return { kind: 'message', type: full, plan: () => messagePlan(full) }
}

function enumPlan(name: string): EnumPlan {
  const known = enumPlans.get(name)
  if (known !== undefined) return known
  const entries = Object.entries(enums[name] ?? {})
  const plan = { numbers: new Map(entries), names: new Map(entries.map(([text, number]) => [number, text])) }
  enumPlans.set(name, plan)
  return plan
}
