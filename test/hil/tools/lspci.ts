// lspci of pciutils beside the probe: devices, their numbers, drivers, nodes.

import type { Inventory, PciDevice } from '../../../src/model/inventory.ts'
import { judge, type Verdict } from '../verdicts.ts'
import { byName, judgeEach } from './compare.ts'

type Block = ReadonlyMap<string, string>

/** `lspci -Dvmmnk`: blocks of `Key:<tab>value`. */
export function compareLspci(text: string, { pci }: Inventory): readonly Verdict[] {
  const blocks = text
    .split(/\n\s*\n/)
    .map((block) => new Map([...block.matchAll(/^(\w+):\t(.*)$/gm)].map(([, key = '', value = '']) => [key, value])))
    .filter((block) => block.has('Slot'))
  const functions = pci.reduce((sum, { sriov }) => sum + (sriov?.functions ?? 0), 0)
  const here = new Set(pci.map(({ address }) => address))
  const missing = blocks.filter((block) => !here.has(block.get('Slot') ?? ''))
  const kept = blocks.filter((block) => here.has(block.get('Slot') ?? ''))
  const told = (value: (block: Block) => unknown) => byName(kept, (block) => block.get('Slot') ?? '', value)
  const ours = (value: (device: PciDevice) => unknown) => byName(pci, ({ address }) => address, value)
  return [
    judge(
      'PCI devices',
      blocks.length,
      pci.length,
      missing.length > 0 && missing.length === functions ? 'virtual functions count at their device' : null,
    ),
    ...judgeEach(
      'PCI class, ids',
      told(idsOf),
      ours((one) => [one.class, one.vendorId, one.deviceId]),
    ),
    ...judgeEach(
      'PCI driver',
      told((block) => block.get('Driver')),
      ours(({ driver }) => driver),
    ),
    ...judgeEach(
      'PCI NUMA node',
      told((block) => numberOf(block, 'NUMANode')),
      ours(({ numaNode }) => numaNode),
    ),
    ...judgeEach(
      'PCI IOMMU group',
      told((block) => numberOf(block, 'IOMMUGroup')),
      ours(({ iommuGroup }) => iommuGroup),
    ),
  ]
}

function idsOf(block: Block): readonly (string | undefined)[] {
  return [`${block.get('Class')}${block.get('ProgIf') ?? '00'}`, block.get('Vendor'), block.get('Device')]
}

function numberOf(block: Block, key: string): number | null {
  const text = block.get(key)
  return text === undefined ? null : Number(text)
}
