import { expect, it } from 'vitest'
import {
  parseEthtoolFirmware,
  parseEthtoolPermanentAddress,
  parseEthtoolSpeedsMax,
} from '../../../../src/hw/parse/ethtool.ts'

it.each([
  ['driver: i40e\nfirmware-version: 8.30 0x8000a4ae 21.0.11\n', { kind: 'known', value: '8.30 0x8000a4ae 21.0.11' }],
  ['driver: e1000\nfirmware-version: N/A\n', { kind: 'absent' }],
  ['driver: virtio_net\nfirmware-version: \n', { kind: 'absent' }],
  ['', { kind: 'absent' }],
])('the firmware of %j', (text, expected) => {
  expect(parseEthtoolFirmware(text)).toEqual(expected)
})

it.each([
  ['Permanent address: 02:FC:00:00:00:01\n', { kind: 'known', value: '02:fc:00:00:00:01' }],
  ['Permanent address: 00:00:00:00:00:00\n', { kind: 'absent' }],
  ['Permanent address: not set\n', { kind: 'absent' }],
])('the permanent address of %j', (text, expected) => {
  expect(parseEthtoolPermanentAddress(text)).toEqual(expected)
})

it('the answer for all ports comes in rounds, and modes may go on in the next lines', () => {
  const text = [
    'Settings for eth0:',
    '\tSupported ports: [ FIBRE ]',
    '\tSupported link modes:   1000baseX/Full',
    '\t                        40000baseCR4/Full 56000baseKR4/Full',
    '\tSupported pause frame use: Symmetric',
    '\tAdvertised link modes:  400000baseCR8/Full',
    'Settings for eth1:',
    '\tSupported link modes:   Not reported',
    '\tSpeed: 100000Mb/s',
    'Settings for eth0:',
    '\tLink detected: yes',
    'Settings for eth2:',
    '\tSupported link modes:   10baseT/Half 10baseT/Full',
    '\t                        10baseT1S_P2MP/Half 2500baseT/Full',
  ].join('\n')
  expect([...parseEthtoolSpeedsMax(text)]).toEqual([
    ['eth0', 56_000],
    ['eth2', 2500],
  ])
})

it('an answer in another language names no speed', () => {
  expect([...parseEthtoolSpeedsMax('Einstellungen für eth0:\n\tUnterstützte Modi: 1000baseT/Full\n')]).toEqual([])
})
