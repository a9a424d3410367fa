// Names of the classic endpoints and kinds of task states.

import { expect, test } from 'vitest'
import { classicName, isTerminal, stateForUnaware, taskStates } from '../../../src/mesos/names.ts'

test.each([
  ['agent_id', 'slave_id'],
  ['agent', 'slave'],
  ['agents_total', 'agents_total'],
  ['REASON_AGENT_REMOVED', 'REASON_SLAVE_REMOVED'],
  ['REASON_AGENT_REMOVED_BY_OPERATOR', 'REASON_SLAVE_REMOVED_BY_OPERATOR'],
  ['SOURCE_AGENT', 'SOURCE_SLAVE'],
  ['SOURCE_MASTER', 'SOURCE_MASTER'],
  ['REASON_RECONCILIATION', 'REASON_RECONCILIATION'],
  ['user_agent', 'user_agent'],
])('%s is %s on the classic endpoints', (name, classic) => {
  expect(classicName(name)).toBe(classic)
})

test('a task ends in eight states and not in the other six', () => {
  expect(taskStates.filter((state) => !isTerminal(state))).toEqual([
    'TASK_STAGING',
    'TASK_STARTING',
    'TASK_RUNNING',
    'TASK_KILLING',
    'TASK_UNREACHABLE',
    'TASK_UNKNOWN',
  ])
  expect(taskStates.filter(isTerminal)).toHaveLength(8)
})

test('a framework without PARTITION_AWARE hears TASK_LOST for the states that came with it', () => {
  const changed = taskStates.filter((state) => stateForUnaware(state) !== state)
  expect(changed).toEqual(['TASK_DROPPED', 'TASK_UNREACHABLE', 'TASK_GONE', 'TASK_GONE_BY_OPERATOR', 'TASK_UNKNOWN'])
  expect(new Set(changed.map(stateForUnaware))).toEqual(new Set(['TASK_LOST']))
})
