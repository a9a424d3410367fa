// The runs that an agent holds, findable by container, task and framework, and the frameworks they belong to.
// It keeps memory and disk alike: every change gives the store operation that makes it durable. It decides nothing.

import { fromJsonValue } from '../../mesos/json.ts'
import { isTerminal } from '../../mesos/names.ts'
import { fromMessages } from '../../mesos/resources.ts'
import type { TaskState } from '../../mesos/types.ts'
import type { ContainerId, FrameworkId, TaskId } from '../../model/ids.ts'
import { scalarTotal } from '../../model/resources.ts'
import type { MesosJson, TaskReport } from '../../wire/messages.ts'
import type { Observed } from './estimator.ts'
import type { AgentCheckpoint, AgentStoreOp, RunRecord, RunView } from './types.ts'

/** What a run takes in a registration besides its task: ids, grant and statuses. */
const reportOverheadBytes = 2048

export type Run = {
  record: RunRecord
  /** What it takes in a registration. */
  readonly reportBytes: number
  phase: 'starting' | 'running' | 'ended'
  pid: number | null
  /** How often the status that waits has been repeated. */
  retries: number
}

export class Runs {
  readonly #persist: (op: AgentStoreOp) => void
  readonly #byContainer = new Map<ContainerId, Run>()
  /** Newest last: one that ended may still wait for its acknowledgement when the next of its id is launched. */
  readonly #byTask = new Map<string, Run[]>()
  readonly #byFramework = new Map<FrameworkId, Set<Run>>()
  readonly #frameworks = new Map<FrameworkId, MesosJson>()
  #reportBytes = 0

  constructor(checkpoint: AgentCheckpoint, persist: (op: AgentStoreOp) => void) {
    this.#persist = persist
    for (const { frameworkId, info } of checkpoint.frameworks) this.#keepFramework(frameworkId, info)
    for (const record of checkpoint.runs) this.add(record)
  }

  get size(): number {
    return this.#byContainer.size
  }

  /** About how long a registration is that tells all of this. */
  get reportBytes(): number {
    return this.#reportBytes
  }

  get frameworks(): ReadonlyMap<FrameworkId, MesosJson> {
    return this.#frameworks
  }

  /** A copy, so that runs may be removed while it is walked. */
  all(): readonly Run[] {
    return [...this.#byContainer.values()]
  }

  get(containerId: ContainerId): Run | undefined {
    return this.#byContainer.get(containerId)
  }

  /** The newest run of a task. */
  ofTask(frameworkId: FrameworkId, taskId: TaskId): Run | undefined {
    return this.#byTask.get(taskKey(frameworkId, taskId))?.at(-1)
  }

  /** The run of a task whose next status to be acknowledged has this uuid. */
  waitingFor(frameworkId: FrameworkId, taskId: TaskId, uuid: string): Run | undefined {
    const runs = this.#byTask.get(taskKey(frameworkId, taskId)) ?? []
    return runs.find(({ record }) => record.statuses[record.acknowledged]?.uuid === uuid)
  }

  ofFramework(frameworkId: FrameworkId): readonly Run[] {
    return [...(this.#byFramework.get(frameworkId) ?? [])]
  }

  /** Takes a run into memory; its first status makes it durable. */
  add(record: RunRecord): Run {
    const phase = isTerminal(latestState(record)) ? 'ended' : 'starting'
    const run: Run = { record, reportBytes: reportBytesOf(record.taskInfo), phase, pid: null, retries: 0 }
    this.#reportBytes += run.reportBytes
    this.#byContainer.set(record.containerId, run)
    const key = taskKey(record.frameworkId, record.taskId)
    this.#byTask.set(key, [...(this.#byTask.get(key) ?? []), run])
    const siblings = this.#byFramework.get(record.frameworkId)
    if (siblings === undefined) this.#byFramework.set(record.frameworkId, new Set([run]))
    else siblings.add(run)
    return run
  }

  change(run: Run, change: Partial<RunRecord>): void {
    run.record = { ...run.record, ...change }
    this.#persist({ op: 'putRun', run: run.record })
  }

  remove(run: Run): void {
    const { containerId, frameworkId, taskId } = run.record
    const key = taskKey(frameworkId, taskId)
    this.#byContainer.delete(containerId)
    this.#reportBytes -= run.reportBytes
    const others = (this.#byTask.get(key) ?? []).filter((one) => one !== run)
    if (others.length > 0) this.#byTask.set(key, others)
    else this.#byTask.delete(key)
    this.#byFramework.get(frameworkId)?.delete(run)
    this.#persist({ op: 'removeRun', containerId })
    this.dropFrameworkIfUnused(frameworkId)
  }

  setFramework(frameworkId: FrameworkId, info: MesosJson): void {
    if (JSON.stringify(this.#frameworks.get(frameworkId)) === JSON.stringify(info)) return
    this.#forgetFramework(frameworkId)
    this.#keepFramework(frameworkId, info)
    this.#persist({ op: 'putFramework', frameworkId, info })
  }

  dropFrameworkIfUnused(frameworkId: FrameworkId): void {
    if ((this.#byFramework.get(frameworkId)?.size ?? 0) > 0) return
    this.#byFramework.delete(frameworkId)
    if (this.#forgetFramework(frameworkId)) this.#persist({ op: 'removeFramework', frameworkId })
  }

  #keepFramework(frameworkId: FrameworkId, info: MesosJson): void {
    this.#frameworks.set(frameworkId, info)
    this.#reportBytes += jsonBytes(info)
  }

  #forgetFramework(frameworkId: FrameworkId): boolean {
    const info = this.#frameworks.get(frameworkId)
    if (info !== undefined) this.#reportBytes -= jsonBytes(info)
    return this.#frameworks.delete(frameworkId)
  }

  hasCapability(frameworkId: FrameworkId, name: string): boolean {
    const capabilities = this.#frameworks.get(frameworkId)?.capabilities
    return Array.isArray(capabilities) && capabilities.some((capability) => capability?.type === name)
  }
}

/** About what a run of this task takes in a registration. */
export function reportBytesOf(taskInfo: MesosJson): number {
  return jsonBytes(taskInfo) + reportOverheadBytes
}

function jsonBytes(value: MesosJson): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}

export function latestState(record: RunRecord): TaskState {
  return (record.statuses.at(-1)?.state ?? 'TASK_STAGING') as TaskState
}

/** What the master is told of a run: statuses up to the one that waits for its acknowledgement. */
export function taskReport(record: RunRecord): TaskReport {
  const waiting = record.statuses[record.acknowledged]
  return {
    frameworkId: record.frameworkId,
    containerId: record.containerId,
    taskInfo: record.taskInfo,
    grant: record.grant,
    latestState: latestState(record),
    statuses: record.statuses.slice(0, record.acknowledged + 1),
    unacknowledgedUuid: typeof waiting?.uuid === 'string' ? waiting.uuid : null,
  }
}

export function runView(run: Run): RunView {
  return { ...run.record, phase: run.phase, pid: run.pid, latestState: latestState(run.record) }
}

function taskKey(frameworkId: FrameworkId, taskId: TaskId): string {
  return `${frameworkId}\n${taskId}`
}

/** It runs on CPUs that others hold and leave idle. */
export function isRevocable(run: Run): boolean {
  return observedRun(run, null).isRevocable
}

/** The run as the estimator sees it. */
export function observedRun({ record }: Run, cpuUsageUsec: number | null): Observed {
  const task = fromJsonValue('mesos.v1.TaskInfo', record.taskInfo)
  const held = task.ok ? fromMessages(task.value.resources ?? []) : task
  const cpus = held.ok ? held.value.filter(({ name }) => name === 'cpus') : []
  return {
    containerId: record.containerId,
    cpusMilli: scalarTotal(cpus, 'cpus'),
    isRevocable: cpus.some(({ revocable }) => revocable),
    isExclusive: record.grant.cpus !== null,
    cpuUsageUsec,
  }
}
