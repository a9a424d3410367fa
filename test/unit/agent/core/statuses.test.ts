import { describe, expect, test } from 'vitest'
import { grantLabels, launchFailed, taskStatus, terminalFacts } from '../../../../src/agent/core/statuses.ts'
import { noGrant } from '../../../../src/model/hardware.ts'
import type { AgentId, ContainerId, TaskId } from '../../../../src/model/ids.ts'

const grant = {
  cpus: '0-3,8',
  cpusWithin: null,
  memory: [
    { node: 0, bytes: 1024 },
    { node: 1, bytes: 2048 },
  ],
  memoryPolicy: 'bind',
  gpuUuids: ['GPU-1', 'GPU-2'],
  gpuInstanceUuids: ['MIG-1'],
  nics: ['eth0'],
  disks: ['nvme1n1'],
  near: ['eth1'],
} as const

describe('what a task was granted', () => {
  test('is told by a label for each part', () => {
    expect(grantLabels(grant)).toEqual([
      { key: 'tepui.granted.cpus', value: '0-3,8' },
      { key: 'tepui.granted.memory', value: '0:1024,1:2048' },
      { key: 'tepui.granted.memory_policy', value: 'bind' },
      { key: 'tepui.granted.gpus', value: 'GPU-1,GPU-2,MIG-1' },
      { key: 'tepui.granted.nics', value: 'eth0' },
      { key: 'tepui.granted.disks', value: 'nvme1n1' },
      { key: 'tepui.granted.near', value: 'eth1' },
    ])
    expect(grantLabels({ ...noGrant, cpusWithin: '4-7' })).toEqual([{ key: 'tepui.granted.cpus_within', value: '4-7' }])
    expect(grantLabels(noGrant)).toEqual([])
  })

  test('is in every status, beside its own labels', () => {
    const place = {
      taskId: 't' as TaskId,
      agentId: 'a' as AgentId,
      containerId: 'c' as ContainerId,
      pid: 1,
      ip: '::1',
      grant,
    }
    const facts = {
      state: 'TASK_FINISHED',
      source: 'SOURCE_EXECUTOR',
      labels: [{ key: 'tepui.exit_code', value: '0' }],
    } as const
    const { labels } = taskStatus(facts, place, new Uint8Array(16), 1_000) as { labels: { labels: { key: string }[] } }
    expect(labels.labels.map(({ key }) => key).slice(0, 2)).toEqual(['tepui.exit_code', 'tepui.granted.cpus'])
  })
})

describe('a task that an operator empties the machine of', () => {
  const exit = { status: { kind: 'exited', code: 0 }, limitation: null } as const
  test.each([
    ['drained', false, 'TASK_KILLED', 'REASON_AGENT_DRAINING'],
    ['drained', true, 'TASK_KILLED', 'REASON_AGENT_DRAINING'],
    ['goneByOperator', false, 'TASK_KILLED', 'REASON_AGENT_DRAINING'],
    ['goneByOperator', true, 'TASK_GONE_BY_OPERATOR', 'REASON_AGENT_DRAINING'],
    ['kill', true, 'TASK_KILLED', undefined],
  ] as const)('%s, for a framework that knows of partitions: %s', (cause, isAware, state, reason) => {
    const killing = { deadlineMs: 0, cause }
    const facts = terminalFacts(exit, killing, isAware)
    expect(facts).toMatchObject({ state, ...(reason && { reason }) })
    expect(facts.message).toContain(reason === undefined ? 'exited' : 'an operator drains this machine')
    expect(launchFailed('why', killing, isAware)).toMatchObject({
      state,
      reason: reason ?? 'REASON_TASK_KILLED_DURING_LAUNCH',
    })
  })
})
