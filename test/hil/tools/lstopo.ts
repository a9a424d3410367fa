// lstopo of hwloc beside the probe: the sets of every level, nodes with their memory, PCI devices.

import { formatCpuList, parseCpuMask } from '../../../src/model/cpu-set.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { judge, type Verdict } from '../verdicts.ts'
import { byName, judgeEach } from './compare.ts'

type TopologyObject = ReadonlyMap<string, string>

/** `lstopo --of xml`, with everything that it leaves out by default. */
export function compareLstopo(text: string, { cpu, numa, pci }: Inventory): readonly Verdict[] {
  const objects = [...text.matchAll(/<object ([^>]*?)\/?>/g)].map(([, attributes = '']) => attributesOf(attributes))
  const ofType = (type: string) => objects.filter((one) => one.get('type') === type)
  const sets = (type: string) => ofType(type).map(cpusOf).sort()
  const caches = (level: number, type: string) =>
    byName(
      cpu.caches.filter((cache) => cache.level === level && cache.type === type),
      ({ cpus }) => cpus,
      ({ sizeBytes, lineBytes }) => [sizeBytes, lineBytes],
    )
  const levels = [
    { name: 'L1Cache', level: 1, type: 'data' },
    { name: 'L1iCache', level: 1, type: 'instruction' },
    { name: 'L2Cache', level: 2, type: 'unified' },
    { name: 'L3Cache', level: 3, type: 'unified' },
  ]
  return [
    judge('packages', sets('Package'), cpu.packages.map((one) => one.cpus).sort()),
    judge('dies', sets('Die'), cpu.dies.map((one) => one.cpus).sort()),
    judge('cores', sets('Core'), cpu.cores.map((one) => one.cpus).sort()),
    ...levels.flatMap(({ name, level, type }) => {
      const told = byName(ofType(name), cpusOf, (one) => [numberOf(one, 'cache_size'), numberOf(one, 'cache_linesize')])
      return judgeEach(`${name} of CPUs`, told, caches(level, type))
    }),
    ...judgeEach(
      'node CPUs, memory',
      byName(
        ofType('NUMANode'),
        (one) => one.get('os_index') ?? '',
        (one) => [cpusOf(one), numberOf(one, 'local_memory')],
      ),
      byName(
        numa.nodes.filter(({ isGpuMemory }) => !isGpuMemory),
        ({ id }) => `${id}`,
        ({ localCpus, memoryBytes }) => [localCpus, memoryBytes],
      ),
    ),
    ...judgeEach(
      'PCI device',
      byName(
        objects.filter((one) => one.has('pci_busid')),
        (one) => one.get('pci_busid') ?? '',
        pciOf,
      ),
      byName(
        pci,
        ({ address }) => address,
        (one) => [one.class.slice(0, 4), `${one.vendorId}:${one.deviceId}`],
      ),
    ),
  ]
}

function attributesOf(text: string): TopologyObject {
  return new Map([...text.matchAll(/([\w]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]))
}

function cpusOf(one: TopologyObject): string {
  return formatCpuList(parseCpuMask(one.get('cpuset') ?? '') ?? [])
}

function numberOf(one: TopologyObject, name: string): number {
  return Number(one.get(name))
}

/** `0108 [1b36:0010] [1af4:1100] 02`: class, ids, subsystem, revision. */
function pciOf(one: TopologyObject): readonly (string | undefined)[] {
  const match = /^(\w{4}) \[(\w{4}:\w{4})\]/.exec(one.get('pci_type') ?? '')
  return [match?.[1], match?.[2]]
}
