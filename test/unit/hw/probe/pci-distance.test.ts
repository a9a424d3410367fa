import { describe, expect, it } from 'vitest'
import { type PciDistance, pciDistance, pciTree } from '../../../../src/hw/probe/pci-distance.ts'
import type { PciDevice } from '../../../../src/model/inventory.ts'
import { aPciDevice } from '../../../support/inventories.ts'

const bridge = (address: string, parent: string | null = null) => aPciDevice(address, { isBridge: true, parent })
const below = (address: string, parent: string, facts: Partial<PciDevice> = {}) =>
  aPciDevice(address, { parent, ...facts })

/**
 * One root port with a switch of four ports: a GPU, a NIC of two functions, a second switch with a GPU and a drive, and a
 * card that has a switch of one port inside. Beside it another root port of the same host bridge, another host bridge of
 * the same NUMA node, and one of another node.
 */
const machine = [
  bridge('0000:00:01.0'),
  bridge('0000:01:00.0', '0000:00:01.0'),
  ...['00', '04', '08', '0c'].map((slot) => bridge(`0000:02:${slot}.0`, '0000:01:00.0')),
  below('0000:03:00.0', '0000:02:00.0'),
  below('0000:03:00.1', '0000:02:00.0'),
  below('0000:04:00.0', '0000:02:04.0'),
  below('0000:04:00.1', '0000:02:04.0'),
  bridge('0000:05:00.0', '0000:02:08.0'),
  bridge('0000:06:00.0', '0000:05:00.0'),
  bridge('0000:06:01.0', '0000:05:00.0'),
  below('0000:07:00.0', '0000:06:00.0'),
  below('0000:08:00.0', '0000:06:01.0'),
  bridge('0000:09:00.0', '0000:02:0c.0'),
  bridge('0000:0a:00.0', '0000:09:00.0'),
  below('0000:0b:00.0', '0000:0a:00.0'),
  bridge('0000:00:02.0'),
  below('0000:10:00.0', '0000:00:02.0'),
  aPciDevice('0000:00:1f.0'),
  aPciDevice('0000:40:00.0', { root: 'pci0000:40' }),
  aPciDevice('0000:80:00.0', { root: 'pci0000:80', numaNode: 1 }),
  aPciDevice('0000:c0:00.0', { root: 'pci0000:c0', numaNode: null }),
  aPciDevice('0000:d0:00.0', { root: null }),
]

describe('the way from a GPU', () => {
  const tree = pciTree(machine)
  it.each<[string, string, string, PciDistance | null]>([
    ['to another function of its card', '0000:03:00.0', '0000:03:00.1', 'pix'],
    ['through one switch', '0000:03:00.0', '0000:04:00.1', 'pix'],
    ['through two switches', '0000:03:00.0', '0000:07:00.0', 'pxb'],
    ['through the inner of two switches', '0000:07:00.0', '0000:08:00.0', 'pix'],
    ['to a card with a switch of one port inside', '0000:03:00.0', '0000:0b:00.0', 'pix'],
    ['to another root port', '0000:03:00.0', '0000:10:00.0', 'phb'],
    ['to what is built into the host bridge', '0000:07:00.0', '0000:00:1f.0', 'phb'],
    ['to another host bridge of the NUMA node', '0000:03:00.0', '0000:40:00.0', 'node'],
    ['to another NUMA node', '0000:03:00.0', '0000:80:00.0', 'sys'],
    ['to a host bridge that nobody places', '0000:03:00.0', '0000:c0:00.0', null],
    ['to a device of the node whose host bridge is unknown', '0000:03:00.0', '0000:d0:00.0', null],
    ['to another node, wherever its host bridge is', '0000:80:00.0', '0000:d0:00.0', 'sys'],
    ['to a device that is not there', '0000:03:00.0', '0000:ff:00.0', null],
  ])('%s', (_, a, b, expected) => {
    expect([pciDistance(tree, a, b), pciDistance(tree, b, a)]).toEqual([expected, expected])
  })
})

it('parents in a circle end', () => {
  const tree = pciTree([
    bridge('0000:00:01.0', '0000:00:02.0'),
    bridge('0000:00:02.0', '0000:00:01.0'),
    below('0000:01:00.0', '0000:00:01.0'),
    aPciDevice('0000:02:00.0'),
  ])
  expect(pciDistance(tree, '0000:01:00.0', '0000:02:00.0')).toBe('phb')
})
