// Explains every null of the document that no probe has explained: one problem a part, naming the unknown facts.
// Facts for which null means "does not apply" are not here.

import type { Inventory, Problem } from '../model/inventory.ts'
import { isParavirtual } from './parse/nic-drivers.ts'

/** `isExplained` says whether a fact, such as `disks[sda].serial`, already has a problem of its own. */
export function unknownFacts(
  inventory: Omit<Inventory, 'problems'>,
  isExplained: (fact: string) => boolean,
): readonly Problem[] {
  const problems: Problem[] = []
  const check = (where: string, part: object, names: readonly string[]) => {
    const facts = part as Readonly<Record<string, unknown>>
    const unknown = names.filter((name) => facts[name] === null && !isExplained(`${where}.${name}`))
    if (unknown.length > 0) problems.push({ code: 'HW_UNKNOWN', where, message: `unknown: ${unknown.join(', ')}` })
  }
  const { cpu, numa, memory } = inventory
  check('cpu', cpu, ['architecture', 'online', 'allowed', 'smt'])
  for (const one of cpu.packages) check(`cpu.packages[${one.id}]`, one, ['model'])
  const sizeless = cpu.caches.filter((cache) => cache.sizeBytes === null).length
  if (sizeless > 0) {
    problems.push({ code: 'HW_UNKNOWN', where: 'cpu.caches', message: `unknown: the size of ${sizeless} caches` })
  }
  const homeless = cpu.cores.filter((core) => core.numaNode === null).length
  if (homeless > 0) {
    problems.push({ code: 'HW_UNKNOWN', where: 'cpu.cores', message: `unknown: the NUMA node of ${homeless} cores` })
  }
  check('numa', numa, numa.nodes.length > 1 ? ['allowed', 'distances'] : ['allowed'])
  for (const node of numa.nodes) check(`numa.nodes[${node.id}]`, node, ['memoryBytes'])
  check('memory', memory, ['totalBytes', 'installedBytes'])
  memory.dimms.forEach((dimm, i) => {
    const names = ['locator', 'sizeBytes', 'type', 'speedMtps', 'manufacturer', 'part', 'serial']
    check(`memory.dimms[${dimm.locator ?? i}]`, dimm, names)
  })
  const placeless = inventory.pci.filter((one) => one.numaNode === null).length
  if (placeless > 0) {
    problems.push({ code: 'HW_UNKNOWN', where: 'pci', message: `unknown: the NUMA node of ${placeless} PCI functions` })
  }
  const nameless = inventory.pci.filter((one) => one.vendorId === null || one.deviceId === null).length
  if (nameless > 0) {
    problems.push({ code: 'HW_UNKNOWN', where: 'pci', message: `unknown: the ids of ${nameless} PCI functions` })
  }
  for (const disk of inventory.disks) {
    const blocks = ['sizeBytes', 'logicalBlockBytes', 'physicalBlockBytes', 'isRemovable', 'isReadOnly', 'rotational']
    // Hypervisors and memory give their drives no names.
    const isNamed = disk.kind !== 'virtual' && disk.kind !== 'pmem'
    const names = ['kind', 'transport', 'numaNode', ...blocks, ...(isNamed ? ['model', 'serial', 'firmware'] : [])]
    check(`disks[${disk.name}]`, disk, names)
    for (const one of disk.partitions) check(`disks[${disk.name}].${one.name}`, one, ['number', 'sizeBytes'])
  }
  for (const nic of inventory.nics) {
    const names = ['mac', 'link', 'isUp', 'mtu', 'driver', 'numaNode', ...(nic.link === true ? ['speedMbps'] : [])]
    check(`nics[${nic.name}]`, nic, isParavirtual(nic.driver) ? names : [...names, 'firmware'])
  }
  for (const port of inventory.fabrics) check(`fabrics[${port.name}]`, port, ['id', 'state', 'firmware', 'numaNode'])
  inventory.gpus.forEach((gpu, i) => {
    // What only the vendor's own driver knows is not asked of others.
    const known: Readonly<Record<string, readonly string[]>> = {
      nvidia: ['driverVersion', 'vbios', 'computeCapability'],
      amdgpu: ['vbios'],
    }
    const driven = known[gpu.driver ?? ''] ?? []
    check(`gpus[${gpu.pciAddress ?? i}]`, gpu, ['uuid', 'model', 'memoryBytes', 'numaNode', 'driver', ...driven])
  })
  if (!inventory.firmware.some((one) => one.component === 'bios')) {
    problems.push({ code: 'HW_UNKNOWN', where: 'firmware', message: 'unknown: bios' })
  }
  const { machine, os } = inventory
  check('machine', machine, ['vendor', 'product', 'serial', 'uuid', 'virtualisation'])
  if (machine.bmc !== null) check('machine.bmc', machine.bmc, ['version', 'ipmiVersion'])
  check('os', os, ['kernel', 'distribution', 'hostname', 'bootId', 'isUefi', 'secureBoot'])
  return problems
}
