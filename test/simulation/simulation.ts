// One simulation: a world from a seed, faults for a while, then peace, and checkers all along. The same seed takes the
// same way, event by event. It does not know which seeds are worth running.

import { capacity } from './checkers/capacity.ts'
import { unsettled } from './checkers/convergence.ts'
import { offers } from './checkers/offers.ts'
import { persistence } from './checkers/persistence.ts'
import { singleRun } from './checkers/single-run.ts'
import { statusOrder } from './checkers/status-order.ts'
import { terminal } from './checkers/terminal.ts'
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
}

/** How long everything may take to come to rest once faults are over: several of the longest timers in a row. */
const restMaxMs = 3_600_000
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
  const world = new World({
    seed,
    parts,
    trace,
    observersOf: (of) => [capacity(of), singleRun(), statusOrder(), terminal(), offers(), persistence()],
  })
  let events = 0
  let violation: Error | null = null
  try {
    const state = { isOver: false }
    world.start()
    startFaults(world)
    world.queue.after(world.plan.chaosMs, () => {
      world.heal()
      watchForRest(world, world.queue.nowMs + restMaxMs, 0, () => {
        state.isOver = true
      })
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
  }
}

function watchForRest(world: World, untilMs: number, quiet: number, done: () => void): void {
  const reason = unsettled(world)
  if (reason === null && quiet + 1 >= quietMin) return done()
  if (world.queue.nowMs >= untilMs) throw new Violation('convergence', `after the faults all comes to rest: ${reason}`)
  world.queue.after(1_000, () => watchForRest(world, untilMs, reason === null ? quiet + 1 : 0, done))
}
