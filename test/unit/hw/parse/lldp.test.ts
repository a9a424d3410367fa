import { expect, it } from 'vitest'
import { parseLldpNeighbours } from '../../../../src/hw/parse/lldp.ts'

function neighbours(value: unknown) {
  const reading = parseLldpNeighbours(JSON.stringify(value))
  return reading.kind === 'known' ? Object.fromEntries(reading.value) : reading.kind
}

const list = (value: string) => [{ value }]

it('nobody is heard where there is no neighbour', () => {
  expect(neighbours({ lldp: [{}] })).toEqual({})
  expect(neighbours({ lldp: {} })).toEqual({})
})

it.each([
  ['the one that untagged frames belong to', [{ 'vlan-id': '7' }, { 'vlan-id': '100', pvid: true }], 100],
  ['the only one', [{ 'vlan-id': '7', pvid: false }], 7],
  ['none of several', [{ 'vlan-id': '7' }, { 'vlan-id': '8' }], null],
  ['none that cannot be', [{ 'vlan-id': '4095' }], null],
])('the VLAN is %s', (_, vlan, vlanId) => {
  const heard = { name: 'eth0', chassis: [{ id: list('aa'), name: list('sw1') }], port: [{ id: list('g1') }], vlan }
  expect(neighbours({ lldp: [{ interface: [heard] }] })).toEqual({
    eth0: [{ chassisId: 'aa', chassisName: 'sw1', portId: 'g1', portDescription: null, vlanId }],
  })
})

it('json calls the chassis by its name, and lists several ports', () => {
  const port = { id: { type: 'ifname', value: 'g1' }, descr: 'Rack 4\nport 1' }
  const named = { chassis: { sw1: { id: { type: 'mac', value: 'aa' } } }, port }
  const nameless = { chassis: { id: { type: 'mac', value: 'bb' } }, port }
  expect(neighbours({ lldp: { interface: [{ eth0: named }, { eth1: nameless }] } })).toEqual({
    eth0: [{ chassisId: 'aa', chassisName: 'sw1', portId: 'g1', portDescription: 'Rack 4 port 1', vlanId: null }],
    eth1: [{ chassisId: 'bb', chassisName: null, portId: 'g1', portDescription: 'Rack 4 port 1', vlanId: null }],
  })
})

it.each(['', 'lldpcli: no socket', '[]', '{"lldp"', '{"other": 1}'])('%j is no answer', (text) => {
  expect(parseLldpNeighbours(text).kind).toBe('implausible')
})
