// The swarm: one seed draws not only what happens but how often and how long anything may: sizes, delays, losses,
// crashes, and the timers of the cluster itself. Durations are drawn around the intervals that they could disturb,
// from a tenth to three times, because faults that always end before a timer fires find nothing.

import { between, chance, type Draws, oneOf, type Range } from './draws.ts'
import { shapes } from './shapes.ts'
import {
  type DiskPlan,
  drawDisks,
  drawGang,
  drawKeeping,
  drawOperator,
  drawParts,
  drawsWants,
  drawWish,
  type GangPlan,
  type KeepingPlan,
  noDisks,
  noOperator,
  noParts,
  type OperatorPlan,
  type PartsPlan,
  type WishPlan,
} from './wants.ts'

export { between, chance, type Draws, inRange, oneOf, type Range, type Rng } from './draws.ts'

export type Plan = {
  readonly machines: readonly MachinePlan[]
  readonly frameworks: readonly FrameworkPlan[]
  readonly timers: {
    readonly schedulerHeartbeatMs: number
    readonly agentHeartbeatMs: number
    readonly agentHeartbeatMissesMax: number
    readonly agentReregisterTimeoutMs: number
    readonly allocationIntervalMs: number
    readonly offerTimeoutMs: number | null
  }
  /** How much a master remembers and says at once. */
  readonly bounds: {
    readonly completedFrameworksMax: number
    readonly completedTasksPerFrameworkMax: number
    readonly unreachableTasksPerFrameworkMax: number
    readonly offersPerEventMax: number
    readonly agentsPerSliceMax: number
    readonly pairsPerSliceMax: number
  }
  readonly network: NetworkPlan
  readonly faults: FaultPlan
  /** How long faults go on. */
  readonly chaosMs: number
  /** Mean time between changes of what a machine has, or null. */
  readonly machineChangesEveryMs: number | null
  readonly operator: OperatorPlan
}

export type MachinePlan = {
  readonly cpus: number
  readonly memMb: number
  readonly gpus: number
  readonly ports: number
  readonly disks: DiskPlan
  readonly parts: PartsPlan
}

export type FrameworkPlan = {
  readonly roles: readonly string[]
  /** Mean time between changes of its roles, or null. */
  readonly changesRolesEveryMs: number | null
  readonly isPartitionAware: boolean
  readonly killsGracefully: boolean
  readonly seesGpus: boolean
  readonly isCheckpointing: boolean
  readonly failoverTimeoutMs: number
  readonly goals: readonly GoalPlan[]
  readonly thinkMs: Range
  readonly ackMs: Range
  /** Of a thousand statuses, those that are not acknowledged when they come. */
  readonly forgetsAckPermille: number
  readonly declinesPermille: number
  readonly reconcileEveryMs: number
  readonly suppresses: boolean
  readonly keeping: KeepingPlan | null
  readonly gang: GangPlan | null
  /** It runs on what others leave idle, where that is offered. */
  readonly takesIdle: boolean
}

/** One thing to be done; done again under another task id when it is lost. */
export type GoalPlan = {
  readonly cpusMilli: number
  readonly memMb: number
  readonly gpus: number
  readonly ports: number
  readonly runMs: number
  readonly exitCode: number
  /** When to kill it after its launch, or null. */
  readonly killAfterMs: number | null
  /** When it is wanted first. */
  readonly fromMs: number
  readonly wish: WishPlan | null
}

export type NetworkPlan = {
  readonly delay: Range
  readonly lossPermille: number
  readonly duplicatePermille: number
  /** Frames of a broken connection that still come through, late. */
  readonly stalePermille: number
  /** Frames of one connection overtake each other. */
  readonly reorders: boolean
  /** How late either side notices that a connection is gone. */
  readonly detection: Range
  /** The broker is another process: connections and frames outlive the master. */
  readonly hasOutsideBroker: boolean
}

export type FaultPlan = {
  /** Mean times between faults, per node; null for never. */
  readonly agentCrashEveryMs: number | null
  readonly agentStopEveryMs: number | null
  readonly rebootPermille: number
  readonly destroyPermille: number
  readonly masterCrashEveryMs: number | null
  readonly schedulerCrashEveryMs: number | null
  readonly schedulerSilenceEveryMs: number | null
  readonly connectionBreakEveryMs: number | null
  readonly partitionEveryMs: number | null
  readonly stallEveryMs: number | null
  readonly teardownEveryMs: number | null
  readonly outage: Range
  readonly clockSkewMaxMs: number
  readonly clockDriftMaxPpm: number
  readonly container: {
    readonly start: Range
    readonly failsPermille: number
    readonly ignoresTermPermille: number
    readonly end: Range
  }
}

/** The plan of a seed; `rng` is used for nothing else. */
export function drawPlan(rng: Draws): Plan {
  const timers = {
    schedulerHeartbeatMs: oneOf(rng, [2_000, 15_000]),
    agentHeartbeatMs: oneOf(rng, [1_000, 5_000, 15_000]),
    agentHeartbeatMissesMax: between(rng, 2, 5),
    agentReregisterTimeoutMs: oneOf(rng, [20_000, 60_000, 600_000]),
    allocationIntervalMs: oneOf(rng, [200, 1_000, 1_000, 5_000]),
    offerTimeoutMs: oneOf(rng, [null, null, 2_000, 30_000]),
  }
  const silenceMs = timers.agentHeartbeatMs * timers.agentHeartbeatMissesMax
  const plan = {
    machines: many(rng, between(rng, 1, 5), () => drawMachine(rng)),
    frameworks: many(rng, between(rng, 1, 4), () => drawFramework(rng, timers.allocationIntervalMs)),
    timers,
    bounds: {
      completedFrameworksMax: oneOf(rng, [50, 50, 1]),
      completedTasksPerFrameworkMax: oneOf(rng, [1_000, 1_000, 1]),
      unreachableTasksPerFrameworkMax: oneOf(rng, [1_000, 1_000, 1]),
      offersPerEventMax: oneOf(rng, [100, 1]),
    },
    network: drawNetwork(rng),
    faults: drawFaults(rng, silenceMs),
    chaosMs: oneOf(rng, [60_000, 120_000, 300_000]),
    machineChangesEveryMs: oneOf(rng, [null, null, 20_000, 60_000]),
  }
  // Drawn last: what was drawn before this was known is as it was.
  const agentsPerSliceMax = oneOf(rng, [250, 2])
  const hasWants = drawsWants(rng)
  const hasParts = hasWants && chance(rng, 500)
  return {
    ...plan,
    bounds: { ...plan.bounds, agentsPerSliceMax, pairsPerSliceMax: agentsPerSliceMax === 2 ? 3 : 10_000 },
    machines: plan.machines.map((machine) => drawMore(rng, machine, hasWants, hasParts)),
    frameworks: plan.frameworks.map((framework) => ({
      ...framework,
      goals: framework.goals.map((goal) => withWish(goal, hasParts ? drawWish(rng) : null)),
      keeping: hasWants ? drawKeeping(rng) : null,
      gang: hasWants ? drawGang(rng) : null,
      takesIdle: hasParts && chance(rng, 500),
    })),
    operator: hasWants ? drawOperator(rng) : noOperator,
  }
}

/** A tenth to three times of an interval. */
function around(rng: Draws, intervalMs: number): number {
  return Math.floor((intervalMs * oneOf(rng, [1, 3, 9, 11, 15, 30])) / 10)
}

function many<T>(_rng: Draws, count: number, make: () => T): T[] {
  return Array.from({ length: count }, make)
}

function drawMore(rng: Draws, machine: PlainMachine, hasWants: boolean, hasParts: boolean): MachinePlan {
  const disks = hasWants ? drawDisks(rng) : noDisks
  const parts = hasParts ? drawParts(rng) : noParts
  if (parts.shape === null) return { ...machine, disks, parts }
  const { nodes, coresPerNode, threadsPerCore, memMb, gpus } = shapes[parts.shape]
  return { ...machine, cpus: nodes * coresPerNode * threadsPerCore, memMb, gpus, disks, parts }
}

/** CPUs that are a task's alone are whole ones. */
function withWish(goal: PlainGoal, wish: WishPlan | null): GoalPlan {
  const isAlone = wish?.['tepui.cpus'] !== undefined
  return { ...goal, wish, cpusMilli: isAlone ? Math.ceil(goal.cpusMilli / 1000) * 1000 : goal.cpusMilli }
}

type PlainMachine = Omit<MachinePlan, 'disks' | 'parts'>
type PlainGoal = Omit<GoalPlan, 'wish'>
type PlainFramework = Omit<FrameworkPlan, 'keeping' | 'gang' | 'takesIdle' | 'goals'> & {
  readonly goals: readonly PlainGoal[]
}

function drawMachine(rng: Draws): PlainMachine {
  return {
    cpus: between(rng, 1, 6),
    memMb: oneOf(rng, [256, 1024]),
    gpus: oneOf(rng, [0, 0, 0, 2]),
    ports: oneOf(rng, [0, 10]),
  }
}

function drawFramework(rng: Draws, allocationIntervalMs: number): PlainFramework {
  const seesGpus = chance(rng, 600)
  return {
    roles: oneOf(rng, [['*'], ['eng'], ['eng/web'], ['eng', 'ops'], ['ops', '*', 'eng/web']]),
    changesRolesEveryMs: chance(rng, 300) ? oneOf(rng, [10_000, 40_000]) : null,
    isPartitionAware: chance(rng, 600),
    killsGracefully: chance(rng, 500),
    seesGpus,
    isCheckpointing: chance(rng, 900),
    failoverTimeoutMs: oneOf(rng, [0, 20_000, 120_000, 600_000, 600_000]),
    goals: many(rng, between(rng, 1, 10), () => drawGoal(rng, seesGpus)),
    thinkMs: { minMs: 0, maxMs: around(rng, allocationIntervalMs) },
    ackMs: { minMs: 0, maxMs: oneOf(rng, [0, 100, 3_000, 20_000]) },
    forgetsAckPermille: oneOf(rng, [0, 0, 100, 400]),
    declinesPermille: oneOf(rng, [0, 100, 500]),
    reconcileEveryMs: oneOf(rng, [5_000, 20_000, 60_000]),
    suppresses: chance(rng, 400),
  }
}

function drawGoal(rng: Draws, seesGpus: boolean): PlainGoal {
  return {
    cpusMilli: oneOf(rng, [100, 500, 1_000, 1_000]),
    memMb: oneOf(rng, [32, 64, 200]),
    gpus: seesGpus && chance(rng, 300) ? 1 : 0,
    ports: chance(rng, 200) ? between(rng, 1, 3) : 0,
    runMs: oneOf(rng, [0, 500, 5_000, 30_000, 120_000]),
    exitCode: oneOf(rng, [0, 0, 0, 1]),
    killAfterMs: chance(rng, 250) ? oneOf(rng, [0, 100, 5_000, 40_000]) : null,
    fromMs: between(rng, 0, 60_000),
  }
}

function drawNetwork(rng: Draws): NetworkPlan {
  const isCalm = chance(rng, 150)
  const maxMs = oneOf(rng, [20, 200, 1_000, 3_000, 10_000])
  return {
    delay: { minMs: 1, maxMs: isCalm ? 5 : maxMs },
    lossPermille: isCalm ? 0 : oneOf(rng, [0, 5, 50, 200]),
    duplicatePermille: isCalm ? 0 : oneOf(rng, [0, 5, 50, 200]),
    stalePermille: oneOf(rng, [0, 300, 900]),
    reorders: chance(rng, 500),
    detection: { minMs: 0, maxMs: oneOf(rng, [10, 1_000, 20_000, 60_000]) },
    hasOutsideBroker: chance(rng, 250),
  }
}

function drawFaults(rng: Draws, silenceMs: number): FaultPlan {
  const sometimes = (means: readonly number[]) => (chance(rng, 650) ? oneOf(rng, means) : null)
  return {
    agentCrashEveryMs: sometimes([10_000, 40_000, 120_000]),
    rebootPermille: oneOf(rng, [0, 100, 500]),
    destroyPermille: oneOf(rng, [0, 0, 50]),
    masterCrashEveryMs: sometimes([15_000, 60_000, 200_000]),
    schedulerCrashEveryMs: sometimes([20_000, 60_000]),
    schedulerSilenceEveryMs: sometimes([20_000, 60_000]),
    connectionBreakEveryMs: sometimes([5_000, 20_000, 60_000]),
    partitionEveryMs: sometimes([20_000, 60_000]),
    stallEveryMs: sometimes([20_000, 60_000]),
    teardownEveryMs: chance(rng, 250) ? 200_000 : null,
    agentStopEveryMs: chance(rng, 200) ? 100_000 : null,
    outage: { minMs: 0, maxMs: around(rng, silenceMs) },
    clockSkewMaxMs: oneOf(rng, [0, 1_000, 3_600_000]),
    clockDriftMaxPpm: oneOf(rng, [0, 200, 2_000]),
    container: {
      start: { minMs: 0, maxMs: oneOf(rng, [10, 500, 5_000]) },
      failsPermille: oneOf(rng, [0, 50, 200]),
      ignoresTermPermille: oneOf(rng, [0, 300]),
      end: { minMs: 0, maxMs: oneOf(rng, [10, 1_000]) },
    },
  }
}
