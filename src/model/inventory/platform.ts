// Firmware, the machine itself and its operating system in the inventory document.

export type Firmware = {
  /**
   * `bios`, `bmc`, `microcode`, `ec`, `tpm`, `esrt GUID` (in UEFI's own table), or kind and name of a part: `nic eth0`,
   * `fabric host3`, `disk nvme0n1`, `gpu 0000:3b:00.0`.
   */
  readonly component: string
  readonly vendor: string | null
  readonly version: string | null
  readonly date: string | null
  /** The vendor's own count beside the version's name: `2.6`. Of BIOSes alone. */
  readonly release?: string
}

export type MachineIdentity = {
  /**
   * The same while the board is the same, whatever is installed on it (decision 0015); a hash that tells no serial
   * number. Null where nothing identifies the board, and where what does may not be read.
   */
  readonly id: string | null
  /** What `id` was made of: facts of this document, such as `machine.uuid`. Empty where it is null. */
  readonly idFrom: readonly string[]
  readonly vendor: string | null
  readonly product: string | null
  readonly serial: string | null
  readonly uuid: string | null
  readonly sku: string | null
  /** Of a machine that is cut into several: `LPAR 41`, a PowerVM partition's name. Null for a whole one. */
  readonly partition: string | null
  /** Null where no firmware describes one. */
  readonly board: BoardIdentity | null
  readonly chassis: ChassisIdentity | null
  /**
   * `kvm`, `qemu`, `vmware`, `xen`, `hyper-v`, `z/vm`, `pr/sm`, `powervm` …; `other` where it does not say which; `none` on
   * bare metal; null where that cannot be told.
   */
  readonly virtualisation: string | null
  /** Null where there is none to be seen. */
  readonly bmc: Bmc | null
}
export type BoardIdentity = {
  readonly vendor: string | null
  readonly product: string | null
  readonly version: string | null
  readonly serial: string | null
}
export type ChassisIdentity = {
  /** In the words of SMBIOS: `Rack Mount Chassis`. */
  readonly type: string | null
  readonly serial: string | null
  readonly assetTag: string | null
}
/** The board's management controller. */
export type Bmc = {
  readonly version: string | null
  readonly ipmiVersion: string | null
  /** As the kernel prints it: `0x0002a2`. */
  readonly manufacturerId: string | null
  /** Of its own network port, where ipmitool can ask for it. */
  readonly address: string | null
  readonly mac: string | null
}

export type OsSection = {
  readonly kernel: string | null
  readonly distribution: string | null
  readonly hostname: string | null
  readonly bootId: string | null
  /** Booted by UEFI; null where that cannot be told. */
  readonly isUefi: boolean | null
  readonly secureBoot: boolean | null
  /** The hierarchy in use; null where none is mounted. */
  readonly cgroup: 'v1' | 'v2' | 'hybrid' | null
}
