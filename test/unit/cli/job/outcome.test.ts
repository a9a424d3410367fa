import { expect, test } from 'vitest'
import { outcomeOf } from '../../../../src/cli/job/outcome.ts'
import type { TaskStatus } from '../../../../src/mesos/types.ts'

function status(state: TaskStatus['state'], more: Partial<TaskStatus> = {}): TaskStatus {
  return { task_id: { value: 't' }, state, ...more }
}

function ended(key: string, value: string): Partial<TaskStatus> {
  return { labels: { labels: [{ key, value }] }, reason: 'REASON_COMMAND_EXECUTOR_FAILED', message: 'words' }
}

function refusal(fault: string): TaskStatus {
  return status('TASK_ERROR', { message: 'no room', labels: { labels: [{ key: 'tepui.fault', value: fault }] } })
}

test.each([
  ['a running task is going', status('TASK_RUNNING'), { kind: 'going', isRunning: true, notice: null }],
  ['a finished one exits with 0', status('TASK_FINISHED'), { kind: 'over', exitStatus: 0, notice: null, hasRun: true }],
  [
    'the command’s own status is passed on without words',
    status('TASK_FAILED', ended('tepui.exit_code', '3')),
    { kind: 'over', exitStatus: 3, notice: null, hasRun: true },
  ],
  [
    'a signal is 128 and its number',
    status('TASK_FAILED', ended('tepui.signal', '9')),
    { kind: 'over', exitStatus: 137, notice: null, hasRun: true },
  ],
  [
    'a limit is explained',
    status('TASK_FAILED', {
      ...ended('tepui.signal', '9'),
      reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
      message: 'too much memory',
    }),
    { kind: 'over', exitStatus: 137, notice: 'too much memory', hasRun: true },
  ],
  [
    'a killed task never counts as a success, whatever it exited with',
    status('TASK_KILLED', { labels: { labels: [{ key: 'tepui.exit_code', value: '0' }] } }),
    { kind: 'over', exitStatus: 1, notice: 'the task was killed', hasRun: true },
  ],
  ['one that starts is not there yet', status('TASK_STARTING'), { kind: 'going', isRunning: false, notice: null }],
  [
    'a dropped launch has not started',
    status('TASK_DROPPED', { message: 'no offer' }),
    { kind: 'dropped', why: 'no offer' },
  ],
  [
    'an invalid task is over, and never ran',
    status('TASK_ERROR', { message: 'no such thing' }),
    { kind: 'over', exitStatus: 1, notice: 'no such thing', hasRun: false },
  ],
  [
    'a machine that can never grant a wish refuses',
    refusal('PLACEMENT_IMPOSSIBLE'),
    { kind: 'refused', why: 'no room', isForEver: true },
  ],
  [
    'one that cannot now refuses for now',
    refusal('PLACEMENT_TAKEN'),
    { kind: 'refused', why: 'no room', isForEver: false },
  ],
  [
    'a wish that no machine understands is over',
    refusal('PLACEMENT_WISH'),
    { kind: 'over', exitStatus: 1, notice: 'no room', hasRun: false },
  ],
  [
    'a container that could not be made never ran',
    status('TASK_FAILED', { reason: 'REASON_CONTAINER_LAUNCH_FAILED', message: 'no such program' }),
    { kind: 'over', exitStatus: 1, notice: 'no such program', hasRun: false },
  ],
  [
    'nor one that was killed before',
    status('TASK_KILLED', { reason: 'REASON_TASK_KILLED_DURING_LAUNCH' }),
    { kind: 'over', exitStatus: 1, notice: 'the task was killed', hasRun: false },
  ],
  [
    'a lost one too',
    status('TASK_GONE_BY_OPERATOR'),
    { kind: 'over', exitStatus: 1, notice: 'the task was gone by operator', hasRun: true },
  ],
  [
    'nonsense in a label is no status',
    status('TASK_FAILED', ended('tepui.exit_code', 'many')),
    { kind: 'over', exitStatus: 1, notice: 'words', hasRun: true },
  ],
] as const)('%s', (_claim, given, outcome) => {
  expect(outcomeOf(given, true)).toEqual(outcome)
})

test('an unreachable machine is waited for, with a word', () => {
  expect(outcomeOf(status('TASK_UNREACHABLE'), true)).toMatchObject({ kind: 'going', notice: expect.any(String) })
})

test('a launch that was lost with a connection has not started, but never a task that once began', () => {
  const gone = status('TASK_GONE', { reason: 'REASON_RECONCILIATION' })
  expect(outcomeOf(gone, false)).toEqual({ kind: 'dropped', why: 'the task was gone' })
  expect(outcomeOf(gone, true)).toMatchObject({ kind: 'over', exitStatus: 1 })
  expect(outcomeOf(status('TASK_GONE'), false)).toMatchObject({ kind: 'over' })
  expect(outcomeOf(status('TASK_UNKNOWN', { reason: 'REASON_RECONCILIATION' }), false)).toMatchObject({ kind: 'over' })
})
