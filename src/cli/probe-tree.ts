// The inventory as a tree for people: packages, the NUMA nodes in them, the cores of each by the cache they share, and
// the devices near them. What does not nest stands beside. Lines are wrapped to the width of the terminal.
// It asks nothing of any machine.

import { formatCpuList, isSubset, parseCpuList } from '../model/cpu-set.ts'
import type { Core, CpuPackage, Disk, Gpu, Inventory, Nic, NumaNode, Problem } from '../model/inventory.ts'
import { branch, drawTree, type TreeNode } from './tree.ts'

/** More problems than this are counted, not shown; the document has them all. */
const problemsShownMax = 20

/** The whole text with its last newline. `width` is in columns. */
export function renderTree(inventory: Inventory, { width, color }: { width: number; color: boolean }): string {
  const { cpu, numa } = inventory
  const inPackage = (node: NumaNode, one: CpuPackage) => node.localCpus !== '' && within(node.localCpus, one.cpus)
  const homeless = numa.nodes.filter((node) => !cpu.packages.some((one) => inPackage(node, one)))
  const packages = cpu.packages.map((one) => {
    const nodes = numa.nodes.filter((node) => inPackage(node, one))
    const nodeCpus = new Set(nodes.flatMap((node) => set(node.cpus)))
    const outside = cpu.cores.filter(
      (core) => within(core.cpus, one.cpus) && !set(core.cpus).some((n) => nodeCpus.has(n)),
    )
    return branch(`package ${one.id}`, one.model ?? 'unknown model', [
      ...coreGroups(inventory, outside),
      ...nodes.map((node) => numaNode(inventory, node)),
    ])
  })
  const loose = cpu.packages.length === 0 ? coreGroups(inventory, cpu.cores) : []
  const top = branch(machineName(inventory), systemName(inventory), [
    branch('CPUs', cpuSummary(inventory)),
    ...cacheSummary(inventory),
    ...packages,
    ...loose,
    ...homeless.map((node) => numaNode(inventory, node)),
    ...distances(inventory),
    ...devices(inventory, null),
    ...memoryModules(inventory),
    ...firmware(inventory),
    ...problems(inventory),
  ])
  return drawTree(top, { width, color })
}

function machineName({ machine }: Inventory): string {
  const name = [machine.vendor, machine.product].filter((part) => part !== null).join(' ')
  return name === '' ? 'unknown machine' : name
}

function systemName({ machine, os, cpu }: Inventory): string {
  const kernel = os.kernel === null ? null : `Linux ${os.kernel}`
  const system = [kernel, cpu.architecture].filter((part) => part !== null).join(' ')
  const serial = machine.serial === null ? null : `serial ${machine.serial}`
  return [serial, os.hostname, os.distribution, system].filter((part) => part !== null && part !== '').join(', ')
}

function cpuSummary({ cpu, numa, memory }: Inventory): string {
  const cpus = set(cpu.online).length
  const parts = [
    `${cpus} online`,
    count(cpu.cores.length, 'core'),
    count(cpu.packages.length, 'package'),
    count(numa.nodes.length, 'NUMA node'),
    memory.totalBytes === null ? 'unknown memory' : `${bytes(memory.totalBytes)} of memory`,
  ]
  if (cpu.offline !== null && cpu.offline !== '') parts.push(`offline ${cpu.offline}`)
  if (cpu.isolated !== null && cpu.isolated !== '') parts.push(`isolated ${cpu.isolated}`)
  if (cpu.allowed !== null && cpu.allowed !== cpu.online) parts.push(`this process may use ${cpu.allowed || 'none'}`)
  return parts.join(', ')
}

function cacheSummary({ cpu }: Inventory): readonly TreeNode[] {
  const counts = new Map<string, number>()
  for (const { level, type, sizeBytes } of cpu.caches) {
    const letter = type === 'unified' ? '' : type.charAt(0)
    const name = `L${level}${letter} ${sizeBytes === null ? 'of unknown size' : bytes(sizeBytes)}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const text = [...counts].map(([name, times]) => `${name} × ${times}`).join(', ')
  return text === '' ? [] : [branch('caches', text)]
}

function numaNode(inventory: Inventory, node: NumaNode): TreeNode {
  const cores = inventory.cpu.cores.filter((core) => core.numaNode === node.id)
  const pages = node.hugepages.filter((entry) => entry.count > 0)
  const parts = [
    node.memoryBytes === null ? 'unknown memory' : bytes(node.memoryBytes),
    ...pages.map((entry) => `${entry.count} hugepages of ${bytes(entry.sizeBytes)}`),
    ...(node.isGpuMemory ? ['memory of a GPU'] : []),
    ...(node.cpus === '' ? [node.localCpus === '' ? 'no CPUs' : `no CPUs, near ${node.localCpus}`] : []),
  ]
  return branch(`NUMA node ${node.id}`, parts.join(', '), [
    ...coreGroups(inventory, cores),
    ...devices(inventory, node.id),
  ])
}

/** Cores that share the same last cache and are of one kind, with their first, second … threads. */
function coreGroups({ cpu }: Inventory, cores: readonly Core[]): readonly TreeNode[] {
  const lastLevel = Math.max(0, ...cpu.caches.map((cache) => cache.level))
  const last = cpu.caches.filter((cache) => cache.level === lastLevel && lastLevel > 1)
  const cacheOf = new Map(last.flatMap((cache) => set(cache.cpus).map((number) => [number, cache] as const)))
  const groups = new Map<string, { readonly title: string; readonly cores: Core[] }>()
  for (const core of cores) {
    const cache = cacheOf.get(set(core.cpus)[0] ?? -1)
    const threads = set(core.cpus).length
    const key = `${cache?.cpus} ${core.kind} ${threads}`
    const title =
      cache === undefined ? 'cores' : `L${cache.level} ${cache.sizeBytes === null ? '' : bytes(cache.sizeBytes)}`
    const group = groups.get(key) ?? { title: title.trim(), cores: [] }
    group.cores.push(core)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ title, cores: members }) => {
    const kind = members[0]?.kind ?? null
    const what = count(members.length, kind === null ? 'core' : `${kind} core`)
    return branch(title, `${what}: CPUs ${threadLists(members)}`)
  })
}

/** `0-7 + 64-71`: the first threads of all cores, then their siblings in the same order. */
function threadLists(cores: readonly Core[]): string {
  const sets = cores.map((core) => set(core.cpus))
  const threads = Math.max(...sets.map((one) => one.length))
  const column = (i: number) => sets.flatMap((one) => one[i] ?? []).sort((a, b) => a - b)
  return Array.from({ length: threads }, (_, i) => formatCpuList(column(i))).join(' + ')
}

function distances({ numa }: Inventory): readonly TreeNode[] {
  if (numa.distances === null || numa.nodes.length < 2) return []
  const rows = numa.distances.map((row, i) => branch(`from ${numa.nodes[i]?.id}`, row.join(' ')))
  return [branch('NUMA distances', `to ${numa.nodes.map((node) => node.id).join(' ')}`, rows)]
}

/** The devices near a NUMA node, or those whose place is unknown. */
function devices({ gpus, nics, disks }: Inventory, node: number | null): readonly TreeNode[] {
  return [
    ...gpus.filter((gpu) => gpu.numaNode === node).map((gpu) => gpuBranch(gpu)),
    ...nics.filter((nic) => nic.numaNode === node).map((nic) => nicBranch(nic)),
    ...disks.filter((disk) => disk.numaNode === node).map((disk) => diskBranch(disk)),
  ]
}

function gpuBranch(gpu: Gpu): TreeNode {
  const memory = gpu.memoryBytes === null ? null : bytes(gpu.memoryBytes)
  const links = new Map<string, number>()
  for (const link of gpu.links) {
    const kind = link.count === null ? link.kind : `${link.kind} × ${link.count}`
    links.set(kind, (links.get(kind) ?? 0) + 1)
  }
  const parts = [
    gpu.model ?? gpu.vendor,
    memory,
    gpu.driver === null ? 'no driver' : gpu.driver,
    gpu.isUsable ? null : 'not for tasks',
    ...[...links].map(([kind, peers]) => `${kind} to ${count(peers, 'GPU')}`),
  ]
  return branch(`GPU ${gpu.pciAddress ?? gpu.uuid ?? ''}`.trim(), joined(parts))
}

function nicBranch(nic: Nic): TreeNode {
  const link = nic.link === null ? 'link unknown' : nic.link ? speed(nic.speedMbps) : 'no link'
  return branch(`NIC ${nic.name}`, joined([link, nic.driver, nic.mac, nic.firmware && `firmware ${nic.firmware}`]))
}

function diskBranch(disk: Disk): TreeNode {
  const size = disk.sizeBytes === null ? 'unknown size' : bytes(disk.sizeBytes)
  const turning = disk.rotational === true && disk.transport !== 'virtio' ? 'rotating' : null
  const parts = [size, disk.transport, turning, disk.model, disk.firmware && `firmware ${disk.firmware}`]
  return branch(`disk ${disk.name}`, joined(parts))
}

function memoryModules({ memory }: Inventory): readonly TreeNode[] {
  const counts = new Map<string, number>()
  for (const dimm of memory.dimms) {
    const size = dimm.sizeBytes === null ? 'unknown size' : bytes(dimm.sizeBytes)
    const rate = dimm.speedMtps === null ? null : `${dimm.speedMtps} MT/s`
    const name = [size, dimm.type, rate, dimm.manufacturer, dimm.part].filter((part) => part !== null).join(' ')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const text = [...counts].map(([name, times]) => `${times} × ${name}`).join(', ')
  return text === '' ? [] : [branch('memory modules', text)]
}

function firmware(inventory: Inventory): readonly TreeNode[] {
  const entries = inventory.firmware.map((one) => {
    return branch(one.component, joined([one.vendor, one.version, one.date]))
  })
  return entries.length === 0 ? [] : [branch('firmware', '', entries)]
}

function problems(inventory: Inventory): readonly TreeNode[] {
  const all = groupProblems(inventory.problems)
  if (all.length === 0) return []
  const shown = all.slice(0, problemsShownMax).map((one) => branch(one.where, `${one.message} (${one.code})`))
  const rest = all.length - shown.length
  const more = rest === 0 ? [] : [branch(`${rest} more`, 'are in the document: --json')]
  return [branch('problems', '', [...shown, ...more], 'warning')]
}

/** The same problem of several parts of one list is one line: `numa.nodes[0 1 2]`. */
function groupProblems(problems: readonly Problem[]): readonly Problem[] {
  const groups = new Map<string, { readonly problem: Problem; readonly list: string; readonly parts: string[] }>()
  for (const problem of problems) {
    const [, list = problem.where, part] = /^(.*)\[(.*)\]$/.exec(problem.where) ?? []
    const key = part === undefined ? problem.where + problem.message : `${list}[] ${problem.message}`
    const group = groups.get(key) ?? { problem, list, parts: [] }
    if (part !== undefined) group.parts.push(part)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ problem, list, parts }) =>
    parts.length < 2 ? problem : { ...problem, where: `${list}[${parts.join(' ')}]` },
  )
}

function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(', ')
}

function set(list: string | null): readonly number[] {
  return parseCpuList(list ?? '') ?? []
}

function within(inner: string, outer: string): boolean {
  const cpus = set(inner)
  return cpus.length > 0 && isSubset(cpus, set(outer))
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

function speed(mbps: number | null): string {
  if (mbps === null) return 'link of unknown speed'
  return mbps >= 1000 ? `${mbps / 1000} Gb/s` : `${mbps} Mb/s`
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

function bytes(amount: number): string {
  let unit = 0
  let left = amount
  while (left >= 1024 && unit < byteUnits.length - 1) {
    left /= 1024
    unit++
  }
  return `${Number.isInteger(left) ? left : left.toFixed(1)} ${byteUnits[unit]}`
}
