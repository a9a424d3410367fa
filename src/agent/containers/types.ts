// The port between the agent's shell and whatever starts, limits and stops processes on this machine.

import type { ContainerId } from '../../model/ids.ts'
import type { Fault, Result } from '../../model/result.ts'
import type { Confinement, ContainerExit, ContainerSpec, RecoveredRun } from '../core/types.ts'
import type { ContainerUsage } from './usage.ts'

export type ContainerEvents = {
  /** `note` says what of its grant is not kept, or is null. */
  readonly started: (containerId: ContainerId, pid: number, note: string | null) => void
  readonly failed: (containerId: ContainerId, fault: Fault) => void
  readonly exited: (containerId: ContainerId, exit: ContainerExit) => void
  /** A container may have processes where it was not to be; nothing else changes. */
  readonly strayed: (containerId: ContainerId, why: string) => void
}

/** What the agent may do to processes here; told in the log and in the agent's attributes. */
export type Isolation = {
  readonly kind: 'cgroup-v2' | 'cgroup-v1' | 'process-group'
  /**
   * What holds: limits of cpu, memory, pids; and what keeps tasks to their CPUs, `cpuset`, or `affinity`, which a task
   * can leave. With neither no task gets CPUs alone.
   */
  readonly enforced: readonly ('cpu' | 'memory' | 'pids' | 'cpuset' | 'affinity')[]
  /** Why nothing better was possible, or null. */
  readonly reason: string | null
}

export type Containerizer = {
  readonly isolation: Isolation
  /** The directory above all sandboxes: `F/executors/E/runs/C` lie below it. */
  readonly sandboxes: string
  /** Starts one container; the outcome comes as an event, exactly once `started` or `failed`, then `exited` once. */
  start(spec: ContainerSpec): void
  signal(containerId: ContainerId, signal: 'TERM' | 'KILL'): void
  /**
   * From now on this container stays there, also when it is still to start. A container that has its CPUs alone starts
   * only once all that was said before is so. What cannot be kept comes as `strayed`.
   */
  confine(containerId: ContainerId, confinement: Confinement): void
  /** What its processes use, measured now; null when it does not run. */
  usage(containerId: ContainerId): ContainerUsage | null
  /** Looks for a run of an earlier life of this agent; if it still runs, its end will come as an event. */
  recover(run: {
    readonly containerId: ContainerId
    readonly frameworkId: string
    readonly executorId: string
  }): RecoveredRun
  /**
   * Ends and removes every run on disk that was not recovered: those of a store that was lost. Called once, after the
   * last `recover` and before the first `start`; from then on old sandboxes are removed.
   */
  removeUnrecovered(): void
  /**
   * Ends whatever is left of the container's processes, removes its cgroups and bookkeeping; the sandbox stays until it
   * is old, at least as long as `isReported`.
   */
  remove(containerId: ContainerId): void
  /** Where the container's stdout and stderr are: absolute path of its sandbox. */
  sandbox(run: { readonly containerId: ContainerId; readonly frameworkId: string; readonly executorId: string }): string
  /**
   * Lets go of everything without touching running tasks (`keep`), or ends them all first (`kill`): their ends still
   * come as events, and stay on disk for a later life that did not hear them. No event comes once it has resolved.
   */
  close(tasks: 'keep' | 'kill'): Promise<void>
}

/** Creates the containerizer with the strongest isolation that this process may use. */
export type CreateContainerizer = (options: {
  readonly workDir: string
  readonly events: ContainerEvents
  /** Forbids cgroups even where they work: `--isolation process-group`. */
  readonly isolation: 'auto' | 'process-group'
  /** Whether the agent still tells of this run, so that its sandbox must stay. */
  readonly isReported: (containerId: ContainerId) => boolean
  /** For the age of sandboxes; the machine's clock unless given. */
  readonly nowMs?: () => number
}) => Promise<Result<Containerizer>>
