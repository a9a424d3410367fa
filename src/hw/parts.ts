// The parts of an inventory one by one: what each is called, where it sits, what identifies it wherever it is put, and
// the facts of it that do not change by themselves. The one place where parts get their names, for whoever compares
// machines and for whoever says what is wrong with one; nothing here compares anything.
// A document of an older version may lack what identifies a part, which is null then.

import { parseCpuList } from '../model/cpu-set.ts'
import type { PartRef } from '../model/health.ts'
import type { CpuPackage, Disk, FabricPort, Gpu, Inventory, Nic, NumaNode, Volume } from '../model/inventory.ts'
import { isParavirtual } from './parse/nic-drivers.ts'

export type FactValue = string | number | boolean | null

export type Part = {
  readonly ref: PartRef
  /** What a replacement would take: slot, socket, PCI address; null where nothing can take its place. */
  readonly place: string | null
  /** It belongs to the machine, so that its absence is a fault: not a USB stick, nor a hypervisor's disk. */
  readonly isFixed: boolean
  readonly facts: Readonly<Record<string, FactValue>>
}

/** In the order of the document. A part without identity is known by its place. */
export function partsOf(inventory: Inventory): readonly Part[] {
  return [
    ...cpuParts(inventory),
    ...numaParts(inventory),
    ...dimmParts(inventory),
    ...inventory.disks.map(diskPart),
    ...inventory.volumes.map(volumePart),
    ...inventory.nics.map(nicPart),
    ...inventory.fabrics.map(fabricPart),
    ...inventory.gpus.map(gpuPart),
    ...otherPciParts(inventory),
  ]
}

export function packageRef({ id }: Pick<CpuPackage, 'id'>): PartRef {
  return { kind: 'cpu', name: `package ${id}`, id: null }
}

export function numaNodeRef({ id }: Pick<NumaNode, 'id'>): PartRef {
  return { kind: 'numa-node', name: `node ${id}`, id: null }
}

export function diskRef(disk: Disk): PartRef {
  const { name, serial, wwn } = disk
  return { kind: 'disk', name, id: (serial ? `${serial}${namespaceOf(disk)}` : wwn) ?? null }
}

/** People know arrays by the kernel's name, and other volumes by the one that they gave. */
export function volumeRef({ name, kind, label, uuid }: Volume): PartRef {
  return { kind: 'volume', name: kind === 'md' ? name : (label ?? name), id: uuid ?? null }
}

export function nicRef({ name, mac, permanentMac }: Nic): PartRef {
  return { kind: 'nic', name, id: permanentMac ?? mac ?? null }
}

export function fabricRef({ name, id }: FabricPort): PartRef {
  return { kind: 'fabric', name, id: id ?? null }
}

export function gpuRef({ uuid, pciAddress, vendor }: Gpu): PartRef {
  return { kind: 'gpu', name: pciAddress ?? uuid ?? vendor, id: uuid ?? null }
}

export function pciRef(address: string): PartRef {
  return { kind: 'pci', name: address, id: null }
}

function cpuParts({ cpu }: Inventory): readonly Part[] {
  return cpu.packages.map((one) => {
    const cores = cpu.cores.filter((core) => core.package === one.id)
    const ref = packageRef(one)
    return {
      ref,
      place: ref.name,
      isFixed: true,
      facts: {
        model: one.model,
        cores: cores.length,
        cpus: parseCpuList(one.cpus)?.length ?? null,
        microcode: one.microcode.length === 0 ? null : one.microcode.join(' '),
      },
    }
  })
}

/** Memory as the kernel counts it is left out: it may grow for a while (FN-0006). */
function numaParts({ numa }: Inventory): readonly Part[] {
  return numa.nodes.map((node) => {
    const ref = numaNodeRef(node)
    const hugepages = node.hugepages.map((entry) => `${entry.count} of ${entry.sizeBytes} bytes`).join(', ')
    return { ref, place: ref.name, isFixed: false, facts: { cpus: node.cpus, kind: node.kind, hugepages } }
  })
}

/** In the order of the modules in the document. */
export function dimmParts({ memory }: Pick<Inventory, 'memory'>): readonly Part[] {
  return memory.dimms.map((dimm, i) => {
    const name = dimm.locator ?? dimm.bank ?? `module ${i}`
    // Boards repeat locators in every bank.
    const isRepeated = memory.dimms.some((other) => other !== dimm && other.locator === dimm.locator)
    const place = isRepeated
      ? [dimm.bank, name, dimm.bank === null ? i : null].filter((one) => one !== null).join(' ')
      : name
    const { sizeBytes, type, manufacturer, part: model, configuredMtps } = dimm
    return {
      ref: { kind: 'dimm', name: place, id: dimm.serial ?? null },
      place,
      isFixed: true,
      facts: { sizeBytes, type, manufacturer, model, configuredMtps },
    }
  })
}

const notFixed = new Set(['usb', 'iscsi', 'fc', 'virtio', 'nvme-tcp', 'nvme-rdma', 'nvme-fc', 'nvme-loop'])

/** Namespaces of one NVMe drive share its serial and its slot: all but the first are told by their number. */
function namespaceOf({ name }: Disk): string {
  const namespace = /^nvme\d+(n\d+)$/.exec(name)?.[1] ?? 'n1'
  return namespace === 'n1' ? '' : ` ${namespace}`
}

function diskPart(disk: Disk): Part {
  const { name, model, sizeBytes, transport, firmware, pciAddress, kind, isRemovable, isReadOnly } = disk
  return {
    ref: diskRef(disk),
    // A PCIe drive has its slot to itself; others share a controller, and keep the kernel's name at best.
    place: transport === 'nvme' && pciAddress !== null ? `${pciAddress}${namespaceOf(disk)}` : name,
    isFixed: isRemovable !== true && kind !== 'virtual' && !notFixed.has(transport ?? ''),
    facts: { model, sizeBytes, transport, firmware, isReadOnly },
  }
}

function volumePart(volume: Volume): Part {
  const { kind, level, sizeBytes, state, members } = volume
  const facts = { kind, level, sizeBytes, state, members: [...members].sort().join(' ') }
  return { ref: volumeRef(volume), place: null, isFixed: false, facts }
}

function nicPart(nic: Nic): Part {
  const { name, pciAddress, port, driver, firmware, link, speedMbps, mtu } = nic
  return {
    ref: nicRef(nic),
    place: pciAddress === null ? name : port === null ? pciAddress : `${pciAddress} port ${port}`,
    isFixed: pciAddress !== null && !isParavirtual(driver),
    facts: { name, driver, firmware, link, speedMbps, mtu },
  }
}

function fabricPart(port: FabricPort): Part {
  const { state, rateGbps, firmware, pciAddress } = port
  return { ref: fabricRef(port), place: pciAddress, isFixed: true, facts: { state, rateGbps, firmware } }
}

function gpuPart(gpu: Gpu): Part {
  const { model, memoryBytes, driver, driverVersion, vbios, ecc, partitioning } = gpu
  return {
    ref: gpuRef(gpu),
    place: gpu.pciAddress,
    isFixed: true,
    facts: {
      model,
      memoryBytes,
      driver,
      driverVersion,
      vbios,
      ecc,
      partitioning,
      instances: gpu.instances.map((one) => one.profile ?? one.uuid ?? 'instance').join(' '),
      isUsable: gpu.isUsable,
    },
  }
}

/** NVMe drives and network ports by class: while one leaves, its function outlives its drive or port for a moment. */
const toldElsewhere = /^(0108|02)/

/** Cards that are none of the above: what the document lists elsewhere is not told twice. */
function otherPciParts({ pci, disks, nics, fabrics, gpus }: Inventory): readonly Part[] {
  const known = new Set([...disks, ...nics, ...fabrics, ...gpus].map((one) => one.pciAddress))
  return pci
    .filter((device) => !device.isBridge && !known.has(device.address) && !toldElsewhere.test(device.class))
    .map(({ address, class: kind, vendorId, deviceId, driver }) => ({
      ref: pciRef(address),
      place: address,
      isFixed: false,
      facts: { class: kind, device: `${vendorId}:${deviceId}`, driver },
    }))
}
