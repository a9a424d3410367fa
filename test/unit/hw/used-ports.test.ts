import { expect, test } from 'vitest'
import { usedPorts } from '../../../src/hw/used-ports.ts'
import { absent, known } from '../../../src/model/reading.ts'
import { aNic } from '../../support/inventories.ts'

const at = (...addresses: readonly string[]) => addresses.map((address) => ({ address }))

test.each<[string, Parameters<typeof aNic>[1], readonly string[], Parameters<typeof usedPorts>[2], boolean]>([
  ['without anything on it is not used', {}, ['mtu', 'lower_x'], { lo: at('127.0.0.1') }, false],
  ['with a link-local address alone is not used', {}, [], { eth0: at('fe80::1', 'febf::2') }, false],
  ['whose addresses are not told is not used', {}, [], { eth0: undefined }, false],
  ['with an IPv4 address is used', {}, [], { eth0: at('fe80::1', '10.0.0.1') }, true],
  ['with an IPv4 address on an alias is used', {}, [], { 'eth0:1': at('10.0.0.1') }, true],
  ['with an IPv6 address is used', {}, [], { eth0: at('fec0::1') }, true],
  ['in a bond is used', { bond: 'bond0' }, [], {}, true],
  ['in a bridge is used', {}, ['brport', 'master', 'upper_br0'], { br0: at('10.0.0.1') }, true],
  ['beneath a virtual network is used', {}, ['upper_eth0.100'], {}, true],
])('a port %s', (_what, facts, entries, addresses, isUsed) => {
  const files = { list: (path: string) => (path === '/sys/class/net/eth0' ? known(entries) : absent) }
  const nics = [aNic('eth0', facts), aNic('eth1')]
  expect([...usedPorts(nics, files, addresses)]).toEqual(isUsed ? ['eth0'] : [])
})
