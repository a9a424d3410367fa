import { describe, expect, test } from 'vitest'
import { schedulerCallError } from '../../../../src/master/api/scheduler-call.ts'
import type { SchedulerCall } from '../../../../src/mesos/types.ts'

const framework_id = { value: 'f' }
const framework_info = { user: 'u', name: 'n' }
const uuid = new Uint8Array(16)
const task_id = { value: 't' }
const agent_id = { value: 'a' }

describe('a call is refused by its message alone', () => {
  test.each<[string, SchedulerCall, string]>([
    ['without a type', {}, 'call.type is required'],
    ['SUBSCRIBE without its body', { type: 'SUBSCRIBE' }, 'call.subscribe is required'],
    [
      'SUBSCRIBE with two ids',
      { type: 'SUBSCRIBE', framework_id, subscribe: { framework_info: { ...framework_info, id: { value: 'g' } } } },
      'differs',
    ],
    ['SUBSCRIBE with an outer id only', { type: 'SUBSCRIBE', framework_id, subscribe: { framework_info } }, 'differs'],
    ['TEARDOWN of nobody', { type: 'TEARDOWN' }, 'call.framework_id is required'],
    ['ACCEPT without its body', { type: 'ACCEPT', framework_id }, 'call.accept is required'],
    ['KILL without its body', { type: 'KILL', framework_id }, 'call.kill is required'],
    [
      'ACKNOWLEDGE with a short uuid',
      { type: 'ACKNOWLEDGE', framework_id, acknowledge: { agent_id, task_id, uuid: new Uint8Array(15) } },
      '16 bytes, not 15',
    ],
    [
      'ACKNOWLEDGE_OPERATION_STATUS without an agent',
      {
        type: 'ACKNOWLEDGE_OPERATION_STATUS',
        framework_id,
        acknowledge_operation_status: { uuid, operation_id: { value: 'o' } },
      },
      'agent_id is required',
    ],
  ])('%s', (_name, call, sentence) => {
    expect(schedulerCallError(call)).toContain(sentence)
  })
})

describe('a call is left to the cluster', () => {
  test.each<[string, SchedulerCall]>([
    ['SUBSCRIBE without an id', { type: 'SUBSCRIBE', subscribe: { framework_info } }],
    [
      'SUBSCRIBE whose two ids agree',
      { type: 'SUBSCRIBE', framework_id, subscribe: { framework_info: { ...framework_info, id: framework_id } } },
    ],
    [
      'SUBSCRIBE with an empty id, which is none',
      { type: 'SUBSCRIBE', subscribe: { framework_info: { ...framework_info, id: { value: '' } } } },
    ],
    ['TEARDOWN', { type: 'TEARDOWN', framework_id }],
    ['REVIVE without a body', { type: 'REVIVE', framework_id }],
    ['SUPPRESS without a body', { type: 'SUPPRESS', framework_id }],
    ['ACKNOWLEDGE', { type: 'ACKNOWLEDGE', framework_id, acknowledge: { agent_id, task_id, uuid } }],
  ])('%s', (_name, call) => {
    expect(schedulerCallError(call)).toBeNull()
  })
})
