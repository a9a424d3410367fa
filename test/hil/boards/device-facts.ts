// What the probe must find of a board's drives and ports, and of where they are plugged in: pure, from the description.

import type { Disk, Inventory, Nic, PciDevice } from '../../../src/model/inventory.ts'
import type { Board, BoardDrive, BoardNic, Fact } from './types.ts'

/** What qemu gives every device, whatever the port could do. */
const deviceLink = { speedGtps: 2.5, widthLanes: 1, speedMaxGtps: 2.5, widthMaxLanes: 1 }

/** qemu cannot be told another. */
const nvmeModel = 'QEMU NVMe Ctrl'

const mebibyte = 1024 * 1024

export function deviceFacts(board: Board): readonly Fact[] {
  return [
    ...board.drives.flatMap((drive) => driveFacts(board, drive)),
    ...board.nics.flatMap((nic) => nicFacts(board, nic)),
  ]
}

/** Where something plugged into `port` hangs, as the kernel names it. */
function rootOf(board: Board, port: string | null): { readonly name: string; readonly numaNode: number | null } {
  const id = board.ports.find((one) => one.id === port)?.root ?? null
  const root = board.roots.find((one) => one.id === id)
  const bus = (root?.bus ?? 0).toString(16).padStart(2, '0')
  const only = board.nodes.length === 1 ? (board.nodes[0]?.id ?? null) : null
  return { name: `pci0000:${bus}`, numaNode: root?.numaNode ?? only }
}

export function driveOf(serial: string): (inventory: Inventory) => Disk | undefined {
  return ({ disks }) => disks.find((disk) => disk.serial === serial)
}

function driveFacts(board: Board, drive: BoardDrive): readonly Fact[] {
  const { serial, megabytes, blockBytes, port } = drive
  const root = rootOf(board, port)
  const disk = (name: string, told: unknown, read: (disk: Disk) => unknown): Fact => ({
    fact: `drive ${serial} ${name}`,
    told,
    said: (inventory) => {
      const found = driveOf(serial)(inventory)
      return found === undefined ? 'no such drive' : read(found)
    },
  })
  return [
    disk('model', nvmeModel, ({ model }) => model),
    disk('size', megabytes * mebibyte, ({ sizeBytes }) => sizeBytes),
    disk('wwn', nvmeName(serial), ({ wwn }) => wwn),
    disk('blocks', [blockBytes, blockBytes], (one) => [one.logicalBlockBytes, one.physicalBlockBytes]),
    // A hypervisor's drive, whatever it plays.
    disk('kind', ['virtual', 'nvme'], ({ kind, transport }) => [kind, transport]),
    disk('rotational', false, ({ rotational }) => rotational),
    disk('read-only, removable', [false, false], ({ isReadOnly, isRemovable }) => [isReadOnly, isRemovable]),
    // What is on a drive that keeps it is the board's own to say.
    ...(drive.keeps
      ? []
      : [
          disk('partitions, users', [[], []], ({ partitions, usedBy }) => [partitions, usedBy]),
          disk('free', true, ({ isFree }) => isFree),
        ]),
    disk('NUMA node', root.numaNode, ({ numaNode }) => numaNode),
    ...pciFacts(board, `drive ${serial}`, port, 'nvme', '010802', (inventory) => driveOf(serial)(inventory)),
  ]
}

/**
 * The name that the kernel makes of vendor, serial, model and namespace for a drive without one of its own. qemu can be
 * told one, but Linux does not believe any of qemu's drives (a quirk of the driver).
 */
function nvmeName(serial: string): string {
  const hex = (text: string) => Buffer.from(text).toString('hex')
  return `nvme.1b36-${hex(serial)}-${hex(nvmeModel)}-00000001`
}

function nicFacts(board: Board, nic: BoardNic): readonly Fact[] {
  const { mac, driver, speedMbps, isUp, port } = nic
  const find = ({ nics }: Inventory) => nics.find((one) => one.mac === mac)
  const said = (name: string, told: unknown, read: (nic: Nic) => unknown): Fact => ({
    fact: `nic ${mac} ${name}`,
    told,
    said: (inventory) => {
      const found = find(inventory)
      return found === undefined ? 'no such port' : read(found)
    },
  })
  return [
    said('driver', driver, (one) => one.driver),
    said('switched on', isUp, (one) => one.isUp),
    said('link, speed', isUp ? [true, speedMbps] : [false, null], (one) => [one.link, one.speedMbps]),
    said('permanent address', mac, (one) => one.permanentMac),
    said('mtu', 1500, (one) => one.mtu),
    said('NUMA node', rootOf(board, port).numaNode, (one) => one.numaNode),
    ...pciFacts(board, `nic ${mac}`, port, driver === 'virtio_net' ? 'virtio-pci' : driver, '020000', find),
  ]
}

/** A device in the PCI tree; what it is plugged into is its parent there. */
function pciFacts(
  board: Board,
  name: string,
  port: string | null,
  driver: string,
  pciClass: string,
  find: (inventory: Inventory) => { readonly pciAddress: string | null } | undefined,
): readonly Fact[] {
  const root = rootOf(board, port)
  const told = board.ports.find((one) => one.id === port)
  const device = (inventory: Inventory) => inventory.pci.find((one) => one.address === find(inventory)?.pciAddress)
  const said = (what: string, expected: unknown, read: (device: PciDevice, inventory: Inventory) => unknown): Fact => ({
    fact: `${name} PCI ${what}`,
    told: expected,
    said: (inventory) => {
      const found = device(inventory)
      return found === undefined ? 'no such device' : read(found, inventory)
    },
  })
  return [
    said('driver, class', [driver, pciClass], (one) => [one.driver, one.class]),
    said('root, NUMA node', [root.name, root.numaNode], (one) => [one.root, one.numaNode]),
    ...(told === undefined
      ? []
      : [
          said('slot', `${told.slot}`, ({ slot }) => slot),
          said('link', deviceLink, ({ link }) => link),
          said('port above', ['060400', 'pcieport', true], ({ parent }, { pci }) => {
            const above = pci.find((one) => one.address === parent)
            return above === undefined ? null : [above.class, above.driver, above.isBridge]
          }),
        ]),
  ]
}
