import { describe, expect, it } from 'vitest'
import { drive, type Files, storageOf, udev } from '../../../support/storage-bench.ts'

const files = (folder: string, some: Files): Files => {
  return Object.fromEntries(Object.entries(some).map(([file, value]) => [`${folder}/${file}`, value]))
}

describe('volumes of software RAID', () => {
  const array = {
    dev: '9:0\n',
    size: '4096\n',
    'slaves/sdb1/x': '',
    'slaves/sda1/x': '',
    'md/level': 'raid1\n',
    'md/array_state': 'clean\n',
    'md/metadata_version': '1.2\n',
    'md/degraded': '0\n',
    'md/sync_action': 'idle\n',
  }

  it('say what the kernel says, with name and identity from udev', () => {
    const entry = udev('9:0', { MD_UUID: '0fbf5f2c:add243c2:bd78a4be:3ab709ef', MD_DEVNAME: 'root' })
    expect(storageOf({ ...files('/sys/block/md0', array), ...entry }).volumes).toEqual([
      {
        name: 'md0',
        kind: 'md',
        label: 'root',
        uuid: '0fbf5f2c-add2-43c2-bd78-a4be3ab709ef',
        level: 'raid1',
        sizeBytes: 4096 * 512,
        state: 'clean',
        members: ['sda1', 'sdb1'],
        usedBy: [],
      },
    ])
  })

  it('say that they lack members and that they are rebuilt', () => {
    const sick = { ...array, 'md/degraded': '1\n', 'md/sync_action': 'recover\n', 'md/array_state': 'active\n' }
    expect(storageOf(files('/sys/block/md0', sick)).volumes).toMatchObject([{ state: 'active, degraded, recover' }])
  })

  it('have no state where a part of it cannot be read', () => {
    for (const file of ['md/degraded', 'md/array_state', 'md/sync_action']) {
      const { volumes, problems } = storageOf(
        files('/sys/block/md0', { ...array, 'md/degraded': '1\n', [file]: { errno: 'EIO' } }),
      )
      expect(volumes).toMatchObject([{ state: null }])
      expect(problems).toContainEqual(expect.objectContaining({ where: `/sys/block/md0/${file}` }))
    }
  })

  it('in the format of a firmware have a container without level and size', () => {
    const container = {
      dev: '9:127',
      size: '0',
      'md/metadata_version': 'external:imsm',
      'md/array_state': 'inactive',
      'md/level': '',
    }
    const member = { ...array, 'md/metadata_version': 'external:/md127/0' }
    const all = { ...files('/sys/block/md127', container), ...files('/sys/block/md126', member) }
    expect(storageOf(all).volumes.map((one) => [one.name, one.level, one.sizeBytes])).toEqual([
      ['md126', 'raid1', 4096 * 512],
      ['md127', 'container', null],
    ])
  })

  it('are taken from /proc/mdstat where their folders are missing', () => {
    const mdstat =
      'Personalities : [raid1]\nmd6 : active raid1 sdb2[2](F) sda2[0]\n      10 blocks [2/1] [U_]\n\nunused devices: <none>\n'
    expect(storageOf({ '/proc/mdstat': mdstat }).volumes).toMatchObject([
      { name: 'md6', level: 'raid1', sizeBytes: 10240, state: 'active, degraded', members: ['sdb2', 'sda2'] },
    ])
  })
})

describe('volumes of the device mapper', () => {
  const volume = (name: string, uuid: string) =>
    storageOf(
      files('/sys/block/dm-0', { 'dm/name': `${name}\n`, 'dm/uuid': `${uuid}\n`, 'dm/suspended': '0\n', size: '8' }),
    ).volumes[0]

  it.each([
    ['data-root', 'LVM-x', 'lvm', 'data-root', null],
    ['my--data-home--2', 'LVM-x', 'lvm', 'my-data-home-2', null],
    ['secret', 'CRYPT-LUKS2-00112233445566778899aabbccddeeff-secret', 'crypt', 'secret', 'LUKS2'],
    ['mpatha', 'mpath-3600a0980', 'multipath', 'mpatha', null],
    ['isw_x', 'DMRAID-isw_x', 'dmraid', 'isw_x', null],
    ['other', '', 'dm', 'other', null],
  ])('%s with %s is %s', (name, uuid, kind, label, level) => {
    expect(volume(name, uuid)).toMatchObject({ kind, label, level, state: 'active', sizeBytes: 4096 })
  })
})

describe('pools', () => {
  it('of btrfs are volumes where they span devices', () => {
    const at = '/sys/fs/btrfs/00112233-4455-6677-8899-aabbccddeeff'
    const all: Files = {
      ...drive('sda', '/sys/devices/a'),
      ...drive('sdb', '/sys/devices/b'),
      ...files(at, {
        label: '\n',
        'devices/sda/x': '',
        'devices/sdb/x': '',
        'allocation/data/raid1/x': '',
        'allocation/data/flags': '1',
      }),
      '/proc/self/mountinfo': '30 1 0:40 /@ / rw - btrfs /dev/sda rw\n31 1 0:40 /@home /home rw - btrfs /dev/sda rw\n',
    }
    expect(storageOf(all).volumes).toEqual([
      {
        name: '00112233-4455-6677-8899-aabbccddeeff',
        kind: 'btrfs',
        label: null,
        uuid: '00112233-4455-6677-8899-aabbccddeeff',
        level: 'raid1',
        sizeBytes: 2 * 2048 * 512,
        state: null,
        members: ['sda', 'sdb'],
        usedBy: ['mount /', 'mount /home'],
      },
    ])
  })

  const zfs: Files = {
    '/proc/spl/kstat/zfs/tank/state': 'DEGRADED\n',
    '/proc/spl/kstat/zfs/arcstats': 'x',
    ...drive('sda', '/sys/devices/a', { dev: '8:0' }),
    ...udev('8:0', { ID_FS_TYPE: 'zfs_member', ID_FS_LABEL: 'tank', ID_FS_UUID: '1234' }),
    '/proc/self/mountinfo': '30 1 0:40 / /tank rw - zfs tank rw\n31 1 0:41 / /home rw - zfs tank/home rw\n',
  }
  const status = [
    '  pool: tank',
    ' state: DEGRADED',
    'status: One or more devices could not be used.',
    '  scan: none requested',
    'config:',
    '',
    '\tNAME           STATE     READ WRITE CKSUM',
    '\ttank           DEGRADED     0     0     0',
    '\t  mirror-0     DEGRADED     0     0     0',
    '\t    /dev/sda   ONLINE       0     0     0',
    '\t    /dev/sdb1  UNAVAIL      3   1.2K    0  cannot open',
    '',
    'errors: No known data errors',
  ].join('\n')

  it('of ZFS have their devices from the tool', () => {
    expect(storageOf(zfs, { 'zpool status -P -L': status }).volumes).toEqual([
      {
        name: 'tank',
        kind: 'zfs',
        label: 'tank',
        uuid: '1234',
        level: 'mirror',
        sizeBytes: null,
        state: 'DEGRADED',
        members: ['sda', 'sdb1'],
        usedBy: ['mount /tank', 'mount /home'],
      },
    ])
  })

  it('of ZFS without the tool have the devices that udev knows, and a problem says what is missing', () => {
    const { volumes, problems } = storageOf(zfs)
    expect(volumes).toMatchObject([{ name: 'tank', level: null, state: 'DEGRADED', members: ['sda'] }])
    expect(problems).toMatchObject([{ code: 'HW_TOOL_MISSING', where: 'zpool' }])
  })
})
