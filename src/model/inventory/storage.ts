// Drives, what stands on them, and mounted file systems in the inventory document.

export type Disk = {
  /** The kernel's name, `nvme0n1`; it may change at each boot. */
  readonly name: string
  readonly model: string | null
  readonly serial: string | null
  /** World-wide name or NVMe namespace id (`eui.…`, `nvme.…`, `naa.…`, `0x5…`) as the kernel writes it. */
  readonly wwn: string | null
  readonly sizeBytes: number | null
  readonly logicalBlockBytes: number | null
  readonly physicalBlockBytes: number | null
  readonly rotational: boolean | null
  /** `virtual` is a hypervisor's, `raid` the volume that a controller shows as a drive. */
  readonly kind: 'hdd' | 'ssd' | 'nvme' | 'pmem' | 'mmc' | 'virtual' | 'raid' | null
  readonly transport: string | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
  readonly firmware: string | null
  readonly isRemovable: boolean | null
  readonly isReadOnly: boolean | null
  /** Kernel names of the same drive by other ways, this one included, where there are several; else empty. */
  readonly paths: readonly string[]
  readonly partitions: readonly Partition[]
  /** What uses it, nearest first: `partition table`, `mount /srv`, `md0`, `vg data`, `zfs tank`, `swap`, `holder dm-0`. */
  readonly usedBy: readonly string[]
  /** Nothing uses it and nothing recognisable is on it; null where that cannot be known without more rights. */
  readonly isFree: boolean | null
}
export type Partition = {
  readonly name: string
  readonly number: number | null
  readonly sizeBytes: number | null
  readonly uuid: string | null
  readonly label: string | null
  readonly usedBy: readonly string[]
}
/** A block device made of others: software RAID, device mapper (LVM, crypt, multipath), ZFS pool, bcache. */
export type Volume = {
  readonly name: string
  readonly kind: 'md' | 'lvm' | 'crypt' | 'multipath' | 'dmraid' | 'dm' | 'zfs' | 'bcache' | 'btrfs'
  /** What people call it: `data-root`, `mpatha`, `raid1`'s array name; null where it has only its kernel name. */
  readonly label: string | null
  readonly uuid: string | null
  /** `raid1`, `linear` …; null where the kind has none. */
  readonly level: string | null
  readonly sizeBytes: number | null
  /** As the kernel or the tool says it: `clean`, `active`, `ONLINE`, `degraded` … */
  readonly state: string | null
  /** Kernel names below it, at the next level. */
  readonly members: readonly string[]
  readonly usedBy: readonly string[]
}
/** A mounted file system of a block device (or a network one): virtual file systems are not here. */
export type Filesystem = {
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  readonly isReadOnly: boolean
  /** The mount options ask for read-only; a read-only mount that nobody asked for is a symptom. */
  readonly options: readonly string[]
}
