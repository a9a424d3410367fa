import { describe, expect, test } from 'vitest'
import type { Wish } from '../../../../src/master/placement/types.ts'
import { noWish } from '../../../../src/master/placement/wish.ts'
import type { Hardware } from '../../../../src/model/hardware.ts'
import type { Condition } from '../../../../src/model/health.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { type TestAgent, TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { aCondition, gpuNamed } from '../../../support/hardware.ts'
import { aMachine } from '../../../support/placement-machines.ts'
import { pick } from '../../../support/placement-workload.ts'
import { parseResources } from '../../../support/resource-text.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

/** Each group as `code count: text; changes`. */
function reasons(cluster: TestCluster, of: TestScheduler, wanted = '', agent: TestAgent | null = null): string[] {
  return (answerFor(cluster, of, wanted, agent)?.groups ?? []).map(
    ({ code, count, changes }) => `${count} ${code}${changes.length === 0 ? '' : `: ${changes.join(', ')}`}`,
  )
}

function answerFor(
  cluster: TestCluster,
  of: TestScheduler,
  wanted: string,
  agent: TestAgent | null = null,
  wish = noWish,
) {
  return cluster.view.why({
    frameworkId: of.id,
    role: of.info.roles?.[0] ?? '*',
    agentId: agent?.agentId ?? null,
    wanted: parseResources(wanted),
    wish,
  })
}

const labelOf = ([key, value]: readonly [string, string]) => ({ key, value })

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

describe('a machine with sick parts', () => {
  const gpuAt = (at: number) => aCondition('GPU_FAILED', 'gpu', `0000:0${at}:00.0`, { id: `g${at}` })
  const badPort = aCondition('NIC_LINK_DOWN', 'nic', 'eth9')
  const capabilities = [{ type: 'MULTI_ROLE' }, { type: 'GPU_RESOURCES' }] as const

  /** Of its four GPUs the holder has g0 and g1. */
  function rackOf(hardware: Hardware = aMachine({ gpus: ['g0', 'g1', 'g2', 'g3'].map(gpuNamed) })) {
    const cluster = new TestCluster()
    const agent = cluster.agent({ hostname: 'n1', resources: { cpus: 16, mem: 8192, gpus: 4 }, hardware })
    const holder = cluster.framework({ roles: ['h'], name: 'holder', capabilities: [...capabilities] })
    const labels = { labels: [{ key: 'tepui.gpus', value: 'g0,g1' }] }
    const task = aTaskInfo(holder.offer, 't', { resources: scalars({ cpus: 1, mem: 10, gpus: 2 }), labels })
    holder.launch(holder.offer, [task], 1e6)
    const framework = cluster.framework({ roles: ['r'], capabilities: [...capabilities] })
    return { cluster, agent, holder, framework }
  }

  test('would fit if those were healthy that it lacks, and no others', () => {
    const { cluster, agent, framework } = rackOf()
    agent.ails(badPort, gpuAt(2))
    expect(reasons(cluster, framework, 'gpus:2')).toEqual(['1 sick: would fit on n1 if 0000:02:00.0 were healthy'])
    agent.ails(badPort, gpuAt(2), gpuAt(3))
    expect(reasons(cluster, framework, 'gpus:1')).toEqual(['1 sick: would fit on n1 if 0000:02:00.0 were healthy'])
    expect(reasons(cluster, framework, 'gpus:2')).toEqual([
      '1 sick: would fit on n1 if 0000:02:00.0, 0000:03:00.0 were healthy',
    ])
  })

  test('is held by others where it would not fit with all of it healthy, and what is sick is said besides', () => {
    const { cluster, agent, framework } = rackOf()
    framework.decline(framework.offer, 1e6)
    agent.ails(gpuAt(2), badPort)
    expect(answerFor(cluster, framework, 'gpus:4')?.groups).toEqual([
      {
        code: 'busy',
        text: 'too much of it is held by others or by itself, and parts of it are sick',
        count: 1,
        machines: ['n1'],
        changes: ['n1: 0000:02:00.0 would have to be healthy as well'],
        holders: [{ framework: 'holder', role: 'h', machines: 1 }],
      },
    ])
    expect(answerFor(cluster, framework, 'gpus:3')?.groups).toMatchObject([
      { text: 'too much of it is held by others or by itself', changes: [] },
    ])
  })

  test('that is well again is to be had for an offer of a part of it', () => {
    const { cluster, agent, framework } = rackOf()
    agent.ails(gpuAt(2))
    expect(reasons(cluster, framework, 'gpus:1')).toEqual(['1 hasOffer'])
    agent.ails()
    expect(reasons(cluster, framework, 'gpus:2;cpus:1')).toEqual(['1 busy: it declines that offer'])
  })

  test('that would not be placed with all of it healthy is not said to fit', () => {
    const cluster = new TestCluster()
    const agent = cluster.agent({ resources: { cpus: 8, mem: 8192 }, hardware: aMachine({ threadsPerCore: 1 }) })
    const holder = cluster.framework({ roles: ['h'], name: 'holder' })
    const { offer } = holder
    const tasks = ['0', '1'].map((node) => {
      const wish = { labels: Object.entries({ 'tepui.cpus': 'cores', 'tepui.numa': node }).map(labelOf) }
      return aTaskInfo(offer, `on${node}`, { resources: scalars({ cpus: 1 }), labels: wish })
    })
    holder.launch(offer, tasks, 1e6)
    const framework = cluster.framework({ roles: ['r'] })
    framework.decline(framework.offer, 1e6)
    agent.ails(...[4, 5, 6].map((cpu) => aCondition('CPU_MACHINE_CHECK', 'core', `CPU ${cpu}`)))
    const codes = (numa: Wish['numa']) => {
      const wish = { ...noWish, cpus: 'cores', numa } as const
      return answerFor(cluster, framework, 'cpus:4', null, wish)?.groups.map(({ code, changes }) => [code, ...changes])
    }
    expect(codes('any')).toEqual([['sick', 'would fit on machine if CPU 4 were healthy']])
    expect(codes('single')).toEqual([['busy']])
  })

  test.each([
    ['quota', { gpus: { value: 1 } }, capabilities, 'quotaLimit'],
    ['a missing capability', null, [{ type: 'MULTI_ROLE' }], 'capability'],
  ] as const)('%s comes before what is sick', (_what, limits, capabilities, code) => {
    const cluster = new TestCluster()
    const agent = cluster.agent({ resources: { cpus: 4, mem: 1024, gpus: 2 }, gpuUuids: ['g0', 'g1'] })
    const configs = limits === null ? [] : [{ role: 'r', limits }]
    cluster.request((requestId) => ({ kind: 'updateQuota', requestId, configs, force: false, legacy: null }))
    const framework = cluster.framework({ roles: ['r'], capabilities: [...capabilities] })
    agent.ails(gpuAt(1))
    expect(answerFor(cluster, framework, 'gpus:2')?.groups).toMatchObject([{ code }])
  })
})

test('whatever is said to be sick makes it fit when exactly that is healthy, and nothing does where none is', () => {
  const answers = { fit: 0, not: 0 }
  const machine = aMachine({ nodes: 2, threadsPerCore: 1, gpus: ['g0', 'g1', 'g2', 'g3'].map(gpuNamed) })
  const capabilities = [{ type: 'MULTI_ROLE' }, { type: 'GPU_RESOURCES' }] as const
  for (let seed = 1; seed <= 120; seed++) {
    const random = seededRandom(seed)
    const cluster = new TestCluster()
    cluster.isChecked = false
    const agent = cluster.agent({ hostname: 'n1', resources: { cpus: 8, mem: 8192, gpus: 4 }, hardware: machine })
    const holder = cluster.framework({ roles: ['h'], capabilities: [...capabilities] })
    const labels = { labels: [{ key: 'tepui.cpus', value: pick(random, ['shared', 'cores']) }] }
    const resources = scalars({ cpus: 1 + random.below(3), mem: 2000 * random.below(3), gpus: random.below(3) })
    holder.launch(holder.offer, [aTaskInfo(holder.offer, 't', { resources, labels })], 1e6)
    const framework = cluster.framework({ roles: ['r'], capabilities: [...capabilities] })
    const limits = { gpus: { value: 1 + random.below(4) } }
    const configs = random.below(3) > 0 ? [] : [{ role: 'r', limits }]
    cluster.request((requestId) => ({ kind: 'updateQuota', requestId, configs, force: true, legacy: null }))
    if (random.below(2) === 0 && framework.offers.length > 0) framework.decline(framework.offer, 1e6)
    const sick = [
      ...[0, 1, 2, 3].map((at) => aCondition('GPU_FAILED', 'gpu', `gpu${at}`, { id: `g${at}` })),
      ...[0, 3, 4, 7].map((cpu) => aCondition('CPU_MACHINE_CHECK', 'core', `CPU ${cpu}`)),
      aCondition('CPU_MACHINE_CHECK', 'numa-node', `node ${random.below(2)}`),
      aCondition('NIC_LINK_DOWN', 'nic', 'eth9'),
    ].filter(() => random.below(3) === 0)
    agent.ails(...sick)
    const wanted = `cpus:${1 + random.below(7)};mem:${1 + random.below(5000)};gpus:${random.below(4)}`
    const numa = pick(random, ['any', 'single'] as const)
    const ask = () => {
      const wish = { ...noWish, cpus: pick(seededRandom(seed), ['shared', 'cores'] as const), numa }
      const group = answerFor(cluster, framework, wanted, agent, wish)?.groups[0]
      const isOwn = group?.changes[0] === 'it declines that offer'
      return {
        code: isOwn ? 'hasOffer' : group?.code,
        names: /would fit on n1 if (.*) were healthy/.exec(group?.changes[0] ?? '')?.[1],
      }
    }
    const isToBeHad = (code: string | undefined) => code === 'hasOffer' || code === 'offerable'
    const { code, names } = ask()
    if (isToBeHad(code) || code === 'filter' || code === 'placement') continue
    const healed = names?.split(', ')
    agent.ails(...sick.filter(({ part }) => healed !== undefined && !healed.includes(part.name)))
    framework.call({ type: 'REVIVE' })
    const after = ask()
    expect({ seed, wanted, code, names, isFit: isToBeHad(after.code) }).toMatchObject({ isFit: names !== undefined })
    answers[names === undefined ? 'not' : 'fit']++
  }
  expect(Math.min(answers.fit, answers.not)).toBeGreaterThan(15)
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
