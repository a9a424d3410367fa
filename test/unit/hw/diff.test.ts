// Two documents of one machine: what came, went, was replaced or changed.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeText, diffInventories } from '../../../src/hw/diff.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { aDimm, aDisk, aGpu, aNic, anInventory, aPciDevice } from '../../support/inventories.ts'

function said(before: Partial<Inventory>, after: Partial<Inventory>): readonly string[] {
  return diffInventories(anInventory(before), anInventory(after)).map(changeText)
}

const memory = (dimms: Inventory['memory']['dimms']) => ({
  memory: { totalBytes: 1, installedBytes: null, hugepages: [], dimms },
})

describe('a change is one line that names parts by serial and slot', () => {
  const cases: readonly [string, Partial<Inventory>, Partial<Inventory>, readonly string[]][] = [
    [
      'a drive in the same slot is a replacement',
      { disks: [aDisk('nvme0n1', 'S5XY')] },
      { disks: [aDisk('nvme3n1', 'S6AB')] },
      ['disk nvme0n1 (S5XY) in 0000:01:00.0 replaced by S6AB'],
    ],
    [
      'a drive of another name is the same drive',
      { disks: [aDisk('nvme0n1', 'S5XY')] },
      { disks: [aDisk('nvme1n1', 'S5XY')] },
      [],
    ],
    [
      'a drive in another slot has moved',
      { disks: [aDisk('nvme0n1', 'S5XY')] },
      { disks: [aDisk('nvme0n1', 'S5XY', { pciAddress: '0000:09:00.0' })] },
      ['disk nvme0n1 (S5XY): place 0000:01:00.0 → 0000:09:00.0'],
    ],
    [
      'new firmware is a change of the drive',
      { disks: [aDisk('nvme0n1', 'S5XY')] },
      { disks: [aDisk('nvme0n1', 'S5XY', { firmware: '1.1' })] },
      ['disk nvme0n1 (S5XY): firmware 1.0 → 1.1'],
    ],
    [
      'a module that is gone',
      memory([aDimm('DIMM_A3', '0A'), aDimm('DIMM_A4', '0B')]),
      memory([aDimm('DIMM_A3', '0A')]),
      ['DIMM DIMM_A4 (0B) gone'],
    ],
    [
      'modules that changed places',
      memory([aDimm('A1', '0A'), aDimm('A2', '0B')]),
      memory([aDimm('A1', '0B'), aDimm('A2', '0A')]),
      ['DIMM A2 (0A): place A1 → A2', 'DIMM A1 (0B): place A2 → A1'],
    ],
    [
      'a GPU whose driver is gone is still the same GPU',
      { gpus: [aGpu('0000:3b:00.0', 'GPU-1')] },
      { gpus: [aGpu('0000:3b:00.0', null, { isUsable: false })] },
      ['GPU 0000:3b:00.0: isUsable true → false'],
    ],
    [
      'a link that went down',
      { nics: [aNic('eth0')] },
      { nics: [aNic('eth0', { link: false, speedMbps: null })] },
      ['NIC eth0 (02:00:00:00:00:01): link true → false'],
    ],
    ['a port that was added', {}, { nics: [aNic('eth0')] }, ['NIC eth0 (02:00:00:00:00:01) in 0000:02:00.0 added']],
    [
      'new board firmware',
      { firmware: [{ component: 'bios', vendor: null, version: '1.2', date: null }] },
      { firmware: [{ component: 'bios', vendor: null, version: '1.3', date: null }] },
      ['firmware bios: version 1.2 → 1.3'],
    ],
  ]
  test.each(cases)('%s', (_, before, after, lines) => {
    expect(said(before, after)).toEqual(lines)
  })

  test('a CPU that was switched off', () => {
    const { cpu } = anInventory()
    const packages = cpu.packages.map((one) => (one.id === 1 ? { ...one, cpus: '4-6' } : one))
    const less = { ...cpu, online: '0-6', offline: '7', packages, cores: cpu.cores.slice(0, 7) }
    expect(said({}, { cpu: less })).toEqual([
      'machine: online CPUs 0-7 → 0-6',
      'CPU package 1: cores 4 → 3, cpus 4 → 3',
    ])
  })
})

test('two drives that say the same serial are told apart by their places', () => {
  const twins = [aDisk('sda', 'X', { transport: 'sas' }), aDisk('sdb', 'X', { transport: 'sas' })]
  expect(said({ disks: twins }, { disks: [...twins].reverse() })).toEqual([])
  expect(said({ disks: twins }, { disks: twins.slice(1) })).toEqual(['disk sda (X) gone'])
})

test('two namespaces of one drive are told apart, and one that goes is told alone', () => {
  const namespaces = [1, 2].map((n) => aDisk(`nvme0n${n}`, 'S5XY', { wwn: `eui.${n}` }))
  const renamed = [1, 2].map((n) => aDisk(`nvme4n${n}`, 'S5XY', { wwn: `eui.${n}` }))
  expect(said({ disks: namespaces }, { disks: renamed })).toEqual([])
  expect(said({ disks: namespaces }, { disks: renamed.slice(1) })).toEqual(['disk nvme0n1 (S5XY) in 0000:01:00.0 gone'])
})

test('a drive that is gone before its function on the bus is told once', () => {
  const pci = [aPciDevice('0000:01:00.0', { class: '010802' })]
  expect(said({ disks: [aDisk('nvme0n1', 'S5XY')], pci }, { pci })).toEqual([
    'disk nvme0n1 (S5XY) in 0000:01:00.0 gone',
  ])
  expect(said({ pci }, {})).toEqual([])
})

test('a fact that one side could not read is no change', () => {
  const seen = { disks: [aDisk('nvme0n1', 'S5XY')], ...memory([aDimm('A1', '0A')]) }
  const asNobody = {
    disks: [aDisk('nvme0n1', 'S5XY', { firmware: null, model: null })],
    ...memory([aDimm('A1', null)]),
  }
  expect(said(seen, asNobody)).toEqual([])
  expect(said(asNobody, seen)).toEqual([])
})

test('any two sets of drives: what is in one of them alone is told once, and nothing is said of equal ones', () => {
  const disk = fc.record({ serial: fc.constantFrom('A', 'B', 'C', null), slot: fc.integer({ min: 1, max: 4 }) })
  const disks = fc.uniqueArray(disk, { selector: ({ slot }) => slot, maxLength: 4 })
  const made = (list: readonly { serial: string | null; slot: number }[]) =>
    list.map(({ serial, slot }) => aDisk(`nvme${slot}n1`, serial, { pciAddress: `0000:0${slot}:00.0` }))
  fc.assert(
    fc.property(disks, disks, (one, other) => {
      const before = anInventory({ disks: made(one) })
      const after = anInventory({ disks: made(other) })
      expect(diffInventories(before, before)).toEqual([])
      const changes = diffInventories(before, after)
      const count = (kind: string) => changes.filter((change) => change.kind === kind).length
      expect(count('added') - count('removed')).toBe(other.length - one.length)
    }),
  )
})
