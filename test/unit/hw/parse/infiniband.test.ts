import { expect, it } from 'vitest'
import {
  parseFcSpeed,
  parseGuid,
  parseIbRate,
  parseIbState,
  parsePortCounter,
  parseWwn,
} from '../../../../src/hw/parse/infiniband.ts'
import type { Reading } from '../../../../src/model/reading.ts'

const absent = { kind: 'absent' }
const known = <T>(value: T) => ({ kind: 'known', value })

it.each<[string, (text: string) => Reading<unknown>, string, object]>([
  ['a state', parseIbState, '4: ACTIVE\n', known('ACTIVE')],
  ['a physical state', parseIbState, '5: LinkUp\n', known('LINKUP')],
  ['no state', parseIbState, '', absent],
  ['a rate', parseIbRate, '400 Gb/sec (4X NDR)\n', known(400)],
  ['a rate of one lane', parseIbRate, '2.5 Gb/sec (1X SDR)', known(2.5)],
  ['no rate', parseIbRate, '0 Gb/sec', absent],
  ['a GUID', parseGuid, '248A:0703:00aa:1234\n', known('248a:0703:00aa:1234')],
  ['no GUID', parseGuid, '0000:0000:0000:0000', absent],
  ['a speed', parseFcSpeed, '16 Gbit\n', known(16)],
  ['no speed', parseFcSpeed, 'unknown\n', absent],
  ['a name', parseWwn, '0x500143802426BAF4\n', known('50:01:43:80:24:26:ba:f4')],
  ['no name', parseWwn, '0xffffffffffffffff', absent],
  ['a decimal count', parsePortCounter, '17\n', known(17)],
  ['a hexadecimal count', parsePortCounter, '0x2a\n', known(42)],
  ['nothing counted', parsePortCounter, '0xffffffffffffffff\n', absent],
  ['nothing countable', parsePortCounter, 'N/A (no PMA)\n', absent],
])('%s', (_, parse, text, expected) => {
  expect(parse(text)).toEqual(expected)
})

it.each<[(text: string) => Reading<unknown>, string]>([
  [parseIbState, 'ACTIVE'],
  [parseIbRate, 'fast'],
  [parsePortCounter, '-1'],
  [parsePortCounter, '0xfffffffffffffff0'],
])('%o does not believe %j', (parse, text) => {
  expect(parse(text).kind).toBe('implausible')
})
