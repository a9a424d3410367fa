// Reads one JSON object field by field and remembers the first thing that is not as promised, so that a decoder is one
// expression and its caller asks once at the end. Unknown fields are never looked at.
// It does not know any message. After a problem the values read are placeholders and must not be used.

import { idError } from '../model/ids.ts'
import { textLengthMax } from './bounds.ts'
import type { MesosJson } from './messages.ts'
import { isUuid } from './topics.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Collects what is wrong, and counts what is bounded in all; shared by the readers of nested objects. */
export type Problems = { first: string | null; spent: number }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export class Fields {
  readonly #object: JsonObject
  readonly #where: string
  readonly #problems: Problems

  constructor(value: unknown, where: string, problems: Problems) {
    this.#where = where
    this.#problems = problems
    this.#object = isObject(value) ? value : {}
    if (!isObject(value)) this.#note('', 'is not an object')
  }

  string(name: string, lengthMax: number = textLengthMax): string {
    const value = this.#get(name)
    if (typeof value === 'string' && value.length <= lengthMax) return value
    this.#note(name, `is not a text of at most ${lengthMax} characters`)
    return ''
  }

  /** A text of a certain form; `form` says which, for the person who reads the fault. */
  matching(name: string, pattern: RegExp, form: string): string {
    const value = this.string(name)
    if (!pattern.test(value)) this.#note(name, `is not ${form}`)
    return value
  }

  id<T extends string>(name: string): T {
    const value = this.string(name)
    const error = idError(value)
    if (error !== null) this.#note(name, `is not an id: ${error}`)
    return value as T
  }

  uuid<T extends string>(name: string): T {
    const value = this.string(name)
    if (!isUuid(value)) this.#note(name, 'is not a UUID')
    return value as T
  }

  /** A whole number from `min` to `max`, both included. */
  integer(name: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#get(name)
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value
    this.#note(name, `is not a whole number from ${min} to ${max}`)
    return min
  }

  boolean(name: string): boolean {
    const value = this.#get(name)
    if (typeof value !== 'boolean') this.#note(name, 'is neither true nor false')
    return value === true
  }

  /** A message of the public API: only looked at as far as being an object. */
  mesos(name: string): MesosJson {
    const value = this.#get(name)
    if (isObject(value)) return value
    this.#note(name, 'is not an object')
    return {}
  }

  mesosList(name: string, lengthMax: number): readonly MesosJson[] {
    return this.#array(name, lengthMax).filter((item, i): item is JsonObject => {
      if (!isObject(item)) this.#note(`${name}[${i}]`, 'is not an object')
      return isObject(item)
    })
  }

  strings(name: string, lengthMax: number): readonly string[] {
    return this.#array(name, lengthMax).filter((item, i): item is string => {
      const isText = typeof item === 'string' && item.length <= textLengthMax
      if (!isText) this.#note(`${name}[${i}]`, 'is not a text')
      return isText
    })
  }

  /** A square of small whole numbers, as distances are told. */
  numberRows(name: string, lengthMax: number): readonly (readonly number[])[] {
    const rows = this.#array(name, lengthMax)
    const isNumber = (it: unknown) => typeof it === 'number' && Number.isSafeInteger(it) && it >= 0
    const isSquare = rows.every((row) => Array.isArray(row) && row.length === rows.length && row.every(isNumber))
    if (!isSquare) this.#note(name, 'is not a square of whole numbers')
    return isSquare ? (rows as readonly (readonly number[])[]) : []
  }

  child<T>(name: string, read: (fields: Fields) => T): T {
    return read(new Fields(this.#get(name), this.#path(name), this.#problems))
  }

  children<T>(name: string, lengthMax: number, read: (fields: Fields) => T): readonly T[] {
    return this.#array(name, lengthMax).map((item, i) =>
      read(new Fields(item, this.#path(`${name}[${i}]`), this.#problems)),
    )
  }

  /** Null stays null; anything else is read by `read`. */
  nullable<T>(name: string, read: (fields: this, name: string) => T): T | null {
    return this.#get(name) === null ? null : read(this, name)
  }

  /** For a field that may be missing; anything that is there is read by `read`. */
  optional<T>(name: string, read: (fields: this, name: string) => T): T | undefined {
    return this.#get(name) === undefined ? undefined : read(this, name)
  }

  /** Something is wrong already: what costs much need not be read any more. */
  get isRejected(): boolean {
    return this.#problems.first !== null
  }

  /** Counts towards what all fields of the message together may cost. */
  spend(name: string, amount: number, max: number, what: string): void {
    this.#problems.spent += amount
    if (this.#problems.spent > max) this.#note(name, `is more than the ${max} ${what} of one message`)
  }

  /** Says that the field is wrong in a way that only the caller sees. */
  reject(name: string, why: string): void {
    this.#note(name, why)
  }

  #array(name: string, lengthMax: number): readonly unknown[] {
    const value = this.#get(name)
    if (Array.isArray(value) && value.length <= lengthMax) return value
    this.#note(name, `is not a list of at most ${lengthMax}`)
    return []
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
  }

  #path(name: string): string {
    return this.#where === '' ? name : `${this.#where}.${name}`
  }

  #note(name: string, why: string): void {
    this.#problems.first ??= `${name === '' ? this.#where || 'the message' : this.#path(name)} ${why}`
  }
}
