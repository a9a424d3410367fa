import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newsLoggedMax } from '../../../../src/master/cluster/machine-health.ts'
import type { Resource } from '../../../../src/mesos/types.ts'
import type { AgentId } from '../../../../src/model/ids.ts'
import { scalarTotal } from '../../../../src/model/resources.ts'
import type { MesosJson } from '../../../../src/wire/messages.ts'
import { TestCluster } from '../../../support/cluster-harness.ts'
import { aCondition } from '../../../support/hardware.ts'
import { aMachine, someGpus } from '../../../support/placement-machines.ts'
import { amount, aTaskInfo, scalars } from '../../../support/scheduler.ts'

const eightGpus = aMachine({ gpus: someGpus(8) })
const capabilities = ['MULTI_ROLE', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT', 'GPU_RESOURCES'] as const
const withGpus = { capabilities: capabilities.map((type) => ({ type })) }
const resources = { cpus: 16, mem: 32 * 1024, gpus: 8 }
const lostGpu = aCondition('GPU_FAILED', 'gpu', 'GPU-3', { id: 'GPU-3' })

function aRack(options: object = { hardware: eightGpus, resources }) {
  const rack = new TestCluster()
  const agent = rack.agent(options)
  const framework = rack.framework(withGpus)
  return { rack, agent, framework }
}

const offered = (of: { readonly offer: { readonly resources?: readonly Resource[] | undefined } }, name: string) =>
  amount(of.offer.resources, name)

describe('a GPU that failed', () => {
  test('leaves the offers alone: its neighbours are offered, and it comes back when it is well', () => {
    const { rack, agent, framework } = aRack()
    expect(offered(framework, 'gpus')).toBe(8)
    agent.ails(lostGpu)
    expect(framework.all('RESCIND')).toHaveLength(1)
    rack.pass(1_000)
    expect([offered(framework, 'gpus'), offered(framework, 'cpus')]).toEqual([7, 16])
    agent.ails()
    framework.decline(framework.offer, 0)
    rack.pass(10_000)
    expect(offered(framework, 'gpus')).toBe(8)
  })

  test('stays away from offers that were refused for a long time, and ends no filter', () => {
    const { rack, agent, framework } = aRack()
    framework.decline(framework.offer, 3_600)
    agent.ails(lostGpu)
    rack.pass(20_000)
    expect(framework.offers).toHaveLength(1)
    agent.ails()
    rack.pass(20_000)
    expect(framework.offers).toHaveLength(1)
  })

  test('is nobody else’s when the task that had it ends', () => {
    const { rack, agent, framework } = aRack()
    const labels = { labels: [{ key: 'tepui.gpus', value: 'GPU-3' }] }
    framework.run(agent, 't', { resources: scalars({ cpus: 1, mem: 64, gpus: 1 }), labels })
    expect(offered(framework, 'gpus')).toBe(7)
    const offersBefore = framework.offers.length
    agent.ails(lostGpu)
    // All that is on offer is well, so that nothing is taken back.
    expect(framework.all('RESCIND')).toHaveLength(0)
    expect(framework.offers).toHaveLength(offersBefore)
    agent.update('t', 'TASK_FINISHED')
    framework.acknowledge(framework.update('t'))
    framework.decline(framework.offer, 0)
    rack.pass(10_000)
    expect([offered(framework, 'gpus'), offered(framework, 'cpus')]).toEqual([7, 16])
  })

  test('takes back no more offers than it must', () => {
    const { rack, agent, framework } = aRack()
    framework.launch(
      framework.offer,
      [aTaskInfo(framework.offer, 't', { resources: scalars({ gpus: 4, cpus: 8 }) })],
      0,
    )
    rack.pass(10_000)
    const other = rack.framework(withGpus)
    // What `t` had comes free and goes to the other one: two offers of four GPUs.
    agent.update('t', 'TASK_FINISHED')
    rack.pass(10_000)
    expect([offered(framework, 'gpus'), offered(other, 'gpus')]).toEqual([4, 4])
    agent.ails(lostGpu)
    expect(framework.all('RESCIND').length + other.all('RESCIND').length).toBe(1)
  })

  test('is not granted, and a task that names it is told why', () => {
    const { rack, agent, framework } = aRack()
    agent.ails(lostGpu)
    rack.pass(1_000)
    const labels = { labels: [{ key: 'tepui.gpus', value: 'GPU-3' }] }
    framework.launch(framework.offer, [
      aTaskInfo(framework.offer, 'all', { resources: scalars({ cpus: 1, gpus: 6 }) }),
      aTaskInfo(framework.offer, 'it', { resources: scalars({ cpus: 1, gpus: 1 }), labels }),
    ])
    expect(framework.update('it')).toMatchObject({ state: 'TASK_ERROR', reason: 'REASON_TASK_INVALID' })
    expect(framework.update('it').message).toMatch(/GPU-3/)
    expect(agent.runs.get('all')?.launch.grant.gpuUuids).not.toContain('GPU-3')
  })

  test('with more GPUs than are offered, costs none while enough are well', () => {
    const { rack, agent, framework } = aRack({ hardware: eightGpus, resources: { cpus: 4, mem: 1024, gpus: 6 } })
    agent.ails(lostGpu, aCondition('GPU_FAILED', 'gpu', 'GPU-4'))
    expect(framework.all('RESCIND')).toHaveLength(0)
    agent.ails(lostGpu, aCondition('GPU_FAILED', 'gpu', 'GPU-4'), aCondition('GPU_FAILED', 'gpu', 'GPU-5'))
    rack.pass(1_000)
    expect(offered(framework, 'gpus')).toBe(5)
  })

  test('takes what nobody reserved before what somebody did', () => {
    const reservations = [{ type: 'STATIC', role: 'other' }]
    const half = scalars({ cpus: 4, mem: 1024, gpus: 4 })
    const messages = [...half, ...half.map((item) => ({ ...item, reservations }))] as never
    const { rack, agent, framework } = aRack({ hardware: eightGpus, resourceMessages: messages })
    const owner = rack.framework({ ...withGpus, roles: ['other'] })
    rack.pass(1_000)
    agent.ails(lostGpu, aCondition('GPU_FAILED', 'gpu', 'GPU-4'))
    rack.pass(10_000)
    expect([offered(framework, 'gpus'), offered(owner, 'gpus')]).toEqual([2, 4])
  })

  test('its instances leave with it', () => {
    const hardware = aMachine({ gpus: someGpus(2, { cut: { 0: 7, 1: 7 } }) })
    const { rack, agent, framework } = aRack({ hardware, resources: { cpus: 8, mem: 1024, 'gpu-1g.10gb': 14 } })
    expect(offered(framework, 'gpu-1g.10gb')).toBe(14)
    agent.ails(aCondition('GPU_UNCORRECTED_ERRORS', 'gpu', 'GPU-1'))
    rack.pass(1_000)
    expect(offered(framework, 'gpu-1g.10gb')).toBe(7)
  })
})

describe('other parts', () => {
  test.each<[string, ReturnType<typeof aCondition>, Record<string, number>, Record<string, number>]>([
    ['a package', aCondition('CPU_MACHINE_CHECK', 'cpu', 'package 1'), { cpus: 16 }, { cpus: 8 }],
    ['a core', aCondition('CPU_MACHINE_CHECK', 'core', 'CPU 2'), { cpus: 16 }, { cpus: 14 }],
    ['a core of a machine that offers few', aCondition('CPU_MACHINE_CHECK', 'core', 'CPU 2'), { cpus: 4 }, { cpus: 4 }],
    [
      'a core of one that offers twice what it has',
      aCondition('CPU_MACHINE_CHECK', 'core', 'CPU 2'),
      { cpus: 32 },
      { cpus: 28 },
    ],
    [
      'a node',
      aCondition('MEMORY_UNCORRECTED_ERRORS', 'numa-node', 'node 0'),
      { cpus: 16, mem: 32768 },
      { cpus: 8, mem: 16384 },
    ],
  ])('%s takes its amount', (_what, condition, has, leaves) => {
    const { rack, agent, framework } = aRack({ hardware: aMachine(), resources: { cpus: 1, mem: 1024, ...has } })
    agent.ails(condition)
    rack.pass(1_000)
    for (const [name, value] of Object.entries(leaves)) expect([name, offered(framework, name)]).toEqual([name, value])
  })

  test('a drive takes what is kept on it, and what else there is stays', () => {
    const source = (more: object) => ({ disk: { source: more } })
    const disk = (value: number, more: object) => ({ name: 'disk', type: 'SCALAR', scalar: { value }, ...more })
    const messages = [
      ...scalars({ cpus: 4, mem: 1024, disk: 500 }),
      disk(1000, source({ type: 'MOUNT', mount: { root: '/srv' } })),
      disk(2000, source({ type: 'PATH', path: { root: '/srv/deep' } })),
      disk(4000, source({ type: 'PATH', path: { root: '/srv2' } })),
      disk(8000, source({ type: 'BLOCK', id: 'naa.b' })),
      disk(16000, source({ type: 'BLOCK', id: 'naa.c' })),
    ] as unknown as readonly MesosJson[]
    const mounts = [
      { path: '/', disks: ['sda'], volumes: [], isSystem: true },
      { path: '/srv', disks: ['sdb'], volumes: [], isSystem: false },
    ]
    const facts = { serial: null, sizeBytes: null, rotational: null, node: null, pciAddress: null }
    const disks = ['a', 'b', 'c'].map((it) => ({ ...facts, name: `sd${it}`, resourceId: `naa.${it}` }))
    const hardware = { ...aMachine(), disks, mounts }
    const { rack, agent, framework } = aRack({ hardware, resourceMessages: messages })
    expect(offered(framework, 'disk')).toBe(31_500)
    agent.ails(aCondition('DISK_FAILING', 'disk', 'sdb'))
    rack.pass(1_000)
    expect(offered(framework, 'disk')).toBe(20_500)
    agent.ails()
    framework.decline(framework.offer, 0)
    rack.pass(10_000)
    expect(offered(framework, 'disk')).toBe(31_500)
  })

  test('what cannot be narrowed takes the machine, and gives it back', () => {
    const { rack, agent, framework } = aRack()
    agent.ails(aCondition('MEMORY_UNCORRECTED_ERRORS', 'dimm', 'DIMM_A1'))
    expect(framework.all('RESCIND')).toHaveLength(1)
    expect(rack.view.agent(agent.agentId as AgentId)?.sickMachine).toBe('MEMORY_UNCORRECTED_ERRORS DIMM_A1')
    rack.pass(20_000)
    expect(framework.offers).toHaveLength(1)
    agent.ails(lostGpu)
    rack.pass(10_000)
    expect(offered(framework, 'gpus')).toBe(7)
  })
})

/** Parts fall sick and get well while tasks come and go and links break; the harness checks every step. */
test('whatever happens, no sick part is given away, and all of the machine is offered once it is well and idle', () => {
  const gpus = fc.subarray([0, 1, 2, 3, 4, 5, 6, 7])
  const action = fc.oneof(
    gpus.map((sick) => ({ kind: 'ails', sick }) as const),
    fc.record({ kind: fc.constant('launch' as const), gpus: fc.integer({ min: 0, max: 3 }), cores: fc.boolean() }),
    fc.constantFrom({ kind: 'finish' } as const, { kind: 'decline' } as const, { kind: 'relink' } as const),
    fc.constant({ kind: 'restart' } as const),
  )
  const play = (actions: readonly (typeof action extends fc.Arbitrary<infer A> ? A : never)[]) => {
    const { rack, agent, framework } = aRack()
    const open = () => framework.offers.findLast((it) => rack.view.offer(it.id.value as never) !== undefined)
    const finish = (taskId: string) => {
      if (agent.runs.get(taskId)?.latestState !== 'TASK_RUNNING') agent.update(taskId, 'TASK_RUNNING')
      agent.update(taskId, 'TASK_FINISHED')
      while (agent.runs.has(taskId)) framework.acknowledge(framework.update(taskId))
    }
    for (const [i, it] of actions.entries()) {
      const offer = open()
      if (it.kind === 'ails') {
        agent.ails(...it.sick.map((gpu) => aCondition('GPU_FAILED', 'gpu', `GPU-${gpu}`)))
      } else if (it.kind === 'launch' && offer !== undefined) {
        const has = scalars({ cpus: 2, mem: 64, ...(it.gpus === 0 ? {} : { gpus: it.gpus }) })
        const labels = { labels: it.cores ? [{ key: 'tepui.cpus', value: 'cores' }] : [] }
        framework.launch(offer, [aTaskInfo(offer, `t${i}`, { resources: has, labels })], 0)
      } else if (it.kind === 'finish') {
        for (const taskId of [...agent.runs.keys()].slice(0, 1)) finish(taskId)
      } else if (it.kind === 'decline' && offer !== undefined) framework.decline(offer, 0)
      else if (it.kind === 'relink') agent.reconnect()
      else if (it.kind === 'restart') {
        rack.restartMaster()
        agent.connect()
        framework.subscribe()
      }
      rack.pass(2_000)
    }
    for (const taskId of [...agent.runs.keys()]) finish(taskId)
    agent.ails()
    for (let offer = open(); offer !== undefined; offer = open()) framework.decline(offer, 0)
    rack.pass(20_000)
    expect([offered(framework, 'gpus'), offered(framework, 'cpus'), offered(framework, 'mem')]).toEqual([8, 16, 32_768])
  }
  fc.assert(fc.property(fc.array(action, { maxLength: 25 }), play), { numRuns: 60 })
})

describe('what is sick', () => {
  test('is logged part by part, and of very many the number', () => {
    const { rack, agent } = aRack()
    agent.ails(...Array.from({ length: 500 }, (_, i) => aCondition('GPU_FAILED', 'gpu', `GPU-x${i}`)))
    agent.ails()
    for (const event of ['health.appeared', 'health.cleared']) expect(rack.logged.get(event)).toBe(newsLoggedMax + 1)
  })

  test('is so at the registration, over a broken link and for the next master', () => {
    const { rack, agent, framework } = aRack({ hardware: eightGpus, resources, conditions: [lostGpu] })
    expect(framework.offers.map((offer) => amount(offer.resources, 'gpus'))).toEqual([7])
    agent.reconnect()
    rack.pass(10_000)
    expect(offered(framework, 'gpus')).toBe(7)
    rack.restartMaster()
    agent.connect()
    framework.subscribe()
    rack.pass(10_000)
    expect(offered(framework, 'gpus')).toBe(7)
    agent.change({ conditions: [] })
    framework.decline(framework.offer, 0)
    agent.reconnect()
    rack.pass(10_000)
    expect(offered(framework, 'gpus')).toBe(8)
    expect(scalarTotal(rack.view.agent(agent.agentId as AgentId)?.total ?? [], 'gpus')).toBe(8_000)
  })

  test('may become another part without a moment in which both are offered', () => {
    const { rack, agent, framework } = aRack()
    agent.ails(lostGpu)
    rack.pass(1_000)
    agent.ails(aCondition('GPU_FAILED', 'gpu', 'GPU-4'))
    rack.pass(10_000)
    const labels = { labels: [{ key: 'tepui.gpus', value: 'GPU-4' }] }
    framework.launch(framework.offer, [
      aTaskInfo(framework.offer, 't', { resources: scalars({ cpus: 1, gpus: 1 }), labels }),
    ])
    expect(framework.update('t').state).toBe('TASK_ERROR')
  })
})

describe('a machine whose only GPU is out of the offers for now stays kept for those who need GPUs', () => {
  const oneGpu = { hardware: aMachine({ gpus: someGpus(1) }), resources: { cpus: 16, mem: 32 * 1024, gpus: 1 } }

  test('while it is sick', () => {
    const { rack, agent, framework } = aRack({
      ...oneGpu,
      conditions: [aCondition('GPU_FAILED', 'gpu', 'GPU-0', { id: 'GPU-0' })],
    })
    expect([offered(framework, 'gpus'), offered(framework, 'cpus')]).toEqual([0, 16])
    const plain = rack.framework()
    framework.decline(framework.offer, 3_600)
    rack.pass(10_000)
    expect(plain.offers).toEqual([])
    agent.reconnect()
    rack.pass(10_000)
    expect(plain.offers).toEqual([])
  })

  test('while a task of a framework that was torn down still ends', () => {
    const { rack, agent, framework } = aRack(oneGpu)
    framework.run(agent, 't', { resources: scalars({ cpus: 1, mem: 64, gpus: 1 }) })
    framework.call({ type: 'TEARDOWN' })
    const plain = rack.framework()
    rack.pass(10_000)
    expect(plain.offers).toEqual([])
    const other = rack.framework(withGpus)
    rack.pass(1_000)
    expect([offered(other, 'gpus'), offered(other, 'cpus')]).toEqual([0, 15])
  })
})
