import { expect, it } from 'vitest'
import { parseDmiString, parseDmiUuid } from '../../../../src/hw/parse/dmi.ts'

it.each([
  'To Be Filled By O.E.M.',
  'Default string',
  '0123456789',
  '1234567890',
  '1234567890.',
  'SKU=NotProvided;ModelName=PowerEdge R7525',
  'Not Specified',
  'System Serial Number',
  'None',
  ' ',
  '........',
  '00000000',
  'NO DIMM',
  'Fill By OEM',
  'Not Present',
  'Type2 - Board Serial Number',
  'OEM Chassis Serial Number',
  'No Asset Information',
  'No Enclosure',
  'BSN12345678901234567',
  'MB-1234567890',
])('%j was not filled in', (text) => {
  expect(parseDmiString(text)).toEqual({ kind: 'absent' })
})

it.each([
  'PowerEdge R7525',
  'Dell Inc.',
  '8XYZ123',
  'X570D4U',
  'System x3650 M5: -[8871AC1]-',
  'Unknown Worlds',
  'Type 7042',
  'BSN12345678901234568',
])('%j is a name', (text) => {
  expect(parseDmiString(`${text}  \n`)).toEqual({ kind: 'known', value: text })
})

it('a UUID that thousands of boards share is none', () => {
  expect(parseDmiUuid('03000200-0400-0500-0006-000700080009').kind).toBe('absent')
  expect(parseDmiUuid('FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF').kind).toBe('absent')
  expect(parseDmiUuid('fefefefe-fefe-fefe-fefe-fefefefefefe').kind).toBe('absent')
  expect(parseDmiUuid('00020003-0004-0005-0006-000700080009').kind).toBe('absent')
  expect(parseDmiUuid('not a uuid').kind).toBe('absent')
  expect(parseDmiUuid('B26849EF-4FB0-4E03-A9D1-1A165A40C8D7\n')).toEqual({
    kind: 'known',
    value: 'b26849ef-4fb0-4e03-a9d1-1a165a40c8d7',
  })
})

it('a string longer than any name is none', () => {
  expect(parseDmiString('x'.repeat(1025))).toMatchObject({ kind: 'implausible' })
})
