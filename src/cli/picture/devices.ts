// Devices as cards: a stripe in the colour of their type, name and main figure, what they are, their link, and what is
// wrong with them in words and as the colour of the frame.

import type { Condition, PartKind } from '../../model/health.ts'
import type { Accelerator, Disk, FabricPort, Gpu, Inventory, Nic, PciDevice } from '../../model/inventory.ts'
import {
  diskKind,
  diskUse,
  gpuInstances,
  networkSpeed,
  pciClassName,
  pcieLinkNow,
  pcieLinkShort,
  sriovWords,
} from '../device-words.ts'
import { countEach, counted, humanBytes, present } from '../human.ts'
import { type Box, ends, nothing, paragraph, stack, text, withHint } from './box.ts'
import { conditionLine, insideOf, striped } from './card.ts'
import type { SickParts } from './sick.ts'
import { type DeviceType, severityColors, theme } from './theme.ts'

export const cardWidth = 236
const inside = insideOf(cardWidth)

/** More drives of one sort in one place are one card. */
const likeDrivesMax = 6

/** More functions without a card of their own are counted. */
const othersMax = 6

export type Device = {
  readonly type: DeviceType
  readonly numaNode: number | null
  readonly card: Box
}

type Card = {
  readonly type: DeviceType
  readonly name: string
  readonly figure: string | null
  readonly lines: readonly (Box | string | null)[]
  readonly conditions?: readonly Condition[]
  readonly hint?: string
}

export class DeviceDrawing {
  readonly #inventory: Inventory
  readonly #sick: SickParts
  readonly #pci: ReadonlyMap<string, PciDevice>

  constructor(inventory: Inventory, sick: SickParts) {
    this.#inventory = inventory
    this.#sick = sick
    this.#pci = new Map(inventory.pci.map((one) => [one.address, one]))
  }

  /** All devices, those of one type together. */
  all(): readonly Device[] {
    const { gpus, accelerators, nics, fabrics } = this.#inventory
    const at = (type: DeviceType, numaNode: number | null, card: Box): Device => ({ type, numaNode, card })
    return [
      ...gpus.map((gpu, i) => at('gpu', gpu.numaNode, this.#gpu(gpu, i))),
      ...accelerators.map((one) => at('accelerator', one.numaNode, this.#accelerator(one))),
      ...nics.map((nic) => at('nic', nic.numaNode, this.#nic(nic))),
      ...fabrics.map((port) => at('fabric', port.numaNode, this.#fabric(port))),
      ...this.#disks(),
      ...this.#others(),
    ]
  }

  #gpu(gpu: Gpu, index: number): Box {
    const { model, vendor, memoryBytes, pciAddress, uuid, driver, driverVersion } = gpu
    return card({
      type: 'gpu',
      name: `GPU ${index}`,
      figure: memoryBytes === null ? null : humanBytes(memoryBytes),
      lines: [
        model ?? (driver?.startsWith(vendor) ? null : vendor),
        this.#link(pciAddress),
        present([
          driver === null ? 'no driver' : present([driver, driverVersion]).join(' '),
          gpu.ecc === null ? null : gpu.ecc ? 'ECC' : 'ECC off',
          gpu.powerLimitWatts === null ? null : `${Math.round(gpu.powerLimitWatts)} W`,
        ]).join(', '),
        gpuInstances(gpu).join(', '),
        gpu.isUsable || gpu.instances.length > 0 ? null : 'not for tasks',
      ],
      conditions: this.#conditions('gpu', [pciAddress, uuid], pciAddress),
      hint: present([model, pciAddress, uuid, gpu.vbios && `VBIOS ${gpu.vbios}`, gpu.computeCapability]).join('\n'),
    })
  }

  #accelerator({ kind, vendor, model, driver, pciAddress }: Accelerator): Box {
    return card({
      type: 'accelerator',
      name: kind.length <= 4 ? kind.toUpperCase() : kind,
      figure: null,
      lines: [present([vendor, model]).join(' '), this.#link(pciAddress), driver ?? 'no driver'],
      conditions: this.#conditions('accelerator', [pciAddress], pciAddress),
    })
  }

  #nic(nic: Nic): Box {
    const { rdma, sriov, bond, lldp } = nic
    const [neighbour] = lldp
    const speed = networkSpeed(nic.speedMbps) ?? 'link up'
    return card({
      type: 'nic',
      name: nic.name,
      figure: nic.link === null ? 'link unknown' : nic.link ? speed : nic.isUp === false ? 'switched off' : 'no link',
      lines: [
        present([nic.driver, rdma?.name, bond && `in ${bond}`, sriov && sriovWords(sriov)]).join(', '),
        this.#link(nic.pciAddress),
        neighbour === undefined ? null : `to ${present([neighbour.chassisName, neighbour.portId]).join(' ')}`,
      ],
      conditions: this.#conditions('nic', [nic.name], nic.pciAddress, [
        ['fabric', rdma && `${rdma.name}/${rdma.port}`],
      ]),
      hint: present([nic.mac, nic.firmware && `firmware ${nic.firmware}`, nic.pciAddress]).join('\n'),
    })
  }

  #fabric({ name, kind, state, rateGbps, id, pciAddress }: FabricPort): Box {
    return card({
      type: 'fabric',
      name,
      figure: rateGbps === null ? state : `${rateGbps} Gb/s`,
      lines: [kind === 'infiniband' ? 'InfiniBand' : 'Fibre Channel', this.#link(pciAddress)],
      conditions: this.#conditions('fabric', [name], pciAddress),
      hint: present([id, state]).join('\n'),
    })
  }

  #disks(): readonly Device[] {
    const sick = new Map(this.#inventory.disks.map((disk) => [disk, this.#diskConditions(disk)] as const))
    const sort = (disk: Disk) =>
      sick.get(disk)?.length === 0
        ? JSON.stringify([disk.numaNode, disk.model, disk.sizeBytes, disk.transport, disk.isFree])
        : disk.name
    return [...Map.groupBy(this.#inventory.disks, sort).values()].flatMap((like): Device[] => {
      const of = (numaNode: number | null, box: Box): Device => ({ type: 'disk', numaNode, card: box })
      const [first] = like
      if (first !== undefined && like.length > likeDrivesMax) return [of(first.numaNode, drives(first, like))]
      return like.map((disk) => of(disk.numaNode, this.#disk(disk, sick.get(disk) ?? [])))
    })
  }

  #disk(disk: Disk, conditions: readonly Condition[]): Box {
    const { name, model, serial, sizeBytes, firmware, pciAddress } = disk
    return card({
      type: 'disk',
      name,
      figure: sizeBytes === null ? 'size unknown' : humanBytes(sizeBytes),
      lines: [
        present([diskKind(disk), model]).join(' '),
        disk.transport === 'nvme' ? this.#link(pciAddress) : null,
        disk.isFree ? null : present([diskUse(disk), disk.isReadOnly && 'read-only']).join(', '),
        disk.isFree ? 'free' : null,
      ],
      conditions,
      hint: present([model, serial && `serial ${serial}`, firmware && `firmware ${firmware}`, pciAddress]).join('\n'),
    })
  }

  #diskConditions(disk: Disk): readonly Condition[] {
    const names = [disk.name, ...disk.paths].map((name) => ['disk', name] as const)
    const address = disk.transport === 'nvme' ? disk.pciAddress : null
    const mounts = [disk, ...disk.partitions].flatMap(({ usedBy }) =>
      usedBy.flatMap((one) => (one.startsWith('mount ') ? [['filesystem', one.slice(6)] as const] : [])),
    )
    return this.#sick.of([
      ...new Map([...names, ['pci', address] as const, ...mounts].map((one) => [one.join(' '), one])).values(),
    ])
  }

  /** Controllers and other functions that are none of the devices above, as one card in each place. */
  #others(): readonly Device[] {
    const { gpus, accelerators, nics, fabrics, disks, pci } = this.#inventory
    const told = new Set([...gpus, ...accelerators, ...nics, ...fabrics, ...disks].map((one) => one.pciAddress))
    const others = pci.filter((one) => !one.isBridge && !told.has(one.address) && pciClassName(one) !== null)
    return [...Map.groupBy(others, (one) => one.numaNode)].map(([numaNode, members]) => {
      const box = stack(
        countEach(members.map((one) => pciClassName(one) ?? ''))
          .slice(0, othersMax)
          .map(([name, times]) => text(times === 1 ? name : `${name} × ${times}`, fadedSmall)),
        0,
      )
      const lines = members.map((one) => present([one.address, pciClassName(one), one.driver, one.slot]).join(' '))
      const conditions = this.#sick.of(members.map((one) => ['pci', one.address] as const))
      return {
        type: 'other',
        numaNode,
        card: card({
          type: 'other',
          name: 'PCI',
          figure: counted(members.length, 'other device'),
          lines: [box],
          conditions,
          hint: lines.join('\n'),
        }),
      }
    })
  }

  #conditions(
    kind: PartKind,
    names: readonly (string | null)[],
    address: string | null,
    more: readonly (readonly [PartKind, string | null])[] = [],
  ): readonly Condition[] {
    return this.#sick.of([...names.map((name) => [kind, name] as const), ['pci', address], ...more])
  }

  /** Address, slot and link of a PCI function, as far as they are known. */
  #link(address: string | null): Box | null {
    if (address === null) return null
    const { link = null, slot = null } = this.#pci.get(address) ?? {}
    const short = link === null ? null : pcieLinkShort(link)
    const place = address.replace(/^0000:/, '')
    const words = present([place, link && pcieLinkNow(link), slot !== null && short === null && `slot ${slot}`]).join(
      '  ',
    )
    const color = short?.isNarrow ? severityColors.warning : theme.faded
    return stack(
      [text(words, fadedSmall), short === null ? nothing : text(`link ${short.text}`, { ...fadedSmall, color })],
      0,
    )
  }
}

const fadedSmall = { size: theme.small, color: theme.faded, widthMax: inside }

function card({ type, name, figure, lines, conditions = [], hint = '' }: Card): Box {
  const main = figure === null ? nothing : text(figure, { size: theme.small + 0.5, widthMax: inside * 0.6 })
  const title = text(name, { isBold: true, widthMax: main.width === 0 ? inside : inside - main.width - theme.size })
  const told = lines.map((line) => (typeof line === 'string' ? paragraph(line, fadedSmall, 2) : (line ?? nothing)))
  const wrong = conditions.map((one) => conditionLine(one, inside))
  const content = (width: number) => stack([ends(title, main, width), ...told, ...wrong], 1)
  const evidence = conditions.flatMap((one) => one.evidence.map((each) => each.text))
  const box = striped(content, { type, width: cardWidth, conditions })
  return withHint(box, present([name, hint, ...evidence]).join('\n'))
}

function drives(first: Disk, like: readonly Disk[]): Box {
  const size = first.sizeBytes === null ? 'size unknown' : humanBytes(first.sizeBytes)
  return card({
    type: 'disk',
    name: `${like.length} drives`,
    figure: `${size} each`,
    lines: [
      present([diskKind(first), first.model]).join(' '),
      paragraph(like.map((disk) => disk.name).join(' '), fadedSmall, 4),
      first.isFree ? 'free' : null,
    ],
  })
}
