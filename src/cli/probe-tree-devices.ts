// The devices of a machine as branches of its tree, by the NUMA node that they are near, with the volumes on drives.

import type { Accelerator, Disk, FabricPort, Gpu, Inventory, Nic, Volume } from '../model/inventory.ts'
import {
  diskKind,
  diskUse,
  gpuInstances,
  networkSpeed,
  pciClassName,
  pcieLinkNow,
  pcieLinkShort,
  sriovWords,
} from './device-words.ts'
import { countEach, counted, humanBytes, present } from './human.ts'
import { joined } from './letters.ts'
import { branch, type TreeNode } from './tree.ts'

export class DeviceBranches {
  readonly #inventory: Inventory
  readonly #nodes: ReadonlySet<number>

  constructor(inventory: Inventory) {
    this.#inventory = inventory
    this.#nodes = new Set(inventory.numa.nodes.map((node) => node.id))
  }

  /** Devices near a NUMA node. */
  near(node: number): readonly TreeNode[] {
    return this.#where((numaNode) => numaNode === node)
  }

  /** Devices near no one node, volumes of no drive that is here, and network file systems. */
  nowhere(): readonly TreeNode[] {
    const { volumes, filesystems, disks } = this.#inventory
    const below = new Set([...disks.flatMap(namesOf), ...volumes.map((one) => one.name)])
    const loose = volumes.filter((one) => !one.members.some((member) => below.has(member)))
    const told = new Set([...disks, ...disks.flatMap((one) => one.partitions), ...volumes].flatMap((one) => one.usedBy))
    const remote = filesystems.filter((one) => !told.has(`mount ${one.mountPoint}`))
    return [
      ...this.#where((numaNode) => numaNode === null || !this.#nodes.has(numaNode)),
      ...loose.map((one) => this.#volume(one, [])),
      ...remote.map((one) =>
        branch(`file system ${one.mountPoint}`, facts([one.type, one.source, one.isReadOnly && 'read-only'])),
      ),
    ]
  }

  #where(isHere: (numaNode: number | null) => boolean): readonly TreeNode[] {
    const { gpus, accelerators, nics, fabrics, disks } = this.#inventory
    const here = <T extends { readonly numaNode: number | null }>(all: readonly T[]) =>
      all.filter((one) => isHere(one.numaNode))
    return [
      ...here(gpus).map((gpu) => this.#gpu(gpu)),
      ...here(accelerators).map((one) => this.#accelerator(one)),
      ...here(nics).map((nic) => this.#nic(nic)),
      ...here(fabrics).map((port) => this.#fabric(port)),
      ...here(disks).map((disk) => this.#disk(disk)),
      ...this.#others(isHere),
    ]
  }

  #gpu(gpu: Gpu): TreeNode {
    const peers = gpu.links.filter((link) => link.toKind === 'gpu')
    const kinds = countEach(peers.map(({ kind, count }) => (count === null ? kind : `${kind} × ${count}`)))
    return branch(
      `GPU ${this.#inventory.gpus.indexOf(gpu)}`,
      facts([
        gpu.model ?? (gpu.driver?.startsWith(gpu.vendor) ? null : gpu.vendor),
        gpu.memoryBytes === null ? null : humanBytes(gpu.memoryBytes),
        gpu.driver === null ? 'no driver' : present([gpu.driver, gpu.driverVersion]).join(' '),
        gpu.isUsable || gpu.instances.length > 0 ? null : 'not for tasks',
        ...gpuInstances(gpu),
        ...kinds.map(([kind, times]) => `${kind} to ${counted(times, 'GPU')}`),
        gpu.pciAddress,
        this.#link(gpu.pciAddress),
      ]),
    )
  }

  #accelerator({ kind, vendor, model, driver, pciAddress }: Accelerator): TreeNode {
    const name = present([vendor, model]).join(' ')
    return branch(`accelerator ${kind}`, facts([name, driver ?? 'no driver', pciAddress, this.#link(pciAddress)]))
  }

  #nic(nic: Nic): TreeNode {
    const { name, link, isUp, rdma, bond, sriov, lldp, firmware, speedMbps } = nic
    const state = link === null ? 'link unknown' : link ? 'link up' : isUp === false ? 'switched off' : 'no link'
    const [neighbour] = lldp
    return branch(
      `NIC ${name}`,
      facts([
        link ? (networkSpeed(speedMbps) ?? state) : state,
        nic.driver,
        nic.mac,
        firmware && `firmware ${firmware}`,
        rdma && `RDMA ${rdma.name}`,
        bond && `in ${bond}`,
        sriov && sriovWords(sriov),
        neighbour && `to ${present([neighbour.chassisName, neighbour.portId]).join(' ')}`,
        this.#link(nic.pciAddress),
      ]),
    )
  }

  #fabric({ name, kind, state, rateGbps, firmware, pciAddress }: FabricPort): TreeNode {
    const rate = rateGbps === null ? null : `${rateGbps} Gb/s`
    const words = kind === 'infiniband' ? 'InfiniBand' : 'Fibre Channel'
    return branch(
      `fabric ${name}`,
      facts([words, state, rate, firmware && `firmware ${firmware}`, this.#link(pciAddress)]),
    )
  }

  #disk(disk: Disk): TreeNode {
    const { name, sizeBytes, model, firmware, pciAddress, transport } = disk
    const names = namesOf(disk)
    const volumes = this.#inventory.volumes.filter((one) => names.includes(this.#lowest(one) ?? ''))
    return branch(
      `disk ${name}`,
      facts([
        sizeBytes === null ? 'size unknown' : humanBytes(sizeBytes),
        present([diskKind(disk), model]).join(' '),
        firmware && `firmware ${firmware}`,
        disk.isReadOnly && 'read-only',
        disk.isFree ? 'free' : this.#mounts(diskUse(disk)),
        transport === 'nvme' ? this.#link(pciAddress) : null,
      ]),
      volumes.map((one) => this.#volume(one, [name])),
    )
  }

  /** `above` are the names on the way up, so that no volume is told inside itself. */
  #volume(volume: Volume, above: readonly string[]): TreeNode {
    const { name, label, kind, level, state, sizeBytes, members, usedBy } = volume
    const path = [...above, name]
    const higher = this.#inventory.volumes.filter((one) => this.#lowest(one) === name && !path.includes(one.name))
    return branch(
      `volume ${label ?? name}`,
      facts([
        sizeBytes === null ? null : humanBytes(sizeBytes),
        present([kind === 'dm' ? null : kind, level]).join(' '),
        state,
        members.length > 1 && `of ${members.join(' ')}`,
        this.#mounts(usedBy.join(', ')),
      ]),
      higher.map((one) => this.#volume(one, path)),
    )
  }

  /** A volume of several drives is told under the first of them that is here. */
  #lowest({ members }: Volume): string | undefined {
    const { disks, volumes } = this.#inventory
    const here = new Set([...disks.flatMap(namesOf), ...volumes.map((one) => one.name)])
    return members.find((member) => here.has(member))
  }

  /** `mount /srv` with the type of its file system. */
  #mounts(uses: string): string {
    const types = new Map(this.#inventory.filesystems.map((one) => [one.mountPoint, one] as const))
    return uses.replaceAll(/mount ([^,]+)/g, (_, mountPoint: string) => {
      const found = types.get(mountPoint)
      return found === undefined ? mountPoint : `${mountPoint} (${found.type}${found.isReadOnly ? ', read-only' : ''})`
    })
  }

  #others(isHere: (numaNode: number | null) => boolean): readonly TreeNode[] {
    const { pci, gpus, accelerators, nics, fabrics, disks } = this.#inventory
    const told = new Set([...gpus, ...accelerators, ...nics, ...fabrics, ...disks].map((one) => one.pciAddress))
    const names = pci.flatMap((one) =>
      one.isBridge || told.has(one.address) || !isHere(one.numaNode) ? [] : (pciClassName(one) ?? []),
    )
    const words = countEach(names).map(([name, times]) => (times === 1 ? name : `${name} × ${times}`))
    return words.length === 0 ? [] : [branch('other PCI', joined(words))]
  }

  /** A link that could be better. */
  #link(address: string | null): string | null {
    const link = this.#inventory.pci.find((one) => one.address === address)?.link ?? null
    const short = link === null ? null : pcieLinkShort(link)
    return link === null || short === null ? null : `${pcieLinkNow(link)} that ${short.text}`
  }
}

function namesOf({ name, paths, partitions }: Disk): readonly string[] {
  return [name, ...paths, ...partitions.map((one) => one.name)]
}

function facts(all: readonly (string | null | false | undefined)[]): string {
  return joined(present(all))
}
