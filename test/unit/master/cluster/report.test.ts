import { expect, test } from 'vitest'
import { amountNamesMax, readReport } from '../../../../src/master/cluster/report.ts'
import { noGrant, noHardware } from '../../../../src/model/hardware.ts'
import type { MesosJson, Register, TaskReport } from '../../../../src/wire/messages.ts'

const framework: MesosJson = { id: { value: 'f' }, user: 'u', name: 'n', role: 'web' }

function status(state: string, uuid: string): MesosJson {
  return { task_id: { value: 't' }, state, uuid: btoa(uuid.padEnd(16, '.')) }
}

function task(more: Partial<TaskReport> & { readonly info?: MesosJson } = {}): TaskReport {
  const { info, ...rest } = more
  const resources = [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, allocation_info: { role: 'web' } }]
  return {
    frameworkId: 'f' as TaskReport['frameworkId'],
    containerId: 'c' as TaskReport['containerId'],
    taskInfo: { name: 't', task_id: { value: 't' }, agent_id: { value: 'a' }, resources, ...info },
    grant: noGrant,
    latestState: 'TASK_RUNNING',
    statuses: [status('TASK_STARTING', 'one'), status('TASK_RUNNING', 'two')],
    unacknowledgedUuid: null,
    ...rest,
  }
}

function report(
  tasks: readonly TaskReport[],
  frameworks: readonly MesosJson[] = [framework],
  more: Partial<Register> = {},
) {
  const register: Register = {
    kind: 'register',
    uid: 'uid' as Register['uid'],
    agentId: null,
    version: '1',
    agentInfo: { hostname: 'h', resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 4 } }] },
    capabilities: [],
    http: { host: '127.0.0.1', port: 5051 },
    hardware: noHardware,
    conditions: [],
    oversubscribed: [],
    operations: [],
    frameworks,
    tasks,
    ...more,
  }
  return readReport(register)
}

test('a task is read with its role, its statuses and what waits for an acknowledgement', () => {
  const all = report([task()])
  expect(all.ok && all.value.tasks[0]).toMatchObject({ id: 't', role: 'web', isUnacknowledged: false })
  expect(all.ok && all.value.tasks[0]?.statuses).toHaveLength(2)
})

test('statuses behind the one that waits are left out: they will come as updates', () => {
  const waiting = report([task({ unacknowledgedUuid: btoa('one'.padEnd(16, '.')) })])
  expect(waiting.ok && waiting.value.tasks[0]).toMatchObject({
    isUnacknowledged: true,
    statuses: [{ state: 'TASK_STARTING' }],
    latestState: 'TASK_RUNNING',
  })
})

test('a task whose newest status is terminal is over, whatever else is said', () => {
  const over = report([task({ statuses: [status('TASK_FAILED', 'x')] })])
  expect(over.ok && over.value.tasks[0]?.latestState).toBe('TASK_FAILED')
})

test.each([
  ['a framework without id', [], [{ user: 'u', name: 'n' }]],
  ['a framework that is not valid', [], [{ ...framework, role: '/x' }]],
  ['a task of a framework that is not named', [task()], []],
  ['a task twice', [task(), task()], [framework]],
  ['a task in no known state', [task({ latestState: 'TASK_DANCING' })], [framework]],
  ['a status that is none', [task({ statuses: [{ state: 'TASK_RUNNING' }] })], [framework]],
  ['a task that is none', [task({ info: { name: 7, task_id: undefined } })], [framework]],
  ['a task with an id that is none', [task({ info: { task_id: { value: 'a/b' } } })], [framework]],
  ['a task that holds nothing', [task({ info: { resources: [] } })], [framework]],
  [
    'a task without a role',
    [task({ info: { resources: [{ name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }] } })],
    [framework],
  ],
])('a report with %s is a fault', (_what, tasks, frameworks) => {
  expect(report(tasks, frameworks)).toMatchObject({ ok: false, fault: { message: expect.stringMatching(/\w/) } })
})

test('kinds of amounts are bounded, revocable ones too: every sum of the cluster has a place for each', () => {
  const named = (count: number, more: MesosJson = {}) =>
    Array.from({ length: count }, (_, i) => ({ name: `r${i}`, type: 'SCALAR', scalar: { value: 1 }, ...more }))
  const having = (resources: readonly MesosJson[], oversubscribed: readonly MesosJson[] = []) =>
    report([], [], { agentInfo: { hostname: 'h', resources }, oversubscribed })
  expect(having(named(amountNamesMax), named(amountNamesMax, { revocable: {} })).ok).toBe(true)
  expect(having(named(amountNamesMax + 1))).toMatchObject({ ok: false, fault: { code: 'WIRE_TOO_LARGE' } })
  expect(having([], named(amountNamesMax + 1, { revocable: {} })).ok).toBe(false)
})
