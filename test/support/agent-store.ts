// Records for tests of the agent's store.

import type { OperationRecord, RunRecord } from '../../src/agent/core/types.ts'
import { noGrant } from '../../src/model/hardware.ts'
import type { ContainerId, FrameworkId, OperationUuid, TaskId } from '../../src/model/ids.ts'

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

/** The record of operation `n`, while its disk works or when that has done. */
export function anOperationRecord(n: number, isDone = false): OperationRecord {
  return {
    operationUuid: `00000000-0000-4000-8000-${`${n}`.padStart(12, '0')}` as OperationUuid,
    frameworkId: n % 2 === 0 ? null : ('f1' as FrameworkId),
    operationId: null,
    operation: { type: 'CREATE', create: { volumes: [] } },
    status: { state: 'OPERATION_FINISHED', uuid: { value: 'AAAAAAAAAAAAAAAAAAAAAA==' } },
    isDone,
  }
}
