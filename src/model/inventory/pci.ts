// The PCI tree in the inventory document. Virtual functions are counted at their physical function, not listed.

/** How the NUMA node of a device was found; `unknown` where nothing could be believed. */
export type LocalitySource = 'only-node' | 'numa_node' | 'local_cpus' | 'bridge' | 'unknown'

export type PciDevice = {
  /** `0000:3b:00.0`, lower case; a domain may have more than four digits. */
  readonly address: string
  /** Six hexadecimal digits: class, subclass, programming interface. */
  readonly class: string
  readonly vendorId: string
  readonly deviceId: string
  readonly subsystemVendorId: string | null
  readonly subsystemId: string | null
  readonly revision: string | null
  readonly driver: string | null
  readonly isBridge: boolean
  /** The address of the bridge above; null directly below a host bridge. */
  readonly parent: string | null
  /** `pci0000:16`, the host bridge under which it hangs. */
  readonly root: string | null
  readonly numaNode: number | null
  readonly locality: LocalitySource
  /** The slot's name on the board or chassis; null for what is soldered, and where nobody says. */
  readonly slot: string | null
  readonly iommuGroup: number | null
  readonly link: PcieLink | null
  readonly sriov: { readonly functionsMax: number; readonly functions: number } | null
}
/**
 * A PCI Express link as it is now and the best that both of its ends can do. Speeds are in gigatransfers a second.
 * A lower speed is often idle power saving; a lower width is a fault.
 */
export type PcieLink = {
  readonly speedGtps: number | null
  readonly widthLanes: number | null
  readonly speedMaxGtps: number | null
  readonly widthMaxLanes: number | null
}
