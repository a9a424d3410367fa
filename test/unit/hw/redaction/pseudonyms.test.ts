// Pseudonyms: same form, same answer, nobody's value, and nothing without the salt.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Pseudonyms } from '../../../../src/hw/redaction/pseudonyms.ts'

const salt = new Uint8Array(32).fill(1)
const none: ReadonlySet<string> = new Set()

describe('a pseudonym', () => {
  it.each([
    ['text', 'S466NX0K-a7', /^[A-Z]\d{3}[A-Z]{2}\d[A-Z]-[a-z]\d$/, 0],
    ['hex', '525400123456', /^525400[0-9a-f]{6}$/, 6],
    ['hex', 'c12a7328f81f41d2ba4b00a0c93ec93b', /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/, 0],
    ['ip4', '192.168.1.77', /^192\.\d{3}\.\d\.\d{2}$/, 0],
    ['ip6', 'fe80::216:3eff:fe12:3456', /^fe80::[0-9a-f]{3}:[0-9a-f]{4}:[0-9a-f]{4}:[0-9a-f]{4}$/, 0],
  ] as const)('of %s %s has its form', (kind, value, form, keep) => {
    const other = new Pseudonyms(salt, new Set([value])).of(kind, value, keep)
    expect(other).toMatch(form)
    expect(other).not.toBe(value)
  })

  it('is the same for the same value and salt, and another for another salt', () => {
    const first = new Pseudonyms(salt, none)
    const other = first.of('text', 'S466NX0K')
    expect(first.of('text', 'S466NX0K')).toBe(other)
    expect(new Pseudonyms(salt, none).of('text', 'S466NX0K')).toBe(other)
    expect(new Pseudonyms(new Uint8Array(32).fill(2), none).of('text', 'S466NX0K')).not.toBe(other)
  })

  it('keeps length and kinds of characters, and different values stay different', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9 ._-]{8,20}$/), { maxLength: 20 }), (values) => {
        const pseudonyms = new Pseudonyms(salt, new Set(values.map((value) => value.toLowerCase())))
        const others = values.map((value) => pseudonyms.of('text', value))
        const form = (text: string) => text.replace(/\d/g, '0').replace(/[a-z]/g, 'a').replace(/[A-Z]/g, 'A')
        expect(others.map(form)).toEqual(values.map(form))
        const changeable = others.filter((_, i) => (values[i]?.match(/[a-z0-9]/gi) ?? []).length >= 6)
        expect(new Set(changeable).size).toBe(changeable.length)
      }),
    )
  })

  it('of an IP address is an address of as many characters', () => {
    fc.assert(
      fc.property(fc.ipV4(), (value) => {
        const other = new Pseudonyms(salt, none).of('ip4', value)
        expect(other).toHaveLength(value.length)
        expect(other.split('.').every((octet) => Number(octet) <= 255 && `${Number(octet)}` === octet)).toBe(true)
      }),
    )
  })
})
