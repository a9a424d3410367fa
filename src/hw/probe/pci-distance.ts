// How far two devices are from each other on the PCI tree, in the words of `nvidia-smi topo`: `pix` below one switch (or
// functions of one card), `pxb` through several switches, `phb` through a host bridge, `node` between host bridges of one
// NUMA node, `sys` between NUMA nodes. Pure, from the document's own list of devices; it does not know what they are.

import type { PciDevice } from '../../model/inventory.ts'
import { withoutFunction } from '../parse/pci.ts'

export type PciDistance = 'pix' | 'pxb' | 'phb' | 'node' | 'sys'

export type PciTree = {
  readonly devices: ReadonlyMap<string, PciDevice>
  readonly switches: ReadonlySet<string>
}

/** A chain of bridges is never longer; a list whose parents go in a circle must not hold us. */
const depthMax = 64

export function pciTree(devices: readonly PciDevice[]): PciTree {
  const below = new Map<string, Set<string>>()
  for (const { address, parent, isBridge } of devices) {
    if (parent === null) continue
    // The functions of one card are one device; bridges are ports, each of its own.
    const name = isBridge ? address : withoutFunction(address)
    below.set(parent, (below.get(parent) ?? new Set()).add(name))
  }
  const switches = [...below].flatMap(([address, names]) => (names.size > 1 ? [address] : []))
  return { devices: new Map(devices.map((one) => [one.address, one])), switches: new Set(switches) }
}

/** Null for devices that are not in the tree, or whose place in it or NUMA node is not known well enough to say. */
export function pciDistance(tree: PciTree, a: string, b: string): PciDistance | null {
  const [one, other] = [tree.devices.get(a), tree.devices.get(b)]
  if (one === undefined || other === undefined) return null
  const [over, overOther] = [bridgesOver(tree, one), bridgesOver(tree, other)]
  const common = over.find((bridge) => overOther.includes(bridge))
  if (common !== undefined) {
    // A bridge with one port only, such as the switch inside a card of AMD's, is no way off the path (FN-0034).
    const passed = [...before(over, common), ...before(overOther, common)]
    return passed.some((bridge) => tree.switches.has(bridge)) ? 'pxb' : 'pix'
  }
  const areRooted = one.root !== null && other.root !== null
  if (areRooted && one.root === other.root) return 'phb'
  if (one.numaNode === null || other.numaNode === null) return null
  if (one.numaNode !== other.numaNode) return 'sys'
  return areRooted ? 'node' : null
}

/** From the nearest to the root port. */
function bridgesOver(tree: PciTree, device: PciDevice): readonly string[] {
  const bridges: string[] = []
  for (let at = device.parent; at !== null && bridges.length < depthMax; at = tree.devices.get(at)?.parent ?? null) {
    bridges.push(at)
  }
  return bridges
}

function before(bridges: readonly string[], end: string): readonly string[] {
  return bridges.slice(0, bridges.indexOf(end))
}
