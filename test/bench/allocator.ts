// How long the allocator takes on the workloads that Mesos' own was measured with: one workload in this process
// (`--workload full --agents 10000 --frameworks 200 --used 1`), or, without a name, all rows in a process each, beside
// Mesos' figures. Times are processor time of this process, which does nothing else.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createAllocator } from '../../src/master/allocator/allocator.ts'
import type { AllocationGrant, Allocator } from '../../src/master/allocator/types.ts'
import { defaultAllocatorOptions, noFacts } from '../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../src/model/ids.ts'
import { seededRandom } from '../../src/model/random.ts'
import { type Range, type Resources, resource, resources, scalar } from '../../src/model/resources.ts'
import { milli } from '../../src/model/units.ts'
import { type Figures, type Options, percentile } from './main.ts'

const intervalMs = 1000
/** Longer than any run: an endless filter. */
const endlessMs = 365 * 24 * 3_600_000

type Parameters = {
  readonly agents: number
  readonly frameworks: number
  readonly used: number
  readonly roles: number
}

/** Without `workload` the figures are one text a row; with it, milliseconds of processor time. */
export async function run(options: Options, workload: string | null): Promise<Figures> {
  if (workload === null) return allRows()
  const measure = workloads[workload]
  if (measure === undefined) throw new Error(`which workload? there are ${Object.keys(workloads).join(', ')}`)
  const { agents = 10_000, frameworks = 200, used = 1, roles = 1 } = options
  const parameters = { agents, frameworks, used, roles }
  return {
    workload,
    ...parameters,
    ...measure(parameters),
    peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }
}

const workloads: Readonly<Record<string, (parameters: Parameters) => Figures>> = {
  full,
  decline,
  churn,
  steady,
  suppress,
  mixed,
}

type Bench = {
  readonly allocator: Allocator
  /** One batch; time goes on by an interval. */
  readonly batch: () => readonly AllocationGrant[]
  readonly giveBack: (grants: readonly AllocationGrant[], refuseMs: number | null) => void
}

function aBench(): Bench {
  const allocator = createAllocator({
    ...defaultAllocatorOptions,
    allocationIntervalMs: intervalMs,
  })
  const random = seededRandom(1)
  let nowMs = 0
  return {
    allocator,
    batch: () => {
      nowMs += intervalMs
      return allocator.allocate(nowMs, random)
    },
    giveBack: (grants, refuseMs) => {
      for (const grant of grants) allocator.recover(grant, refuseMs, nowMs)
    },
  }
}

/** Frameworks first, without a scheduler; then agents, each with what one framework uses of it; then all are there. */
function filled(bench: Bench, { agents, frameworks, used, roles }: Parameters): { readonly addMs: number } {
  const { allocator } = bench
  for (let i = 0; i < frameworks; i++) {
    addFramework(allocator, i, roleOf(i, roles))
    allocator.deactivateFramework(frameworkId(i))
  }
  const addMs = cpuMs(() => {
    for (let i = 0; i < agents; i++) {
      const owner = i % frameworks
      const grant = {
        frameworkId: frameworkId(owner),
        role: roleOf(owner, roles),
        agentId: agentId(i),
        resources: inUse,
      }
      allocator.addAgent(
        agentId(i),
        { total: wholeAgent, capabilities: new Set(), facts: noFacts },
        used === 1 ? [grant] : [],
      )
    }
  })
  for (let i = 0; i < frameworks; i++) allocator.activateFramework(frameworkId(i))
  return { addMs }
}

const fullRounds = 5

function full(parameters: Parameters): Figures {
  const bench = aBench()
  const { addMs } = filled(bench, parameters)
  let grants: readonly AllocationGrant[] = []
  const firstMs = cpuMs(() => {
    grants = bench.batch()
  })
  const recoverMs: number[] = []
  const allocMs: number[] = []
  for (let round = 0; round < fullRounds; round++) {
    recoverMs.push(cpuMs(() => bench.giveBack(grants, null)))
    allocMs.push(
      cpuMs(() => {
        grants = bench.batch()
      }),
    )
  }
  return {
    addMs,
    firstMs,
    recoverMs: percentile(recoverMs, 0.5),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    emptyMs: emptyMs(bench),
    offers: grants.length,
  }
}

/** Each round everything is refused for ever, until nobody is left to be asked. */
function decline(parameters: Parameters): Figures {
  const bench = aBench()
  const { addMs } = filled(bench, parameters)
  const recoverMs: number[] = []
  const allocMs: number[] = []
  const atEndMs: number[] = []
  let offers = 0
  for (let round = 0; round < 2 * parameters.frameworks; round++) {
    let grants: readonly AllocationGrant[] = []
    const tookMs = cpuMs(() => {
      grants = bench.batch()
    })
    if (grants.length === 0) {
      atEndMs.push(tookMs)
      continue
    }
    allocMs.push(tookMs)
    offers += grants.length
    recoverMs.push(cpuMs(() => bench.giveBack(grants, endlessMs)))
  }
  return {
    addMs,
    recoverMs: percentile(recoverMs, 0.5),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    lastBatchMs: percentile(atEndMs, 0.5),
    offers,
  }
}

const churnTicks = 200
const churnAgents = 100

/** A few tasks end on random agents, and what they leave is taken at once. */
function churn(parameters: Parameters): Figures {
  const bench = aBench()
  const { addMs } = filled(bench, parameters)
  bench.batch()
  const holder = new Map<AgentId, Pick<AllocationGrant, 'frameworkId' | 'role'>>()
  for (let i = 0; i < parameters.agents; i++) {
    const owner = i % parameters.frameworks
    holder.set(agentId(i), { frameworkId: frameworkId(owner), role: roleOf(owner, parameters.roles) })
  }
  const random = seededRandom(2)
  const recoverMs: number[] = []
  const allocMs: number[] = []
  let offers = 0
  for (let tick = 0; tick < churnTicks; tick++) {
    const freed = new Set<AgentId>()
    while (freed.size < Math.min(churnAgents, parameters.agents)) freed.add(agentId(random.below(parameters.agents)))
    const ended = [...freed].map((id) => ({
      ...(holder.get(id) as AllocationGrant),
      agentId: id,
      resources: smallTask,
    }))
    recoverMs.push(cpuMs(() => bench.giveBack(ended, null)))
    let grants: readonly AllocationGrant[] = []
    allocMs.push(
      cpuMs(() => {
        grants = bench.batch()
      }),
    )
    for (const { agentId: id, frameworkId: by, role } of grants) holder.set(id, { frameworkId: by, role })
    offers += grants.length
  }
  return {
    addMs,
    recoverMs: percentile(recoverMs, 0.5),
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: Math.min(...allocMs),
    emptyMs: emptyMs(bench),
    offers,
  }
}

/** Agents of which little is left, offered again each round. */
function steady(parameters: Parameters): Figures {
  const bench = aBench()
  const { allocator } = bench
  for (let i = 0; i < parameters.frameworks; i++) addFramework(allocator, i, roleOf(i, parameters.roles))
  const addMs = cpuMs(() => {
    for (let i = 0; i < parameters.agents; i++) {
      allocator.addAgent(agentId(i), { total: littleAgent, capabilities: new Set(), facts: noFacts }, [])
    }
  })
  let grants = bench.batch()
  const recoverMs: number[] = []
  const allocMs: number[] = []
  for (let round = 0; round < fullRounds; round++) {
    recoverMs.push(cpuMs(() => bench.giveBack(grants, null)))
    allocMs.push(
      cpuMs(() => {
        grants = bench.batch()
      }),
    )
  }
  return { addMs, recoverMs: percentile(recoverMs, 0.5), allocMs: percentile(allocMs, 0.5), offers: grants.length }
}

/** Batches with more and more frameworks suppressed, with all of them, and what reviving all in a row costs. */
function suppress(parameters: Parameters): Figures {
  const bench = aBench()
  filled(bench, parameters)
  let grants = bench.batch()
  const allocMs: number[] = []
  for (let share = 1; share <= 4; share++) {
    for (let i = 0; i < (parameters.frameworks * share) / 5; i++) {
      bench.allocator.suppress(frameworkId(i), [roleOf(i, parameters.roles)])
    }
    bench.giveBack(grants, null)
    allocMs.push(
      cpuMs(() => {
        grants = bench.batch()
      }),
    )
  }
  for (let i = 0; i < parameters.frameworks; i++) {
    bench.allocator.suppress(frameworkId(i), [roleOf(i, parameters.roles)])
  }
  bench.giveBack(grants, null)
  const allSuppressedMs = cpuMs(() => bench.batch())
  const reviveMs = cpuMs(() => {
    for (let i = 0; i < parameters.frameworks; i++) {
      bench.allocator.revive(frameworkId(i), [roleOf(i, parameters.roles)])
    }
  })
  const revivedBatchMs = cpuMs(() => {
    grants = bench.batch()
  })
  return { allocMs: percentile(allocMs, 0.5), allSuppressedMs, reviveMs, revivedBatchMs, offers: grants.length }
}

type Kind = {
  readonly frameworks: number
  readonly tasks: number
  readonly need: Resources
  readonly tasksPerOfferMax: number
  readonly isRoleShared: boolean
}

const mixedRoundsMax = 2000
const mixedAgents = 80

/** Many kinds of framework on few large agents; how many tasks find a place, and in how many rounds. */
function mixed(): Figures {
  const kinds: readonly Kind[] = [
    { frameworks: 4, tasks: 4000, need: amounts(0.07, 400), tasksPerOfferMax: 100, isRoleShared: false },
    { frameworks: 500, tasks: 5, need: amounts(0.1, 4000), tasksPerOfferMax: 1, isRoleShared: true },
    { frameworks: 50, tasks: 20, need: amounts(1, 1000), tasksPerOfferMax: 5, isRoleShared: false },
  ]
  const bench = aBench()
  const { allocator } = bench
  const left = new Map<FrameworkId, { readonly kind: Kind; tasks: number }>()
  kinds.forEach((kind, k) => {
    for (let i = 0; i < kind.frameworks; i++) {
      addFramework(allocator, left.size, kind.isRoleShared ? `shared${k}` : `role${left.size}`)
      left.set(frameworkId(left.size), { kind, tasks: kind.tasks })
    }
  })
  for (let i = 0; i < mixedAgents; i++) {
    allocator.addAgent(agentId(i), { total: amounts(64, 488_000), capabilities: new Set(), facts: noFacts }, [])
  }
  let placed = 0
  let rounds = 0
  const wanted = kinds.reduce((sum, kind) => sum + kind.frameworks * kind.tasks, 0)
  const totalMs = cpuMs(() => {
    while (placed < wanted && rounds < mixedRoundsMax) {
      rounds++
      for (const grant of bench.batch()) {
        const framework = left.get(grant.frameworkId) as { readonly kind: Kind; tasks: number }
        const { kind } = framework
        const [cpu, mem] = [amountOf(grant.resources, 'cpus'), amountOf(grant.resources, 'mem')]
        const fits = Math.min(cpu / amountOf(kind.need, 'cpus'), mem / amountOf(kind.need, 'mem'))
        const tasks = Math.min(framework.tasks, kind.tasksPerOfferMax, Math.floor(fits))
        framework.tasks -= tasks
        placed += tasks
        const rest = amountsMilli(cpu - tasks * amountOf(kind.need, 'cpus'), mem - tasks * amountOf(kind.need, 'mem'))
        // What an ACCEPT leaves comes back refused, here for no time at all.
        if (rest.length > 0) bench.giveBack([{ ...grant, resources: rest }], 0)
      }
    }
  })
  return { tasks: placed, tasksWanted: wanted, rounds, totalMs, allocMs: Math.round((totalMs / rounds) * 100) / 100 }
}

function addFramework(allocator: Allocator, i: number, role: string): void {
  allocator.addFramework(frameworkId(i), {
    roles: [role],
    suppressedRoles: [],
    capabilities: new Set(['MULTI_ROLE']),
    minAllocatableByRole: new Map(),
    acceptsByRole: new Map(),
  })
}

/** A batch with nothing to do, as the mean of many. */
function emptyMs({ batch }: Bench): number {
  const times = 1000
  return (
    Math.round(
      (cpuMs(() => {
        for (let i = 0; i < times; i++) batch()
      }) /
        times) *
        100_000,
    ) / 100_000
  )
}

function frameworkId(i: number): FrameworkId {
  return `framework-${i}` as FrameworkId
}

function agentId(i: number): AgentId {
  return `agent-${i}` as AgentId
}

/** All in `*`, or each framework in a role of its own. */
function roleOf(i: number, roles: number): string {
  return roles <= 1 ? '*' : `role${i % roles}`
}

function amounts(cpus: number, mem: number, disk = 0): Resources {
  return amountsMilli(cpus * 1000, mem * 1000, disk * 1000)
}

function amountsMilli(cpus: number, mem: number, disk = 0): Resources {
  const all = { cpus, mem, disk }
  return resources(
    Object.entries(all).flatMap(([name, amount]) => (amount > 0 ? [scalar(name, milli(Math.round(amount)))] : [])),
  )
}

function amountOf(of: Resources, name: string): number {
  const found = of.find((one) => one.name === name)
  return found?.value.kind === 'scalar' ? found.value.milli : 0
}

function withPorts(base: Resources, ranges: readonly Range[]): Resources {
  return resources([...base, resource({ name: 'ports' }, { kind: 'ranges', ranges })])
}

const singlePorts = Array.from({ length: 15 }, (_, i) => ({ begin: 31_000 + 2 * i, end: 31_000 + 2 * i }))
const wholeAgent = withPorts(amounts(24, 4096, 4096), [{ begin: 31_000, end: 32_000 }])
const inUse = withPorts(amounts(16, 2014, 1024), [...singlePorts, { begin: 31_030, end: 32_000 }])
const smallTask = amounts(0.24, 40, 40)
const littleAgent = amounts(0.24, 41)

/** Milliseconds of processor time, user and system. */
function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return Math.round((user + system) / 10) / 100
}

type Row = { readonly name: string; readonly args: readonly string[]; readonly mesos: string }

/** As the file of workloads has them, with Mesos' batch in milliseconds (and what else is told of it). */
const rows: readonly Row[] = [
  row('full 1000, 50, unused', 'full', { agents: 1000, frameworks: 50, used: 0 }, '22, empty 1, 46 MB'),
  row('full 1000, 50', 'full', { agents: 1000, frameworks: 50, used: 1 }, '46, empty 1, 69 MB'),
  row('full 5000, 200', 'full', { agents: 5000, frameworks: 200, used: 1 }, '258, empty 9, 292 MB'),
  row('full 10000, 200, unused', 'full', { agents: 10_000, frameworks: 200, used: 0 }, '356, empty 20-32, 357 MB'),
  row('full 10000, 200', 'full', { agents: 10_000, frameworks: 200, used: 1 }, '503, empty 20-32, 549 MB'),
  row('full 10000, 1000', 'full', { agents: 10_000, frameworks: 1000, used: 1 }, '748, empty 14-28, 551 MB'),
  row('full 20000, 200', 'full', { agents: 20_000, frameworks: 200, used: 1 }, '1171, empty 82-127, 794 MB'),
  row('full 50000, 200', 'full', { agents: 50_000, frameworks: 200, used: 1 }, '3002, empty 208-397, 2381 MB'),
  row('full 10000, 200, 200 roles', 'full', { agents: 10_000, frameworks: 200, roles: 200 }, '724, empty 146, 1561 MB'),
  row(
    'full 10000, 1000, 1000 roles',
    'full',
    { agents: 10_000, frameworks: 1000, roles: 1000 },
    '1201, empty 639, 5972 MB',
  ),
  row('decline 1000, 50', 'decline', { agents: 1000, frameworks: 50 }, '45 rising to 225, at the end 350-420, 278 MB'),
  row('churn 10000, 200', 'churn', { agents: 10_000, frameworks: 200 }, '38-55'),
  row('steady 10000, 200', 'steady', { agents: 10_000, frameworks: 200 }, '360-515'),
  row(
    'suppress 10000, 200',
    'suppress',
    { agents: 10_000, frameworks: 200 },
    '536-654, all suppressed 49, revives 1446',
  ),
  row('mixed', 'mixed', {}, '5132 of 19500 tasks'),
]

function row(name: string, workload: string, parameters: Readonly<Record<string, number>>, mesos: string): Row {
  const args = Object.entries({ workload, ...parameters }).flatMap(([key, value]) => [`--${key}`, `${value}`])
  return { name, args, mesos }
}

/** Each row in a process of its own, so that one does not warm or fill the next. */
function allRows(): Figures {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const figures: Record<string, string> = {}
  for (const { name, args, mesos } of rows) {
    const done = spawnSync(process.execPath, [main, 'allocator', ...args, '--json'], { encoding: 'utf8' })
    const last = done.stdout.trim().split('\n').at(-1) ?? ''
    if (done.status !== 0) throw new Error(`${name}: ${done.stderr}`)
    const { figures: found } = JSON.parse(last) as { readonly figures: Figures }
    figures[name] = `${said(found)} | Mesos ${mesos}`
    process.stderr.write(`${name}: ${figures[name]}\n`)
  }
  return figures
}

const told: readonly (readonly [key: string, unit: string])[] = [
  ['allocMs', 'ms a batch'],
  ['allocMinMs', 'at least'],
  ['firstMs', 'first'],
  ['recoverMs', 'recover'],
  ['emptyMs', 'empty'],
  ['lastBatchMs', 'at the end'],
  ['allSuppressedMs', 'all suppressed'],
  ['reviveMs', 'revives'],
  ['tasks', 'tasks'],
  ['rounds', 'rounds'],
  ['peakRssMb', 'MB'],
]

function said(figures: Figures): string {
  return told.flatMap(([key, unit]) => (figures[key] === undefined ? [] : [`${unit} ${figures[key]}`])).join(', ')
}
