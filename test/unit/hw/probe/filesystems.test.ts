import { describe, expect, it } from 'vitest'
import { drive, type Files, storageOf, udev } from '../../../support/storage-bench.ts'

const filesystems = (...lines: readonly string[]) => storageOf({ '/proc/self/mountinfo': lines.join('\n') }).filesystems

describe('file systems', () => {
  it('keep data on block devices or over networks; others are not listed', () => {
    const found = filesystems(
      '1 0 8:1 / / rw - ext4 /dev/sda1 rw',
      '2 1 0:22 / /proc rw - proc proc rw',
      '3 1 0:30 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,lowerdir=/a',
      '4 1 0:31 / /home rw,nosuid - nfs4 server:/home rw,vers=4.2',
      '5 1 7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro',
      '6 1 0:32 / /run/user/1000/gvfs rw - fuse.gvfsd-fuse gvfsd-fuse rw',
    )
    expect(found.map((one) => [one.mountPoint, one.type, one.source])).toEqual([
      ['/', 'ext4', '/dev/sda1'],
      ['/home', 'nfs4', 'server:/home'],
    ])
    expect(found[1]?.options).toEqual(['rw', 'nosuid', 'vers=4.2'])
  })

  it('are listed once however often they are bound, where the whole is to be seen', () => {
    const bound = Array.from(
      { length: 3000 },
      (_, i) => `${i + 10} 1 8:1 /pods/${i} /var/lib/kubelet/pods/${i} rw - ext4 /dev/sda1 rw`,
    )
    const found = filesystems(...bound, '9 1 8:1 / / rw - ext4 /dev/sda1 rw', '8 1 8:1 / /again rw - ext4 /dev/sda1 rw')
    expect(found.map((one) => one.mountPoint)).toEqual(['/'])
  })

  it('of btrfs are listed once a subvolume', () => {
    const found = filesystems(
      '1 0 0:30 /@ / rw - btrfs /dev/sda2 rw,subvol=/@',
      '2 1 0:30 /@home /home rw - btrfs /dev/sda2 rw,subvol=/@home',
      '3 1 0:30 /@home /mnt/home rw - btrfs /dev/sda2 rw,subvol=/@home',
    )
    expect(found.map((one) => one.mountPoint)).toEqual(['/', '/home'])
  })

  it('are read-only when the mount or the file system is', () => {
    const found = filesystems(
      '1 0 8:1 / /a ro - ext4 /dev/sda1 rw',
      '2 0 8:2 / /b rw - ext4 /dev/sda2 ro',
      '3 0 8:3 / /c rw - ext4 /dev/sda3 rw',
    )
    expect(found.map((one) => one.isReadOnly)).toEqual([true, true, false])
  })

  it('beyond what is listed are counted', () => {
    const many = Array.from({ length: 600 }, (_, i) => `${i} 0 8:${i} / /m${i} rw - ext4 /dev/x rw`)
    const { filesystems: found, problems } = storageOf({ '/proc/self/mountinfo': many.join('\n') })
    expect(found).toHaveLength(500)
    expect(problems.map((one) => one.message)).toEqual(['100 more file systems are mounted'])
  })

  it('are found in /proc/mounts where mountinfo is missing', () => {
    const mounts = '/dev/sda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\nserver:/x /x nfs rw 0 0\n'
    expect(storageOf({ '/proc/mounts': mounts }).filesystems.map((one) => one.mountPoint)).toEqual(['/', '/x'])
  })
})

describe('what is mounted', () => {
  const sda: Files = {
    ...drive('sda', '/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0', { dev: '8:0\n' }),
    ...udev('8:0', { ID_BUS: 'ata' }),
  }

  it('leaves no drive free where it cannot be read, and a problem says so', () => {
    expect(storageOf(sda).disks[0]?.isFree).toBe(true)
    for (const path of ['/proc/self/mountinfo', '/proc/mounts', '/proc/swaps']) {
      const { disks, filesystems: none, problems } = storageOf({ ...sda, [path]: { errno: 'EIO' } })
      expect([disks[0]?.isFree, none]).toEqual([null, []])
      expect(problems).toContainEqual(expect.objectContaining({ code: 'HW_UNREADABLE', where: path }))
    }
  })

  it('is read elsewhere where its first file cannot be', () => {
    const mounts = '/dev/sda / ext4 rw 0 0\n'
    const { disks, filesystems: found } = storageOf({
      ...sda,
      '/proc/self/mountinfo': { errno: 'EIO' },
      '/proc/mounts': mounts,
    })
    expect([disks[0]?.usedBy, found.length]).toEqual([['mount /'], 1])
  })

  it('of btrfs has no label where that cannot be read, and a problem says so', () => {
    const pool = '/sys/fs/btrfs/0abb23a9-579b-43e6-ad30-227ef47fcb9d'
    const files: Files = {
      [`${pool}/label`]: { errno: 'EIO' },
      [`${pool}/devices/sda/x`]: '',
      [`${pool}/devices/sdb/x`]: '',
    }
    const { volumes, problems } = storageOf(files)
    expect(volumes).toMatchObject([{ label: null }])
    expect(problems).toContainEqual(expect.objectContaining({ where: `${pool}/label` }))
  })
})
