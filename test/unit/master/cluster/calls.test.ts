import { describe, expect, test } from 'vitest'
import type { SchedulerCall } from '../../../../src/mesos/types.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'

describe('who may call', () => {
  test.each<[string, (rack: TestCluster) => { status: number; message: string | null }, number]>([
    [
      'a call without framework_id',
      (rack) =>
        rack.request((requestId) => ({
          kind: 'call',
          requestId,
          call: { type: 'REVIVE' },
          streamId: null,
          principal: null,
        })),
      400,
    ],
    [
      'an unknown framework',
      (rack) => {
        const call: SchedulerCall = { type: 'REVIVE', framework_id: { value: 'x' } }
        return rack.request((requestId) => ({ kind: 'call', requestId, call, streamId: null, principal: null }))
      },
      400,
    ],
    ['S14 no stream id', (rack) => rack.framework().call({ type: 'TEARDOWN' }, null), 400],
    ['S15 another stream id', (rack) => rack.framework().call({ type: 'TEARDOWN' }, 'other' as never), 400],
    ['the stream id of the live subscription', (rack) => rack.framework().call({ type: 'REVIVE' }), 202],
  ])('%s', (_what, act, status) => {
    const answer = act(new TestCluster())
    expect(answer.status).toBe(status)
    if (status === 400) expect(answer.message).toMatch(/\w/)
  })

  test('P12 a framework whose connection ended is answered 403 until it subscribes again', () => {
    const rack = new TestCluster()
    const framework = rack.framework({ failover_timeout: 60 })
    const { streamId } = framework
    framework.close()
    expect(framework.call({ type: 'REVIVE' }, streamId).status).toBe(403)
    framework.subscribe()
    expect(framework.call({ type: 'REVIVE' }, streamId).status).toBe(400)
    expect(framework.call({ type: 'REVIVE' }).status).toBe(202)
  })

  test('another principal than that of the framework is refused', () => {
    const rack = new TestCluster()
    const framework = rack.framework({ principal: 'a' })
    const call = (principal: string | null) =>
      rack.request((requestId) => ({
        kind: 'call',
        requestId,
        call: { type: 'REVIVE', framework_id: { value: framework.id } },
        streamId: framework.streamId,
        principal,
      }))
    expect(call('b').status).toBe(400)
    expect(call('a').status).toBe(202)
  })
})

describe('every type of call is answered', () => {
  const bodies: Record<string, SchedulerCall> = {
    ACCEPT: { accept: { offer_ids: [] } },
    DECLINE: { decline: { offer_ids: [{ value: 'unknown' }] } },
    REVIVE: {},
    SUPPRESS: {},
    KILL: { kill: { task_id: { value: 't' } } },
    SHUTDOWN: { shutdown: { executor_id: { value: 'e' }, agent_id: { value: 'a' } } },
    ACKNOWLEDGE: {
      acknowledge: { agent_id: { value: 'a' }, task_id: { value: 't' }, uuid: new Uint8Array(16) },
    },
    ACKNOWLEDGE_OPERATION_STATUS: {
      acknowledge_operation_status: { uuid: new Uint8Array(16), operation_id: { value: 'o' } },
    },
    RECONCILE: { reconcile: {} },
    RECONCILE_OPERATIONS: { reconcile_operations: {} },
    MESSAGE: { message: { agent_id: { value: 'a' }, executor_id: { value: 'e' }, data: new Uint8Array() } },
    REQUEST: { request: {} },
    ACCEPT_INVERSE_OFFERS: { accept_inverse_offers: {} },
    DECLINE_INVERSE_OFFERS: { decline_inverse_offers: {} },
    TEARDOWN: {},
  }

  test.each(Object.entries(bodies))('C12 %s: 202', (type, body) => {
    const framework = new TestCluster().framework()
    expect(framework.call({ type: type as NonNullable<SchedulerCall['type']>, ...body })).toMatchObject({
      status: 202,
      message: null,
    })
  })

  test.each([
    'ACCEPT',
    'DECLINE',
    'KILL',
    'ACKNOWLEDGE',
    'RECONCILE',
    'RECONCILE_OPERATIONS',
    'UPDATE_FRAMEWORK',
  ] as const)('%s without its body: 400', (type) => {
    expect(new TestCluster().framework().call({ type }).status).toBe(400)
  })

  test('an acknowledgement of a uuid that is none: 400', () => {
    const acknowledge = { agent_id: { value: 'a' }, task_id: { value: 't' }, uuid: new Uint8Array(3) }
    expect(new TestCluster().framework().call({ type: 'ACKNOWLEDGE', acknowledge }).status).toBe(400)
  })

  test('a SUBSCRIBE is not a call of a live stream: 400; a type nobody knows: 501', () => {
    const framework = new TestCluster().framework()
    expect(framework.call({ type: 'SUBSCRIBE' }).status).toBe(400)
    expect(framework.call({ type: 'UNKNOWN' }).status).toBe(501)
  })
})
