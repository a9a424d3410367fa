// The inventory and health as a tree for people: what is wrong first, then packages, NUMA nodes and cores as they lie in
// each other with the devices near them, and what lies nowhere. Lines are wrapped to the width of the terminal.
// It asks nothing of any machine.

import { formatCpuList } from '../model/cpu-set.ts'
import type { Condition, Health } from '../model/health.ts'
import type { Core, Inventory, NumaNode, Problem } from '../model/inventory.ts'
import { dimmFacts, firmwareFacts } from './device-words.ts'
import {
  cacheName,
  countFacts,
  cpusOf,
  machineName,
  nodeFacts,
  nodePlace,
  openQuestions,
  ownCaches,
  partWords,
  systemFacts,
} from './hardware-words.ts'
import { countEach, counted, humanBytes, present } from './human.ts'
import { joined } from './letters.ts'
import { DeviceBranches } from './probe-tree-devices.ts'
import { isLarge, partName, type Region, regionsOf } from './regions.ts'
import { branch, drawTree, type TreeNode } from './tree.ts'

/** More problems than this are counted, not shown; the document has them all. */
const problemsShownMax = 20

export type TreeStyle = { readonly width: number; readonly color: boolean }

/** The whole text with its last newline. `width` is in columns. */
export function renderTree(inventory: Inventory, health: Health, style: TreeStyle): string {
  const top = branch(machineName(inventory), joined(systemFacts(inventory)), [
    ...health.conditions.map((one) => condition(one, inventory)),
    ...unchecked(health),
    branch('has', facts([...countFacts(inventory), ...ownCaches(inventory)])),
    ...new MachineBranches(inventory).all(),
    ...distances(inventory),
    ...memoryModules(inventory),
    ...firmware(inventory),
    ...problems(inventory),
  ])
  return drawTree(top, style)
}

function condition({ severity, code, part, evidence, sinceMs }: Condition, inventory: Inventory): TreeNode {
  const since = sinceMs === null ? null : `since ${new Date(sinceMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const words = facts([evidence[0]?.text ?? null, since])
  return branch(`${severity} ${code}`, `${partWords(part, inventory)}: ${words}`, [], severity)
}

function unchecked(health: Health): readonly TreeNode[] {
  const open = openQuestions(health)
  if (health.conditions.length === 0) return [branch('health', facts(['nothing wrong seen', open]))]
  return open === '' ? [] : [branch('health', open)]
}

class MachineBranches {
  readonly #inventory: Inventory
  readonly #devices: DeviceBranches
  readonly #isOneModel: boolean

  constructor(inventory: Inventory) {
    this.#inventory = inventory
    this.#devices = new DeviceBranches(inventory)
    this.#isOneModel = new Set(inventory.cpu.packages.map((one) => one.model)).size < 2
  }

  all(): readonly TreeNode[] {
    const { machine, beside } = regionsOf(this.#inventory)
    const [model] = this.#inventory.cpu.packages.map((one) => one.model)
    const { length: count } = this.#inventory.cpu.packages
    const processor = this.#isOneModel && model ? [branch(count > 1 ? `${count} processors` : 'processor', model)] : []
    return [
      ...processor,
      ...(machine.parts.some(isLarge) ? [this.#region(machine)] : this.#inside(machine)),
      ...beside.map((node) => this.#besideNode(node)),
      ...this.#devices.nowhere(),
    ]
  }

  #region(region: Region): TreeNode {
    const names = region.parts.filter((part) => part.kind !== 'cache').map(partName)
    const told = region.parts.flatMap((part): readonly (string | null)[] => {
      if (part.kind === 'package') return [this.#isOneModel ? null : part.of.model]
      if (part.kind === 'cache') return [cacheName(part.of)]
      return part.kind === 'node' ? nodeFacts(part.of) : []
    })
    const near = region.parts.flatMap((part) => (part.kind === 'node' ? this.#devices.near(part.of.id) : []))
    const memories = region.memories.map((node) => this.#memory(node, nodeFacts(node)))
    const children = [...this.#inside(region), ...memories, ...near]
    const [only] = children
    // A package of a few cores and nothing else is one line.
    if (only !== undefined && children.length === 1 && region.cores.length > 0) {
      return branch(names.join(', '), facts([...told, `${only.label}: ${only.text}`]))
    }
    return branch(names.join(', '), facts(told), children)
  }

  #inside({ regions, cores }: Region): readonly TreeNode[] {
    const large = regions.filter(hasLarge).map((one) => this.#region(one))
    const frames = regions.filter((one) => !hasLarge(one)).map(frame)
    return [
      ...sameKinds(cores).map((members) => branch(coreCount(members), `CPUs ${threadLists(members)}`)),
      ...frames,
      ...large,
    ]
  }

  /** A node that overlaps packages, or has no CPUs near it. */
  #besideNode(node: NumaNode): TreeNode {
    const place = this.#inventory.cpu.online === null ? null : nodePlace(node)
    return this.#memory(node, [...nodeFacts(node), place])
  }

  #memory(node: NumaNode, told: readonly (string | null)[]): TreeNode {
    return branch(`NUMA node ${node.id}`, facts(told), this.#devices.near(node.id))
  }
}

/** Cores that share a cache, a die or a cluster, in one line; caches inside are counted. */
function frame(region: Region): TreeNode {
  const inner = countEach(region.regions.flatMap((one) => one.parts.slice(0, 1).map(bareName)))
  const sharing = inner.map(([name, times]) => `in ${times} × ${name}`)
  const cores = allCores(region)
  const caches = region.parts.filter((part) => part.kind === 'cache')
  const names = (caches.length > 0 ? caches : region.parts).map(partName)
  const words = sameKinds(cores).map((members) =>
    facts([`${coreCount(members)}: CPUs ${threadLists(members)}`, ...sharing]),
  )
  return branch(names.join(', '), words.join('; '))
}

function bareName(part: Region['parts'][number]): string {
  return part.kind === 'cache' ? cacheName(part.of) : part.kind
}

function allCores({ regions, cores }: Region): readonly Core[] {
  return [...cores, ...regions.flatMap(allCores)]
}

/** Cores of one kind and as many threads. */
function sameKinds(cores: readonly Core[]): readonly (readonly Core[])[] {
  return [...Map.groupBy(cores, (core) => `${core.kind} ${cpusOf(core).length}`).values()]
}

function coreCount(members: readonly Core[]): string {
  const kind = members[0]?.kind ?? null
  return counted(members.length, kind === null ? 'core' : `${kind} core`)
}

/** `0-7 + 64-71`: the first threads of all cores, then their siblings in the same order. */
function threadLists(cores: readonly Core[]): string {
  const sets = cores.map(cpusOf)
  const threads = Math.max(...sets.map((one) => one.length))
  const column = (i: number) => sets.flatMap((one) => one[i] ?? []).sort((a, b) => a - b)
  return Array.from({ length: threads }, (_, i) => formatCpuList(column(i))).join(' + ')
}

function distances({ numa }: Inventory): readonly TreeNode[] {
  if (numa.distances === null || numa.nodes.length < 2) return []
  const between = new Set(numa.distances.flatMap((row, i) => row.filter((_, j) => i !== j)))
  const within = new Set(numa.distances.map((row, i) => row[i]))
  if (between.size === 1 && within.size === 1) {
    return [branch('NUMA distances', `${[...within][0]} in a node, ${[...between][0]} between any two`)]
  }
  const rows = numa.distances.map((row, i) => branch(`from ${numa.nodes[i]?.id}`, row.join(' ')))
  return [branch('NUMA distances', `to ${numa.nodes.map((node) => node.id).join(' ')}`, rows)]
}

function memoryModules({ memory }: Inventory): readonly TreeNode[] {
  const names = memory.dimms.map((dimm) => {
    const size = dimm.sizeBytes === null ? 'unknown size' : humanBytes(dimm.sizeBytes)
    return present([size, dimmFacts(dimm)]).join(' ')
  })
  const sorts = countEach(names).map(([name, times]) => `${times} × ${name}`)
  return sorts.length === 0 ? [] : [branch('memory modules', joined(sorts))]
}

function firmware(inventory: Inventory): readonly TreeNode[] {
  const told = firmwareFacts(inventory)
  return told.length === 0 ? [] : [branch('firmware', joined(told))]
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
function groupProblems(all: readonly Problem[]): readonly Problem[] {
  const groups = new Map<string, { readonly problem: Problem; readonly list: string; readonly parts: string[] }>()
  for (const problem of all) {
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

function hasLarge(region: Region): boolean {
  return region.parts.some(isLarge) || region.regions.some(hasLarge)
}

function facts(all: readonly (string | null | false | undefined)[]): string {
  return joined(present(all))
}
