// The agent's state machine, driven by hand through a real channel.

import { describe, expect, test } from 'vitest'
import { registerAttemptsMax } from '../../../../src/agent/core/session.ts'
import type { AgentEffect } from '../../../../src/agent/core/types.ts'
import { noGrant, noHardware } from '../../../../src/model/hardware.ts'
import type { ContainerId, SessionId } from '../../../../src/model/ids.ts'
import { fault } from '../../../../src/model/result.ts'
import { encodeUpFrame } from '../../../../src/wire/encode.ts'
import { gpusOnly } from '../../../support/hardware.ts'
import { aFramework, agentConfig, agentId, aTask, frameworkId, MasterSide } from '../../../support/master-side.ts'

const kinds = (effects: readonly AgentEffect[]) => effects.map((effect) => effect.kind).filter((kind) => kind !== 'log')
const signals = (effects: readonly AgentEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'signal' ? [effect.signal] : []))

describe('registration', () => {
  test('an agent registers only after it has looked at its earlier runs', () => {
    const master = new MasterSide()
    expect(kinds(master.step({ kind: 'linkUp', session: 'early' as SessionId }))).toEqual([])
    expect(kinds(master.step({ kind: 'recovered', runs: [] }))).toEqual(['send'])
  })

  test('the id given by the master is on disk before anything is told', () => {
    const master = new MasterSide()
    master.register()
    expect(master.stored.agentId).toBe(agentId)
    expect(master.core.view.isRegistered).toBe(true)
  })

  test('an unanswered registration is repeated with growing delays until it is answered', () => {
    const master = new MasterSide()
    master.recover([])
    master.step({ kind: 'linkUp', session: 's' as SessionId })
    const repeats = master.pass(10_000).filter((effect) => effect.kind === 'send')
    expect(repeats.length).toBeGreaterThanOrEqual(3)
    expect(repeats.length).toBeLessThanOrEqual(registerAttemptsMax)
  })

  test('an agent that loses its master comes back at a random moment of the window that the master gave', () => {
    const master = new MasterSide()
    master.register()
    const relinks = master.step({ kind: 'linkDown' }).filter((effect) => effect.kind === 'relink')
    expect(relinks).toEqual([{ kind: 'relink', withinMs: 1_000 }])
    expect(kinds(master.step({ kind: 'linkDown' }))).not.toContain('relink')
  })

  test('an answer to an older session is ignored', () => {
    const master = new MasterSide()
    master.recover([])
    master.step({ kind: 'linkUp', session: 'new' as SessionId })
    const stale = {
      v: 1,
      session: 'old' as SessionId,
      epoch: 1,
      seq: 0,
      ack: 0,
      message: { kind: 'registered', agentId, masterId: 'm', heartbeatIntervalMs: 1, reconnectWindowMs: 1 },
    } as const
    master.step({ kind: 'frame', frame: stale })
    expect(master.core.view.isRegistered).toBe(false)
  })

  test('a master that answers no heartbeat is left for a fresh connection', () => {
    const master = new MasterSide()
    master.register()
    const effects = master.pass(120_000)
    expect(kinds(effects)).toContain('relink')
    expect(master.core.view.isRegistered).toBe(false)
  })

  test('a machine that lost a part says so in a fresh registration, and its tasks run on', () => {
    const master = new MasterSide()
    master.register()
    const machine = { resources: [], attributes: [], hardware: noHardware }
    const effects = master.step({ kind: 'machineChanged', machine })
    expect(kinds(effects)).toEqual(['relink', 'statusChanged'])
    expect(master.core.config).toMatchObject(machine)
    const [sent] = master.step({ kind: 'linkUp', session: 'next' as SessionId })
    expect(sent).toMatchObject({ kind: 'send', frame: { message: { kind: 'register', agentInfo: { resources: [] } } } })
  })

  test('a machine that lost a part while its registration was on its way registers anew', () => {
    const master = new MasterSide()
    master.recover([])
    master.step({ kind: 'linkUp', session: 's' as SessionId })
    const machine = { resources: [], attributes: [], hardware: noHardware }
    expect(kinds(master.step({ kind: 'machineChanged', machine }))).toContain('relink')
  })

  test('a refusal with shutdown ends the tasks and then the agent', () => {
    const master = new MasterSide()
    master.register()
    const spec = master.launch('t')
    master.step({ kind: 'containerStarted', containerId: spec.containerId, pid: 10 })
    const refused = master.say({ kind: 'refused', message: 'this agent was marked gone', shutdown: true })
    expect(signals(refused)).toEqual(['TERM'])
    expect(kinds(refused)).not.toContain('exit')
    expect(kinds(master.exited(spec.containerId, 143))).toContain('exit')
    expect(master.stored.runs.size).toBe(0)
  })

  test('an agent that its operator stops ends its tasks first, registered or not', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    master.step({ kind: 'linkDown' })
    expect(signals(master.step({ kind: 'shutdown' }))).toEqual(['TERM'])
    expect(kinds(master.exited(containerId, 143))).toContain('exit')
    expect(master.stored.runs.size).toBe(0)
  })

  test('a launch that reaches an agent on its way out is refused, and does not keep it', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    master.step({ kind: 'shutdown' })
    const effects = master.say({
      kind: 'launch',
      frameworkInfo: aFramework(),
      taskInfo: aTask('u'),
      grant: noGrant,
    })
    expect(kinds(effects)).not.toContain('start')
    expect(master.states('u')).toEqual(['TASK_FAILED'])
    expect(kinds(master.exited(containerId, 143))).toContain('exit')
  })

  test('a refusal without shutdown is tried again later', () => {
    const master = new MasterSide()
    master.recover([])
    master.step({ kind: 'linkUp', session: 's' as SessionId })
    const frame = { v: 1, session: 's' as SessionId, epoch: 1, seq: 0, ack: 0 } as const
    master.step({ kind: 'frame', frame: { ...frame, message: { kind: 'refused', message: 'full', shutdown: false } } })
    expect(kinds(master.pass(300_000))).toContain('send')
  })
})

describe('a command task', () => {
  test('is on disk before it is started, and goes STARTING, RUNNING, FINISHED as it is acknowledged', () => {
    const master = new MasterSide()
    master.register()
    const before = master.effects.length
    const spec = master.launch('t')
    const order = kinds(master.effects.slice(before))
    expect(order.indexOf('persist')).toBeLessThan(order.indexOf('start'))
    master.step({ kind: 'containerStarted', containerId: spec.containerId, pid: 10 })
    master.exited(spec.containerId)
    expect(master.states('t').at(0)).toBe('TASK_STARTING')
    expect(master.lastUpdate('t')?.latestState).toBe('TASK_FINISHED')
    master.acknowledgeAll('t')
    expect([...new Set(master.states('t'))]).toEqual(['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED'])
    expect(master.stored.runs.size).toBe(0)
    expect(master.stored.frameworks.size).toBe(0)
  })

  test('gets what Mesos promises in its environment, and the framework has the last word', () => {
    const master = new MasterSide()
    master.register()
    const variables = [
      { name: 'MESOS_TASK_ID', value: 'mine' },
      { name: 'K', value: 'V' },
    ]
    const spec = master.launch('t', { command: { value: 'true', environment: { variables } } })
    expect(spec.environment).toMatchObject({ MESOS_TASK_ID: 'mine', K: 'V', MESOS_FRAMEWORK_ID: frameworkId })
    expect(spec.environment).not.toHaveProperty('CUDA_VISIBLE_DEVICES')
  })

  test('without a GPU grant sees no GPU of a machine that has some', () => {
    const master = new MasterSide(undefined, { ...agentConfig, hardware: gpusOnly(['GPU-1', 'GPU-2']) })
    master.register()
    expect(master.launch('t').environment).toMatchObject({ CUDA_VISIBLE_DEVICES: '', NVIDIA_VISIBLE_DEVICES: 'void' })
  })

  test.each([
    ['shell', { value: 'echo hi' }, { kind: 'shell', value: 'echo hi' }],
    [
      'argv',
      { shell: false, value: '/bin/echo', arguments: ['echo', 'hi'] },
      { kind: 'exec', path: '/bin/echo', argv: ['echo', 'hi'] },
    ],
    [
      'argv without value',
      { shell: false, arguments: ['echo', 'hi'] },
      { kind: 'exec', path: 'echo', argv: ['echo', 'hi'] },
    ],
    ['program alone', { shell: false, value: 'ls' }, { kind: 'exec', path: 'ls', argv: ['ls'] }],
  ])('runs a %s command as Mesos does', (_name, command, expected) => {
    const master = new MasterSide()
    master.register()
    expect(master.launch('t', { command }).command).toEqual(expected)
  })

  test('has its limits from its resources, and its own limits win', () => {
    const master = new MasterSide()
    master.register()
    expect(master.launch('a').limits).toMatchObject({ cpuMilli: 500, cpuLimitMilli: null, memoryBytes: 64 * 2 ** 20 })
    expect(master.launch('b', { limits: { cpus: { value: 2 }, mem: { value: 'Infinity' } } }).limits).toMatchObject({
      cpuLimitMilli: 2000,
      memoryBytes: null,
    })
  })

  test('that cannot be started is FAILED with the reason, and is told once', () => {
    const master = new MasterSide()
    master.register()
    const spec = master.launch('t')
    const unknownUser = fault('AGENT_LAUNCH_FAILED', 'no user nobody2')
    master.step({ kind: 'containerFailed', containerId: spec.containerId, fault: unknownUser })
    master.step({ kind: 'containerFailed', containerId: spec.containerId, fault: unknownUser })
    master.acknowledgeAll('t')
    expect(master.lastUpdate('t')?.status).toMatchObject({
      state: 'TASK_FAILED',
      reason: 'REASON_CONTAINER_LAUNCH_FAILED',
      message: 'no user nobody2',
    })
    expect(master.states('t')).toEqual(['TASK_STARTING', 'TASK_STARTING', 'TASK_FAILED'])
  })

  test('that asks for what this agent cannot do is FAILED with a sentence', () => {
    const master = new MasterSide()
    master.register()
    const taskInfo = aTask('t', { command: { value: 'true', uris: [{ value: 'http://x/y' }] } })
    master.say({ kind: 'launch', frameworkInfo: aFramework(), taskInfo, grant: noGrant })
    master.acknowledgeAll('t')
    expect(master.lastUpdate('t')?.status.message).toContain('URIs')
  })

  test('tells its exit code in words and in a label', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    master.exited(containerId, 3)
    master.acknowledgeAll('t')
    expect(master.lastUpdate('t')?.status).toMatchObject({
      state: 'TASK_FAILED',
      message: 'the command exited with status 3',
      labels: { labels: [{ key: 'tepui.exit_code', value: '3' }] },
    })
  })

  test('stopped at its memory limit says so with the limit', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({
      kind: 'containerExited',
      containerId,
      exit: {
        status: { kind: 'signaled', signal: 9 },
        limitation: { kind: 'memory', limitBytes: 64 * 2 ** 20, usedBytes: null },
      },
    })
    master.acknowledgeAll('t')
    expect(master.lastUpdate('t')?.status).toMatchObject({
      reason: 'REASON_CONTAINER_LIMITATION_MEMORY',
      limitation: { resources: [{ name: 'mem', scalar: { value: 64 } }] },
    })
  })
})

describe('killing', () => {
  test('E13 asks with TERM and ends the tree with KILL after the grace of the kill policy', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t', { kill_policy: { grace_period: { nanoseconds: 7_000_000_000 } } })
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    expect(signals(master.kill('t'))).toEqual(['TERM'])
    expect(signals(master.pass(6_999))).toEqual([])
    expect(signals(master.pass(1))).toEqual(['KILL'])
  })

  test('X03 says KILLING only to a framework that can hear it, and the end is KILLED however the process ended', () => {
    for (const [capabilities, expected] of [
      [['TASK_KILLING_STATE'], ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLING', 'TASK_KILLED']],
      [[], ['TASK_STARTING', 'TASK_RUNNING', 'TASK_KILLED']],
    ] as const) {
      const master = new MasterSide()
      master.register()
      const { containerId } = master.launch('t', {}, aFramework(capabilities))
      master.step({ kind: 'containerStarted', containerId, pid: 10 })
      master.kill('t')
      master.exited(containerId, 0)
      master.acknowledgeAll('t')
      expect([...new Set(master.states('t'))]).toEqual(expected)
    }
  })

  test('E08 a kill before the container runs is kept and done when it does', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    expect(signals(master.kill('t'))).toEqual([])
    expect(signals(master.step({ kind: 'containerStarted', containerId, pid: 10 }))).toEqual(['TERM'])
    master.exited(containerId, 143)
    master.acknowledgeAll('t')
    expect([...new Set(master.states('t'))]).toEqual(['TASK_STARTING', 'TASK_KILLED'])
  })

  test('a second kill may shorten the grace and never lengthens it', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    master.kill('t', 60_000)
    master.kill('t', 600_000)
    expect(signals(master.kill('t', 0))).toEqual(['KILL'])
  })

  test('an operator who empties the machine limits the time of a kill before, and is told as the cause', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    master.kill('t', 60_000)
    expect(signals(master.kill('t', null, { maxGraceMs: 1_000, markGone: false }))).toEqual(['TERM'])
    expect(signals(master.pass(1_000))).toEqual(['KILL'])
    master.exited(containerId, 137)
    master.acknowledgeAll('t')
    expect(master.lastUpdate('t')?.status).toMatchObject({ state: 'TASK_KILLED', reason: 'REASON_AGENT_DRAINING' })
  })

  test('a task that runs past its max_completion_time is killed without grace and FAILED', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t', { max_completion_time: { nanoseconds: 2_000_000_000 } })
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    expect(signals(master.pass(2_000))).toEqual(['KILL'])
    master.exited(containerId, 137)
    master.acknowledgeAll('t')
    expect(master.lastUpdate('t')?.status).toMatchObject({
      state: 'TASK_FAILED',
      reason: 'REASON_MAX_COMPLETION_TIME_REACHED',
    })
  })

  test('a framework that is gone loses its tasks, and nobody is asked to acknowledge', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    expect(signals(master.say({ kind: 'shutdownFramework', frameworkId }))).toEqual(['TERM'])
    master.exited(containerId, 143)
    expect(master.stored.runs.size).toBe(0)
    expect(master.stored.frameworks.size).toBe(0)
    expect(master.lastUpdate('t')?.latestState).toBe('TASK_KILLED')
  })

  test('a next master that does not call the framework gone gets the end of its task acknowledged', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    master.say({ kind: 'shutdownFramework', frameworkId })
    master.step({ kind: 'linkDown' })
    master.reconnect()
    master.exited(containerId, 143)
    expect(master.stored.runs.size).toBe(1)
    master.acknowledgeAll('t')
    expect(master.lastUpdate('t')?.status).toMatchObject({ state: 'TASK_KILLED' })
    expect(master.stored.runs.size).toBe(0)
  })

  test('the end of an abandoned task that nobody could be told is told by the next registration', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'containerStarted', containerId, pid: 10 })
    master.say({ kind: 'shutdownFramework', frameworkId })
    master.step({ kind: 'linkDown' })
    master.exited(containerId, 143)
    expect(master.reconnect().tasks.map((task) => task.latestState)).toEqual(['TASK_KILLED'])
    master.say({ kind: 'shutdownFramework', frameworkId })
    expect(master.stored.runs.size).toBe(0)
  })
})

describe('reliability', () => {
  test('R-update: a status is repeated after 10 s, doubling to 10 min, until its own uuid is acknowledged', () => {
    const master = new MasterSide()
    master.register()
    master.launch('t')
    const atStart = master.updates('t').length
    master.say({ kind: 'heartbeatEcho' })
    master.pass(10_000)
    expect(master.updates('t').length).toBe(atStart + 1)
    master.say({ kind: 'acknowledge', frameworkId, taskId: 't' as never, uuid: 'AAAAAAAAAAAAAAAAAAAAAA==' })
    master.say({ kind: 'heartbeatEcho' })
    master.pass(20_000)
    expect(master.updates('t').length).toBe(atStart + 2)
    master.acknowledgeAll('t')
    const acknowledged = master.updates('t').length
    master.say({ kind: 'heartbeatEcho' })
    master.pass(30_000)
    expect(master.updates('t').length).toBe(acknowledged)
  })

  test('E17 an unacknowledged status is sent again by the next life of the agent, with the same uuid', () => {
    const first = new MasterSide()
    first.register()
    const { containerId } = first.launch('t')
    first.step({ kind: 'containerStarted', containerId, pid: 10 })
    const uuid = first.lastUpdate('t')?.status.uuid
    const second = new MasterSide(first.checkpoint())
    const register = second.register([{ containerId, state: { kind: 'running', pid: 10 } }])
    expect(register.tasks).toMatchObject([{ latestState: 'TASK_RUNNING', unacknowledgedUuid: uuid }])
    expect(second.updates('t')[0]?.status).toMatchObject({ state: 'TASK_STARTING', uuid })
    expect(second.core.view.runningCount).toBe(1)
  })

  test('E18 a task that ended while the agent was away is reported with its exit code', () => {
    const first = new MasterSide()
    first.register()
    const { containerId } = first.launch('t')
    first.step({ kind: 'containerStarted', containerId, pid: 10 })
    const second = new MasterSide(first.checkpoint())
    const exit = { status: { kind: 'exited', code: 4 }, limitation: null } as const
    second.register([{ containerId, state: { kind: 'exited', exit } }])
    second.acknowledgeAll('t')
    expect(second.lastUpdate('t')?.status).toMatchObject({
      state: 'TASK_FAILED',
      message: expect.stringContaining('4'),
    })
  })

  test('a task that was accepted and never started is started by the next life, once', () => {
    const first = new MasterSide()
    first.register()
    const { containerId } = first.launch('t')
    const second = new MasterSide(first.checkpoint())
    second.recover([{ containerId, state: { kind: 'neverStarted' } }])
    expect(second.effects.filter((effect) => effect.kind === 'start').length).toBe(1)
  })

  test('a task that was told as running is never started again, also when the machine lost its notes', () => {
    const first = new MasterSide()
    first.register()
    const { containerId } = first.launch('t')
    first.step({ kind: 'containerStarted', containerId, pid: 10 })
    const second = new MasterSide(first.checkpoint())
    const { tasks } = second.register([{ containerId, state: { kind: 'neverStarted' } }])
    expect(kinds(second.effects)).not.toContain('start')
    expect(tasks).toMatchObject([{ latestState: 'TASK_FAILED' }])
  })

  test('a task that was to be killed before it was started is not started by the next life', () => {
    const first = new MasterSide()
    first.register()
    const { containerId } = first.launch('t')
    first.kill('t')
    const second = new MasterSide(first.checkpoint())
    const { tasks } = second.register([{ containerId, state: { kind: 'neverStarted' } }])
    expect(kinds(second.effects)).not.toContain('start')
    expect(tasks).toMatchObject([{ latestState: 'TASK_KILLED' }])
  })

  test('a kill that was promised before a crash is kept by the next life', () => {
    const first = new MasterSide()
    first.register()
    const { containerId } = first.launch('t')
    first.step({ kind: 'containerStarted', containerId, pid: 10 })
    first.kill('t', 1_000)
    const second = new MasterSide(first.checkpoint(), agentConfig, first.nowMs + 5_000)
    second.recover([{ containerId, state: { kind: 'running', pid: 10 } }])
    expect(signals(second.effects)).toEqual(['KILL'])
  })

  test('the end of an earlier task of the same id is still acknowledged', () => {
    const master = new MasterSide()
    master.register()
    const first = master.launch('t')
    master.step({ kind: 'containerStarted', containerId: first.containerId, pid: 10 })
    master.exited(first.containerId)
    const second = master.launch('t')
    for (const state of ['TASK_STARTING', 'TASK_RUNNING', 'TASK_FINISHED']) {
      const run = [...master.core.view.runs()].find((one) => one.containerId === first.containerId)
      const waiting = run?.statuses[run.acknowledged]
      expect(waiting).toMatchObject({ state })
      master.say({ kind: 'acknowledge', frameworkId, taskId: first.taskId, uuid: waiting?.uuid as string })
    }
    expect([...master.stored.runs.keys()]).toEqual([second.containerId])
  })

  test('a launch whose ids could leave their directories is dropped', () => {
    const master = new MasterSide()
    master.register()
    const grant = noGrant
    const bad = [
      [aFramework(), aTask('../../t')],
      [{ ...aFramework(), id: { value: '..' } }, aTask('t')],
    ] as const
    for (const [frameworkInfo, taskInfo] of bad) {
      expect(kinds(master.say({ kind: 'launch', frameworkInfo, taskInfo, grant }))).toEqual(['send'])
    }
    expect(master.stored.runs.size).toBe(0)
  })

  test('an agent refuses tasks that would make its registration too large to be sent', () => {
    const master = new MasterSide()
    master.register()
    const data = 'A'.repeat(900_000)
    const ids = Array.from({ length: 60 }, (_, i) => `t${i}`)
    for (const id of ids) {
      master.say({
        kind: 'launch',
        frameworkInfo: aFramework(),
        taskInfo: aTask(id, { data }),
        grant: noGrant,
      })
    }
    const refused = ids.filter((id) => master.states(id).includes('TASK_FAILED'))
    expect(refused.length).toBeGreaterThan(20)
    expect(refused.length).toBeLessThan(40)
    const message = master.reconnect()
    expect(message.tasks.length).toBe(60)
    const frame = { v: 1, session: 's' as SessionId, epoch: 0, seq: 0, ack: 0, message } as const
    expect(encodeUpFrame(frame).ok).toBe(true)
  })

  test('a launch told twice starts one container', () => {
    const master = new MasterSide()
    master.register()
    master.launch('t')
    const message = {
      kind: 'launch',
      frameworkInfo: aFramework(),
      taskInfo: aTask('t'),
      grant: noGrant,
    } as const
    expect(kinds(master.say(message))).not.toContain('start')
  })

  test('nothing is sent to a master while there is no session, and everything is told by the next registration', () => {
    const master = new MasterSide()
    master.register()
    const { containerId } = master.launch('t')
    master.step({ kind: 'linkDown' })
    expect(kinds(master.step({ kind: 'containerStarted', containerId, pid: 10 }))).not.toContain('send')
    expect(kinds(master.pass(60_000))).not.toContain('send')
    expect(master.reconnect().tasks).toMatchObject([{ latestState: 'TASK_RUNNING' }])
  })

  test('an event about a container that is not known changes nothing', () => {
    const master = new MasterSide()
    master.register()
    expect(kinds(master.exited('nobody' as ContainerId))).toEqual([])
    expect(kinds(master.step({ kind: 'containerStarted', containerId: 'nobody' as ContainerId, pid: 1 }))).toEqual([])
  })
})
