// Run records for tests of the agent's store.

import type { RunRecord } from '../../src/agent/core/types.ts'
import { noGrant } from '../../src/model/hardware.ts'
import type { ContainerId, FrameworkId, TaskId } from '../../src/model/ids.ts'

/** The record of run `n` after its `version`th change, of the size that an ordinary task has. */
export function aRunRecord(n: number, version = 0): RunRecord {
  return {
    containerId: `c${n}` as ContainerId,
    frameworkId: 'f1' as FrameworkId,
    taskId: `t${n}` as TaskId,
    taskInfo: { name: `task ${n}`, command: { value: `echo '${'x'.repeat(800)}' "\u{1f3d4}"` } },
    grant: noGrant,
    statuses: [{ state: 'TASK_RUNNING', timestamp: version, message: 'y'.repeat(200) }],
    acknowledged: 0,
    killing: null,
  }
}
