// What the probe must find on a board: pure, from the same description that made qemu's arguments. A fact is what was
// told and where the document says it. Only what was told is here: sizes of caches and the like are qemu's own.

import { formatCpuList, intersect, parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Inventory, NumaNode } from '../../../src/model/inventory.ts'
import { cpuCount } from './arguments.ts'
import { deviceFacts } from './device-facts.ts'
import type { Board, BoardNode, Fact, NodeAccess } from './types.ts'

/** The kernel keeps some for itself, most of all where a node is small. */
const memoryShareMin = 0.7

export function boardFacts(board: Board): readonly Fact[] {
  return [
    ...processorFacts(board),
    ...cacheFacts(board),
    ...nodeFacts(board),
    ...deviceFacts(board),
    ...identityFacts(board),
    ...bmcFacts(board),
    ...systemFacts(board),
    ...contradictionFacts(),
    {
      fact: 'conditions',
      told: [],
      said: ({ health }) => health.conditions.map(({ code, part }) => [code, part.name]),
    },
    ...board.facts,
  ]
}

/** Sets of CPUs that lie together at each level, from the way in which the kernel numbers them. */
function groupsOf({ processors }: Board) {
  const { sockets, dies, clusters, cores, threads } = processors
  const total = cpuCount(processors)
  const cut = (size: number) =>
    Array.from({ length: Math.ceil(total / size) }, (_, i) =>
      formatCpuList(Array.from({ length: Math.min(size, total - i * size) }, (_, cpu) => i * size + cpu)),
    )
  const perCluster = cores * threads
  const perDie = perCluster * clusters
  return {
    all: formatCpuList(Array.from({ length: total }, (_, cpu) => cpu)),
    packages: cut(perDie * dies),
    dies: dies > 1 ? cut(perDie) : [],
    clusters: clusters > 1 && cores > 1 ? cut(perCluster) : [],
    cores: cut(threads),
    sockets,
  }
}

function processorFacts(board: Board): readonly Fact[] {
  const groups = groupsOf(board)
  return [
    { fact: 'architecture', told: board.architecture, said: ({ cpu }) => cpu.architecture },
    { fact: 'CPUs online', told: groups.all, said: ({ cpu }) => cpu.online },
    { fact: 'CPUs allowed', told: board.allowed?.cpus ?? groups.all, said: ({ cpu }) => cpu.allowed },
    { fact: 'packages', told: groups.packages, said: ({ cpu }) => cpu.packages.map((one) => one.cpus) },
    { fact: 'dies', told: groups.dies, said: ({ cpu }) => cpu.dies.map((one) => one.cpus) },
    { fact: 'clusters', told: groups.clusters, said: ({ cpu }) => cpu.clusters.map((one) => one.cpus) },
    { fact: 'cores', told: groups.cores, said: ({ cpu }) => cpu.cores.map((one) => one.cpus) },
    {
      fact: 'NUMA node of each core',
      told: groups.cores.map((cpus) => nodeOfCpus(board, cpus)),
      said: ({ cpu }) => cpu.cores.map((one) => one.numaNode),
    },
    { fact: 'kinds of cores', told: [], said: ({ cpu }) => cpu.coreKinds.map((one) => one.cpus) },
  ]
}

function nodeOfCpus(board: Board, cpus: string): number | null {
  const home = board.nodes.find(({ cpus: all }) => all.length > 0 && contains(all, cpus))
  return home?.id ?? (board.nodes.length === 1 ? (board.nodes[0]?.id ?? null) : null)
}

function contains(all: string, some: string): boolean {
  const wanted = parseCpuList(some) ?? []
  return intersect(parseCpuList(all) ?? [], wanted).length === wanted.length
}

function common(some: string, others: string): string {
  return formatCpuList(intersect(parseCpuList(some) ?? [], parseCpuList(others) ?? []))
}

/** qemu shares the second level by core and the third by die; arm64 boards show no caches. */
function cacheFacts(board: Board): readonly Fact[] {
  if (board.architecture !== 'x86_64') return []
  const { cores, dies, packages } = groupsOf(board)
  const shared = (level: number, type: string) => (inventory: Inventory) =>
    inventory.cpu.caches.filter((cache) => cache.level === level && cache.type === type).map((cache) => cache.cpus)
  return [
    { fact: 'L2 shared by', told: cores, said: shared(2, 'unified') },
    { fact: 'L3 shared by', told: dies.length > 0 ? dies : packages, said: shared(3, 'unified') },
  ]
}

function nodeFacts(board: Board): readonly Fact[] {
  const { nodes, distances } = board
  const all: Fact[] = [
    { fact: 'NUMA nodes', told: nodes.map(({ id }) => id), said: ({ numa }) => numa.nodes.map(({ id }) => id) },
    {
      fact: 'NUMA nodes allowed',
      told: board.allowed?.nodes ?? formatCpuList(nodes.map(({ id }) => id)),
      said: ({ numa }) => numa.allowed,
    },
  ]
  if (distances.length > 0) all.push({ fact: 'distances', told: distances, said: ({ numa }) => numa.distances })
  return [...all, ...nodes.flatMap((node) => factsOfNode(board, node))]
}

function factsOfNode(board: Board, node: BoardNode): readonly Fact[] {
  const { id, megabytes, access, cache } = node
  const all = groupsOf(board).all
  const own = board.nodes.length === 1 ? all : common(node.cpus, all)
  const said =
    <T>(read: (found: NumaNode) => T) =>
    ({ numa }: Inventory) => {
      const found = numa.nodes.find((one) => one.id === id)
      return found === undefined ? null : read(found)
    }
  const caches =
    cache === null ? [] : [{ level: cache.level, sizeBytes: cache.kilobytes * 1024, lineBytes: cache.lineBytes }]
  return [
    { fact: `node ${id} CPUs`, told: own, said: said(({ cpus }) => cpus) },
    { fact: `node ${id} nearest CPUs`, told: nearestCpus(board, node), said: said(({ localCpus }) => localCpus) },
    {
      fact: `node ${id} memory`,
      told: megabytes * mebibyte,
      said: said(({ memoryBytes }) => atMost(memoryBytes, megabytes * mebibyte)),
    },
    { fact: `node ${id} memory-side caches`, told: caches, said: said(({ memorySideCaches }) => memorySideCaches) },
    { fact: `node ${id} access`, told: accessOf(access), said: said((found) => found.access) },
  ]
}

/** The told size where the found one is what a kernel leaves of it, else the found one. */
function atMost(found: number | null, toldBytes: number): number | null {
  return found !== null && found <= toldBytes && found >= toldBytes * memoryShareMin ? toldBytes : found
}

function nearestCpus(board: Board, { cpus, access }: BoardNode): string {
  const { all } = groupsOf(board)
  if (cpus !== '') return common(cpus, all)
  if (board.nodes.length === 1) return all
  return board.nodes.find(({ id }) => id === access?.initiator)?.cpus ?? ''
}

function accessOf(access: NodeAccess | null) {
  if (access === null) return null
  const { initiator, near } = access
  return { initiators: [initiator], readMbps: near.mbps, writeMbps: near.mbps, readNs: near.ns, writeNs: near.ns }
}

function identityFacts(board: Board): readonly Fact[] {
  if (board.identity === null) return []
  const { bios, system, board: mainBoard, chassis, dimm } = board.identity
  const totalBytes = board.nodes.reduce((sum, { megabytes }) => sum + megabytes, 0) * mebibyte
  return [
    { fact: 'vendor', told: system.vendor, said: ({ machine }) => machine.vendor },
    { fact: 'product', told: system.product, said: ({ machine }) => machine.product },
    { fact: 'serial', told: system.serial, said: ({ machine }) => machine.serial },
    { fact: 'uuid', told: system.uuid, said: ({ machine }) => machine.uuid },
    { fact: 'sku', told: system.sku, said: ({ machine }) => machine.sku },
    { fact: 'board', told: mainBoard, said: ({ machine }) => machine.board },
    {
      fact: 'chassis',
      told: [chassis.serial, chassis.asset],
      said: ({ machine }) => [machine.chassis?.serial ?? null, machine.chassis?.assetTag ?? null],
    },
    { fact: 'machine has an identity', told: true, said: ({ machine }) => machine.id !== null },
    {
      fact: 'bios',
      told: [bios.vendor, bios.version, bios.date],
      said: ({ firmware }) => {
        const found = firmware.find(({ component }) => component === 'bios')
        return [found?.vendor, found?.version, found?.date]
      },
    },
    { fact: 'memory installed', told: totalBytes, said: ({ memory }) => memory.installedBytes },
    {
      fact: 'memory usable',
      told: totalBytes,
      said: ({ memory }) => atMost(memory.totalBytes, totalBytes),
    },
    {
      fact: 'memory modules',
      told: [
        {
          locator: `${dimm.locator} 0`,
          bank: dimm.bank,
          sizeBytes: totalBytes,
          isEcc: null,
          speedMtps: dimm.mtps,
          configuredMtps: dimm.mtps,
          manufacturer: dimm.manufacturer,
          part: dimm.part,
          serial: dimm.serial,
        },
      ],
      // qemu calls the type `RAM`, which is no type; what a probe makes of that is not asked here.
      said: ({ memory }) => memory.dimms.map(({ type: _type, ...rest }) => rest),
    },
  ]
}

function bmcFacts({ bmc }: Board): readonly Fact[] {
  if (bmc === null) return [{ fact: 'BMC', told: null, said: ({ machine }) => machine.bmc }]
  const version = `${bmc.firmwareMajor}.${bmc.firmwareMinor.toString(16)}`
  return [
    { fact: 'BMC version', told: version, said: ({ machine }) => machine.bmc?.version ?? null },
    { fact: 'BMC IPMI version', told: '2.0', said: ({ machine }) => machine.bmc?.ipmiVersion ?? null },
    {
      fact: 'BMC manufacturer',
      told: bmc.manufacturerId,
      said: ({ machine }) => Number(machine.bmc?.manufacturerId ?? Number.NaN),
    },
    {
      fact: 'BMC in the list of firmware',
      told: version,
      said: ({ firmware }) => firmware.find(({ component }) => component === 'bmc')?.version ?? null,
    },
  ]
}

function systemFacts(board: Board): readonly Fact[] {
  return [
    { fact: 'host name', told: board.name, said: ({ os }) => os.hostname },
    { fact: 'booted by UEFI', told: false, said: ({ os }) => os.isUefi },
    { fact: 'control groups', told: 'v2', said: ({ os }) => os.cgroup },
    // How qemu can be known differs by board; that this is no bare metal must be seen on each.
    { fact: 'taken for bare metal', told: false, said: ({ machine }) => machine.virtualisation === 'none' },
    {
      fact: 'GPUs, accelerators, fabrics',
      told: [[], [], []],
      said: ({ gpus, accelerators, fabrics }) => [gpus, accelerators, fabrics],
    },
  ]
}

/** A board of ours has nothing that contradicts itself. */
function contradictionFacts(): readonly Fact[] {
  const codes = ['HW_CONFLICT', 'HW_IMPLAUSIBLE']
  return [
    {
      fact: 'contradictions',
      told: [],
      said: ({ problems }) =>
        problems.filter(({ code }) => codes.includes(code)).map(({ where, message }) => `${where}: ${message}`),
    },
  ]
}

const mebibyte = 1024 * 1024
