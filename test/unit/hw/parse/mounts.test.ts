import { describe, expect, it } from 'vitest'
import { parseMountinfo, parseMounts, parseSwapDevices } from '../../../../src/hw/parse/mounts.ts'

describe('mountinfo', () => {
  it('tells mount and file system apart, with escapes and optional fields', () => {
    const line =
      '36 35 98:0 /my\\040root /mnt\\0111 rw,noatime master:1 shared:2 - ext3 /dev/my\\134disk rw,errors=continue\n'
    expect(parseMountinfo(line)).toEqual([
      {
        number: '98:0',
        root: '/my root',
        mountPoint: '/mnt\t1',
        options: ['rw', 'noatime'],
        type: 'ext3',
        source: '/dev/my\\disk',
        superOptions: ['rw', 'errors=continue'],
      },
    ])
  })

  it('may have no source and no options of the file system', () => {
    expect(parseMountinfo('1 0 8:1 / / rw - ext4  rw')).toMatchObject([{ source: '', superOptions: ['rw'] }])
    expect(parseMountinfo('1 0 8:1 / / rw - ext4 /dev/sda1')).toMatchObject([{ superOptions: [] }])
  })

  it.each(['', '1 0 8:1 / /', '1 0 8:1 / / rw - ', '1 0 x / / rw - ext4 a rw', '1 0 8:1 root / rw - ext4 a rw'])(
    'leaves out %j',
    (line) => {
      expect(parseMountinfo(line)).toEqual([])
    },
  )

  it('keeps no more than its bound', () => {
    expect(parseMountinfo('1 0 8:1 / / rw - ext4 /dev/sda1 rw\n'.repeat(20_000))).toHaveLength(5000)
  })
})

describe('mounts', () => {
  it('know subvolumes of btrfs only', () => {
    const text = '/dev/sda1 / btrfs rw,subvol=/@ 0 0\n/dev/sda2 /boot ext4 rw,subvol=/x 0 0\nshort line\n'
    expect(parseMounts(text).map((mount) => [mount.mountPoint, mount.root])).toEqual([
      ['/', '/@'],
      ['/boot', '/'],
    ])
  })
})

describe('swaps', () => {
  it('are devices or files, and only devices count', () => {
    const text =
      'Filename\tType\tSize\tUsed\tPriority\n/dev/dm-1  partition\t100\t0\t-2\n/swap.img file 10 0 -3\n/dev/a partition x\n'
    expect(parseSwapDevices(text)).toEqual(['/dev/dm-1'])
  })
})
