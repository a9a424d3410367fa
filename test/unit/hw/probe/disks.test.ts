import { describe, expect, it } from 'vitest'
import { drive, type Files, numaOf, storageOf, udev } from '../../../support/storage-bench.ts'

const sata = '/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0'
const sas = '/sys/devices/pci0000:00/0000:03:00.0/host1/port-1:0/end_device-1:0/target1:0:0/1:0:0:0'
const nvme = '/sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0'
const mounted = (...lines: readonly string[]): Files => ({ '/proc/self/mountinfo': `${lines.join('\n')}\n` })

describe('a drive', () => {
  it('of NVMe is described by its controller', () => {
    const controller = {
      model: 'SAMSUNG MZVL2512HCJQ-00B00              \n',
      serial: 'S675NX0T000000      \n',
      firmware_rev: 'GXA7801Q\n',
      transport: 'pcie\n',
    }
    const block = {
      size: '1000215216\n',
      wwid: 'eui.002538b111111111\n',
      'queue/rotational': '0\n',
      'queue/logical_block_size': '512\n',
      'queue/physical_block_size': '4096\n',
    }
    expect(storageOf(drive('nvme0n1', nvme, block, controller)).disks).toEqual([
      {
        name: 'nvme0n1',
        model: 'SAMSUNG MZVL2512HCJQ-00B00',
        serial: 'S675NX0T000000',
        wwn: 'eui.002538b111111111',
        sizeBytes: 1000215216 * 512,
        logicalBlockBytes: 512,
        physicalBlockBytes: 4096,
        rotational: false,
        kind: 'nvme',
        transport: 'nvme',
        numaNode: 0,
        pciAddress: '0000:01:00.0',
        firmware: 'GXA7801Q',
        isRemovable: false,
        isReadOnly: false,
        paths: [],
        partitions: [],
        content: null,
        usedBy: [],
        isFree: null,
      },
    ])
  })

  it('has no size and no blocks where the kernel counts what cannot be', () => {
    const block = {
      'queue/logical_block_size': '0\n',
      'queue/physical_block_size': '-1\n',
      size: '18014398509481985\n',
    }
    const files = { ...drive('nvme0n1', nvme, block), '/sys/block/nvme0n1/nvme0n1p1/partition': '-1\n' }
    const { disks } = storageOf(files)
    expect(disks[0]).toMatchObject({ logicalBlockBytes: null, physicalBlockBytes: null, sizeBytes: null })
    expect(disks[0]?.partitions[0]?.number ?? null).toBe(null)
    const large = storageOf(drive('nvme0n1', nvme, { size: '9007199254740991\n' }))
    expect(large.disks[0]?.sizeBytes).toBe(null)
    expect(JSON.stringify(large.problems)).toContain('/sys/block/nvme0n1/size')
  })

  it('of several NVMe namespaces is a disk each, told apart by world-wide name', () => {
    const files = {
      ...drive('nvme0n1', nvme, { wwid: 'eui.1111111111111111' }, { serial: 'S1', transport: 'pcie' }),
      ...drive('nvme0n2', nvme, { wwid: 'eui.2222222222222222' }),
    }
    expect(storageOf(files).disks.map((one) => [one.name, one.serial, one.wwn, one.paths])).toEqual([
      ['nvme0n1', 'S1', 'eui.1111111111111111', []],
      ['nvme0n2', 'S1', 'eui.2222222222222222', []],
    ])
  })

  it('of NVMe with several paths is one, where its controllers are (FN-0042)', () => {
    const subsystem = '/sys/devices/virtual/nvme-subsystem/nvme-subsys1'
    const controllers = [1, 2].map((i) => `/sys/devices/pci000${i}:00/000${i}:02:00.0/nvme/nvme${i}`)
    const files: Files = {
      ...drive('nvme1n1', subsystem, { wwid: 'eui.1' }, { model: 'BIG', serial: 'S1', firmware_rev: 'F1' }),
      [`${subsystem}/nvme1n1/multipath/nvme1c1n1`]: '',
      [`${subsystem}/nvme1n1/multipath/nvme1c2n1`]: '',
      ...Object.fromEntries(
        controllers.flatMap((path, i) => [
          [`${subsystem}/nvme${i + 1}`, { link: path }],
          [`${path}/transport`, 'pcie\n'],
          [`${path}/../../numa_node`, ''],
          [`/sys/devices/pci000${i + 1}:00/000${i + 1}:02:00.0/numa_node`, `${i}\n`],
          [`${path}/nvme1c${i + 1}n1/hidden`, '1\n'],
          [`/sys/block/nvme1c${i + 1}n1`, { link: `${path}/nvme1c${i + 1}n1` }],
        ]),
      ),
    }
    const { disks } = storageOf(files, {}, numaOf(2))
    expect(disks).toMatchObject([
      { name: 'nvme1n1', pciAddress: '0001:02:00.0', transport: 'nvme', serial: 'S1', numaNode: null },
    ])
    expect(disks[0]?.paths).toEqual(['nvme1c1n1', 'nvme1c2n1'])
  })

  it('of NVMe over a network says so', () => {
    const path = '/sys/devices/virtual/nvme-fabrics/ctl/nvme0'
    expect(storageOf(drive('nvme0n1', path, {}, { transport: 'tcp\n', model: 'Linux' })).disks).toMatchObject([
      { kind: 'nvme', transport: 'nvme-tcp', pciAddress: null },
    ])
  })

  it('of SATA loses the word ATA, of SAS keeps the vendor, and serials come from the vital product data', () => {
    const found = storageOf({
      ...drive(
        'sda',
        sata,
        { 'queue/rotational': '1' },
        {
          vendor: 'ATA     ',
          model: 'WDC WD5000      ',
          rev: '1E01',
          vpd_pg80: Uint8Array.from([0, 0x80, 0, 4, 87, 68, 45, 49]),
          wwid: 'naa.50014ee000000001',
        },
      ),
      ...drive('sdb', sas, { 'queue/rotational': '0' }, { vendor: 'SEAGATE ', model: 'XS800   ', rev: '0003' }),
    })
    expect(
      found.disks.map((disk) => [disk.name, disk.model, disk.transport, disk.kind, disk.serial, disk.wwn]),
    ).toEqual([
      ['sda', 'WDC WD5000', 'sata', 'hdd', 'WD-1', 'naa.50014ee000000001'],
      ['sdb', 'SEAGATE XS800', 'sas', 'ssd', null, null],
    ])
  })

  it('of SATA has its whole model and firmware from page 89h, else from udev (FN-0040)', () => {
    const page = new Uint8Array(60 + 512)
    page.set([0, 0x89, 2, 0x38])
    const put = (word: number, text: string) => {
      for (const [i, char] of [...text].entries()) page[60 + word * 2 + (i ^ 1)] = char.charCodeAt(0)
    }
    put(10, '50026B724B09A1FF    ')
    put(23, '580ABBF0')
    put(27, 'KINGSTON SH103S3240G                    ')
    const scsi = { vendor: 'ATA     ', model: 'KINGSTON SH103S3', rev: 'BBF0' }
    const known = { model: 'KINGSTON SH103S3240G', serial: '50026B724B09A1FF', firmware: '580ABBF0' }
    expect(storageOf(drive('sda', sata, {}, { ...scsi, vpd_pg89: page })).disks).toMatchObject([known])
    const entry = {
      ID_BUS: 'ata',
      ID_MODEL: 'KINGSTON_SH103S3240G',
      ID_MODEL_ENC: 'KINGSTON\\x20SH103S3240G\\x20\\x20',
      ID_REVISION: '580ABBF0',
      ID_SERIAL_SHORT: '50026B724B09A1FF',
      ID_WWN: '0x50026b724b09a1ff',
    }
    const files = { ...drive('sda', sata, { dev: '8:0\n' }, scsi), ...udev('8:0', entry) }
    expect(storageOf(files).disks).toMatchObject([{ ...known, wwn: 'naa.50026b724b09a1ff' }])
  })

  it.each([
    ['vda', '/sys/devices/pci0000:00/0000:00:04.0/virtio1', { vendor: '0x1af4' }, 'virtual', 'virtio'],
    ['sda', `${sata}`, { vendor: 'ATA', model: 'QEMU HARDDISK' }, 'virtual', 'sata'],
    [
      'sda',
      '/sys/devices/pci0000:00/0000:00:10.0/host2/target2:0:0/2:0:0:0',
      { vendor: 'VMware', model: 'Virtual disk' },
      'virtual',
      'scsi',
    ],
    [
      'sda',
      '/sys/devices/LNXSYSTM:00/VMBUS:00/f8b3/host0/target0:0:0/0:0:0:0',
      { vendor: 'Msft', model: 'Virtual Disk' },
      'virtual',
      'vmbus',
    ],
    ['xvda', '/sys/devices/vbd-51712', {}, 'virtual', 'xen'],
    [
      'sda',
      '/sys/devices/pci0000:00/0000:01:00.0/host0/target0:2:0/0:2:0:0',
      { vendor: 'DELL', model: 'PERC H710P' },
      'raid',
      'scsi',
    ],
    [
      'sda',
      '/sys/devices/pci0000:00/0000:01:00.0/host0/target0:0:0/0:0:0:0',
      { vendor: 'HP', model: 'LOGICAL VOLUME' },
      'raid',
      'scsi',
    ],
    ['sda', sas, { vendor: 'HPE', model: 'DISK', raid_level: 'RAID 1(1+0)' }, 'raid', 'sas'],
    ['sda', sas, { vendor: 'HPE', model: 'MB004', raid_level: 'N/A' }, 'hdd', 'sas'],
    [
      'sda',
      '/sys/devices/pci0000:00/0000:04:00.0/host5/rport-5:0-1/target5:0:0/5:0:0:0',
      { vendor: 'DGC', model: 'VRAID' },
      'lun',
      'fc',
    ],
    [
      'sda',
      '/sys/devices/platform/host7/session2/target7:0:0/7:0:0:1',
      { vendor: 'LIO-ORG', model: 'disk' },
      'lun',
      'iscsi',
    ],
    [
      'sda',
      '/sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host8/target8:0:0/8:0:0:0',
      { vendor: 'SanDisk', model: 'Ultra' },
      null,
      'usb',
    ],
    ['dasda', '/sys/devices/css0/0.0.0001/0.0.0200', { discipline: 'ECKD', devtype: '3390/0c' }, 'lun', 'ccw'],
    ['mmcblk0', '/sys/devices/platform/mmc_host/mmc0/mmc0:0001', { name: 'DF4064', serial: '0x1' }, 'mmc', 'mmc'],
    ['pmem0', '/sys/devices/LNXSYSTM:00/ndbus0/region0/namespace0.0', { uuid: '3115a4d1' }, 'pmem', 'pmem'],
  ] as const)('%s at %s with %j is %s by %s', (name, path, device, kind, transport) => {
    const { disks } = storageOf(drive(name, path, { 'queue/rotational': '1' }, device))
    expect(disks.map((disk) => [disk.kind, disk.transport])).toEqual([[kind, transport]])
  })

  it('of megaraid_sas is a volume above channel 1, and a bare drive below', () => {
    const at = (channel: number) => `/sys/devices/pci0000:00/0000:01:00.0/host0/target0:${channel}:0/0:${channel}:0:0`
    const files = {
      ...drive('sda', at(2), { 'queue/rotational': '1' }, { vendor: 'AVAGO', model: 'INSPUR' }),
      ...drive('sdb', at(0), { 'queue/rotational': '1' }, { vendor: 'SEAGATE', model: 'ST4000' }),
      '/sys/devices/pci0000:00/0000:01:00.0/host0/scsi_host/host0/proc_name': 'megaraid_sas\n',
    }
    expect(storageOf(files).disks.map((disk) => disk.kind)).toEqual(['raid', 'hdd'])
  })

  it('is not a loop, a stacked device, a tray, or an area of an eMMC (FN-0043)', () => {
    const names = ['loop0', 'ram0', 'zram0', 'md127', 'sr0', 'nbd0', 'mmcblk0boot0', 'mmcblk0rpmb', 'mtdblock0']
    const files = names.flatMap((name) => Object.entries(drive(name, `/sys/devices/x/${name}`)))
    expect(storageOf(Object.fromEntries(files)).disks).toEqual([])
  })

  it('without a medium has no size, is not free, and a problem says so', () => {
    const { disks, problems } = storageOf(drive('sdc', sata, { size: '0\n', removable: '1' }, { model: 'Card Reader' }))
    expect(disks).toMatchObject([{ name: 'sdc', sizeBytes: null, isRemovable: true, isFree: false }])
    expect(problems).toMatchObject([{ where: '/sys/block/sdc/size' }])
  })
})

describe('several paths to one LUN', () => {
  const path = (i: number) =>
    `/sys/devices/pci0000:00/0000:0${i}:00.0/host${i}/rport-${i}:0-0/target${i}:0:0/${i}:0:0:1`
  const lun = { vendor: 'NETAPP', model: 'LUN', vpd_pg80: Uint8Array.from([0, 0x80, 0, 2, 65, 66]) }

  it('are one drive where world-wide name, serial and size are equal', () => {
    const files = [1, 2].map((i) => drive(`sd${'xab'[i]}`, path(i), {}, { ...lun, wwid: 'naa.600a0980' }))
    expect(storageOf(Object.assign({}, ...files)).disks).toMatchObject([{ name: 'sda', paths: ['sda', 'sdb'] }])
  })

  it('are two where only the name is equal (FN-0044)', () => {
    const files = [1, 2].map((i) => {
      const own = { ...lun, vpd_pg80: Uint8Array.from([0, 0x80, 0, 1, 64 + i]), wwid: 'naa.600a0980' }
      return drive(`sd${'xab'[i]}`, path(i), {}, own)
    })
    expect(storageOf(Object.assign({}, ...files)).disks.map((disk) => disk.paths)).toEqual([[], []])
  })

  it('are one drive under one multipath device, with the partitions and uses of that', () => {
    const mapper = '/sys/devices/virtual/block'
    const held = { 'holders/dm-0/x': '' }
    const files: Files = {
      ...drive('sda', path(1), { dev: '8:0', ...held }, lun),
      ...drive('sdb', path(2), { dev: '8:16', ...held }, { ...lun, vpd_pg80: new Uint8Array(0) }),
      '/sys/block/dm-0': { link: `${mapper}/dm-0` },
      [`${mapper}/dm-0/dm/name`]: 'mpatha\n',
      [`${mapper}/dm-0/dm/uuid`]: 'mpath-3600a0980\n',
      [`${mapper}/dm-0/holders/dm-1/x`]: '',
      [`${mapper}/dm-0/slaves/sda/x`]: '',
      '/sys/block/dm-1': { link: `${mapper}/dm-1` },
      [`${mapper}/dm-1/dm/name`]: 'mpatha-part1\n',
      [`${mapper}/dm-1/dm/uuid`]: 'part1-mpath-3600a0980\n',
      [`${mapper}/dm-1/size`]: '1024\n',
      [`${mapper}/dm-1/dev`]: '253:1\n',
      [`${mapper}/dm-1/slaves/dm-0/x`]: '',
      ...mounted('30 1 253:1 / /srv rw - ext4 /dev/mapper/mpatha-part1 rw'),
    }
    const { disks, volumes } = storageOf(files)
    expect(disks).toMatchObject([
      {
        name: 'sda',
        paths: ['sda', 'sdb'],
        usedBy: ['multipath mpatha', 'partition table', 'mount /srv'],
        partitions: [{ name: 'dm-1', number: 1, sizeBytes: 512 * 1024, usedBy: ['mount /srv'] }],
        isFree: false,
      },
    ])
    expect(volumes.map((volume) => [volume.kind, volume.label, volume.members])).toEqual([
      ['multipath', 'mpatha', ['sda']],
      ['dm', 'mpatha-part1', ['dm-0']],
    ])
  })

  it('under a multipath device that nobody uses are free', () => {
    const mapper = '/sys/devices/virtual/block/dm-0'
    const files: Files = {
      ...drive('sda', path(1), { dev: '8:0', 'holders/dm-0/x': '' }, lun),
      ...udev('8:0', { ID_SERIAL: 'x', DM_MULTIPATH_DEVICE_PATH: '1' }),
      '/sys/block/dm-0': { link: mapper },
      [`${mapper}/dm/name`]: 'mpatha\n',
      [`${mapper}/dm/uuid`]: 'mpath-3600a0980\n',
      [`${mapper}/dev`]: '253:0\n',
      ...udev('253:0', { DM_NAME: 'mpatha', ID_SERIAL: 'x' }),
    }
    expect(storageOf(files).disks).toMatchObject([{ usedBy: ['multipath mpatha'], isFree: true }])
  })
})

describe('what a drive is used by', () => {
  const sda = (facts: Files = {}) => drive('sda', sata, { dev: '8:0\n', ...facts }, { vendor: 'ATA', model: 'X' })
  const part = (n: number, more: Files = {}): Files => {
    const facts: Files = {
      uevent: `MAJOR=8\nMINOR=${n}\nPARTN=${n}\nPARTUUID=ab-0${n}\nPARTNAME=data\n`,
      size: '100',
      ...more,
    }
    return Object.fromEntries(Object.entries(facts).map(([file, value]) => [`sda${n}/${file}`, value]))
  }
  const diskOf = (files: Files) => storageOf(files).disks[0]

  it('is nothing, and it is free, where udev looked and saw nothing', () => {
    expect(diskOf({ ...sda(), ...udev('8:0', { ID_SERIAL: 'x' }) })).toMatchObject({ usedBy: [], isFree: true })
  })

  it('is not known without udev, and a problem says so', () => {
    const { disks, problems } = storageOf(sda())
    expect(disks).toMatchObject([{ usedBy: [], isFree: null }])
    expect(problems).toMatchObject([{ code: 'HW_UNKNOWN', where: '/run/udev/data' }])
  })

  it('is nothing where only a signature is on it, and it is not free', () => {
    const disk = diskOf({
      ...sda(),
      ...udev('8:0', { ID_FS_TYPE: 'ext4', ID_FS_UUID: 'u', ID_FS_LABEL_ENC: 'my\\x20data' }),
    })
    expect(disk).toMatchObject({
      content: { type: 'ext4', uuid: 'u', label: 'my data' },
      usedBy: [],
      isFree: false,
    })
  })

  it('is the mounts of its partitions, by device number and not by name', () => {
    const files = {
      ...sda({ ...part(1), ...part(2) }),
      ...udev('8:1', { ID_FS_TYPE: 'vfat' }),
      ...mounted(
        '20 1 8:2 / / rw,relatime shared:1 - ext4 /dev/root rw',
        '21 1 8:1 / /boot\\040efi rw - vfat /dev/disk/by-uuid/AB rw',
        '22 1 8:2 /var/lib/x /mnt/bound rw - ext4 /dev/root rw',
        '23 1 0:50 / /tmp rw - tmpfs tmpfs rw',
        '24 1 9:1 - broken',
      ),
    }
    expect(diskOf(files)).toMatchObject({
      usedBy: ['partition table', 'mount /boot efi', 'mount /'],
      isFree: false,
      partitions: [
        {
          name: 'sda1',
          number: 1,
          uuid: 'ab-01',
          label: 'data',
          content: { type: 'vfat' },
          usedBy: ['mount /boot efi'],
        },
        { name: 'sda2', number: 2, usedBy: ['mount /'] },
      ],
    })
  })

  it('is swap, RAID, volume groups, encryption, caches, btrfs and ZFS', () => {
    const dm = (i: number, name: string, uuid: string): Files => ({
      [`/sys/block/dm-${i}/dm/name`]: `${name}\n`,
      [`/sys/block/dm-${i}/dm/uuid`]: `${uuid}\n`,
    })
    const parts = [1, 2, 3, 4, 5, 6, 7].map((n) => {
      const holder = [null, 'md0', 'dm-0', 'dm-1', 'bcache0', null, null][n - 1]
      return part(n, holder == null ? {} : { [`holders/${holder}/x`]: '' })
    })
    const files: Files = {
      ...sda(Object.assign({}, ...parts)),
      ...dm(0, 'my--vg-root', 'LVM-abc'),
      ...dm(1, 'secret', 'CRYPT-LUKS2-00112233445566778899aabbccddeeff-secret'),
      '/proc/swaps': 'Filename Type Size Used Priority\n/dev/sda1 partition 100 0 -2\n/swap.img file 1 0 -3\n',
      '/sys/fs/btrfs/00112233-4455-6677-8899-aabbccddeeff/label': 'pool\n',
      '/sys/fs/btrfs/00112233-4455-6677-8899-aabbccddeeff/devices/sda6/x': '',
      '/sys/fs/btrfs/features/x': '',
      '/proc/spl/kstat/zfs/tank/state': 'ONLINE\n',
      ...udev('8:7', { ID_FS_TYPE: 'zfs_member', ID_FS_LABEL: 'tank' }),
    }
    expect(diskOf(files)?.partitions.map((one) => one.usedBy)).toEqual([
      ['swap'],
      ['md0'],
      ['vg my-vg'],
      ['crypt secret'],
      ['bcache0'],
      ['btrfs pool'],
      ['zfs tank'],
    ])
  })

  it('is told though it is mounted for others only, as from within a container', () => {
    const files = { ...sda(), '/sys/fs/ext4/sda/errors_count': '0', ...mounted() }
    expect(diskOf(files)).toMatchObject({ usedBy: ['ext4 mounted elsewhere'], isFree: false })
  })
})
