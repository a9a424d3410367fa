import { expect, test } from 'vitest'
import { outcomeOf } from '../../../../src/cli/job/outcome.ts'
import type { TaskStatus } from '../../../../src/mesos/types.ts'

function status(state: TaskStatus['state'], more: Partial<TaskStatus> = {}): TaskStatus {
  return { task_id: { value: 't' }, state, ...more }
}

function ended(key: string, value: string): Partial<TaskStatus> {
  return { labels: { labels: [{ key, value }] }, reason: 'REASON_COMMAND_EXECUTOR_FAILED', message: 'words' }
}

test.each([
  ['a running task is going', status('TASK_RUNNING'), { kind: 'going', notice: null }],
  ['a finished one exits with 0', status('TASK_FINISHED'), { kind: 'over', exitStatus: 0, notice: null }],
  [
    'the command’s own status is passed on without words',
    status('TASK_FAILED', ended('tepui.exit_code', '3')),
    { kind: 'over', exitStatus: 3, notice: null },
  ],
  [
    'a signal is 128 and its number',
    status('TASK_FAILED', ended('tepui.signal', '9')),
    { kind: 'over', exitStatus: 137, notice: null },
  ],
  [
    'a limit is explained',
    status('TASK_FAILED', {
      ...ended('tepui.signal', '9'),
      reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
      message: 'too much memory',
    }),
    { kind: 'over', exitStatus: 137, notice: 'too much memory' },
  ],
  [
    'a killed task never counts as a success, whatever it exited with',
    status('TASK_KILLED', { labels: { labels: [{ key: 'tepui.exit_code', value: '0' }] } }),
    { kind: 'over', exitStatus: 1, notice: 'the task was killed' },
  ],
  ['a dropped launch is tried again', status('TASK_DROPPED'), { kind: 'relaunch' }],
  [
    'an invalid task is over',
    status('TASK_ERROR', { message: 'no such thing' }),
    { kind: 'over', exitStatus: 1, notice: 'no such thing' },
  ],
  [
    'a lost one too',
    status('TASK_GONE_BY_OPERATOR'),
    { kind: 'over', exitStatus: 1, notice: 'the task was gone by operator' },
  ],
  [
    'nonsense in a label is no status',
    status('TASK_FAILED', ended('tepui.exit_code', 'many')),
    { kind: 'over', exitStatus: 1, notice: 'words' },
  ],
] as const)('%s', (_claim, given, outcome) => {
  expect(outcomeOf(given, true)).toEqual(outcome)
})

test('an unreachable machine is waited for, with a word', () => {
  expect(outcomeOf(status('TASK_UNREACHABLE'), true)).toMatchObject({ kind: 'going', notice: expect.any(String) })
})

test('a launch that was lost with a connection is tried again, but never a task that once began', () => {
  const gone = status('TASK_GONE', { reason: 'REASON_RECONCILIATION' })
  expect(outcomeOf(gone, false)).toEqual({ kind: 'relaunch' })
  expect(outcomeOf(gone, true)).toMatchObject({ kind: 'over', exitStatus: 1 })
  expect(outcomeOf(status('TASK_GONE'), false)).toMatchObject({ kind: 'over' })
  expect(outcomeOf(status('TASK_UNKNOWN', { reason: 'REASON_RECONCILIATION' }), false)).toMatchObject({ kind: 'over' })
})
