// How long the allocator takes on the workloads that Mesos' own was measured with: one workload in this process
// (`--workload full --agents 10000 --frameworks 200 --used 1`), or, without a name, a table of all rows beside Mesos'
// figures, each run in a process of its own, so that one does not warm or fill the next, and `--repeats` times. Times
// are processor time of a process that does nothing else.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { formatTable } from '../../src/cli/table.ts'
import { peakRssMb } from './allocator/bench.ts'
import { churn, decline, full, steady, suppress } from './allocator/full.ts'
import { mixed } from './allocator/mixed.ts'
import { largeAndSmall, wholeAgents } from './allocator/quota.ts'
import { type Known, type Line, linesOf, measureNames, type Row, rows } from './allocator/rows.ts'
import type { Answer, Figures, Options } from './main.ts'

export async function run(options: Options, workload: string | null): Promise<Answer> {
  if (workload === null) return table(options.repeats ?? 3)
  const measure = workloads[workload]
  if (measure === undefined) throw new Error(`which workload? there are ${Object.keys(workloads).join(', ')}`)
  const figures = measure(options)
  return { workload, peakRssMb: peakRssMb(), ...figures }
}

const workloads: Readonly<Record<string, (options: Options) => Figures>> = {
  full: sized(full),
  decline: (options) => sized((size) => decline(size, options.rounds ?? 2 * size.frameworks))(options),
  churn: sized(churn),
  steady: sized(steady),
  suppress: sized(suppress),
  mixed,
  quota: ({ small = 25, large = 5, roles, agents = 2000, frameworks = 2000, quota = 1 }) =>
    roles === undefined ? largeAndSmall(small, large) : wholeAgents(roles, agents, frameworks, quota === 1),
}

function sized(measure: (size: Parameters<typeof full>[0]) => Figures): (options: Options) => Figures {
  return ({ agents = 10_000, frameworks = 200, used = 1, roles = 1 }) => {
    const size = { agents, frameworks, used, roles }
    return { ...size, ...measure(size) }
  }
}

/** All rows; says on standard error how it goes. */
function table(repeats: number): Answer {
  const startMs = performance.now()
  process.stderr.write(`${rows.length} rows, ${repeats} times each; processor milliseconds\n`)
  const lines = rows.flatMap((row, i) => {
    const found = linesOf(row, timesOf(row, repeats))
    const said = found.map(({ measure, median }) => `${measureNames[measure]} ${rounded(median)}`)
    process.stderr.write(`[${i + 1}/${rows.length}, ${secondsSince(startMs)} s] ${row.name}: ${said.join('; ')}\n`)
    return found
  })
  const totalS = secondsSince(startMs)
  const notes = [
    `OURS: the median of ${repeats} processes, MIN and MAX of all that was measured. MESOS: as published by its`,
    `measurer, elsewhere. RATIO: ours by theirs, by the better end of theirs. All took ${totalS} s.`,
  ]
  return { text: [formatTable(columns, lines, 120), ...notes].join('\n'), figures: { repeats, totalS, lines } }
}

function timesOf({ name, args }: Row, repeats: number): readonly Figures[] {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  return Array.from({ length: repeats }, () => {
    const done = spawnSync(process.execPath, [main, 'allocator', ...args, '--json'], { encoding: 'utf8' })
    if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`)
    return (JSON.parse(done.stdout.trim().split('\n').at(-1) ?? '') as { readonly figures: Figures }).figures
  })
}

const columns = [
  { title: 'WORKLOAD (agents, frameworks)', text: (line: Line) => line.row },
  { title: 'MEASURE', text: (line: Line) => measureNames[line.measure] ?? line.measure },
  { title: 'MIN', text: (line: Line) => rounded(line.min), isNumber: true },
  { title: 'OURS', text: (line: Line) => rounded(line.median), isNumber: true },
  { title: 'MAX', text: (line: Line) => rounded(line.max), isNumber: true },
  { title: 'MESOS', text: (line: Line) => known(line.mesos), isNumber: true },
  { title: 'RATIO', text: (line: Line) => (line.ratio === null ? '-' : rounded(line.ratio)), isNumber: true },
]

function known(value: Known | null): string {
  if (value === null) return '-'
  return typeof value === 'number' ? `${value}` : value.join('-')
}

/** Three digits that say something. */
function rounded(value: number): string {
  return `${Number(value.toPrecision(Math.abs(value) >= 100 ? Math.ceil(Math.log10(Math.abs(value) + 1)) : 3))}`
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 100) / 10
}
