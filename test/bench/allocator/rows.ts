// What Mesos' own allocator (C++, -O2, 2 cores) took on the same workloads: processor time without the driver's own,
// median unless a range is given; its repeats differ by a quarter to a half.

import type { Figures } from '../main.ts'

/** One figure, or what it moved between. */
export type Known = number | readonly [number, number]

export type Row = {
  readonly name: string
  /** Options of a run of this workload alone. */
  readonly args: readonly string[]
  /** What is told of it: the key of our figure, and Mesos' figure where one is known. */
  readonly measures: Readonly<Record<string, Known | null>>
}

/** Each key of a figure in words, with its unit. */
export const measureNames: Readonly<Record<string, string>> = {
  addMs: 'add, ms',
  firstMs: 'first batch, ms',
  recoverMs: 'recover, ms',
  allocMs: 'batch, ms',
  emptyMs: 'empty batch, ms',
  sliceMaxMs: 'longest slice, ms',
  lastBatchMs: 'batch, all refused, ms',
  allSuppressedMs: 'batch, none wants, ms',
  reviveMs: 'revive all, ms',
  quotaMs: 'set quotas, ms',
  offers: 'offers',
  tasks: 'tasks of 19500',
  rounds: 'rounds',
  peakRssMb: 'peak RSS, MB',
}

export const rows: readonly Row[] = [
  full(1000, 50, 0, 12, 19, 21, 22, 1, 46),
  full(1000, 50, 1, 36, 42, 49, 46, 1, 69),
  full(5000, 200, 0, 86, 143, 119, 140, 9, 185),
  full(5000, 200, 1, 206, 233, 271, 258, 9, 292),
  full(10_000, 200, 0, 201, 294, 270, 356, [20, 32], 357),
  full(10_000, 200, 1, 509, 557, 542, 503, [20, 32], 549),
  full(10_000, 1000, 0, 175, 365, 250, 514, [14, 28], 410),
  full(10_000, 1000, 1, 424, 725, 567, 748, [14, 28], 551),
  full(20_000, 200, 0, 433, 691, 553, 674, [82, 127], 702),
  full(20_000, 200, 1, 1110, 1194, 1334, 1171, [82, 127], 794),
  full(50_000, 200, 0, 1164, 1742, 1288, 1578, [208, 397], 1248),
  full(50_000, 200, 1, 2934, 4040, 3078, 3002, [208, 397], 2381),
  ownRoles(10_000, 200, { addMs: 3596, allocMs: 724, emptyMs: 146, offers: 10_000, peakRssMb: 1561 }),
  ownRoles(10_000, 1000, { addMs: 19_798, allocMs: 1201, emptyMs: 639, offers: 10_000, peakRssMb: 5972 }),
  ownRoles(50_000, 1000, {
    addMs: null,
    allocMs: null,
    emptyMs: null,
    sliceMaxMs: null,
    offers: null,
    peakRssMb: null,
  }),
  row(
    'decline 1000, 50: until all refuse',
    'decline',
    { agents: 1000, frameworks: 50 },
    {
      recoverMs: [65, 115],
      allocMs: [45, 225],
      lastBatchMs: [350, 420],
      offers: 50_000,
      peakRssMb: 278,
    },
  ),
  row(
    'decline 10000, 200: 15 rounds',
    'decline',
    { agents: 10_000, frameworks: 200, rounds: 15 },
    {
      recoverMs: [617, 806],
      allocMs: [517, 1083],
      offers: 150_000,
      peakRssMb: 1167,
    },
  ),
  row(
    'churn 10000, 200: 100 agents a batch',
    'churn',
    { agents: 10_000, frameworks: 200 },
    {
      recoverMs: [3, 9],
      allocMs: [38, 55],
    },
  ),
  row(
    'steady 10000, 200',
    'steady',
    { agents: 10_000, frameworks: 200 },
    {
      recoverMs: [247, 337],
      allocMs: [360, 515],
    },
  ),
  quota(25, 5, { allocMs: [1.3, 2], offers: 36 }),
  quota(250, 50, { addMs: 150, allocMs: [62, 94], emptyMs: [55, 78], offers: 350 }),
  quota(2500, 500, { addMs: 25_162, allocMs: 15_700, emptyMs: 16_750, offers: 3500, peakRssMb: 5180 }),
  row(
    '2000 agents, 1000 roles, no quota',
    'quota',
    { roles: 1000, agents: 2000, frameworks: 2000, quota: 0 },
    {
      addMs: [5100, 5700],
      allocMs: 348,
      emptyMs: 231,
      offers: 2000,
      peakRssMb: 1170,
    },
  ),
  row(
    '2000 agents, 1000 roles with quota',
    'quota',
    { roles: 1000, agents: 2000, frameworks: 2000, quota: 1 },
    {
      addMs: [5100, 5700],
      allocMs: [137, 170],
      emptyMs: [63, 99],
      offers: 2000,
      peakRssMb: 1170,
    },
  ),
  row('mixed: 554 frameworks, 80 agents', 'mixed', {}, { tasks: 5132, rounds: null, allocMs: null, peakRssMb: null }),
  row(
    'suppress 10000, 200',
    'suppress',
    { agents: 10_000, frameworks: 200 },
    {
      allocMs: [536, 654],
      allSuppressedMs: 49,
      reviveMs: 1446,
    },
  ),
]

function full(
  agents: number,
  frameworks: number,
  used: number,
  ...[addMs, firstMs, recoverMs, allocMs, emptyMs, peakRssMb]: readonly [Known, Known, Known, Known, Known, Known]
): Row {
  const name = `full ${agents}, ${frameworks}${used === 1 ? ', used' : ''}`
  const measures = { addMs, firstMs, recoverMs, allocMs, emptyMs, sliceMaxMs: null, offers: agents, peakRssMb }
  return row(name, 'full', { agents, frameworks, used }, measures)
}

function ownRoles(agents: number, frameworks: number, measures: Row['measures']): Row {
  const name = `full ${agents}, ${frameworks}, used, own roles`
  return row(name, 'full', { agents, frameworks, used: 1, roles: frameworks }, measures)
}

function quota(small: number, large: number, measures: Row['measures']): Row {
  return row(`quota (${small}, ${large})`, 'quota', { small, large }, measures)
}

function row(
  name: string,
  workload: string,
  parameters: Readonly<Record<string, number>>,
  measures: Row['measures'],
): Row {
  const args = Object.entries({ workload, ...parameters }).flatMap(([key, value]) => [`--${key}`, `${value}`])
  return { name, args, measures }
}

/** One line of the table: a measure of a row. */
export type Line = {
  readonly row: string
  readonly measure: string
  readonly min: number
  readonly median: number
  readonly max: number
  readonly mesos: Known | null
  /** Ours by theirs, by the better end of theirs. */
  readonly ratio: number | null
}

/** What the repeats of a row say; a figure's own `…MinMs` and `…MaxMs` widen the range. */
export function linesOf({ name, measures }: Row, repeats: readonly Figures[]): readonly Line[] {
  return Object.entries(measures).flatMap(([key, mesos]) => {
    const all = (of: string) => repeats.flatMap((figures) => (typeof figures[of] === 'number' ? [figures[of]] : []))
    const values = all(key).sort((a, b) => a - b)
    const median = values[Math.floor(values.length / 2)]
    if (median === undefined) return []
    const min = Math.min(...values, ...all(key.replace(/Ms$/, 'MinMs')))
    const max = Math.max(...values, ...all(key.replace(/Ms$/, 'MaxMs')))
    const theirs = mesos === null ? null : bestOf(key, mesos)
    return [{ row: name, measure: key, min, median, max, mesos, ratio: theirs === null ? null : median / theirs }]
  })
}

function bestOf(key: string, known: Known): number {
  if (typeof known === 'number') return known
  return key === 'tasks' ? Math.max(...known) : Math.min(...known)
}
