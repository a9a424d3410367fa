// Drives, what stands on them, and mounted file systems in the inventory document.

export type Disk = {
  /** The kernel's name, `nvme0n1`; it may change at each boot. */
  readonly name: string
  /** Model, serial and firmware: null also where a drive has none, as those of hypervisors and of memory. */
  readonly model: string | null
  /** The drive's own; the namespaces of one NVMe drive share it, their `wwn` differs. */
  readonly serial: string | null
  /**
   * World-wide name of the drive or NVMe namespace in the kernel's words: `naa.5…`, `eui.…`, `nvme.…`, `uuid.…`, `t10.…`.
   * Null where it has none.
   */
  readonly wwn: string | null
  readonly sizeBytes: number | null
  readonly logicalBlockBytes: number | null
  readonly physicalBlockBytes: number | null
  /** As the kernel says it; a hypervisor's drive or a controller's volume says true whatever is beneath (FN-0041). */
  readonly rotational: boolean | null
  /**
   * `virtual` is a hypervisor's (or a BMC's, or the kernel's own for tests), `raid` the volume that a controller shows as a
   * drive, `lun` one that a storage server shows: over Fibre Channel, iSCSI, or a mainframe's channel.
   */
  readonly kind: 'hdd' | 'ssd' | 'nvme' | 'pmem' | 'mmc' | 'virtual' | 'raid' | 'lun' | null
  /** `nvme` (PCIe), `nvme-tcp`, `sata`, `sas`, `usb`, `fc`, `iscsi`, `virtio`, `xen`, `vmbus`, `ccw` … */
  readonly transport: string | null
  /** Of a drive with ways through several NUMA nodes: null. */
  readonly numaNode: number | null
  /** Of a drive with several ways: the first. */
  readonly pciAddress: string | null
  readonly firmware: string | null
  readonly isRemovable: boolean | null
  readonly isReadOnly: boolean | null
  /**
   * The ways to the same drive where there are several, else empty: kernel names, this one included; of an NVMe drive
   * the hidden ones (`nvme1c1n1`).
   */
  readonly paths: readonly string[]
  readonly partitions: readonly Partition[]
  /** What is on the whole drive; null where nothing is recognised or nobody has looked. */
  readonly content: Content | null
  /**
   * What uses it, nearest first, then what uses its partitions: `multipath mpatha`, `vg data`, `md0`, `mount /srv`,
   * `zfs tank`, `swap`, `partition table`, `holder dm-0`.
   */
  readonly usedBy: readonly string[]
  /**
   * Nothing uses it and nothing recognisable is on it; null where nobody has looked at its content (udev keeps no
   * database, as in containers). A program that opens the device itself is not to be seen.
   */
  readonly isFree: boolean | null
}
/** What udev recognised on a device by its signature. */
export type Content = {
  /** As blkid names it: `ext4`, `LVM2_member`, `linux_raid_member`, `zfs_member`, `crypto_LUKS`, or a table: `gpt`, `dos`. */
  readonly type: string
  readonly uuid: string | null
  readonly label: string | null
}
export type Partition = {
  readonly name: string
  readonly number: number | null
  readonly sizeBytes: number | null
  /** Of the partition, not of what is on it. */
  readonly uuid: string | null
  /** As in the partition table; null where the table knows no names or none was given. */
  readonly label: string | null
  readonly content: Content | null
  readonly usedBy: readonly string[]
}
/** A block device made of others: software RAID, device mapper (LVM, crypt, multipath), ZFS pool, bcache. */
export type Volume = {
  /** The kernel's name, `dm-0`, `md127`; of ZFS and btrfs the pool's. */
  readonly name: string
  readonly kind: 'md' | 'lvm' | 'crypt' | 'multipath' | 'dmraid' | 'dm' | 'zfs' | 'bcache' | 'btrfs'
  /** What people call it: `data-root`, `mpatha`, `raid1`'s array name; null where it has only its kernel name. */
  readonly label: string | null
  readonly uuid: string | null
  /** `raid1`, `linear`, `container`, `LUKS2` …; null where the kind has none or it is not known without a tool. */
  readonly level: string | null
  /** Null where the kind has none: a container of arrays, a pool. */
  readonly sizeBytes: number | null
  /** As the kernel or the tool says it: `clean`, `active`, `ONLINE`, `clean, degraded, recover` … */
  readonly state: string | null
  /** Kernel names below it, at the next level. */
  readonly members: readonly string[]
  readonly usedBy: readonly string[]
}
/** A mounted file system of a block device (or a network one), once however often it is bound: no virtual ones. */
export type Filesystem = {
  readonly mountPoint: string
  readonly type: string
  readonly source: string
  readonly isReadOnly: boolean
  /** Of the mount and of the file system itself. */
  readonly options: readonly string[]
}
