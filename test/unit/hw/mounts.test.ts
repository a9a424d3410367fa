import { describe, expect, test } from 'vitest'
import { mountsOf } from '../../../src/hw/mounts.ts'
import type { Filesystem, Inventory } from '../../../src/model/inventory.ts'
import { aDisk, anInventory, aVolume } from '../../support/inventories.ts'

function mounted(parts: Partial<Inventory>, ...paths: readonly string[]) {
  const filesystems = paths.map(
    (mountPoint): Filesystem => ({ mountPoint, type: 'ext4', source: '/dev/x', isReadOnly: false, options: [] }),
  )
  const mounts = mountsOf(anInventory({ filesystems, ...parts }), '/var/lib/tepui')
  return Object.fromEntries(mounts.map(({ path, disks, volumes }) => [path, [...disks, ...volumes].join(' ')]))
}

const partition = (name: string, usedBy: readonly string[] = []) => ({
  name,
  number: 1,
  sizeBytes: 1,
  uuid: null,
  label: null,
  content: null,
  usedBy,
})

describe('a file system is lost with', () => {
  test('the drive that it is on, whole or in a partition', () => {
    const disks = [
      aDisk('sda', 'A', { usedBy: ['partition table', 'mount /'], partitions: [partition('sda1', ['mount /'])] }),
      aDisk('sdb', 'B', { usedBy: ['mount /srv'] }),
    ]
    expect(mounted({ disks }, '/', '/srv', '/net')).toEqual({ '/': 'sda', '/srv': 'sdb', '/net': '' })
  })

  test('each drive of a plain volume, through all its layers', () => {
    const disks = [
      aDisk('sda', 'A', { usedBy: ['vg data'], partitions: [partition('sda2')] }),
      aDisk('sdb', 'B', { usedBy: ['vg data'] }),
    ]
    const volumes = [
      aVolume('dm-1', { label: 'data-srv', members: ['dm-0'], usedBy: ['mount /srv'] }),
      aVolume('dm-0', { kind: 'crypt', label: 'luks', members: ['sda2', 'sdb'], usedBy: ['vg data'] }),
    ]
    expect(mounted({ disks, volumes }, '/srv')).toEqual({ '/srv': 'sda sdb data-srv luks' })
  })

  test.each(['raid1', 'raid5', 'raid6', 'raid10', 'mirror', 'raidz2'])(
    'an array of level %s and none of its members',
    (level) => {
      const disks = [aDisk('sda', 'A', { usedBy: ['md0', 'mount /srv'] }), aDisk('sdb', 'B', { usedBy: ['md0'] })]
      const volumes = [aVolume('md0', { kind: 'md', level, members: ['sda', 'sdb'], usedBy: ['mount /srv'] })]
      expect(mounted({ disks, volumes }, '/srv')).toEqual({ '/srv': 'md0' })
    },
  )

  test('every member of an array without copies, and a drive under any of its names', () => {
    const disks = [aDisk('sda', 'A', { paths: ['sda', 'sdc'] }), aDisk('sdb', 'B')]
    const volumes = [aVolume('md0', { kind: 'md', level: 'raid0', members: ['sdc', 'sdb'], usedBy: ['mount /srv'] })]
    expect(mounted({ disks, volumes }, '/srv')).toEqual({ '/srv': 'sda sdb md0' })
  })
})

test.each([
  [['/', '/srv'], ['/']],
  [
    ['/', '/usr', '/var'],
    ['/', '/usr', '/var'],
  ],
  [
    ['/', '/var', '/var/lib/tepui'],
    ['/', '/var/lib/tepui'],
  ],
  [['/', '/var/lib/tepui2'], ['/']],
])('of %s tasks need %s', (paths, system) => {
  const filesystems = paths.map((mountPoint) => ({
    mountPoint,
    type: 'ext4',
    source: 'x',
    isReadOnly: false,
    options: [],
  }))
  const mounts = mountsOf(anInventory({ filesystems }), '/var/lib/tepui')
  expect(mounts.filter(({ isSystem }) => isSystem).map(({ path }) => path)).toEqual(system)
})
