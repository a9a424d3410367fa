// Devices in the words of the tree and the picture: speeds, links, kinds, uses. Pure; it does not know where they stand.

import type { Dimm, Disk, Gpu, Inventory, PciDevice, PcieLink } from '../model/inventory.ts'
import { countEach, counted, present, shortNumber } from './human.ts'

/** `25 Gb/s`, of a port that has a link. */
export function networkSpeed(mbps: number | null): string | null {
  if (mbps === null) return null
  return mbps >= 1000 ? `${shortNumber(mbps / 1000)} Gb/s` : `${mbps} Mb/s`
}

const generations: Readonly<Record<string, string>> = {
  2.5: '1.0',
  5: '2.0',
  8: '3.0',
  16: '4.0',
  32: '5.0',
  64: '6.0',
}

/** `PCIe 4.0 ×16`, as the link is now. */
export function pcieLinkNow({ speedGtps, widthLanes }: PcieLink): string {
  const generation = speedGtps === null ? '' : ` ${generations[speedGtps] ?? `${speedGtps} GT/s`}`
  return `PCIe${generation}${widthLanes === null ? '' : ` ×${widthLanes}`}`
}

/** What both ends could do and do not: `could be 4.0 ×16`. Null where it is at its best, or that is not known. */
export function pcieLinkShort(link: PcieLink): { readonly text: string; readonly isNarrow: boolean } | null {
  const { speedGtps, widthLanes, speedMaxGtps, widthMaxLanes } = link
  const isNarrow = widthLanes !== null && widthMaxLanes !== null && widthLanes < widthMaxLanes
  const isSlow = speedGtps !== null && speedMaxGtps !== null && speedGtps < speedMaxGtps
  if (!isNarrow && !isSlow) return null
  const speed = isSlow ? (generations[speedMaxGtps] ?? `${speedMaxGtps} GT/s`) : null
  return { text: `could be ${present([speed, isNarrow ? `×${widthMaxLanes}` : null]).join(' ')}`, isNarrow }
}

/** What a GPU is cut into: `7 × 1g.10gb`. */
export function gpuInstances({ partitioning, instances }: Gpu): readonly string[] {
  if (instances.length === 0) return present([partitioning])
  const profiles = countEach(instances.map((one) => one.profile ?? 'instance'))
  const cut = profiles.map(([profile, times]) => `${times} × ${profile}`).join(', ')
  return [partitioning === null ? cut : `${partitioning}: ${cut}`]
}

/** `SATA HDD`, `NVMe`, `virtio`. */
export function diskKind({ kind, transport }: Disk): string {
  const names: Readonly<Record<string, string>> = {
    hdd: 'HDD',
    virtual: 'drive',
    ssd: 'SSD',
    nvme: 'NVMe',
    mmc: 'MMC',
    raid: 'RAID volume',
    lun: 'LUN',
  }
  const known = kind === null ? '' : (names[kind] ?? kind)
  const way =
    transport === null || transport === kind
      ? ''
      : transport === 'virtio' || transport.includes('-')
        ? transport
        : transport.toUpperCase()
  return present([way, known]).join(' ')
}

/** What it is used for, its partitions' uses included. */
export function diskUse({ usedBy, partitions, content }: Disk): string {
  const uses = [...usedBy, ...partitions.flatMap((part) => part.usedBy)].filter((one) => one !== 'partition table')
  const told = [...new Set(uses)].join(', ')
  if (told !== '') return told
  return partitions.length > 0 ? counted(partitions.length, 'partition') : (content?.type ?? '')
}

export function sriovWords({ functions, functionsMax }: { functions: number; functionsMax: number }): string | null {
  return functions === 0 ? null : `${functions} of ${functionsMax} virtual functions`
}

/** Model and maker of a memory module, and how fast it runs. */
export function dimmFacts({ type, speedMtps, configuredMtps, manufacturer, part }: Dimm): string {
  const speed = configuredMtps ?? speedMtps
  const slower = configuredMtps !== null && speedMtps !== null && configuredMtps < speedMtps ? ` of ${speedMtps}` : ''
  return present([type, speed && `${speed}${slower} MT/s`, manufacturer, part]).join(' ')
}

/** `bios Dell Inc. 2.21.2, bmc 6.10`: of the board, not of its devices. */
export function firmwareFacts({ firmware }: Inventory): readonly string[] {
  const ofBoard = firmware.filter(({ component }) => !component.includes(' '))
  return ofBoard.map(({ component, vendor, version, date }) => present([component, vendor, version, date]).join(' '))
}

/** Classes of PCI functions that people ask for; memory controllers, counters and the like are not here. */
const pciClasses: Readonly<Record<string, string>> = {
  '0100': 'SCSI controller',
  '0101': 'IDE controller',
  '0104': 'RAID controller',
  '0106': 'SATA controller',
  '0107': 'SAS controller',
  '0108': 'NVMe controller',
  '0180': 'storage controller',
  '0200': 'Ethernet controller',
  '0207': 'InfiniBand controller',
  '0208': 'fabric controller',
  '0280': 'network controller',
  '0300': 'VGA controller',
  '0302': '3D controller',
  '0380': 'display controller',
  '0b40': 'coprocessor',
  '0c04': 'Fibre Channel controller',
  '0c06': 'InfiniBand controller',
  '0d80': 'wireless controller',
  '1000': 'encryption controller',
  '1080': 'encryption controller',
  '1200': 'processing accelerator',
}

/** `RAID controller`; null for a function that is a part of the platform rather than a device. */
export function pciClassName({ class: code }: PciDevice): string | null {
  return pciClasses[code.slice(0, 4)] ?? null
}
