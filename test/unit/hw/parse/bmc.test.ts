import { expect, it } from 'vitest'
import { parseIpmiInfo, parseIpmiLan } from '../../../../src/hw/parse/bmc.ts'

it('the controller says its version and maker', () => {
  const text = [
    'Device ID                 : 32',
    'Firmware Revision         : 6.10',
    'IPMI Version              : 2.0',
    'Manufacturer ID           : 674',
    'Manufacturer Name         : DELL Inc',
  ].join('\n')
  const value = { version: '6.10', ipmiVersion: '2.0', manufacturerId: '0x0002a2' }
  expect(parseIpmiInfo(text)).toEqual({ kind: 'known', value })
})

it.each([
  ['IP Address              : 10.1.2.3\nMAC Address : d0:94:66:00:00:01\n', '10.1.2.3', 'd0:94:66:00:00:01'],
  ['IP Address              : 0.0.0.0\nMAC Address : 00:00:00:00:00:00\n', null, null],
  ['IP Address              : 10.1.2.999\n', null, null],
])('the address in %j', (text, address, mac) => {
  expect(parseIpmiLan(text)).toEqual({ kind: 'known', value: { address, mac } })
})

it.each(['', 'Could not open device at /dev/ipmi0', 'Invalid channel: 1'])('%j says nothing', (text) => {
  expect([parseIpmiInfo(text).kind, parseIpmiLan(text).kind]).toEqual(['implausible', 'implausible'])
})
