// The topology of a machine as comparable texts, from our document and from what hwloc says of the same files. hwloc hides
// and merges by option: what it has no word for, or merges into an equal object, is taken from our side here, each rule
// with its reason.

import { formatCpuList, intersect, parseCpuList, subtract } from '../../../src/model/cpu-set.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import type { HostFacts } from './captures.ts'

/** Sorted texts, which a failing test prints readably. */
export type Topology = {
  online: string
  offline: string
  isolated: string
  nohzFull: string
  smt: string
  packages: readonly string[]
  models: readonly string[]
  microcode: string
  dies: readonly string[]
  groups: readonly string[]
  clusters: readonly string[]
  cores: readonly string[]
  coreKinds: readonly string[]
  caches: readonly string[]
  nodes: readonly string[]
  gpuNodes: readonly string[]
  memorySideCaches: readonly string[]
  access: readonly string[]
  hugepageSizes: string
  distances: readonly (readonly number[])[] | null
  allowed: string
  allowedNodes: string
}

const letters = { data: 'd', instruction: 'i', unified: 'u' }

export function topologyOf({ cpu, numa, memory }: Inventory): Topology {
  // hwloc hides the memory of GPUs, and shows it where it is asked to.
  const nodes = numa.nodes.filter((node) => !node.isGpuMemory)
  const rows = numa.nodes.flatMap((node, i) => (node.isGpuMemory ? [] : [i]))
  const shown = (node: (typeof nodes)[number]) => `${node.id} ${node.localCpus} ${node.memoryBytes ?? 0}`
  return {
    online: cpu.online ?? '',
    offline: cpu.offline ?? 'unknown',
    isolated: cpu.isolated ?? 'unknown',
    nohzFull: cpu.nohzFull ?? 'unknown',
    smt: cpu.smt ?? 'unknown',
    packages: cpu.packages.map((one) => `${one.id} ${one.cpus}`).sort(),
    models: cpu.packages.map((one) => `${one.cpus} ${one.model}`).sort(),
    microcode: [...new Set(cpu.packages.flatMap((one) => one.microcode))].join(' '),
    dies: cpu.dies.map((one) => `${one.id} ${one.cpus}`).sort(),
    groups: cpu.groups.map((one) => `${one.kind} ${one.id} ${one.cpus}`).sort(),
    clusters: cpu.clusters.map((one) => `${one.id} ${one.cpus}`).sort(),
    cores: cpu.cores.map((one) => `${one.id} ${one.cpus}`).sort(),
    coreKinds: cpu.coreKinds.map((one) => `${one.cpus} ${one.baseMhz} ${one.maxMhz} ${one.capacity}`),
    caches: cpu.caches
      .map((one) => `L${one.level}${letters[one.type]} ${one.sizeBytes ?? 0} ${one.lineBytes ?? 0} ${one.cpus}`)
      .sort(),
    nodes: nodes.map((node) => `${shown(node)} ${node.kind}`).sort(),
    gpuNodes: numa.nodes.filter((node) => node.isGpuMemory).map((node) => `${shown(node)} ${node.kind}`),
    memorySideCaches: numa.nodes
      .flatMap((node) => node.memorySideCaches.map((cache) => `${node.id} ${cache.sizeBytes}`))
      .sort(),
    access: numa.nodes
      .flatMap(({ id, access }) => {
        const { readMbps = 0, writeMbps = 0, readNs = 0, writeNs = 0 } = access ?? {}
        return access === null ? [] : [`${id} ${readMbps} ${writeMbps} ${readNs} ${writeNs}`]
      })
      .sort(),
    hugepageSizes: memory.hugepages.map((one) => one.sizeBytes).join(),
    distances: numa.distances === null ? null : rows.map((i) => rows.map((j) => numa.distances?.[i]?.[j] ?? -1)),
    allowed: cpu.allowed ?? '',
    allowedNodes: cut(numa.allowed ?? '', formatCpuList(nodes.map((node) => node.id).sort((a, b) => a - b))),
  }
}

export function topologyOfFacts(facts: HostFacts, ours: Topology): Topology {
  const online = facts.pus
  const { raw } = facts
  const cutRaw = (text: string | null | undefined) =>
    text === null || text === undefined ? 'unknown' : cut(text.split('\0')[0] ?? '', online)
  const info = facts.machineInfo ?? {}
  const labels = facts.packages.map((one) => one.os)
  const areNames = !labels.includes(null) && new Set(labels).size === labels.length
  const latency = facts.distances?.find((one) => one.name === 'NUMALatency')
  const gpuNodes = Object.values(facts.variants ?? {}).flatMap(({ changed }) =>
    (changed.numa ?? []).filter((node) => node.subtype === 'GPUMemory'),
  )
  return {
    online: cut(online, online),
    // The kernel's list has CPUs that do not exist; those that do and are not online are offline.
    offline: without(facts.completeCpus, online),
    isolated: cutRaw(raw['cpu.isolated']),
    nohzFull: cutRaw(raw['cpu.nohz_full']),
    smt: threadsOf(facts),
    // hwloc has no number where the kernel says -1, and two packages may have the same one: then ours are counted.
    packages: byFirst(facts.packages.map((one) => ({ os: one.os, cpus: cut(one.cpus, online) })))
      .map((one, i) => `${areNames ? one.os : i} ${one.cpus}`)
      .sort(),
    models: facts.packages.map((one) => modelOf(cut(one.cpus, online), one.info?.CPUModel?.trim(), ours)).sort(),
    // Taken from /proc/cpuinfo alone; some captures have it elsewhere.
    microcode: raw.microcode ?? ours.microcode,
    dies: (facts.dies ?? []).map((one) => `${one.os} ${cut(one.cpus, online)}`).sort(),
    groups: withMerged(groupsOf(facts, ['Book', 'Drawer']), ours.groups, facts),
    clusters: withMerged(groupsOf(facts, ['Cluster']), ours.clusters, facts),
    // A core that the kernel gives no number has its place.
    cores: facts.coreIds.map(([id, cpus], i) => `${id ?? i} ${cut(cpus, online)}`).sort(),
    coreKinds: kindsOf(facts),
    caches: (facts.caches ?? [])
      .flatMap((one) => one.sets.map((set) => `${one.kind} ${one.size} ${one.line} ${cut(set, online)}`))
      .sort(),
    nodes: facts.numa
      .map((node) => `${node.os} ${cut(node.cpus, online)} ${node.mem} ${node.subtype === 'NVM' ? 'pmem' : null}`)
      .sort(),
    gpuNodes: gpuNodes
      .sort((a, b) => a.os - b.os)
      .map((node) => `${node.os} ${cut(node.cpus, online)} ${node.mem} gpu`),
    memorySideCaches: (facts.memcaches ?? []).map((cache) => `${cache.nodes} ${cache.size}`).sort(),
    access: accessOf(facts),
    hugepageSizes: info.PageSizes === undefined ? ours.hugepageSizes : info.PageSizes.split(',').slice(1).join(),
    // Of one node hwloc keeps no distance, which is 10 or nothing.
    distances: latency?.matrix ?? (facts.numa.length === 1 && isOneTen(ours.distances) ? ours.distances : null),
    allowed: cut(facts.allowedView?.pus ?? facts.allowedCpus, online),
    allowedNodes: facts.allowedView?.nodes ?? facts.allowedNodes,
  }
}

/** hwloc leaves out the models of other than x86 and POWER. */
function modelOf(cpus: string, model: string | undefined, ours: Topology): string {
  if (model !== undefined) return `${cpus} ${model}`
  return ours.models.find((name) => name.startsWith(`${cpus} `)) ?? ''
}

function groupsOf(facts: HostFacts, subtypes: readonly string[]): readonly string[] {
  return (facts.groups ?? [])
    .filter((one) => subtypes.includes(one.subtype ?? ''))
    .map((one) => {
      const kind = one.subtype === 'Cluster' ? '' : `${one.subtype?.toLowerCase()} `
      return `${kind}${one.os} ${cut(one.cpus, facts.pus)}`
    })
}

/** A group that equals another object is merged into it by hwloc; ours stays. */
function withMerged(theirs: readonly string[], ours: readonly string[], facts: HostFacts): readonly string[] {
  const others = new Set(
    [
      facts.pus,
      ...facts.packages.map((one) => one.cpus),
      ...facts.numa.map((node) => node.cpus),
      ...(facts.caches ?? []).flatMap((cache) => cache.sets),
      ...(facts.groups ?? []).map((group) => group.cpus),
    ].map((list) => cut(list, facts.pus)),
  )
  const merged = ours.filter((one) => !theirs.includes(one) && others.has(one.split(' ').at(-1) as string))
  return [...theirs, ...merged].sort()
}

/** One kind says nothing. Figures that hwloc does not tell are not ours to compare. */
function kindsOf({ cpukinds = [], pus }: HostFacts): readonly string[] {
  if (cpukinds.length < 2) return []
  return cpukinds.map(({ cpus, info = {} }) => {
    const figures = ['FrequencyBaseMHz', 'FrequencyMaxMHz', 'LinuxCapacity'].map((name) => info[name] ?? null)
    return `${cut(cpus, pus)} ${figures.join(' ')}`.replaceAll(/ (?= |$)/g, ' null')
  })
}

function accessOf({ memattrs = [] }: HostFacts): readonly string[] {
  const names = ['ReadBandwidth', 'WriteBandwidth', 'ReadLatency', 'WriteLatency']
  const rows = new Map<number, (number | null)[]>()
  for (const { name, values } of memattrs) {
    const column = names.indexOf(name)
    if (column === -1) continue
    for (const { targetOs, value } of values) {
      const row = rows.get(targetOs) ?? [null, null, null, null]
      row[column] = value
      rows.set(targetOs, row)
    }
  }
  return [...rows].map(([node, row]) => [node, ...row].join(' ')).sort()
}

/** By the kernel's words: two CPUs a core are `on`, whatever else is said. */
function threadsOf({ raw, coreIds, pus }: HostFacts): string {
  if (coreIds.some(([, cpus]) => cut(cpus, pus).match(/[,-]/) !== null)) return 'on'
  const control = raw['smt.control']?.trim()
  if (control === undefined) return 'unknown'
  return control.startsWith('not') || raw['smt.active']?.trim() === '1' ? 'unsupported' : 'off'
}

function isOneTen(distances: Topology['distances']): boolean {
  return JSON.stringify(distances) === '[[10]]'
}

function byFirst<T extends { readonly cpus: string }>(sets: readonly T[]): readonly T[] {
  return [...sets].sort((a, b) => Number.parseInt(a.cpus, 10) - Number.parseInt(b.cpus, 10))
}

function without(list: string, taken: string): string {
  return formatCpuList(subtract(parseCpuList(list) ?? [], parseCpuList(taken) ?? []))
}

function cut(list: string, whole: string): string {
  return formatCpuList(intersect(parseCpuList(list) ?? [], parseCpuList(whole) ?? []))
}
