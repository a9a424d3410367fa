import { expect, it } from 'vitest'
import { isLocallyAdministered, lastingAddress, parseMac } from '../../../../src/hw/parse/mac.ts'

it.each(['', '00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', 'b8:59:9f', 'b8-59-9f-00-00-01', 'not set'])(
  '%j is no address',
  (text) => {
    expect(parseMac(text)).toEqual({ kind: 'absent' })
  },
)

it('an address is told in lower case', () => {
  expect(parseMac('B8:59:9F:00:00:01\n\0')).toEqual({ kind: 'known', value: 'b8:59:9f:00:00:01' })
})

it('of IP over InfiniBand only the GUID of the port lasts (FN-0061)', () => {
  expect(lastingAddress('80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:f9:bf:a1')).toBe('00:02:c9:03:00:f9:bf:a1')
  expect(lastingAddress('b8:59:9f:00:00:01')).toBe('b8:59:9f:00:00:01')
  expect(lastingAddress('b8:59:9f:00:00:01:02')).toBeNull()
})

it.each([
  ['02:fc:00:00:00:01', true],
  ['52:54:00:12:34:56', true],
  ['b8:59:9f:00:00:01', false],
  ['00:02:c9:03:00:f9:bf:a1', false],
])('software gave out %s: %j', (mac, expected) => {
  expect(isLocallyAdministered(mac)).toBe(expected)
})
