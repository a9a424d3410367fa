// What is an identity and what only looks like one.

import { describe, expect, it } from 'vitest'
import { eachNamedValue, identitiesByLook, identitiesIn } from '../../../../src/hw/redaction/values.ts'

describe('an identity is known by its look', () => {
  it.each([
    ['52:54:00:12:34:56', 'hex', '525400123456', 6],
    ['52-54-00-AB-CD-EF', 'hex', '525400abcdef', 6],
    ['80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:e1:b4:e1', 'hex', '0002c90300e1b4e1', 6],
    ['fe80:0000:0000:0000:0002:c903:00e1:b4e1', 'hex', '0002c90300e1b4e1', 6],
    ['node 0002:c903:00e1:b4e1', 'hex', '0002c90300e1b4e1', 6],
    ['GPU-d37e67a5-91dd-3774-a5cb-99096249601a', 'hex', 'd37e67a591dd3774a5cb99096249601a', 0],
    ['naa.5000c5008ce80ee8', 'hex', '5000c5008ce80ee8', 7],
    ['eui.0025385b71b0d9c9', 'hex', '0025385b71b0d9c9', 6],
    ['wwn-0x600508b1001c0123456789abcdef0123', 'hex', '600508b1001c0123456789abcdef0123', 7],
    ['SATA(5001B4D4188DF017)', 'hex', '5001b4d4188df017', 7],
    ['LU WWN Device Id: 5 000c50 08ce80ee8', 'hex', '5000c5008ce80ee8', 7],
    ['10.1.2.3:/export', 'ip4', '10.1.2.3', 0],
    ['from 2001:db8::17:1', 'ip6', '2001:db8::17:1', 0],
  ])('%s', (text, kind, value, keep) => {
    expect(identitiesByLook(text)).toEqual([{ kind, value, keep }])
  })

  it.each([
    '00:00:00:00:00:00',
    'ff:ff:ff:ff:ff:ff',
    '00000000-0000-0000-0000-000000000000',
    '03000200-0400-0500-0006-000700080009',
    '0000:3b:00.0',
    '12:34:56',
    'firmware-version: 214.4.9.6/pkg 214.0.166000',
    'Firmware Revision 5.10.50.10',
    '127.0.0.1 0.0.0.0 255.255.255.0',
    '::1',
    '5692008488255775',
    '0x00000000fb000000',
  ])('and %s is none', (text) => {
    expect(identitiesByLook(text)).toEqual([])
  })
})

describe('a value that stands for an identity', () => {
  it.each([
    [' S466NX0K123456      \n', 'text', 'S466NX0K123456'],
    ['nvme.144d-533436364e58-53616d73756e67-00000001', 'text', 'S466NX'],
    ['t10.ATA     ST2000DM001-1ER164    Z4Z1ABCD', 'text', 'Z4Z1ABCD'],
    ['nqn.2019-08.org.maker:nvme:S466NX0K', 'text', 'S466NX0K'],
    ['LVM-AbCdEf123456', 'text', 'AbCdEf123456'],
    ['00 25 38 5b 71 b0 d9 c9', 'hex', '0025385b71b0d9c9'],
    ['0x0025385b71b0d9c9', 'hex', '0025385b71b0d9c9'],
  ])('%s', (text, kind, value) => {
    expect(identitiesIn(text)).toMatchObject([{ kind, value }])
  })

  it.each(['', 'To Be Filled By O.E.M.', 'Default string', '0000000000', 'None'])('%s is a filler', (text) => {
    expect(identitiesIn(text)).toEqual([])
  })
})

it.each([
  ['Serial Number:    WD-WCC4N0123456\n', ['WD-WCC4N0123456']],
  ['{"serial_number": "ZA1", "model": "X1"}', ['ZA1']],
  ['<serial>1320321</serial>', ['1320321']],
  ['E:ID_SERIAL_SHORT=S466NX\nE:ID_MODEL=M1', ['S466NX']],
  ['Host Name: rack7', ['rack7']],
  ['Serial ATA: supported, SerialNumber=no', []],
])('names say where an identity is: %s', (text, expected) => {
  const found: string[] = []
  eachNamedValue(text, (value) => {
    found.push(value)
    return value
  })
  expect(found).toEqual(expected)
})
