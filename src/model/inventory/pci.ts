// The PCI tree in the inventory document. Virtual functions are counted at their physical function, not listed.

/** How the NUMA node of a device was found; `unknown` where nothing could be believed. */
export type LocalitySource = 'only-node' | 'numa_node' | 'local_cpus' | 'bridge' | 'unknown'

export type PciDevice = {
  /** `0000:3b:00.0`, lower case; a domain may have more than four digits. */
  readonly address: string
  /** Six hexadecimal digits: class, subclass, programming interface. */
  readonly class: string
  /** Four hexadecimal digits each; null only where nobody recorded them. */
  readonly vendorId: string | null
  readonly deviceId: string | null
  readonly subsystemVendorId: string | null
  readonly subsystemId: string | null
  readonly revision: string | null
  readonly driver: string | null
  readonly isBridge: boolean
  /**
   * The function above on the way to the processor: a bridge, or the controller that opens a domain of its own (Intel VMD).
   * Null directly below a host bridge of the machine.
   */
  readonly parent: string | null
  /** `pci0000:16`, the host bridge under which it hangs; null where a capture lost the tree. */
  readonly root: string | null
  readonly numaNode: number | null
  readonly locality: LocalitySource
  /** The slot's name on the board or chassis, or what the firmware calls a soldered device; null where nobody says. */
  readonly slot: string | null
  readonly iommuGroup: number | null
  /**
   * The link towards the processor. Null where there is none: conventional PCI, a part of the root complex, and ports that
   * face down, whose link is told at its lower end.
   */
  readonly link: PcieLink | null
  readonly sriov: { readonly functionsMax: number; readonly functions: number } | null
}
/**
 * A PCI Express link as it is now, and the best that both of its ends can do: null where one end does not say or says less
 * than there is (bridges of virtual machines). Speeds are in gigatransfers a second.
 * A lower speed is often idle power saving; a lower width is a fault.
 */
export type PcieLink = {
  readonly speedGtps: number | null
  readonly widthLanes: number | null
  readonly speedMaxGtps: number | null
  readonly widthMaxLanes: number | null
}
