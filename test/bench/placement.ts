// How whole machines stay while tasks come and go: our placement against first fit and best fit by count, on captured
// machines and on made-up ones with GPUs, under equal load (placement-contest.ts). Without a name a row for each machine
// and placer; with --workload NAME, or `all`, figures as numbers. In percent: of moments, those at which a whole NUMA node
// with its GPUs, 2, 4 or 8 GPUs linked by the fastest kind, or 4 GPUs and cores of one node would still fit; of nodes, those
// untouched; of pairs of GPUs of one task, those linked by wires; of GPUs, those whose task stays on CPUs of their node.
// `nodes` are those that a task with something of its own spans, `caches` those it spans for each that it needs.

import { hardwareOf } from '../../src/hw/hardware.ts'
import { probeInventory } from '../../src/hw/inventory.ts'
import { sysrootSource } from '../../src/hw/source/open.ts'
import type { Hardware } from '../../src/model/hardware.ts'
import { seededRandom } from '../../src/model/random.ts'
import { captureIndex, capturesMissing, withCapture } from '../contract/hosts/captures.ts'
import { live, noSums, type PlacerName, type Probe, placers, probes, type Sums } from '../support/placement-contest.ts'
import { aDgx, aMachine, cubeMesh, inHives, inPairs, someGpus, switched } from '../support/placement-machines.ts'
import type { Figures, Options } from './main.ts'

export async function run(options: Options, workload: string | null): Promise<Figures> {
  const { steps = 3_000, seeds = 2 } = options
  const isMadeUp = madeUp().some(({ name }) => name === workload)
  const known = [...madeUp(), ...(isMadeUp ? [] : captured())]
  const machines = workload === null || workload === 'all' ? known : known.filter(({ name }) => name === workload)
  if (machines.length === 0)
    throw new Error(`which machine? there are all, ${known.map(({ name }) => name).join(', ')}`)
  const lives = machines.map(({ name, hardware }) => {
    process.stderr.write(`placement: ${name}\n`)
    const each = Array.from({ length: seeds }, (_, seed) => live(hardware, steps, seededRandom(seed + 1)))
    return { name, hasGpus: hardware.gpus.length > 0, sums: together(each) }
  })
  if (workload !== null) return numbersOf(together(lives.map(({ sums }) => sums)))
  const totals = [true, false].flatMap((hasGpus) => {
    const some = lives.filter((one) => one.hasGpus === hasGpus).map(({ sums }) => sums)
    return some.length === 0 ? [] : [{ name: hasGpus ? 'ALL WITH GPUS' : 'ALL CAPTURED', sums: together(some) }]
  })
  const rows = [...lives, ...totals].flatMap(({ name, sums }) =>
    placers.map((placer) => [`${name}, ${placer}`, rowOf(sums[placer])] as const),
  )
  return { machine: columns.map(({ title }) => title.padStart(columnWidth)).join(' '), ...Object.fromEntries(rows) }
}

// Figures.

const columnWidth = 7

type Column = { readonly title: string; readonly figure: string; readonly of: (sums: Sums) => number | null }

const columns: readonly Column[] = [
  { title: 'node%', figure: 'nodeFitsPercent', of: fitting('node') },
  { title: '2link%', figure: 'linked2FitPercent', of: fitting('2 linked') },
  { title: '4link%', figure: 'linked4FitPercent', of: fitting('4 linked') },
  { title: '8link%', figure: 'linked8FitPercent', of: fitting('8 linked') },
  { title: '4near%', figure: 'gpus4OnNodeFitPercent', of: fitting('4 on node') },
  { title: 'whole%', figure: 'nodesWholePercent', of: (sums) => percent(sums.wholeNodes, sums.nodes) },
  { title: 'nodes', figure: 'nodesPerTask', of: (sums) => ratio(sums.spanned, sums.tasks) },
  { title: 'caches', figure: 'cachesPerNeeded', of: (sums) => ratio(sums.caches, sums.leastCaches) },
  { title: 'wired%', figure: 'pairsWiredPercent', of: (sums) => percent(sums.linkedPairs, sums.pairs) },
  { title: 'near%', figure: 'gpusNearPercent', of: (sums) => percent(sums.nearGpus, sums.gpus) },
  { title: 'us', figure: 'placeUs', of: (sums) => percent(sums.placingMs, sums.placings * 0.1) },
]

function fitting(probe: Probe): (sums: Sums) => number | null {
  return (sums) => percent(sums.fitted[probe], sums.asked[probe])
}

/** With one digit. */
function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((1000 * part) / whole) / 10
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((1000 * part) / whole) / 1000
}

function rowOf(sums: Sums): string {
  return columns.map(({ of }) => `${of(sums) ?? '-'}`.padStart(columnWidth)).join(' ')
}

function numbersOf(sums: Record<PlacerName, Sums>): Figures {
  const sides = { tepui: 'ours', 'best fit': 'bestFit', 'first fit': 'firstFit' } as const
  return Object.fromEntries(
    columns.flatMap(({ figure, of }) => {
      const named = `${figure.charAt(0).toUpperCase()}${figure.slice(1)}`
      return placers.map((placer) => [`${sides[placer]}${named}`, of(sums[placer])])
    }),
  )
}

function together(all: readonly Record<PlacerName, Sums>[]): Record<PlacerName, Sums> {
  const sumOf = (placer: PlacerName) => all.map((one) => one[placer]).reduce(addSums, noSums())
  return Object.fromEntries(placers.map((placer) => [placer, sumOf(placer)])) as Record<PlacerName, Sums>
}

function addSums(a: Sums, b: Sums): Sums {
  const sum = noSums()
  for (const key of Object.keys(sum) as (keyof Sums)[]) {
    if (key === 'asked' || key === 'fitted') {
      for (const probe of probes) sum[key][probe] = a[key][probe] + b[key][probe]
    } else sum[key] = a[key] + b[key]
  }
  return sum
}

// Machines.

type Named = { readonly name: string; readonly hardware: Hardware }

/** With GPUs, since no capture has many. */
function madeUp(): readonly Named[] {
  const shape = { coresPerNode: 20, gibPerNode: 256 }
  return [
    { name: 'dgx-switch', hardware: aDgx() },
    { name: 'cube-mesh', hardware: aMachine({ ...shape, gpus: someGpus(8, { linkOf: cubeMesh }) }) },
    { name: 'pairs', hardware: aMachine({ ...shape, gpus: someGpus(8, { linkOf: inPairs }) }) },
    { name: 'hives', hardware: aMachine({ ...shape, coresPerNode: 48, gpus: someGpus(16, { linkOf: inHives }) }) },
    {
      name: 'four-node',
      hardware: aMachine({
        nodes: 4,
        coresPerNode: 24,
        gibPerNode: 512,
        cachesPerNode: 4,
        gpus: someGpus(8, { nodes: 4, linkOf: switched, cut: { 6: 7, 7: 7 } }),
      }),
    },
  ]
}

const coresMin = 32

/** Of the captured ones those with NUMA nodes to keep whole. */
function captured(): readonly Named[] {
  if (capturesMissing !== null) return []
  return captureIndex().flatMap((entry): readonly Named[] => {
    const inventory = withCapture(entry, (root) => {
      const source = sysrootSource(root)
      return source.ok ? probeInventory(source.value) : source
    })
    if (!inventory.ok) return []
    const hardware = hardwareOf(inventory.value, new Set())
    const nodes = hardware.nodes.filter(({ memoryBytes }) => memoryBytes > 0)
    const name = entry.file
      .replace(/^.*\//, '')
      .replace(/\.(?:tgz|tar\..*)$/, '')
      .slice(0, 16)
    return hardware.cores.length >= coresMin && nodes.length >= 2 ? [{ name, hardware }] : []
  })
}
