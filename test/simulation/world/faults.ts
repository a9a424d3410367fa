// What goes wrong, and when: crashes, reboots, partitions, breaks, stalls, silences. Each fault of each node has its
// own clock around its mean; all of them end when the world heals.

import { between, chance, inRange, type Rng } from '../engine/plan.ts'
import { doomedMaxMs } from '../engine/process.ts'
import type { Machine } from './machine.ts'
import type { Scheduler } from './scheduler.ts'
import type { World } from './world.ts'

export function startFaults(world: World): void {
  const random = world.faultsRandom
  const { faults, machineChangesEveryMs } = world.plan
  const changesRandom = random.fork(1)
  const healthRandom = random.fork(2)
  for (const machine of world.machines) {
    recur(world, healthRandom, machine.plan.parts.sickensEveryMs, () => machine.sicken())
    recur(world, changesRandom, machineChangesEveryMs, () => switchCpus(world, changesRandom, machine))
    recur(world, random, faults.agentCrashEveryMs, () => crashMachine(world, random, machine))
    recur(world, random, faults.agentStopEveryMs, () => machine.stopAgent())
    recur(world, random, faults.connectionBreakEveryMs, () => machine.breakLink())
    recur(world, random, faults.partitionEveryMs, () => partition(world, random, machine))
    recur(world, random, faults.stallEveryMs, () => machine.freezeAgent(inRange(random, faults.outage)))
  }
  recur(world, random, faults.masterCrashEveryMs, () => {
    world.master.crash(chance(random, 500) ? 'midStep' : 'now')
    startLater(world, inRange(random, faults.outage), () => world.master.start())
  })
  recur(world, random, faults.stallEveryMs, () => world.master.freeze(inRange(random, faults.outage)))
  for (const scheduler of world.schedulers) {
    recur(world, random, faults.schedulerCrashEveryMs, () => crashScheduler(world, random, scheduler))
    recur(world, random, faults.connectionBreakEveryMs, () => scheduler.breakStream())
    recur(world, random, faults.schedulerSilenceEveryMs, () => scheduler.fallSilent(inRange(random, faults.outage)))
    recur(world, random, faults.teardownEveryMs, () => scheduler.tearDown())
  }
}

function crashMachine(world: World, random: Rng, machine: Machine): void {
  const { faults } = world.plan
  if (chance(random, faults.destroyPermille)) {
    if (chance(random, 500)) return machine.destroy()
    machine.replace()
  } else if (chance(random, faults.rebootPermille)) machine.reboot()
  else machine.crashAgent(chance(random, 500) ? 'midStep' : 'now')
  startLater(world, inRange(random, faults.outage), () => machine.startAgent())
}

function crashScheduler(world: World, random: Rng, scheduler: Scheduler): void {
  scheduler.crash()
  startLater(world, inRange(random, world.plan.faults.outage), () => scheduler.start())
}

/** Nothing passes, in one direction or both, and a connection that is cut in both soon breaks. */
function partition(world: World, random: Rng, machine: Machine): void {
  const kind = random.below(3)
  world.note(machine.name, `is cut off ${['both ways', 'upwards', 'downwards'][kind]}`)
  machine.cut.up = kind !== 2
  machine.cut.down = kind !== 1
  if (kind === 0) machine.breakLink()
  world.queue.after(inRange(random, world.plan.faults.outage), () => {
    machine.cut.up = false
    machine.cut.down = false
    world.note(machine.name, 'is reachable')
  })
}

/** For a while: tasks that run on them run on, and count. */
function switchCpus(world: World, random: Rng, machine: Machine): void {
  machine.switchCpus(between(random, 1, machine.plan.cpus))
  world.queue.after(inRange(random, world.plan.faults.outage), () => machine.switchCpus(0))
}

/** After the process that is to die has died for certain. */
function startLater(world: World, delayMs: number, start: () => void): void {
  world.queue.after(doomedMaxMs + 1 + delayMs, start)
}

function recur(world: World, random: Rng, meanMs: number | null, run: () => void): void {
  if (meanMs === null) return
  world.queue.after(between(random, 1, 2 * meanMs), () => {
    if (world.isHealed) return
    run()
    recur(world, random, meanMs, run)
  })
}
