import { describe, expect, it } from 'vitest'
import type { HealthBench } from '../../../../src/hw/health/bench.ts'
import { Findings } from '../../../../src/hw/health/findings.ts'
import { lookAtStorage } from '../../../../src/hw/health/storage.ts'
import type { KernelLog } from '../../../../src/hw/parse/kernel-log.ts'
import type { HealthLook } from '../../../../src/model/health.ts'
import type { Inventory } from '../../../../src/model/inventory.ts'
import { fakeMachine } from '../../../support/fake-machine.ts'
import { drive, type Files, storageOf } from '../../../support/storage-bench.ts'

function lookAt(
  files: Files,
  tools: Readonly<Record<string, string | number>> = {},
  kernelLog: KernelLog = [],
): HealthLook {
  const inventory = { ...storageOf(files, tools), os: { bootId: 'b' } } as unknown as Inventory
  const findings = new Findings()
  const bench: HealthBench = { source: fakeMachine(files, tools), inventory, findings, kernelLog, ageMs: () => 0 }
  lookAtStorage(bench)
  return findings.look(null)
}

const symptoms = (look: HealthLook) => look.symptoms.map(({ code, part }) => `${code} ${part.name}`)

function array(name: string, facts: Files, states: Readonly<Record<string, string>>): Files {
  const members = Object.entries(states).map(([member, state]) => [
    `/sys/block/${name}/md/dev-${member}/state`,
    `${state}\n`,
  ])
  const files = Object.entries(facts).map(([file, value]) => [`/sys/block/${name}/md/${file}`, value])
  return { [`/sys/block/${name}/size`]: '8', ...Object.fromEntries([...files, ...members]) }
}

describe('software RAID', () => {
  const raid = (level: string, degraded: number | null, state = 'clean', more: Files = {}): Files => ({
    level: `${level}\n`,
    array_state: `${state}\n`,
    raid_disks: '4\n',
    metadata_version: '1.2\n',
    ...(degraded === null ? {} : { degraded: `${degraded}\n`, sync_action: 'idle\n', sync_completed: 'none\n' }),
    ...more,
  })
  const sync = { sda: 'in_sync', sdb: 'in_sync', sdc: 'in_sync', sdd: 'in_sync' }

  it.each([
    ['raid1', 0, []],
    ['raid1', 3, ['RAID_DEGRADED md0']],
    ['raid1', 4, ['RAID_FAILED md0']],
    ['raid5', 1, ['RAID_DEGRADED md0']],
    ['raid5', 2, ['RAID_FAILED md0']],
    ['raid6', 2, ['RAID_DEGRADED md0']],
    ['raid6', 3, ['RAID_FAILED md0']],
    ['raid10', 2, ['RAID_DEGRADED md0']],
    ['raid10', 3, ['RAID_FAILED md0']],
  ])('%s of four without %d of them', (level, degraded, expected) => {
    expect(symptoms(lookAt(array('md0', raid(level, degraded), sync)))).toEqual(expected)
  })

  it('of levels without redundancy loses all with one member', () => {
    expect(symptoms(lookAt(array('md0', raid('raid0', null), sync)))).toEqual([])
    expect(symptoms(lookAt(array('md0', raid('raid0', null), { ...sync, sdd: 'faulty' })))).toEqual(['RAID_FAILED md0'])
    expect(symptoms(lookAt(array('md0', raid('raid0', null, 'broken'), sync)))).toEqual(['RAID_FAILED md0'])
    expect(symptoms(lookAt(array('md0', raid('linear', null), { sda: 'in_sync' })))).toEqual(['RAID_FAILED md0'])
  })

  it('says which member failed when a spare stands in', () => {
    const look = lookAt(array('md0', raid('raid1', 0), { ...sync, sde: 'faulty' }))
    expect(symptoms(look)).toEqual(['RAID_MEMBER_FAILED md0'])
    expect(look.symptoms[0]?.evidence).toEqual([{ source: '/sys/block/md0/md', text: 'faulty: sde' }])
  })

  it('that is rebuilt says how far', () => {
    const going = { sync_action: 'recover\n', sync_completed: '1569888 / 2093056\n' }
    const look = lookAt(array('md0', raid('raid6', 1, 'active', going), sync))
    expect(symptoms(look)).toEqual(['RAID_DEGRADED md0', 'RAID_REBUILDING md0'])
    expect(look.symptoms[1]?.evidence[0]?.text).toBe('recover 1569888 / 2093056')
  })

  it('that was never started has failed, a container has not', () => {
    expect(symptoms(lookAt(array('md0', raid('raid5', null, 'inactive'), sync)))).toEqual(['RAID_FAILED md0'])
    const container = raid('', null, 'inactive', { metadata_version: 'external:imsm' })
    expect(symptoms(lookAt(array('md127', container, sync)))).toEqual([])
  })

  it('is judged by /proc/mdstat where that is all there is', () => {
    const mdstat =
      'md6 : active raid1 sdb2[2](F) sda2[0]\n      10 blocks [2/1] [U_]\n      [=>..]  recovery =  8.5% (1/10) finish=1min\n'
    expect(symptoms(lookAt({ '/proc/mdstat': mdstat }))).toEqual(['RAID_DEGRADED md6', 'RAID_REBUILDING md6'])
  })

  it('of LVM is asked of dmsetup, and unchecked without it', () => {
    const dm = (i: number, name: string): Files => ({
      [`/sys/block/dm-${i}/dm/name`]: name,
      [`/sys/block/dm-${i}/dm/uuid`]: `LVM-${i}`,
    })
    const files = { ...dm(0, 'vg-root'), ...dm(1, 'vg-root_rimage_0'), ...dm(2, 'vg-root_rimage_1') }
    const argv = 'dmsetup status --target raid'
    expect(lookAt(files).unchecked).toMatchObject([
      { question: "redundancy of LVM's RAID volumes", code: 'HW_TOOL_MISSING' },
    ])
    expect(lookAt(files, { [argv]: 1 }).unchecked).toMatchObject([{ code: 'HW_TOOL_FAILED' }])
    const status = (health: string) => `vg-root: 0 2097152 raid raid1 2 ${health} 2097152/2097152 idle 0 0 -\n`
    expect(symptoms(lookAt(files, { [argv]: status('AA') }))).toEqual([])
    expect(symptoms(lookAt(files, { [argv]: status('AD') }))).toEqual(['RAID_DEGRADED vg-root'])
  })
})

describe('pools', () => {
  it.each([
    ['ONLINE', []],
    ['DEGRADED', ['RAID_DEGRADED tank']],
    ['FAULTED', ['RAID_FAILED tank']],
    ['SUSPENDED', ['RAID_FAILED tank']],
  ])('of ZFS that are %s', (state, expected) => {
    const look = lookAt({ '/proc/spl/kstat/zfs/tank/state': `${state}\n` })
    expect(symptoms(look)).toEqual(expected)
    expect(look.unchecked).toMatchObject([{ code: 'HW_TOOL_MISSING' }])
  })

  it('of ZFS tell the errors of their devices and that they are rebuilt', () => {
    const status = [
      '  pool: tank',
      ' state: ONLINE',
      '  scan: resilver in progress since Sun Jan  1 00:00:00 2023',
      '\t1.2T scanned at 1G/s',
      'config:',
      '',
      '\tNAME         STATE   READ WRITE CKSUM',
      '\ttank         ONLINE     0     0     0',
      '\t  /dev/sda1  ONLINE     0     0     7',
    ].join('\n')
    const look = lookAt({ '/proc/spl/kstat/zfs/tank/state': 'ONLINE\n' }, { 'zpool status -P -L': status })
    expect(symptoms(look)).toEqual(['RAID_REBUILDING tank', 'FILESYSTEM_ERRORS tank'])
    expect(look.symptoms[1]?.evidence[0]?.text).toBe('/dev/sda1: 0 read, 0 write, 7 checksum errors')
  })

  it.each([
    ['0     0     0', '0     0     4', 'No known data errors', 'raidz1-0: 0 read, 0 write, 4 checksum errors'],
    ['0     0     2', '0     0     0', 'No known data errors', 'tank: 0 read, 0 write, 2 checksum errors'],
    ['0     0     0', '0     0     0', "3 data errors, use '-v' for a list", "3 data errors, use '-v' for a list"],
    ['0     0     0', '0     0     0', 'No known data errors', null],
    ['0     0     0', '0     0     0', 'List of errors unavailable: permission denied', null],
  ])('of ZFS with %s, its group with %s and "%s" tell: %s', (own, group, data, expected) => {
    const status = [
      '  pool: tank',
      ' state: ONLINE',
      'config:',
      '',
      '\tNAME           STATE   READ WRITE CKSUM',
      `\ttank           ONLINE     ${own}`,
      `\t  raidz1-0     ONLINE     ${group}`,
      '\t    /dev/sda1  ONLINE     0     0     0',
      '',
      `errors: ${data}`,
    ].join('\n')
    const look = lookAt({ '/proc/spl/kstat/zfs/tank/state': 'ONLINE\n' }, { 'zpool status -P -L': status })
    expect(look.symptoms.flatMap(({ evidence }) => evidence.map(({ text }) => text))).toEqual(
      expected === null ? [] : [expected],
    )
  })

  it('of btrfs tell counted errors and missing devices', () => {
    const at = '/sys/fs/btrfs/00112233-4455-6677-8899-aabbccddeeff'
    const stats = 'write_errs 0\nread_errs 12\nflush_errs 0\ncorruption_errs 0\ngeneration_errs 0\n'
    const look = lookAt({
      [`${at}/label`]: 'pool\n',
      [`${at}/devinfo/1/missing`]: '0\n',
      [`${at}/devinfo/1/error_stats`]: stats,
      [`${at}/devinfo/2/missing`]: '1\n',
    })
    expect(symptoms(look)).toEqual(['FILESYSTEM_ERRORS pool', 'RAID_DEGRADED pool'])
    expect(look.counters.map(({ text, value }) => [text, value])).toContainEqual(['read errors', 12])
  })
})

describe('file systems', () => {
  const mounted = (line: string): Files => ({ '/proc/self/mountinfo': `${line}\n` })

  it.each([
    ['30 1 8:1 / /srv rw,relatime - ext4 /dev/sda1 rw,errors=remount-ro', false],
    ['30 1 8:1 / /srv rw,relatime - ext4 /dev/sda1 ro,errors=remount-ro', true],
    ['30 1 8:1 / /srv ro,relatime - ext4 /dev/sda1 ro', false],
    ['30 1 8:1 / /srv ro,relatime - ext4 /dev/sda1 rw', false],
    ['30 1 8:1 / /srv rw,relatime - ext4 /dev/sda1 rw,emergency_ro', true],
    ['30 1 0:40 /@ / rw - btrfs /dev/sda1 ro,subvol=/@', true],
    ['30 1 11:0 / /media rw - iso9660 /dev/sr0 ro', false],
    ['30 1 7:0 / /snap/x rw - squashfs /dev/loop0 ro', false],
  ])('mounted as %s went read-only: %s', (line, expected) => {
    expect(symptoms(lookAt(mounted(line)))).toHaveLength(expected ? 1 : 0)
  })

  it('on a device that takes no writes did not go read-only', () => {
    const files = { ...mounted('30 1 8:1 / /srv rw - ext4 /dev/sda1 ro'), '/sys/dev/block/8:1/ro': '1\n' }
    expect(symptoms(lookAt(files))).toEqual([])
  })

  it('of XFS that are shut down are known by the kernel log, until they are mounted again', () => {
    const line = {
      priority: 1,
      atSeconds: 1,
      text: 'XFS (dm-0): Filesystem has been shut down due to log error (0x2).',
    }
    const files = {
      ...mounted('30 1 253:0 / /srv rw - xfs /dev/mapper/vg-srv rw'),
      '/sys/class/block/dm-0/dev': '253:0\n',
    }
    expect(symptoms(lookAt(files, {}, [line]))).toEqual(['FILESYSTEM_READ_ONLY /srv'])
    const again = { ...line, text: 'XFS (dm-0): Mounting V5 Filesystem 5f3c' }
    expect(symptoms(lookAt(files, {}, [line, again]))).toEqual([])
    expect(symptoms(lookAt(files, {}, [again, line]))).toEqual(['FILESYSTEM_READ_ONLY /srv'])
  })

  it('of ext4 tell recorded errors, and count them from none', () => {
    const files = (count: string) => ({
      ...mounted('30 1 8:1 / /srv rw - ext4 /dev/sda1 rw'),
      '/sys/fs/ext4/sda1/errors_count': count,
      '/sys/fs/ext4/features/x': '',
    })
    expect(symptoms(lookAt(files('3\n')))).toEqual(['FILESYSTEM_ERRORS /srv'])
    const look = lookAt(files('0\n'))
    expect([symptoms(look), look.counters.map(({ value }) => value)]).toEqual([[], [0]])
  })
})

describe('ways to a drive', () => {
  const path = (i: number) =>
    `/sys/devices/pci0000:00/0000:0${i}:00.0/host${i}/rport-${i}:0-0/target${i}:0:0/${i}:0:0:1`
  const lun = { vendor: 'NETAPP', model: 'LUN', wwid: 'naa.600a', vpd_pg80: Uint8Array.from([0, 0x80, 0, 2, 65, 66]) }
  const ways = (...states: readonly string[]) =>
    Object.assign({}, ...states.map((state, i) => drive(`sd${'ab'[i]}`, path(i + 1), {}, { ...lun, state })))

  it.each([
    [['running\n', 'running\n'], []],
    [['running\n', 'offline\n'], ['DISK_PATH_DOWN sda']],
    [['transport-offline\n', 'offline\n'], ['DISK_UNRESPONSIVE sda']],
  ])('that are %j', (states, expected) => {
    expect(symptoms(lookAt(ways(...states)))).toEqual(expected)
  })

  it('of a volume without a size lead nowhere', () => {
    const raid = drive(
      'sda',
      '/sys/devices/pci0000:00/0000:01:00.0/host0/target0:2:0/0:2:0:0',
      { size: '0\n' },
      {
        vendor: 'DELL',
        model: 'PERC H710P',
        state: 'running\n',
      },
    )
    expect(symptoms(lookAt(raid))).toEqual(['DISK_UNRESPONSIVE sda'])
  })
})
