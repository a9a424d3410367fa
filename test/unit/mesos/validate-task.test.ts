// What a task, its executor, its container and its checks may look like, as far as the message alone can tell.

import { describe, expect, test } from 'vitest'
import type {
  CheckInfo,
  ContainerInfo,
  EnvironmentVariable,
  ExecutorInfo,
  HealthCheck,
  Resource,
  TaskInfo,
  Volume,
} from '../../../src/mesos/types.ts'
import { checkStatusError } from '../../../src/mesos/validate-check.ts'
import { taskError, taskGroupError } from '../../../src/mesos/validate-task.ts'

function scalar(name: string, value: number, extras: Partial<Resource> = {}): Resource {
  return { name, type: 'SCALAR', scalar: { value }, ...extras }
}

function aTask(extras: Partial<TaskInfo> = {}): TaskInfo {
  return {
    name: 't',
    task_id: { value: 't1' },
    agent_id: { value: 'a1' },
    resources: [scalar('cpus', 1), scalar('mem', 64)],
    command: { value: 'true' },
    ...extras,
  }
}

function anExecutor(extras: Partial<ExecutorInfo> = {}): ExecutorInfo {
  return { executor_id: { value: 'e' }, command: { value: './e' }, ...extras }
}

const withExecutor = (extras: Partial<ExecutorInfo>) => aTask({ command: undefined, executor: anExecutor(extras) })
const withVariable = (it: EnvironmentVariable) => aTask({ command: { environment: { variables: [it] } } })
const withContainer = (it: Partial<ContainerInfo>) => aTask({ container: { type: 'MESOS', ...it } })
const withVolume = (it: Partial<Volume>) => withContainer({ volumes: [{ mode: 'RW', container_path: 'data', ...it }] })
const withCheck = (check: CheckInfo) => aTask({ check })
const withHealthCheck = (health_check: HealthCheck) => aTask({ health_check })

const persistent = (id: string, role = 'r') =>
  scalar('disk', 10, {
    reservations: [{ type: 'DYNAMIC', role }],
    disk: { persistence: { id }, volume: { container_path: 'data', mode: 'RW' } },
  })

describe('a task of a LAUNCH is accepted', () => {
  test.each<[string, TaskInfo]>([
    ['with a command', aTask()],
    ['with an executor', withExecutor({ type: 'CUSTOM', resources: [scalar('cpus', 0.1)] })],
    ['with a grace period of zero', aTask({ kill_policy: { grace_period: { nanoseconds: 0 } } })],
    [
      'with a secret',
      withVariable({ name: 'S', type: 'SECRET', secret: { type: 'REFERENCE', reference: { name: 's' } } }),
    ],
    ['with an empty variable', withVariable({ name: 'E', value: '' })],
    ['with an endless limit', aTask({ limits: { cpus: { value: Number.POSITIVE_INFINITY }, mem: { value: 64 } } })],
    ['with a docker container', withContainer({ type: 'DOCKER', docker: { image: 'alpine' } })],
    ['with a volume', withVolume({ host_path: '/srv' })],
    ['with a health check of the older kind', withHealthCheck({ command: { value: 'true' } })],
    ['with a check over HTTP', withCheck({ type: 'HTTP', http: { port: 80, path: '/health' } })],
    ['with volumes of one id in two roles', aTask({ resources: [persistent('v', 'a'), persistent('v', 'b')] })],
  ])('%s', (_claim, task) => {
    expect(taskError(task)).toBeNull()
  })
})

describe('a task of a LAUNCH is refused', () => {
  test.each<[string, TaskInfo, string]>([
    ['a bad id', aTask({ task_id: { value: 'a/b' } }), 'task_id: '],
    ['an id of two dots', aTask({ task_id: { value: '..' } }), 'task_id: '],
    ['negative grace', aTask({ kill_policy: { grace_period: { nanoseconds: -1 } } }), 'kill_policy.grace_period'],
    ['negative completion time', aTask({ max_completion_time: { nanoseconds: -1n } }), 'max_completion_time'],
    ['no resources', aTask({ resources: [] }), 'must have resources'],
    ['an invalid resource', aTask({ resources: [scalar('cpus', -1)] }), 'negative'],
    ['half a gpu', aTask({ resources: [scalar('gpus', 0.5)] }), 'whole numbers'],
    [
      'two allocation roles',
      aTask({
        resources: [
          scalar('cpus', 1, { allocation_info: { role: 'a' } }),
          scalar('mem', 1, { allocation_info: { role: 'b' } }),
        ],
      }),
      'same role',
    ],
    ['a volume twice', aTask({ resources: [persistent('v'), persistent('v')] }), 'used twice'],
    [
      'a shared volume twice',
      aTask({ resources: [1, 2].map(() => ({ ...persistent('v'), shared: {} })) }),
      'used twice',
    ],
    [
      'a revocable mix',
      aTask({ resources: [scalar('cpus', 1), scalar('cpus', 1, { revocable: {} })] }),
      'must not be mixed',
    ],
    [
      'a revocable mix with the executor',
      withExecutor({ resources: [scalar('cpus', 1, { revocable: {} })] }),
      'must not be mixed',
    ],
    ['neither command nor executor', aTask({ command: undefined }), 'either'],
    ['command and executor', aTask({ executor: anExecutor() }), 'not both'],
    ['executor: DEFAULT', withExecutor({ type: 'DEFAULT' }), 'only run task groups'],
    ['executor: no command', withExecutor({ command: undefined }), `needs 'command'`],
    ['executor: bad id', withExecutor({ executor_id: { value: '' } }), 'executor_id'],
    ['executor: negative grace', withExecutor({ shutdown_grace_period: { nanoseconds: -1 } }), 'shutdown_grace_period'],
    ['executor: shared', withExecutor({ resources: [{ ...persistent('v'), shared: {} }] }), 'shared'],
    [
      'executor: share_cgroups',
      withExecutor({ container: { type: 'MESOS', linux_info: { share_cgroups: true } } }),
      'share_cgroups',
    ],
    [
      'executor: bad environment',
      withExecutor({ command: { environment: { variables: [{ name: 'A' }] } } }),
      `'value'`,
    ],
    ['a variable without value', withVariable({ name: 'A' }), `needs 'value'`],
    ['a variable without name', withVariable({ name: '', value: 'a' }), 'name'],
    ['a secret without secret', withVariable({ name: 'A', type: 'SECRET' }), `needs 'secret'`],
    ['a secret with a value', withVariable({ name: 'A', type: 'SECRET', value: 'a', secret: {} }), `not have 'value'`],
    ['a value with a secret', withVariable({ name: 'A', value: 'a', secret: {} }), `not have 'secret'`],
    ['a secret of no type', withVariable({ name: 'A', type: 'SECRET', secret: {} }), 'type of a secret'],
    [
      'a secret with a zero byte',
      withVariable({ name: 'A', type: 'SECRET', secret: { type: 'VALUE', value: { data: new Uint8Array([0]) } } }),
      'zero byte',
    ],
    ['docker without docker', withContainer({ type: 'DOCKER' }), `needs 'docker'`],
    [
      'the docker parameter name',
      withContainer({ type: 'DOCKER', docker: { image: 'i', parameters: [{ key: 'name', value: 'x' }] } }),
      `'name' belongs`,
    ],
    ['a volume of nothing', withVolume({}), 'exactly one'],
    ['a volume of two things', withVolume({ host_path: '/', source: { type: 'SECRET' } }), 'exactly one'],
    ['a volume source of another type', withVolume({ source: { type: 'HOST_PATH' } }), `needs 'host_path'`],
    ['a volume source of no type', withVolume({ source: {} }), 'known type'],
    [
      'a sandbox path of no type',
      withVolume({ source: { type: 'SANDBOX_PATH', sandbox_path: { path: 'p' } } }),
      'SELF',
    ],
    ['share_cgroups false', withContainer({ linux_info: { share_cgroups: false } }), 'only for tasks of a task group'],
    ['a limit on disk', aTask({ limits: { disk: { value: 1 } } }), 'only cpus and mem'],
    ['a limit below the request', aTask({ limits: { cpus: { value: 0.5 } } }), 'below what is requested'],
    ['a limit of zero', aTask({ resources: [scalar('mem', 1)], limits: { cpus: { value: 0 } } }), 'more than zero'],
    ['a check of no type', withCheck({}), 'check: the type'],
    ['a check of another type', withCheck({ type: 'TCP', http: { port: 1 } }), `needs 'tcp'`],
    ['a check without command', withCheck({ type: 'COMMAND', command: { command: {} } }), `'value'`],
    ['a check with a negative delay', withCheck({ type: 'TCP', tcp: { port: 1 }, delay_seconds: -1 }), 'delay_seconds'],
    ['a relative path', withHealthCheck({ type: 'HTTP', http: { port: 1, path: 'x' } }), `begin with '/'`],
    ['a strange scheme', withHealthCheck({ http: { port: 1, scheme: 'ftp' } }), 'http or https'],
    ['a health check of nothing', withHealthCheck({}), 'health_check: the type'],
    [
      'a negative grace',
      withHealthCheck({ tcp: { port: 1 }, type: 'TCP', grace_period_seconds: -1 }),
      'grace_period_seconds',
    ],
  ])('%s', (_claim, task, complaint) => {
    expect(taskError(task)).toContain(complaint)
  })
})

describe('a task group', () => {
  const resources = [scalar('cpus', 0.1), scalar('mem', 32), scalar('disk', 10)]
  const executor: ExecutorInfo = { type: 'DEFAULT', executor_id: { value: 'e' }, resources }
  const isolated: ContainerInfo = { type: 'MESOS', linux_info: { share_cgroups: false } }
  const second = aTask({ task_id: { value: 't2' } })

  test('is accepted with an executor, also one repeated in the task', () => {
    const repeated = { ...executor, framework_id: { value: 'f' } }
    expect(taskGroupError({ tasks: [aTask({ executor: repeated }), second] }, executor)).toBeNull()
    const limited = aTask({ container: isolated, limits: { cpus: { value: 2 } } })
    expect(taskGroupError({ tasks: [limited] }, executor)).toBeNull()
  })

  test.each<[string, Partial<ExecutorInfo>, string]>([
    ['no type', { type: undefined }, 'DEFAULT or CUSTOM'],
    ['DEFAULT with a command', { command: { value: 'x' } }, `must not have 'command'`],
    ['DEFAULT with docker', { container: { type: 'DOCKER', docker: { image: 'i' } } }, 'type MESOS'],
    [
      'DEFAULT with an image',
      { container: { type: 'MESOS', mesos: { image: { type: 'DOCKER', docker: { name: 'i' } } } } },
      'must not have an image',
    ],
    ['CUSTOM without a command', { type: 'CUSTOM' }, `needs 'command'`],
    ['too little cpu', { resources: [scalar('cpus', 0.001), ...resources.slice(1)] }, '0.01 cpus'],
    ['too little memory', { resources: [scalar('cpus', 1), scalar('mem', 31), scalar('disk', 1)] }, '32 mem'],
    ['no disk', { resources: resources.slice(0, 2) }, 'some disk'],
  ])('is refused when its executor has %s', (_claim, extras, complaint) => {
    expect(taskGroupError({ tasks: [aTask()] }, { ...executor, ...extras })).toMatch(/^executor: /)
    expect(taskGroupError({ tasks: [aTask()] }, { ...executor, ...extras })).toContain(complaint)
  })

  test.each<[string, TaskInfo[], string]>([
    ['no tasks', [], 'must have tasks'],
    ['an id twice', [aTask(), aTask()], 'used twice in the group'],
    ['one invalid task', [aTask(), { ...second, resources: [] }], `task 't2': a task must have resources`],
    ['another executor', [aTask({ executor: anExecutor() })], 'unset or that of the group'],
    ['a docker task', [aTask({ container: { type: 'DOCKER', docker: { image: 'i' } } })], 'type DOCKER'],
    [
      'a TCP health check on a network of its own',
      [aTask({ health_check: { type: 'TCP', tcp: { port: 1 } }, container: { type: 'MESOS', network_infos: [{}] } })],
      'type TCP',
    ],
    [
      'an HTTP check on a network of its own',
      [aTask({ check: { type: 'HTTP', http: { port: 1 } }, container: { type: 'MESOS', network_infos: [{}] } })],
      'type HTTP',
    ],
    ['limits with shared cgroups', [aTask({ limits: { cpus: { value: 2 } } })], 'share_cgroups to be false'],
    ['mixed share_cgroups', [aTask({ container: isolated }), second], 'the same for all tasks'],
    [
      'a volume in two tasks',
      [aTask({ resources: [persistent('v')] }), { ...second, resources: [persistent('v')] }],
      'used twice',
    ],
  ])('is refused with %s', (_claim, tasks, complaint) => {
    expect(taskGroupError({ tasks }, executor)).toContain(complaint)
  })
})

test('the result of a check has the part of its type', () => {
  expect(checkStatusError({ type: 'TCP', tcp: {} })).toBeNull()
  expect(checkStatusError({ type: 'TCP', http: {} })).toContain(`needs 'tcp'`)
})
