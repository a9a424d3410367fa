// Telling frameworks that their tasks run on a sick part, and when it is well again: a status of the state that the
// framework knows, without uuid, since the master says it of its own accord. Once for each condition and task; a
// scheduler that comes back is told again what is open, and what ended meanwhile. No task is ended for it.
//
// The reason is that of reconciliation: of Mesos' reasons it alone says no more than "this is how the task is", and every
// client takes such a status unasked. REASON_TASK_HEALTH_CHECK_STATUS_UPDATED would make clients look at `healthy`,
// which reads as false where it is absent.

import { isTerminal } from '../../mesos/names.ts'
import type { TaskStatus } from '../../mesos/types.ts'
import { conditionRules } from '../../model/conditions.ts'
import { type CpuSet, parseCpuList } from '../../model/cpu-set.ts'
import type { Condition } from '../../model/health.ts'
import { tellOperators } from './operators.ts'
import type { Agent, Framework, SickNotice, Task } from './records.ts'
import { conditionText, criticalOf, type Sickness, sicknessesBy, well } from './sick-parts.ts'
import { isOnSickDisk } from './sick-supply.ts'
import type { State } from './state.ts'
import { forward, heldStatus } from './statuses.ts'

export const sickLabel = 'tepui.sick'
/** What `sickLabel` said is over. */
export const wellLabel = 'tepui.well'

/** What one task's framework is told of at a time. Of more it is not; what its scheduler missed and is over goes first. */
export const noticesPerTaskMax = 32

/** `before` are the conditions of the agent that its tasks were told of. */
export function tellSickness(state: State, agent: Agent, before: readonly Condition[]): void {
  const known = new Set(before.map(keyOf))
  const critical = criticalOf(agent.conditions)
  const now = new Set(critical.map(keyOf))
  const fresh = critical.filter((condition) => !known.has(keyOf(condition)))
  const sicknesses = sicknessesBy(agent.hardware, fresh)
  const found = fresh.map((condition, i) => ({ condition, runsOn: runsOn(agent, sicknesses[i] ?? well) }))
  for (const task of agent.tasks.values()) {
    if (isTerminal(task.latestState)) continue
    const cpus = cpusOf(task)
    for (const { condition, runsOn } of found) if (runsOn(task, cpus)) open(state, task, condition)
    for (const [key, notice] of [...task.sickNotices]) if (!now.has(key)) close(state, task, key, notice)
  }
}

/** A scheduler has subscribed: whatever an earlier stream carried, it may not have heard it. */
export function repeatNotices(state: State, framework: Framework): void {
  for (const task of framework.tasks.values()) {
    for (const [key, notice] of [...task.sickNotices]) {
      forward(state, framework, statusOf(state, framework, task, notice))
      if (notice.isOver) task.sickNotices.delete(key)
      else task.sickNotices.set(key, { ...notice, isTold: true })
    }
  }
}

function open(state: State, task: Task, condition: Condition): void {
  const key = keyOf(condition)
  const present = task.sickNotices.get(key)
  if (present === undefined ? !makesRoom(task) : !present.isOver) return
  const { code, part } = condition
  const rule = Object.hasOwn(conditionRules, code) ? ` ${conditionRules[code].says}` : ''
  const text = conditionText(condition)
  const message = `the task runs on ${part.kind} ${part.name}, which is not well (${code}).${rule} The task goes on.`
  tell(state, task, key, { text, message, isOver: false, isTold: false })
}

function makesRoom({ sickNotices }: Task): boolean {
  if (sickNotices.size < noticesPerTaskMax) return true
  for (const [key, { isOver }] of sickNotices) if (isOver) return sickNotices.delete(key)
  return false
}

function close(state: State, task: Task, key: string, { text, isTold, isOver }: SickNotice): void {
  if (isOver) return
  const isHeard = state.frameworks.get(task.frameworkId)?.streamId != null
  // What nobody heard of needs no end.
  if (!isTold && !isHeard) return void task.sickNotices.delete(key)
  tell(state, task, key, { text, message: `${text} is over: the part is well again`, isOver: true, isTold })
  if (isHeard) task.sickNotices.delete(key)
}

function tell(state: State, task: Task, key: string, notice: SickNotice): void {
  const framework = state.frameworks.get(task.frameworkId)
  if (framework === undefined) return
  task.sickNotices.set(key, { ...notice, isTold: notice.isTold || framework.streamId !== null })
  const status = statusOf(state, framework, task, notice)
  forward(state, framework, status)
  tellOperators(state, () => ({
    type: 'TASK_UPDATED',
    task_updated: { framework_id: { value: task.frameworkId }, status, state: task.latestState },
  }))
}

function statusOf(state: State, framework: Framework, task: Task, { text, message, isOver }: SickNotice): TaskStatus {
  return {
    ...heldStatus(state, framework, task, message),
    labels: { labels: [{ key: isOver ? wellLabel : sickLabel, value: text }] },
  }
}

function keyOf({ code, part }: Condition): string {
  return `${code} ${part.kind} ${part.id ?? part.name}`
}

/** Null: any. Shared CPUs are all that nobody has alone. */
function cpusOf({ grant }: Task): CpuSet | null {
  const cpus = grant.cpus ?? grant.cpusWithin
  return cpus === null ? null : (parseCpuList(cpus) ?? [])
}

/** Tells of tasks whether what they were granted, share or keep files on is among what is sick. */
function runsOn({ hardware }: Agent, sickness: Sickness): (task: Task, cpus: CpuSet | null) => boolean {
  const { parts } = sickness
  if (sickness.isWhole) return () => true
  const instancesOf = hardware.gpus.filter(({ uuid }) => parts.gpus.includes(uuid)).flatMap((it) => it.instances)
  const names = new Set([...parts.gpus, ...instancesOf.map(({ uuid }) => uuid), ...parts.nics, ...parts.disks])
  const sickCpus = new Set(parseCpuList(parts.cpus) ?? [])
  const nodes = new Set(parts.nodes)
  return ({ grant, resources }, cpus) => {
    const { gpuUuids, gpuInstanceUuids, nics, disks, near } = grant
    if (
      names.size > 0 &&
      [...gpuUuids, ...gpuInstanceUuids, ...nics, ...disks, ...near].some((name) => names.has(name))
    ) {
      return true
    }
    if (resources.some((item) => isOnSickDisk({ hardware, sickness }, item))) return true
    if (sickCpus.size > 0 && (cpus === null || cpus.some((cpu) => sickCpus.has(cpu)))) return true
    // Memory without nodes may be on any.
    return nodes.size > 0 && (grant.memory.length === 0 || grant.memory.some(({ node }) => nodes.has(node)))
  }
}
