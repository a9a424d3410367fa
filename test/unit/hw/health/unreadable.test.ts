import { describe, expect, it } from 'vitest'
import { lookAtHealth } from '../../../../src/hw/health/look.ts'
import { emptyMemory, trackHealth } from '../../../../src/hw/health/tracker.ts'
import { probeInventory } from '../../../../src/hw/inventory.ts'
import type { Inventory } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

type Files = Readonly<Record<string, FakeFile>>

const machine: Files = {
  '/sys/devices/system/cpu/online': '0\n',
  '/sys/devices/system/cpu/cpu0/topology/core_cpus_list': '0\n',
  '/proc/meminfo': 'MemTotal: 1024 kB\n',
  '/proc/sys/kernel/random/boot_id': 'a-boot\n',
}

const md = '/sys/block/md0/md'
const uuid = '0abb23a9-579b-43e6-ad30-227ef47fcb9d'
const edac = '/sys/devices/system/edac/mc/mc0'
const state = (name: string) => `/sys/block/${name}/device/state`

/** What is sick, by the file that says so. */
const sick: readonly [code: string, told: string, files: Files][] = [
  [
    'RAID_DEGRADED',
    `${md}/degraded`,
    {
      '/sys/block/md0/size': '8\n',
      [`${md}/level`]: 'raid1\n',
      [`${md}/array_state`]: 'clean\n',
      [`${md}/raid_disks`]: '2\n',
      [`${md}/degraded`]: '1\n',
    },
  ],
  ['RAID_FAILED', '/proc/spl/kstat/zfs/tank/state', { '/proc/spl/kstat/zfs/tank/state': 'FAULTED\n' }],
  ['RAID_DEGRADED', `/sys/fs/btrfs/${uuid}/devinfo/2/missing`, { [`/sys/fs/btrfs/${uuid}/devinfo/2/missing`]: '1\n' }],
  [
    'FILESYSTEM_ERRORS',
    `/sys/fs/btrfs/${uuid}/devinfo/1/error_stats`,
    { [`/sys/fs/btrfs/${uuid}/devinfo/1/error_stats`]: 'write_errs 3\n' },
  ],
  [
    'DISK_UNRESPONSIVE',
    state('vda'),
    { '/sys/block/vda/size': '8\n', [state('vda')]: 'offline\n', '/sys/block/vda/device/model': 'A\n' },
  ],
  [
    'MEMORY_UNCORRECTED_ERRORS',
    `${edac}/dimm0/dimm_ue_count`,
    { [`${edac}/dimm0/dimm_ue_count`]: '1\n', [`${edac}/dimm0/dimm_ce_count`]: '0\n' },
  ],
  ['MEMORY_UNCORRECTED_ERRORS', `${edac}/csrow0/ue_count`, { [`${edac}/csrow0/ue_count`]: '1\n' }],
]

function look(files: Files) {
  const source = fakeMachine({ ...machine, ...files }, { 'dmesg --raw': '' })
  const inventory = probeInventory(source)
  return lookAtHealth(source, inventory.ok ? inventory.value : ({} as Inventory))
}

describe('what a file told of a part is not over because the file cannot be read', () => {
  it.each(sick)('%s from %s', (code, told, files) => {
    const codes = ({ conditions }: { readonly conditions: readonly { readonly code: string }[] }) =>
      conditions.map((one) => one.code)
    let memory = emptyMemory
    for (const atMs of [0, 60_000, 120_000]) memory = trackHealth(memory, look(files), atMs).memory
    expect(codes(trackHealth(memory, look(files), 180_000).health)).toContain(code)
    const unreadable = look({ ...files, [told]: { errno: 'EIO' } })
    const later = trackHealth(memory, unreadable, 400 * 24 * 3_600_000)
    expect([codes(later.health), later.cleared]).toEqual([expect.arrayContaining([code]), []])
    expect(JSON.stringify(unreadable.unchecked)).toContain(told)
  })
})
