import { describe, expect, test } from 'vitest'
import { noWish } from '../../../../src/master/placement/wish.ts'
import type { Condition } from '../../../../src/model/health.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { type TestAgent, TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { parseResources } from '../../../support/resource-text.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

/** Each group as `code count: text; changes`. */
function reasons(cluster: TestCluster, of: TestScheduler, wanted = '', agent: TestAgent | null = null): string[] {
  return (answerFor(cluster, of, wanted, agent)?.groups ?? []).map(
    ({ code, count, changes }) => `${count} ${code}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}`,
  )
}

function answerFor(cluster: TestCluster, of: TestScheduler, wanted: string, agent: TestAgent | null = null) {
  return cluster.view.why({
    frameworkId: of.id,
    role: of.info.roles?.[0] ?? '*',
    agentId: agent?.agentId ?? null,
    wanted: parseResources(wanted),
    wish: noWish,
  })
}

const ownDisk = { source: { type: 'MOUNT', mount: { root: '/mnt' } } } as const

const sick = (id: string): Condition => ({
  code: 'GPU_FAILED',
  part: { kind: 'gpu', name: '0000:3b:00.0', id },
  severity: 'critical',
  sinceMs: null,
  evidence: [],
})

describe('each machine has the first reason that holds', () => {
  test('offered, or refused until when', () => {
    const cluster = new TestCluster()
    cluster.agent()
    const framework = cluster.framework()
    expect(reasons(cluster, framework)).toEqual(['1 hasOffer'])
    framework.decline(framework.offer, 30)
    cluster.pass(10_000)
    expect(reasons(cluster, framework)).toEqual(['1 filter: filter ends in 20 s'])
    framework.call({ type: 'SUPPRESS' })
    expect(reasons(cluster, framework)).toEqual(['1 suppressed: it calls REVIVE'])
  })

  test('refused for ever says that only REVIVE ends it', () => {
    const cluster = new TestCluster()
    cluster.agent()
    const framework = cluster.framework()
    framework.decline(framework.offer, 1e9)
    expect(reasons(cluster, framework)).toEqual(['1 filter: the framework calls REVIVE'])
  })

  test('out of reach, taken out, not listed', () => {
    const cluster = new TestCluster()
    const [broken, out] = [cluster.agent({ hostname: 'a' }), cluster.agent({ hostname: 'b' }), cluster.agent()]
    const framework = cluster.framework()
    broken?.cut()
    cluster.request((requestId) => ({
      kind: 'setAgentActivity',
      requestId,
      agentId: out?.agentId as AgentId,
      isActive: false,
    }))
    cluster.step({ kind: 'whitelist', hostnames: new Set(['a', 'b']) })
    expect(reasons(cluster, framework).sort()).toEqual([
      '1 deactivated: an operator reactivates it',
      '1 disconnected: the agent comes back',
      '1 notOnWhitelist: an operator lists it',
    ])
  })

  test('being emptied, and empty', () => {
    const cluster = new TestCluster()
    const agent = cluster.agent()
    const holder = cluster.framework({ name: 'holder' })
    holder.launch(holder.offer, [aTaskInfo(holder.offer, 't')])
    const framework = cluster.framework()
    const agentId = agent.agentId as AgentId
    cluster.request((requestId) => ({ kind: 'drainAgent', requestId, agentId, maxGraceMs: null, markGone: false }))
    expect(reasons(cluster, framework)).toEqual(['1 draining: an operator reactivates it once it is drained'])
    agent.update('t', 'TASK_KILLED')
    holder.acknowledge(holder.update('t'))
    expect(reasons(cluster, framework)).toEqual(['1 drained: an operator reactivates it'])
  })

  test('held by others, with who they are', () => {
    const cluster = new TestCluster()
    cluster.agent({ hostname: 'n1' })
    const holder = cluster.framework({ name: 'holder', roles: ['h'] })
    const framework = cluster.framework()
    expect(answerFor(cluster, framework, 'cpus:1')?.groups).toMatchObject([
      { code: 'nothingFree', holders: [{ framework: 'holder', role: 'h', machines: 1 }] },
    ])
    expect(answerFor(cluster, framework, 'cpus:1')?.sentence).toMatch(/all of it is held; held by holder \(role h\)/)
    holder.launch(holder.offer, [aTaskInfo(holder.offer, 't', { resources: scalars({ cpus: 3 }) })], 0)
    framework.call({ type: 'SUPPRESS' })
    framework.call({ type: 'REVIVE' })
    cluster.pass(2_000)
    expect(reasons(cluster, framework, 'cpus:2')[0]).toMatch(/^1 (busy|nothingFree)/)
  })

  test('held by a task that still ends after its framework is gone, and not sick', () => {
    const cluster = new TestCluster()
    cluster.agent()
    const gone = cluster.framework()
    gone.launch(gone.offer, [aTaskInfo(gone.offer, 't', { resources: scalars({ cpus: 3 }) })])
    gone.call({ type: 'TEARDOWN' })
    const framework = cluster.framework()
    expect(reasons(cluster, framework, 'cpus:2')).toEqual(['1 nothingFree'])
  })

  test('excluded by constraints, by a missing capability', () => {
    const cluster = new TestCluster()
    cluster.agent({ resources: { cpus: 4, gpus: 1, mem: 1024 }, gpuUuids: ['g'] })
    const framework = cluster.framework()
    expect(reasons(cluster, framework)).toEqual(['1 capability'])
    const isIn = { selector: { attribute_name: 'rack' }, predicate: { exists: {} } }
    const constrained = cluster.framework(
      { capabilities: [{ type: 'MULTI_ROLE' }, { type: 'GPU_RESOURCES' }] },
      { offer_constraints: { role_constraints: { test: { groups: [{ attribute_constraints: [isIn] }] } } } },
    )
    expect(reasons(cluster, constrained)).toEqual(['1 constraint'])
  })

  test('too small, or large enough only with its sick part', () => {
    const cluster = new TestCluster()
    const agent = cluster.agent({
      hostname: 'n7',
      resources: { cpus: 4, gpus: 2, mem: 1024 },
      gpuUuids: ['g0', 'g1'],
    })
    const framework = cluster.framework({ capabilities: [{ type: 'MULTI_ROLE' }, { type: 'GPU_RESOURCES' }] })
    expect(reasons(cluster, framework, 'gpus:3')).toEqual(['1 tooSmall'])
    expect(answerFor(cluster, framework, 'gpus:3')?.sentence).toBe('asked 3 gpus; the largest machine has 2')
    agent.say({ kind: 'machineHealth', conditions: [sick('g1')] })
    cluster.settle()
    expect(reasons(cluster, framework, 'gpus:2')).toEqual(['1 sick: would fit on n7 if 0000:3b:00.0 were healthy'])
    expect(reasons(cluster, framework, 'gpus:1')).toEqual(['1 hasOffer'])
  })

  test('too small, whatever there is as disks of their own', () => {
    const cluster = new TestCluster()
    const mount = { name: 'disk', type: 'SCALAR', scalar: { value: 100_000 }, disk: ownDisk } as const
    cluster.agent({ resourceMessages: [...scalars({ cpus: 4, mem: 1024, disk: 1000 }), mount] })
    cluster.agent({ resourceMessages: [...scalars({ cpus: 4, mem: 1024 }), mount] })
    const framework = cluster.framework()
    expect(answerFor(cluster, framework, 'disk:50000')).toMatchObject({
      groups: [
        { code: 'tooSmall', text: 'it has too little disk: the rest is there only as disks or volumes of their own' },
        { code: 'tooSmall', text: 'it has disk only as disks or volumes of their own' },
      ],
      sentence:
        'asked 50000 MiB of disk; the largest machine has 1000 MiB, and more only as disks or volumes of their own',
    })
    expect(answerFor(cluster, framework, 'disk:500000')?.sentence).toBe(
      'asked 500000 MiB of disk; the largest machine has 1000 MiB',
    )
  })

  test('large enough only with what is reserved for others, though nobody holds it', () => {
    const cluster = new TestCluster()
    const reservations = [{ type: 'STATIC', role: 'x' }] as const
    const reserved = { name: 'cpus', type: 'SCALAR', scalar: { value: 3 }, reservations } as const
    cluster.agent({ resourceMessages: [...scalars({ cpus: 1, mem: 1024 }), reserved] as never })
    const framework = cluster.framework()
    framework.decline(framework.offer, 0)
    expect(answerFor(cluster, framework, 'cpus:2')?.groups).toMatchObject([
      { code: 'reserved', text: 'too much of it is reserved for x', holders: [] },
    ])
  })

  test('at the limit of its quota, though a smaller offer was refused before', () => {
    const cluster = new TestCluster()
    cluster.agent()
    const quota_configs = [{ role: 'test', limits: { cpus: { value: 1 } } }]
    cluster.request((requestId) => ({
      kind: 'updateQuota',
      requestId,
      configs: quota_configs,
      force: false,
      legacy: null,
    }))
    const framework = cluster.framework()
    framework.decline(framework.offer, 30)
    const answer = answerFor(cluster, framework, 'cpus:2')
    expect(answer?.sentence).toMatch(/role test has what its quota allows of cpus; the limit of test is raised/)
    expect(answerFor(cluster, framework, 'cpus:1')?.groups).toMatchObject([{ code: 'filter' }])
  })

  test('for a gang that waits: whether it could be a member, though nothing is offered unasked', () => {
    const cluster = new TestCluster()
    cluster.agent()
    const framework = cluster.framework({}, { suppressed_roles: ['test'] })
    const request = { resources: scalars({ cpus: 3 }), gang: { id: 'g', count: 2, hold_seconds: 0 } }
    framework.call({ type: 'REQUEST', request: { requests: [request] } })
    expect(answerFor(cluster, framework, 'cpus:3')?.groups).toMatchObject([
      { code: 'offerable', count: 1, text: "it could be a member of gang 'g'" },
    ])
  })

  test('one machine alone', () => {
    const cluster = new TestCluster()
    const [, second] = [cluster.agent(), cluster.agent()]
    const framework = cluster.framework()
    expect(reasons(cluster, framework, '', second)).toEqual(['1 hasOffer'])
  })
})

describe('in one sentence', () => {
  test('nobody is there, or connected', () => {
    const cluster = new TestCluster()
    const framework = cluster.framework()
    expect(answerFor(cluster, framework, 'cpus:1')?.sentence).toBe('no agent is registered')
    cluster.agent().cut()
    expect(answerFor(cluster, framework, 'cpus:1')?.sentence).toBe('none of the 1 registered agents is connected')
  })

  test('no machine is large enough', () => {
    const cluster = new TestCluster()
    cluster.agent({ resources: { cpus: 8, mem: 64 } })
    cluster.agent({ resources: { cpus: 1, mem: 4096 } })
    const framework = cluster.framework()
    const sentence = (wanted: string) => answerFor(cluster, framework, wanted)?.sentence
    expect(sentence('cpus:64')).toBe('asked 64 cpus; the largest machine has 8')
    expect(sentence('gpus:1')).toBe('asked 1 gpus; no machine has any')
    expect(sentence('mem:1048576')).toMatch(/^asked 1048576 MiB of mem; the largest machine has \d+ MiB$/)
    expect(sentence('cpus:4;mem:1024')).toMatch(/^no machine has all of .* together$/)
    expect(sentence('cpus:4')).toBeNull()
  })
})

test('an unknown framework is answered with nothing', () => {
  const cluster = new TestCluster()
  const asked = { frameworkId: 'x' as never, role: 'r', agentId: null, wanted: [], wish: noWish }
  expect(cluster.view.why(asked)).toBeNull()
})
