// What is mounted and what is swapped to: /proc/<pid>/mountinfo, /proc/mounts, /proc/swaps (proc(5)).
// Of mounts only those are kept that hold data of their own: a machine with containers has thousands of others.

export type Mount = {
  /** `major:minor` of the file system; major 0 is one without a block device. Null where the source does not say it. */
  readonly number: string | null
  /** The folder of the file system that is shown; other than `/` for bind mounts and subvolumes. */
  readonly root: string
  readonly mountPoint: string
  /** Of this mount. */
  readonly options: readonly string[]
  readonly type: string
  readonly source: string
  /** Of the file system itself, the same at all of its mounts; empty where the source does not tell them apart. */
  readonly superOptions: readonly string[]
}

/** More mounts than this are not kept. */
export const mountsMax = 5000

/** Types without a block device of their own that keep data: on several devices, or over a network. */
const keepers = new Set(
  [
    'btrfs zfs bcachefs nfs nfs4 cifs smb3 smbfs ncpfs afs coda ceph glusterfs lustre gpfs beegfs orangefs pvfs2 9p virtiofs',
  ]
    .concat(['fuse.glusterfs fuse.ceph fuse.ceph-fuse fuse.sshfs fuse.s3fs fuse.gcsfuse fuse.rclone fuse.juicefs'])
    .concat(['fuse.JuiceFS fuse.moosefs fuse.mfs fuse.lizardfs fuse.beegfs fuse.mergerfs fuse.zfs fuse.ntfs-3g'])
    .flatMap((line) => line.split(' ')),
)

/** Types that are only ever read: images of programs and discs. */
const images = new Set(['squashfs', 'erofs', 'cramfs', 'romfs', 'iso9660', 'udf'])

export function isImageType(type: string): boolean {
  return images.has(type)
}

/** `36 35 8:2 /root /mnt rw,noatime shared:1 - ext4 /dev/sda2 rw,errors=continue`: lines of another form are left out. */
export function parseMountinfo(text: string): readonly Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    const middle = line.indexOf(' - ')
    if (middle === -1 || mounts.length >= mountsMax) continue
    const [, , number = '', root, mountPoint, options] = line.slice(0, middle).split(' ')
    const [type = '', source, superOptions = ''] = line.slice(middle + 3).split(' ')
    if (!/^\d{1,8}:\d{1,8}$/.test(number) || (number.startsWith('0:') && !keepers.has(type))) continue
    if (source === undefined || options === undefined || !root?.startsWith('/') || !mountPoint?.startsWith('/'))
      continue
    mounts.push({
      number,
      root: unescapeOctal(root),
      mountPoint: unescapeOctal(mountPoint),
      options: options.split(','),
      type,
      source: unescapeOctal(source),
      superOptions: superOptions.split(',').filter((one) => one !== ''),
    })
  }
  return mounts
}

/** `/dev/sda2 / ext4 rw,noatime 0 0`: does not say which part of a file system is shown, but for btrfs. */
export function parseMounts(text: string): readonly Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    const [source = '', mountPoint = '', type = '', options, ...rest] = line.split(' ')
    if (options === undefined || rest.length !== 2 || !mountPoint.startsWith('/')) continue
    if (mounts.length >= mountsMax || !(source.startsWith('/dev/') || keepers.has(type))) continue
    const subvolume = type === 'btrfs' ? /(?:^|,)subvol=([^,]+)/.exec(options)?.[1] : undefined
    mounts.push({
      number: null,
      root: unescapeOctal(subvolume ?? '/'),
      mountPoint: unescapeOctal(mountPoint),
      options: options.split(','),
      type,
      source: unescapeOctal(source),
      superOptions: [],
    })
  }
  return mounts
}

/** The devices that /proc/swaps names; files are left out, their file system is mounted. */
export function parseSwapDevices(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\/\S+)[ \t]+partition[ \t]+\d+[ \t]+\d+[ \t]+-?\d+$/.exec(line.trimEnd())
    return match === null ? [] : [unescapeOctal(match[1] as string)]
  })
}

/** `\040` is a space; also tab, line feed, backslash and `#` are written so. */
export function unescapeOctal(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
