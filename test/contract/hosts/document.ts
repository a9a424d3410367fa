// What must be true of every inventory document, whatever the machine: a list of what is not, empty for a good one.
// Kept apart from the probes: it reads the document alone.

import { intersect, isSubset, parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Inventory } from '../../../src/model/inventory.ts'

export function documentFaults(document: Inventory): readonly string[] {
  const faults: string[] = []
  const claim = (holds: boolean, sentence: string) => {
    if (!holds) faults.push(sentence)
  }
  const set = (list: string | null) => parseCpuList(list ?? '') ?? [-1]
  const { cpu, numa } = document
  const online = set(cpu.online)
  claim(JSON.stringify(JSON.parse(JSON.stringify(document))) === JSON.stringify(document), 'it survives JSON')
  claim(document.schema === 'tepui.inventory/1', 'it names its schema')
  claim(isSubset(set(cpu.allowed), online), 'allowed CPUs are online')
  claim(intersect(set(cpu.offline), online).length === 0, 'offline CPUs are not online')
  const parts = {
    group: cpu.groups,
    package: cpu.packages,
    die: cpu.dies,
    cluster: cpu.clusters,
    core: cpu.cores,
    'core kind': cpu.coreKinds,
    cache: cpu.caches,
    node: numa.nodes,
  }
  for (const [kind, list] of Object.entries(parts)) {
    for (const part of list) claim(isSubset(set(part.cpus), online), `the CPUs ${part.cpus} of a ${kind} are online`)
  }
  for (const kind of ['package', 'die', 'cluster', 'core', 'core kind', 'node'] as const) {
    const members = parts[kind].flatMap((part) => set(part.cpus))
    claim(new Set(members).size === members.length, `each CPU is in one ${kind}`)
  }
  claim(cpu.cores.flatMap((core) => set(core.cpus)).length === online.length, 'each online CPU is in a core')
  claim(new Set(cpu.packages.map((one) => one.id)).size === cpu.packages.length, 'package ids are unique')
  claim(new Set(numa.nodes.map((one) => one.id)).size === numa.nodes.length, 'node ids are unique')
  claim(numa.nodes.length > 0, 'there is a NUMA node')
  for (const core of cpu.cores) {
    const home = numa.nodes.find((node) => node.id === core.numaNode)
    claim(core.numaNode === null || isSubset(set(core.cpus), set(home?.cpus ?? '')), `core ${core.cpus} is in its node`)
    const socket = cpu.packages.find((one) => one.id === core.package)
    claim(
      core.package === null || isSubset(set(core.cpus), set(socket?.cpus ?? '')),
      `core ${core.cpus} is in its package`,
    )
  }
  const rows = numa.distances ?? []
  claim(numa.distances === null || rows.length === numa.nodes.length, 'there is a row of distances a node')
  claim(
    rows.every((row) => row.length === rows.length),
    'distances are square',
  )
  for (const path of zeroSizes(document, '')) faults.push(`${path} is not 0`)
  for (const problem of document.problems) {
    claim(problem.where !== '' && problem.message !== '' && !problem.message.includes('\n'), 'a problem is one line')
  }
  return faults
}

/** Unknown is null: no size, speed or total may be 0, but for the memory of a NUMA node of CPUs alone. */
function zeroSizes(value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    item === 0 && /(Bytes|Mbps|Mtps)$/.test(key) && !path.startsWith('.numa.nodes')
      ? [`${path}.${key}`]
      : zeroSizes(item, `${path}.${key}`),
  )
}
