// What an agent's HTTP API tells of its reservations, volumes and operations.

import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AgentFacts } from '../../../src/agent/api/types.ts'
import type { FrameworkId, OperationUuid } from '../../../src/model/ids.ts'
import type { MesosJson } from '../../../src/wire/messages.ts'
import { aRunView, openAgentApi, someFacts, type TestAgentApi } from '../../support/agent-api.ts'

let agent: TestAgentApi

beforeEach(async () => {
  agent = await openAgentApi()
})

afterEach(() => agent.close())

const volume: MesosJson = {
  name: 'disk',
  type: 'SCALAR',
  scalar: { value: 10 },
  reservations: [{ type: 'DYNAMIC', role: 'a/b', principal: 'p' }],
  disk: { persistence: { id: 'v' }, volume: { container_path: 'data', mode: 'RW' } },
}

function withVolume(): AgentFacts {
  const facts = someFacts([aRunView({ taskInfo: { ...aRunView().taskInfo, resources: [volume] } })])
  return {
    config: { ...facts.config, resources: [...facts.config.resources, volume] },
    view: {
      ...facts.view,
      volumes: () => [{ role: 'a/b', id: 'v', source: null }],
      operations: () => [
        {
          operationUuid: '01234567-89ab-4def-8123-456789abcdef' as OperationUuid,
          frameworkId: 'f' as FrameworkId,
          operationId: 'mine',
          operation: { type: 'CREATE', create: { volumes: [volume] } },
          status: {
            operation_id: { value: 'mine' },
            state: 'OPERATION_FINISHED',
            uuid: { value: 'AAAAAAAAAAAAAAAAAAAAAA==' },
          },
        },
      ],
    },
  }
}

test('the state shows what is reserved, and volumes with where they lie and who uses them', async () => {
  agent.facts = withVolume()
  const state = (await (await fetch(`${agent.url}/state`)).json()) as Record<string, unknown>
  expect(state).toMatchObject({
    resources: { disk: 10 },
    reserved_resources: { 'a/b': { disk: 10 } },
    reserved_resources_full: { 'a/b': [{ ...volume, role: 'a/b', reservation: { principal: 'p' } }] },
    volumes: [{ id: 'v', role: 'a/b', directory: '/agent/volumes/roles/a b/v', tasks: ['t1'] }],
  })
})

test('GET_OPERATIONS shows those whose status is not acknowledged', async () => {
  agent.facts = withVolume()
  const answer = await fetch(`${agent.url}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ type: 'GET_OPERATIONS' }),
  })
  expect(await answer.json()).toMatchObject({
    type: 'GET_OPERATIONS',
    get_operations: {
      operations: [
        {
          framework_id: { value: 'f' },
          agent_id: { value: 'm-S1' },
          info: { type: 'CREATE', create: { volumes: [volume] } },
          latest_status: { operation_id: { value: 'mine' }, state: 'OPERATION_FINISHED' },
          uuid: { value: 'ASNFZ4mrTe+BI0VniavN7w==' },
        },
      ],
    },
  })
})
