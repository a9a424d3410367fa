// Firmware, the machine itself and its operating system in the inventory document.

export type Firmware = {
  /** `bios`, `bmc`, `microcode`, `ec`, `tpm`, or kind and name of a part: `nic eth0`, `disk nvme0n1`, `gpu 0000:3b:00.0`. */
  readonly component: string
  readonly vendor: string | null
  readonly version: string | null
  readonly date: string | null
}

export type MachineIdentity = {
  /**
   * The same while the board is the same, whatever is installed on it; null where the firmware names nothing that
   * identifies a board.
   */
  readonly id: string | null
  readonly vendor: string | null
  readonly product: string | null
  readonly serial: string | null
  readonly uuid: string | null
  readonly sku: string | null
  readonly board: BoardIdentity | null
  readonly chassis: ChassisIdentity | null
  /** `kvm`, `vmware`, `xen`, `hyper-v` …; `none` on bare metal; null where that cannot be told. */
  readonly virtualisation: string | null
  readonly bmc: Bmc | null
}
export type BoardIdentity = {
  readonly vendor: string | null
  readonly product: string | null
  readonly version: string | null
  readonly serial: string | null
}
export type ChassisIdentity = {
  readonly type: string | null
  readonly serial: string | null
  readonly assetTag: string | null
}
/** The board's management controller. */
export type Bmc = {
  readonly version: string | null
  readonly ipmiVersion: string | null
  readonly manufacturerId: string | null
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
  readonly cgroup: 'v1' | 'v2' | 'hybrid' | null
}
