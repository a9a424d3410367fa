// Which disks may be given away whole, by which names, and which disk a name means.

import { describe, expect, test } from 'vitest'
import { disksById, findDisk, freeDisks, hostUse, stableId } from '../../../src/hw/disk-resources.ts'
import type { Disk } from '../../../src/model/inventory.ts'
import { scalar } from '../../../src/model/resources.ts'
import { milli } from '../../../src/model/units.ts'
import { aDisk, anInventory } from '../../support/inventories.ts'

const blank: Partial<Disk> = {
  isFree: true,
  kind: 'nvme',
  usedBy: [],
  wwn: null,
  isReadOnly: false,
  isRemovable: false,
}
const withDisks = (...disks: readonly Disk[]) => anInventory({ disks })

describe('a blank disk', () => {
  test('is offered whole, by its world-wide name, with what it is', () => {
    const disk = aDisk('nvme0n1', 'S1', { ...blank, wwn: 'eui.1', sizeBytes: 2 ** 30 + 1000, model: 'A DRIVE' })
    expect(freeDisks(withDisks(disk))).toEqual([
      scalar('disk', milli(1_024_000), {
        disk: { source: { type: 'RAW', id: 'eui.1', profile: 'nvme', vendor: 'A DRIVE' } },
      }),
    ])
  })

  test('without a world-wide name is offered by its serial number', () => {
    const [offered] = freeDisks(withDisks(aDisk('sda', 'S1', { ...blank, kind: null, model: null })))
    expect(offered?.disk?.source).toEqual({ type: 'RAW', id: 'S1' })
  })

  test.each<[string, Partial<Disk>]>([
    ['that is perhaps not blank', { isFree: null }],
    ['that is not blank', { isFree: false }],
    ['of unknown size', { sizeBytes: null }],
    ['smaller than anything that is counted', { sizeBytes: 1000 }],
    ['that cannot be written', { isReadOnly: true }],
    ['that somebody plugged in for a moment', { isRemovable: true }],
    ['that has no name but the kernel’s', { serial: null }],
  ])('%s is not offered', (_claim, facts) => {
    expect(freeDisks(withDisks(aDisk('sda', 'S1', { ...blank, ...facts })))).toEqual([])
  })

  test('that shares its serial number with another is not known by it', () => {
    const twins = [aDisk('nvme0n1', 'S1', blank), aDisk('nvme0n2', 'S1', { ...blank, wwn: 'eui.2' })]
    const inventory = withDisks(...twins)
    expect(twins.map((disk) => stableId(inventory, disk))).toEqual([null, 'eui.2'])
    expect(disksById(inventory)).toEqual({ 'eui.2': 'nvme0n2' })
    expect(freeDisks(inventory)).toHaveLength(1)
  })
})

test.each([
  ['sda', 'sda'],
  ['/dev/sda', 'sda'],
  ['S2', 'sdb'],
  ['naa.5', 'sdb'],
  ['S9', null],
  ['twins', null],
])('%j means the disk %j', (name, found) => {
  const disks = [aDisk('sda', 'S1'), aDisk('sdb', 'S2', { wwn: 'naa.5' }), aDisk('sdc', 'twins'), aDisk('sdd', 'twins')]
  expect(findDisk(withDisks(...disks), name)?.name ?? null).toBe(found)
})

test.each<[readonly string[], string | null]>([
  [[], null],
  [['partition table'], null],
  [['partition table', 'mount /srv'], 'mount /srv'],
  [['vg data'], 'vg data'],
])('a disk with %j is in use by %j', (usedBy, use) => {
  expect(hostUse(aDisk('sda', 'S1', { usedBy }))).toBe(use)
})
