// Numbers as the kernel prints them, and the text around them. Nothing here knows which file a text came from.
// A text that is not wholly the expected number is implausible, never a part of it and never 0.

import { type CpuSet, parseCpuList, parseCpuMask } from '../../model/cpu-set.ts'
import { absent, known, type Reading } from '../../model/reading.ts'

/** Longest piece of a wrong text that is kept as evidence. */
const rawCharactersMax = 120

/** No name, version or state is longer; what is would fill the document, and everything that it is copied into. */
export const nameCharactersMax = 1024

export function implausible(raw: string, why: string): Reading<never> {
  return { kind: 'implausible', raw: raw.slice(0, rawCharactersMax), why }
}

/** Cut at the first NUL and trimmed: some kernels end list files with a NUL byte (FN-0001). */
export function cleanText(text: string): string {
  const nul = text.indexOf('\0')
  return (nul === -1 ? text : text.slice(0, nul)).trim()
}

/** What the kernel prints where it has no text. */
const noText = new Set(['', '(null)', '<NULL>', '(none)'])

/** One word or line as it is; absent when it is empty, or the kernel's word for nothing. */
export function parseLine(text: string): Reading<string> {
  const line = cleanText(text)
  if (line.length > nameCharactersMax) return implausible(text, 'longer than any name')
  return noText.has(line) ? absent : known(line)
}

/** A decimal whole number, negative ones too. */
export function parseInteger(text: string): Reading<number> {
  const clean = cleanText(text)
  if (!/^-?\d{1,16}$/.test(clean)) return implausible(text, 'not a whole number')
  const value = Number(clean)
  return Number.isSafeInteger(value) ? known(value) : implausible(text, 'larger than can be counted')
}

/** A whole number that is not negative. */
export function parseCount(text: string): Reading<number> {
  const number = parseInteger(text)
  return number.kind === 'known' && number.value < 0 ? implausible(text, 'a negative count') : number
}

/** A whole number above 0; absent for others, by which drivers say that they do not know. */
export function parsePositive(text: string): Reading<number> {
  const number = parseInteger(text)
  return number.kind === 'known' && number.value <= 0 ? absent : number
}

/** `0x10de`, `10de`: PCI ids and the like. */
export function parseHex(text: string): Reading<number> {
  const clean = cleanText(text)
  if (!/^(0x)?[0-9a-fA-F]{1,12}$/.test(clean)) return implausible(text, 'not a hexadecimal number')
  return known(Number.parseInt(clean.replace(/^0x/, ''), 16))
}

/** `0-3,8`; the empty text is the empty set. */
export function parseList(text: string): Reading<CpuSet> {
  const set = parseCpuList(text)
  return set === null ? implausible(text, 'not a list of numbers') : known(set)
}

/** `ff,ffffffff`. */
export function parseMask(text: string): Reading<CpuSet> {
  const set = parseCpuMask(text)
  return set === null ? implausible(text, 'not a mask') : known(set)
}
