// Facts out of a tool's JSON of which nothing is certain: fields come and go with versions, numbers come as strings,
// floats or objects. Each question has an answer or null; no shape makes it throw.

import { known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

/** A value somewhere in a JSON text. */
export type Json = unknown

/** The object that a text holds; implausible when it holds none. Text before the first brace is skipped: warnings. */
export function parseJsonObject(text: string): Reading<Json> {
  const start = text.search(/[[{]/)
  if (start === -1) return implausible(text, 'not JSON')
  try {
    const value: unknown = JSON.parse(text.slice(start))
    return value !== null && typeof value === 'object' ? known(value) : implausible(text, 'not a JSON object')
  } catch {
    return implausible(text, 'not JSON')
  }
}

export function at(value: Json, ...path: readonly string[]): Json {
  let here = value
  for (const key of path) {
    if (here === null || typeof here !== 'object' || !Object.hasOwn(here, key)) return undefined
    here = (here as Readonly<Record<string, Json>>)[key]
  }
  return here
}

/** A whole number that can be counted on, as a number or as digits; null else (nvme-cli prints either). */
export function wholeNumber(value: Json): number | null {
  const number = typeof value === 'string' && /^\s*-?\d{1,16}\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null
}

/** A whole number that is not negative. */
export function count(value: Json): number | null {
  const number = wholeNumber(value)
  return number !== null && number >= 0 ? number : null
}

export function textOf(value: Json): string | null {
  return typeof value === 'string' ? value : null
}

export function booleanOf(value: Json): boolean | null {
  return typeof value === 'boolean' ? value : null
}

export function listOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : []
}

/** Names and values of an object, in its order. */
export function entriesOf(value: Json): readonly (readonly [string, Json])[] {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? Object.entries(value) : []
}
