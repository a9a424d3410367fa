// Never duplicate: one launch starts one process, on one machine, once.

import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'

export function singleRun(): Observer {
  const runs = new Map<string, string>()
  return (fact: Fact) => {
    if (fact.kind !== 'containerLaunched') return
    const { frameworkId, taskId, containerId } = fact.spec
    const task = `${frameworkId}/${taskId}`
    const run = `${fact.machine}/${containerId}`
    const other = runs.get(task)
    if (other !== undefined) throw new Violation('singleRun', 'a task is run once', { task, runs: [other, run] })
    runs.set(task, run)
  }
}
