// The parts of an inventory one by one: what each is called, where it sits, what identifies it wherever it is put, and
// the facts of it that do not change by themselves. What changes by the minute (free memory, link) is told apart by its
// owner in diff.ts; nothing here compares anything.

import { parseCpuList } from '../model/cpu-set.ts'
import type { PartKind, PartRef } from '../model/health.ts'
import type { Disk, Gpu, Inventory, Nic } from '../model/inventory.ts'

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
    ...volumeParts(inventory),
    ...inventory.nics.map(nicPart),
    ...fabricParts(inventory),
    ...inventory.gpus.map(gpuPart),
    ...otherPciParts(inventory),
  ]
}

/** A document of an older version may lack what identifies a part. */
function part(kind: PartKind, name: string, id: string | null | undefined, rest: Omit<Part, 'ref'>): Part {
  return { ref: { kind, name, id: id ?? null }, ...rest }
}

function cpuParts({ cpu }: Inventory): readonly Part[] {
  return cpu.packages.map((one) => {
    const cores = cpu.cores.filter((core) => core.package === one.id)
    return part('cpu', `package ${one.id}`, null, {
      place: `package ${one.id}`,
      isFixed: true,
      facts: {
        model: one.model,
        cores: cores.length,
        cpus: parseCpuList(one.cpus)?.length ?? null,
        microcode: one.microcode.length === 0 ? null : one.microcode.join(' '),
      },
    })
  })
}

/** Memory as the kernel counts it is left out: it may grow for a while (FN-0006). */
function numaParts({ numa }: Inventory): readonly Part[] {
  return numa.nodes.map((node) =>
    part('numa-node', `node ${node.id}`, null, {
      place: `node ${node.id}`,
      isFixed: false,
      facts: {
        cpus: node.cpus,
        kind: node.kind,
        hugepages: node.hugepages.map((entry) => `${entry.count} of ${entry.sizeBytes} bytes`).join(', '),
      },
    }),
  )
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
    return part('dimm', place, dimm.serial, {
      place,
      isFixed: true,
      facts: { sizeBytes, type, manufacturer, model, configuredMtps },
    })
  })
}

const notFixed = new Set(['usb', 'iscsi', 'fc', 'virtio', 'nvme-tcp', 'nvme-rdma', 'nvme-fc', 'nvme-loop'])

/** Namespaces of one NVMe drive share its serial and its slot: all but the first are told by their number. */
function diskPart(disk: Disk): Part {
  const { name, serial, wwn, model, sizeBytes, transport, firmware, pciAddress, kind, isRemovable } = disk
  const namespace = /^nvme\d+(n\d+)$/.exec(name)?.[1] ?? 'n1'
  const suffix = namespace === 'n1' ? '' : ` ${namespace}`
  return part('disk', name, serial === null ? wwn : `${serial}${suffix}`, {
    // A PCIe drive has its slot to itself; others share a controller, and keep the kernel's name at best.
    place: transport === 'nvme' && pciAddress !== null ? `${pciAddress}${suffix}` : name,
    isFixed: isRemovable !== true && kind !== 'virtual' && !notFixed.has(transport ?? ''),
    facts: { model, sizeBytes, transport, firmware, isReadOnly: disk.isReadOnly },
  })
}

function volumeParts({ volumes }: Inventory): readonly Part[] {
  return volumes.map(({ name, label, uuid, kind, level, sizeBytes, state, members }) =>
    part('volume', label ?? name, uuid ?? name, {
      place: null,
      isFixed: false,
      facts: { kind, level, sizeBytes, state, members: [...members].sort().join(' ') },
    }),
  )
}

function nicPart(nic: Nic): Part {
  const { name, mac, permanentMac, pciAddress, port, driver, firmware, link, speedMbps, mtu } = nic
  return part('nic', name, permanentMac ?? mac, {
    place: pciAddress === null ? name : port === null ? pciAddress : `${pciAddress} port ${port}`,
    isFixed: pciAddress !== null && driver !== 'virtio_net',
    facts: { name, driver, firmware, link, speedMbps, mtu },
  })
}

function fabricParts({ fabrics }: Inventory): readonly Part[] {
  return fabrics.map(({ name, id, state, rateGbps, firmware, pciAddress }) =>
    part('fabric', name, id, { place: pciAddress, isFixed: true, facts: { state, rateGbps, firmware } }),
  )
}

function gpuPart(gpu: Gpu): Part {
  const { uuid, pciAddress, vendor, model, memoryBytes, driver, driverVersion, vbios, ecc, partitioning } = gpu
  return part('gpu', pciAddress ?? uuid ?? vendor, uuid, {
    place: pciAddress,
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
  })
}

/** Cards that are none of the above: what the document lists elsewhere is not told twice. */
function otherPciParts({ pci, disks, nics, fabrics, gpus }: Inventory): readonly Part[] {
  const known = new Set([...disks, ...nics, ...fabrics, ...gpus].map((one) => one.pciAddress))
  return pci
    .filter((device) => !device.isBridge && !known.has(device.address))
    .map(({ address, class: kind, vendorId, deviceId, driver }) =>
      part('pci', address, null, {
        place: address,
        isFixed: false,
        facts: { class: kind, device: `${vendorId}:${deviceId}`, driver },
      }),
    )
}
