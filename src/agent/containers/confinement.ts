// Keeps the processes of runs to the CPUs and memory nodes where they belong: by cpuset where a run has such a group,
// else by the affinity of its threads. Who belongs where is decided elsewhere; here it is kept, or said why not. CPUs
// that are granted alone are a promise: while somebody else may still be on them, nobody starts there.

import { type CpuSet, formatCpuList, intersect, parseCpuList, subtract } from '../../model/cpu-set.ts'
import type { Grant } from '../../model/hardware.ts'
import type { ContainerId } from '../../model/ids.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { keepToCpus, threadsOf } from './affinity.ts'
import { cpusetGroup, effectiveCpus, writeCpuset } from './cpuset-files.ts'
import { memoryPlan } from './memory-policy.ts'
import { type Run, treePids } from './run.ts'

export type ConfinementOptions = {
  /** What new runs are kept with; null: nothing works here. */
  readonly kind: 'cpuset' | 'affinity' | null
  /** Programs that work here; null: there is none. */
  readonly taskset: string | null
  readonly numactl: string | null
  /** CPUs and memory nodes that are there for this process now. */
  readonly kernelSets: () => { readonly cpus: CpuSet; readonly memoryNodes: CpuSet }
  readonly runs: () => Iterable<Run>
  /** Some of a run's threads may be where they do not belong. */
  readonly strayed: (containerId: ContainerId, why: string) => void
}

/** What a start needs beside its groups. */
export type StartConfinement = {
  readonly affinity: { readonly taskset: string; readonly cpus: string } | null
  /** Put before the task's program. */
  readonly words: readonly string[]
  /** What of the grant is not kept, or null. */
  readonly note: string | null
}

export class Confinements {
  readonly #options: ConfinementOptions
  /** Affinities are changed by processes that take a while, one run after the other. */
  #moves: Promise<void> = Promise.resolve()

  constructor(options: ConfinementOptions) {
    this.#options = options
  }

  /** Resolves with why these CPUs cannot be this run's alone, or null: whoever was on them has left then. */
  async makeRoom(run: Run, cpus: string): Promise<string | null> {
    if (this.#options.kind === null) {
      return `CPUs ${cpus} cannot be one task's alone: this agent has neither cpusets nor taskset (util-linux)`
    }
    await this.#moves
    const wanted = parseCpuList(cpus) ?? []
    for (const other of this.#options.runs()) {
      if (other === run || other.stray === null || other.phase === 'ended' || !mayUse(other, wanted)) continue
      return `CPUs ${cpus} cannot be one task's alone: of container ${other.containerId}, ${other.stray}`
    }
    return null
  }

  /** How a run whose groups are made is started where it belongs now. */
  begin(run: Run, grant: Grant): Result<StartConfinement> {
    const { taskset, numactl, kernelSets } = this.#options
    const { confinement } = run
    const hasCpuset = cpusetGroup(run.groups) !== null
    const here = kernelSets()
    const memory = memoryPlan(grant, confinement, { hasCpuset, numactl, nodes: here.memoryNodes })
    if (!memory.ok) return memory
    const { cpus, isAlone } = confinement
    const affinity = hasCpuset || cpus === null || taskset === null ? null : { taskset, cpus }
    // sched_setaffinity(2) leaves out silently what is not there.
    const missing = affinity === null || !isAlone ? [] : subtract(parseCpuList(affinity.cpus) ?? [], here.cpus)
    if (missing.length > 0) return fail('AGENT_LAUNCH_FAILED', `CPUs ${formatCpuList(missing)} are not there`)
    run.confined = confinement
    return ok({ affinity, ...memory.value })
  }

  /** Puts a run where it belongs now. One that is still to start will start there. */
  confine(run: Run): void {
    if (run.phase === 'waiting' || run.phase === 'ended') return
    if (run.phase === 'starting' && run.confined === null) return
    const group = cpusetGroup(run.groups)
    if (group !== null) {
      run.confined = run.confinement
      this.#settle(
        run,
        whyNot(() => writeCpuset(group, run.confinement)),
      )
    } else if (this.#options.taskset !== null) {
      const { taskset } = this.#options
      this.#moves = this.#moves.then(() => this.#move(run, taskset))
    } else if (this.#options.kind !== null) {
      this.#settle(run, 'it was started without a cpuset, and there is no taskset')
    }
  }

  /** Resolves once nothing is moved any more. */
  close(): Promise<void> {
    return this.#moves
  }

  async #move(run: Run, taskset: string): Promise<void> {
    if (run.phase === 'starting') await run.start
    if (run.phase === 'ended') return
    const { confinement, confined } = run
    if (confinement === confined || (confinement.cpus === null && (confined?.cpus ?? null) === null)) return
    run.confined = confinement
    const before = confined === null ? null : this.#cpusOf(confined.cpus)
    const pids = () => treePids(run)
    this.#settle(run, await keepToCpus({ taskset, pids, cpus: this.#cpusOf(confinement.cpus), before }))
  }

  #cpusOf(list: string | null): CpuSet {
    return list === null ? this.#options.kernelSets().cpus : (parseCpuList(list) ?? [])
  }

  #settle(run: Run, why: string | null): void {
    run.stray = why
    if (why !== null) this.#options.strayed(run.containerId, why)
  }
}

function whyNot(action: () => void): string | null {
  try {
    action()
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Whether one of its threads may run on one of these; who cannot be looked at may. */
function mayUse(run: Run, cpus: CpuSet): boolean {
  const group = cpusetGroup(run.groups)
  if (group !== null) {
    const effective = effectiveCpus(group)
    return effective === null || intersect(effective, cpus).length > 0
  }
  const pids = treePids(run)
  return pids === null || pids.flatMap(threadsOf).some((thread) => intersect(thread.cpus, cpus).length > 0)
}
