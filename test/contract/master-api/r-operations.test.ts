// Group R: operations, their feedback and reconciliation over HTTP, on agents with the production state machine.
// Numbers are the conformance scenarios'.

import { expect, test } from 'vitest'
import type { OperationStatus } from '../../../src/mesos/types.ts'
import { operatorCall } from '../../support/http-client.ts'
import { aReserved, named, operationCapabilities, reserve } from '../../support/operations.ts'
import { Rack } from '../../support/rack.ts'
import type { Scheduler } from '../../support/scheduler.ts'
import { until } from '../../support/until.ts'

const machine = { capabilities: operationCapabilities }
const info = { principal: 'p', failover_timeout: 600 }
const one = named('op', reserve(aReserved('cpus', 1)))

async function statusOf(framework: Scheduler): Promise<OperationStatus> {
  const event = await framework.stream.take('UPDATE_OPERATION_STATUS')
  return event.update_operation_status?.status as OperationStatus
}

function reconcile(framework: Scheduler, ...operations: { readonly id: string; readonly agentId?: string }[]) {
  return framework.send({
    type: 'RECONCILE_OPERATIONS',
    reconcile_operations: {
      operations: operations.map(({ id, agentId }) => ({
        operation_id: { value: id },
        ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
      })),
    },
  })
}

test('R09 an operation that is not known depends on its agent', async () => {
  const rack = await Rack.start({ timers: { agentReregisterTimeoutMs: 600_000 } })
  const agent = await rack.agent(machine)
  const framework = await rack.framework({ info })
  await reconcile(framework, { id: 'x', agentId: agent.agentId }, { id: 'x' }, { id: 'x', agentId: 'nobody' })
  for (const _ of [1, 2, 3]) expect(await statusOf(framework)).toMatchObject({ state: 'OPERATION_UNKNOWN' })
  await agent.stop()
  await rack.failover()
  const again = await framework.again()
  await reconcile(again, { id: 'x', agentId: agent.agentId })
  expect(await statusOf(again)).toMatchObject({ state: 'OPERATION_RECOVERING', agent_id: { value: agent.agentId } })
})

test('R10 an end that nobody acknowledged survives the master; R11 acknowledged it is forgotten', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent(machine)
  const framework = await rack.framework({ info })
  await framework.accept([await framework.offer()], [one], 0)
  expect(await statusOf(framework)).toMatchObject({ state: 'OPERATION_FINISHED' })
  await rack.failover()
  const again = await framework.again()
  const told = await statusOf(again)
  expect(told).toMatchObject({ operation_id: { value: 'op' }, state: 'OPERATION_FINISHED' })
  await reconcile(again)
  const listed = await again.stream.take('UPDATE_OPERATION_STATUS', (event) => {
    return event.update_operation_status?.status.uuid === undefined
  })
  expect(listed.update_operation_status?.status).toMatchObject({ state: 'OPERATION_FINISHED' })
  const { get_operations: known } = await operatorCall(rack.http, { type: 'GET_OPERATIONS' })
  expect(known?.operations).toMatchObject([
    {
      framework_id: { value: framework.frameworkId },
      agent_id: { value: agent.agentId },
      info: { type: 'RESERVE', id: { value: 'op' } },
      latest_status: { state: 'OPERATION_FINISHED' },
    },
  ])
  const { agent_id, operation_id, uuid } = told
  if (operation_id === undefined || uuid === undefined) throw new Error('the end has an id and a uuid')
  const acknowledge = { operation_id, uuid: uuid.value, ...(agent_id && { agent_id }) }
  await again.send({ type: 'ACKNOWLEDGE_OPERATION_STATUS', acknowledge_operation_status: acknowledge })
  const left = async () => (await operatorCall(rack.http, { type: 'GET_OPERATIONS' })).get_operations?.operations ?? []
  expect(await left()).toEqual([])
  await until('the agent hears it', () => agent.heardOf('acknowledgeOperation').length > 0)
})

test('an acknowledgement without agent_id, or with a uuid that is none, is 400', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ info })
  const operation_id = { value: 'op' }
  const bad = [
    { operation_id, uuid: new Uint8Array(16) },
    { operation_id, uuid: new Uint8Array(15), agent_id: { value: 'a' } },
  ]
  for (const acknowledge_operation_status of bad) {
    const answer = await framework.call({ type: 'ACKNOWLEDGE_OPERATION_STATUS', acknowledge_operation_status })
    expect(answer.status).toBe(400)
  }
})

test('C14 an id on an agent without feedback is OPERATION_ERROR', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent({ capabilities: ['MULTI_ROLE', 'RESERVATION_REFINEMENT'] })
  const framework = await rack.framework({ info })
  await framework.accept([await framework.offer()], [one], 0)
  expect(await statusOf(framework)).toMatchObject({
    operation_id: { value: 'op' },
    state: 'OPERATION_ERROR',
    agent_id: { value: agent.agentId },
  })
})
