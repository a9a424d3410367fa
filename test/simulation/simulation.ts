// One simulation: a world from a seed, faults for a while, then peace, and checkers all along. The same seed takes the
// same way, event by event. It does not know which seeds are worth running.

import { capacity } from './checkers/capacity.ts'
import { unsettled } from './checkers/convergence.ts'
import { drains } from './checkers/drains.ts'
import { gangs } from './checkers/gangs.ts'
import { health } from './checkers/health.ts'
import { type Marks, marking } from './checkers/marks.ts'
import { offers } from './checkers/offers.ts'
import { operations } from './checkers/operations.ts'
import { persistence } from './checkers/persistence.ts'
import { placement } from './checkers/placement.ts'
import { policy } from './checkers/policy.ts'
import { quota } from './checkers/quota.ts'
import { singleRun } from './checkers/single-run.ts'
import { Starvation } from './checkers/starvation.ts'
import { statusOrder } from './checkers/status-order.ts'
import { terminal } from './checkers/terminal.ts'
import { volumes } from './checkers/volumes.ts'
import { watching } from './checkers/watching.ts'
import { Trace } from './engine/trace.ts'
import { Violation } from './engine/violation.ts'
import { startFaults } from './world/faults.ts'
import { type Parts, productionParts, World } from './world/world.ts'

export type Outcome = {
  readonly seed: number
  /** What was broken, or null. */
  readonly violation: Error | null
  readonly events: number
  readonly virtualMs: number
  /** Of all lines of the trace. */
  readonly hash: string
  readonly lastLines: readonly string[]
  readonly tasksDone: number
  readonly marks: Marks
}

/** How long everything may take to come to rest once faults are over: several of the longest timers in a row. */
const restMaxMs = 1_800_000
const eventsMax = 3_000_000
/** Quiet moments in a row, a second apart, that make an end. */
const quietMin = 3

export function simulate(options: {
  readonly seed: number
  readonly parts?: Parts
  readonly print?: (line: string) => void
}): Outcome {
  const { seed, parts = productionParts, print } = options
  const trace = new Trace(print ?? null)
  const marks = new Map<string, number>()
  const world = new World({
    seed,
    parts,
    trace,
    observersOf: (of) => [
      capacity(of),
      singleRun(),
      statusOrder(),
      terminal(of),
      offers(),
      persistence(),
      operations(of),
      volumes(of),
      policy(),
      drains(of),
      quota(),
      watching(),
      placement(of),
      health(of),
      gangs(of),
      marking(marks),
    ],
  })
  let events = 0
  let violation: Error | null = null
  try {
    const state = { isOver: false }
    world.start()
    startFaults(world)
    world.queue.after(world.plan.chaosMs, () => {
      world.heal()
      const done = () => {
        state.isOver = true
      }
      watchForRest({ world, starvation: new Starvation(world), untilMs: world.queue.nowMs + restMaxMs, done }, 0)
    })
    while (!state.isOver && world.queue.runNext()) {
      if (++events > eventsMax) throw new Violation('bounds', 'a simulation ends', { events })
    }
    world.observe({ kind: 'ended', world })
  } catch (error) {
    violation = error as Error
    trace.add(world.queue.nowMs, 'VIOLATION', violation.message)
  }
  const tasksDone = world.schedulers.flatMap(({ goals }) => goals.all).filter((goal) => goal.isDone).length
  return {
    seed,
    violation,
    events,
    virtualMs: world.queue.nowMs,
    lastLines: trace.last,
    hash: trace.digest(),
    tasksDone,
    marks,
  }
}

type Watch = {
  readonly world: World
  readonly starvation: Starvation
  readonly untilMs: number
  readonly done: () => void
}

/** Looks once a second whether everything has come to rest; `quiet`: how often in a row it has. */
function watchForRest(watch: Watch, quiet: number): void {
  const { world, starvation, untilMs, done } = watch
  starvation.look()
  const reason = unsettled(world)
  if (reason === null && quiet + 1 >= quietMin) return done()
  if (world.queue.nowMs >= untilMs) throw new Violation('convergence', `after the faults all comes to rest: ${reason}`)
  world.queue.after(1_000, () => watchForRest(watch, reason === null ? quiet + 1 : 0))
}
