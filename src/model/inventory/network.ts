// Network ports in the inventory document: of real (or a virtual machine's) hardware. Bridges, bonds, tunnels and virtual
// functions are not here.

export type Nic = {
  readonly name: string
  readonly mac: string | null
  /**
   * The address burnt in; differs from `mac` in a bond or where an operator set one. Of IP over InfiniBand the GUID of the
   * port, which is what lasts of its address. Null where it has none.
   */
  readonly permanentMac: string | null
  /** Null while there is no link, or where the driver does not know. */
  readonly speedMbps: number | null
  /** The fastest link mode it supports; null where it names none, as InfiniBand, Wi-Fi and a hypervisor's ports do. */
  readonly speedMaxMbps: number | null
  readonly link: boolean | null
  /** The operator (or the boot) switched it on; a port that is off is not expected to have a link. */
  readonly isUp: boolean | null
  readonly mtu: number | null
  readonly driver: string | null
  /** Null also where it has none: a hypervisor's port. */
  readonly firmware: string | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
  /** Port number on a card whose ports share one PCI function; null where there is only one. */
  readonly port: number | null
  /** The bond it is a member of. */
  readonly bond: string | null
  readonly rdma: RdmaDevice | null
  readonly sriov: { readonly functionsMax: number; readonly functions: number } | null
  readonly lldp: readonly LldpNeighbour[]
}
export type RdmaDevice = {
  readonly name: string
  /** Of the device, counted from 1. */
  readonly port: number
  readonly firmware: string | null
  readonly linkLayer: string | null
  readonly rateGbps: number | null
  /** `ACTIVE`, `INIT`, `DOWN` …, as InfiniBand names them. */
  readonly state: string | null
  readonly nodeGuid: string | null
}
/** What the switch at the other end says of itself. */
export type LldpNeighbour = {
  readonly chassisId: string | null
  readonly chassisName: string | null
  readonly portId: string | null
  readonly portDescription: string | null
  readonly vlanId: number | null
}
/** RDMA devices without a network interface, and Fibre Channel ports. */
export type FabricPort = {
  /** `mlx5_0/1` (device and port), `host3`. */
  readonly name: string
  readonly kind: 'infiniband' | 'fibre-channel'
  /** Node GUID and port, or world wide port name. */
  readonly id: string | null
  /** As the kernel words it: `ACTIVE`, `DOWN`; `Online`, `Linkdown`. */
  readonly state: string | null
  /** Null while there is no link. */
  readonly rateGbps: number | null
  readonly firmware: string | null
  readonly numaNode: number | null
  readonly pciAddress: string | null
}
