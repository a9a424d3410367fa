// Explains every null of the document that no probe has explained: one problem a part, naming the unknown facts.
// This is the list of the facts that every such part has; where null can mean "does not apply", a fact is not here, or
// only for the parts that must have it.

import type { Inventory, Problem } from '../model/inventory.ts'
import { isParavirtual } from './parse/nic-drivers.ts'

type Document = Omit<Inventory, 'problems'>

/** Facts of one part that are null. */
type Unknown = { readonly where: string; readonly facts: readonly string[] }

/** `isExplained` says whether a fact, such as `disks[sda].serial`, already has a problem of its own. */
export function unknownFacts(inventory: Document, isExplained: (fact: string) => boolean): readonly Problem[] {
  const unknown = [
    ...ofProcessors(inventory),
    ...ofMemory(inventory),
    ...ofPci(inventory),
    ...inventory.disks.flatMap(ofDisk),
    ...inventory.nics.map(ofNic),
    ...inventory.fabrics.map((one) => nulls(`fabrics[${one.name}]`, one, ['id', 'state', 'firmware', 'numaNode'])),
    ...inventory.gpus.map(ofGpu),
    ...ofMachine(inventory),
  ]
  return unknown.flatMap(({ where, facts }): readonly Problem[] => {
    const open = facts.filter((fact) => !isExplained(`${where}.${fact}`))
    return open.length === 0 ? [] : [{ code: 'HW_UNKNOWN', where, message: `unknown: ${open.join(', ')}` }]
  })
}

function nulls<T>(where: string, part: T, facts: readonly (keyof T & string)[]): Unknown {
  return { where, facts: facts.filter((fact) => part[fact] === null) }
}

/** Of parts that are many and alike: how many, in words. */
function counted<T>(where: string, parts: readonly T[], fact: keyof T, words: (count: number) => string): Unknown {
  const count = parts.filter((part) => part[fact] === null).length
  return { where, facts: count === 0 ? [] : [words(count)] }
}

function ofProcessors({ cpu }: Document): readonly Unknown[] {
  return [
    nulls('cpu', cpu, ['architecture', 'online', 'allowed', 'smt']),
    ...cpu.packages.map((one) => nulls(`cpu.packages[${one.id}]`, one, ['model'])),
    counted('cpu.caches', cpu.caches, 'sizeBytes', (count) => `the size of ${count} caches`),
    counted('cpu.cores', cpu.cores, 'numaNode', (count) => `the NUMA node of ${count} cores`),
  ]
}

function ofMemory({ numa, memory }: Document): readonly Unknown[] {
  return [
    nulls('numa', numa, numa.nodes.length > 1 ? ['allowed', 'distances'] : ['allowed']),
    ...numa.nodes.map((node) => nulls(`numa.nodes[${node.id}]`, node, ['memoryBytes'])),
    nulls('memory', memory, ['totalBytes', 'installedBytes']),
    ...memory.dimms.map((dimm, i) => {
      const where = `memory.dimms[${dimm.locator ?? i}]`
      return nulls(where, dimm, ['locator', 'sizeBytes', 'type', 'speedMtps', 'manufacturer', 'part', 'serial'])
    }),
  ]
}

function ofPci({ pci }: Document): readonly Unknown[] {
  const nameless = pci.filter((one) => one.vendorId === null || one.deviceId === null).length
  return [
    counted('pci', pci, 'numaNode', (count) => `the NUMA node of ${count} PCI functions`),
    { where: 'pci', facts: nameless === 0 ? [] : [`the ids of ${nameless} PCI functions`] },
  ]
}

function ofDisk(disk: Inventory['disks'][number]): readonly Unknown[] {
  const where = `disks[${disk.name}]`
  const blocks = ['logicalBlockBytes', 'physicalBlockBytes', 'isRemovable', 'isReadOnly', 'rotational'] as const
  // Hypervisors and memory give their drives no names.
  const names = disk.kind === 'virtual' || disk.kind === 'pmem' ? [] : (['model', 'serial', 'firmware'] as const)
  return [
    nulls(where, disk, ['kind', 'transport', 'numaNode', 'sizeBytes', ...blocks, ...names]),
    ...disk.partitions.map((one) => nulls(`${where}.${one.name}`, one, ['number', 'sizeBytes'])),
  ]
}

function ofNic(nic: Inventory['nics'][number]): Unknown {
  const speed = nic.link === true ? (['speedMbps'] as const) : []
  const firmware = isParavirtual(nic.driver) ? [] : (['firmware'] as const)
  const facts = ['mac', 'link', 'isUp', 'mtu', 'driver', 'numaNode', ...speed, ...firmware] as const
  return nulls(`nics[${nic.name}]`, nic, facts)
}

function ofGpu(gpu: Inventory['gpus'][number], i: number): Unknown {
  // What only the vendor's own driver knows is not asked of others.
  const ofNvidia = gpu.driver === 'nvidia' ? (['driverVersion', 'vbios', 'computeCapability'] as const) : []
  const ofAmd = gpu.driver === 'amdgpu' ? (['vbios'] as const) : []
  const facts = ['uuid', 'model', 'memoryBytes', 'numaNode', 'driver', ...ofNvidia, ...ofAmd] as const
  return nulls(`gpus[${gpu.pciAddress ?? i}]`, gpu, facts)
}

function ofMachine({ machine, firmware, os }: Document): readonly Unknown[] {
  const hasBios = firmware.some((one) => one.component === 'bios')
  return [
    { where: 'firmware', facts: hasBios ? [] : ['bios'] },
    nulls('machine', machine, ['vendor', 'product', 'serial', 'uuid', 'virtualisation']),
    ...(machine.bmc === null ? [] : [nulls('machine.bmc', machine.bmc, ['version', 'ipmiVersion'])]),
    nulls('os', os, ['kernel', 'distribution', 'hostname', 'bootId', 'isUefi', 'secureBoot']),
  ]
}
