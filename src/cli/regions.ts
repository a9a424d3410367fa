// What lies in what: groups, packages, NUMA nodes, dies, caches and clusters by their sets of CPUs, as a tree. Parts with
// the same CPUs are one region. A part that overlaps another without lying in it fits into no tree: it stands beside.
// It does not know how a region is drawn.

import { parseCpuList } from '../model/cpu-set.ts'
import type { Cache, Cluster, Core, CpuGroup, CpuPackage, Die, Inventory, NumaNode } from '../model/inventory.ts'
import { cacheName, cpusOf } from './hardware-words.ts'

export type Part =
  | { readonly kind: 'group'; readonly of: CpuGroup }
  | { readonly kind: 'package'; readonly of: CpuPackage }
  | { readonly kind: 'node'; readonly of: NumaNode }
  | { readonly kind: 'die'; readonly of: Die }
  | { readonly kind: 'cache'; readonly of: Cache }
  | { readonly kind: 'cluster'; readonly of: Cluster }

type LargePart = Extract<Part, { readonly kind: 'group' | 'package' | 'node' }>

/** Where two parts have the same CPUs, the one that comes first names the region. */
const order = ['group', 'package', 'node', 'die', 'cache', 'cluster'] as const

export type Region = {
  /** Of the same CPUs, outermost first; empty for the machine as a whole, unless a part has all its CPUs. */
  readonly parts: readonly Part[]
  readonly regions: readonly Region[]
  /** Those that are in none of the regions inside. */
  readonly cores: readonly Core[]
  /** Nodes of memory alone whose nearest CPUs are these. */
  readonly memories: readonly NumaNode[]
}

export type Regions = {
  readonly machine: Region
  /** NUMA nodes that fit nowhere: across packages, or with no CPU near. */
  readonly beside: readonly NumaNode[]
}

/** A set of CPUs as bits, which makes comparing two of them one operation. */
type Mask = bigint

type Growing = {
  readonly mask: Mask
  readonly parts: Part[]
  readonly regions: Growing[]
  readonly cores: Core[]
  readonly memories: NumaNode[]
}

export function regionsOf({ cpu, numa }: Inventory): Regions {
  const cores = cpu.cores.map((core) => ({ core, mask: maskOf(core.cpus) }))
  const top = growing(cores.reduce((all, { mask }) => all | mask, maskOf(cpu.online ?? '')))
  const beside: NumaNode[] = []
  const coreOf = new Map(cores.flatMap(({ core, mask }) => cpusOf(core).map((one) => [one, mask] as const)))
  // What a core has for itself is told in words, once for all cores.
  const isShared = (list: string, mask: Mask) => !isWithin(mask, coreOf.get((parseCpuList(list) ?? [])[0] ?? -1) ?? 0n)
  const parts: readonly Part[] = [
    ...cpu.groups.map((of) => ({ kind: 'group' as const, of })),
    ...cpu.packages.map((of) => ({ kind: 'package' as const, of })),
    ...numa.nodes.filter((of) => of.cpus !== '').map((of) => ({ kind: 'node' as const, of })),
    ...cpu.dies.map((of) => ({ kind: 'die' as const, of })),
    ...cpu.caches.filter((of) => of.type !== 'instruction').map((of) => ({ kind: 'cache' as const, of })),
    ...cpu.clusters.map((of) => ({ kind: 'cluster' as const, of })),
  ]
  const sorted = parts
    .map((part) => ({ part, mask: maskOf(part.of.cpus) & top.mask }))
    .filter(({ part, mask }) => mask !== 0n && (isLarge(part) || isShared(part.of.cpus, mask)))
    .map((one) => ({ ...one, size: bitsOf(one.mask) }))
    .sort((a, b) => b.size - a.size || rank(a.part) - rank(b.part))
  for (const { part, mask } of sorted) {
    if (!insert(top, part, mask) && part.kind === 'node') beside.push(part.of)
  }
  for (const { core, mask } of cores) smallest(top, mask).cores.push(core)
  for (const node of numa.nodes.filter((one) => one.cpus === '')) {
    const mask = maskOf(node.localCpus) & top.mask
    const home = mask === 0n ? top : smallest(top, mask, (region) => region.parts.some(isLarge))
    if (home === top && !top.parts.some(isLarge)) beside.push(node)
    else home.memories.push(node)
  }
  return { machine: inOrder(top), beside: beside.sort((a, b) => a.id - b.id) }
}

/** Parts that are drawn as panels with devices in them; the others are frames around cores. */
export function isLarge(part: Part): part is LargePart {
  const { kind } = part
  return kind === 'group' || kind === 'package' || kind === 'node'
}

/** `package 0`, `drawer 3`, `L3 32 MiB`. */
export function partName(part: Part): string {
  if (part.kind === 'cache') return cacheName(part.of)
  if (part.kind === 'node') return `NUMA node ${part.of.id}`
  return part.kind === 'group' ? `${part.of.kind} ${part.of.id}` : `${part.kind} ${part.of.id}`
}

function rank(part: Part): number {
  // Books lie in drawers; a last level cache lies outside of those before it.
  const inside =
    part.kind === 'cache' ? 1 - part.of.level / 100 : part.kind === 'group' && part.of.kind === 'book' ? 0.5 : 0
  return order.indexOf(part.kind) + inside
}

/** @returns false where it overlaps a region without lying in it */
function insert(region: Growing, part: Part, mask: Mask): boolean {
  if (mask === region.mask) {
    region.parts.push(part)
    return true
  }
  const touched = region.regions.filter((one) => (one.mask & mask) !== 0n)
  const [only] = touched
  if (only === undefined) {
    region.regions.push({ ...growing(mask), parts: [part] })
    return true
  }
  return touched.length === 1 && isWithin(mask, only.mask) && insert(only, part, mask)
}

function smallest(region: Growing, mask: Mask, mayBe: (region: Growing) => boolean = () => true): Growing {
  const inner = region.regions.find((one) => isWithin(mask, one.mask))
  return inner === undefined || !mayBe(inner) ? region : smallest(inner, mask, mayBe)
}

/** Regions of one kind in the order of their numbers, others in that of their first CPUs. */
function inOrder(region: Growing): Region {
  const numbers = region.regions.map(({ parts: [part] }) => (part !== undefined && isLarge(part) ? part.of.id : null))
  const kinds = new Set(region.regions.map(({ parts: [part] }) => part?.kind))
  const byNumber = kinds.size === 1 && !numbers.includes(null)
  const order = new Map(
    region.regions.map((one, i) => [one, byNumber ? BigInt(numbers[i] ?? 0) : one.mask & -one.mask]),
  )
  const first = (one: Growing) => order.get(one) as bigint
  const regions = region.regions.toSorted((a, b) => (first(a) < first(b) ? -1 : 1))
  return { ...region, regions: regions.map(inOrder) }
}

function growing(mask: Mask): Growing {
  return { mask, parts: [], regions: [], cores: [], memories: [] }
}

function maskOf(list: string): Mask {
  let mask = 0n
  for (const cpu of parseCpuList(list) ?? []) mask |= 1n << BigInt(cpu)
  return mask
}

function isWithin(inner: Mask, outer: Mask): boolean {
  return (inner & outer) === inner
}

function bitsOf(mask: Mask): number {
  return mask.toString(2).replaceAll('0', '').length
}
