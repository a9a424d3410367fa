import { expect, it } from 'vitest'
import { parseInterruptRow } from '../../../../src/hw/parse/interrupts.ts'

const table =
  '       CPU0  CPU1\n  0:   18    0  IR-IO-APIC-edge timer\n MCE:    1     2   Machine check exceptions\nERR:   0\n'

it('a row of interrupts is its counts, without its words', () => {
  expect(parseInterruptRow(table, 'MCE')).toEqual({ kind: 'known', value: [1, 2] })
  expect(parseInterruptRow(table, 'ERR')).toEqual({ kind: 'known', value: [0] })
  expect(parseInterruptRow('MCE: 5', 'MCE')).toEqual({ kind: 'known', value: [5] })
})

it('a row that is not there is absent, and one without counts is no row', () => {
  expect(parseInterruptRow(table, 'THR').kind).toBe('absent')
  expect(parseInterruptRow('XMCE: 5', 'MCE').kind).toBe('absent')
  expect(parseInterruptRow('MCE: Machine check', 'MCE').kind).toBe('implausible')
})
