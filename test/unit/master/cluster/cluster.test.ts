// The cluster as a whole under everything a rack can do to it: links that break unnoticed, frames that come late, twice
// and from ended sessions, masters that die, schedulers that come and go. Whatever happens, nothing is given away twice
// (the harness looks after every step), and once all is well again master and agents agree.

import { expect, test } from 'vitest'
import type { TaskStatus } from '../../../../src/mesos/types.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { type TestAgent, TestCluster, type TestScheduler } from '../../../support/cluster-harness.ts'
import { aTaskInfo, scalars } from '../../../support/scheduler.ts'

const terminal = ['TASK_FINISHED', 'TASK_FAILED', 'TASK_KILLED']

type Story = {
  readonly rack: TestCluster
  readonly agents: readonly TestAgent[]
  readonly frameworks: readonly TestScheduler[]
  /** Terminal statuses that were acknowledged, by task: the uuids. */
  readonly ends: Map<string, Set<string>>
  tasks: number
}

function acknowledge(story: Story, framework: TestScheduler, status: TaskStatus): void {
  if (status.uuid !== undefined && terminal.includes(status.state)) {
    const key = status.task_id.value
    story.ends.set(key, (story.ends.get(key) ?? new Set()).add(`${status.uuid}`))
  }
  framework.acknowledge(status)
}

type Chances = ReturnType<typeof seededRandom>

function oneOf<T>(items: readonly T[], random: Chances): T | undefined {
  return items.length === 0 ? undefined : items[random.below(items.length)]
}

/** What goes wrong in a rack. */
function disturb({ rack, agents, frameworks }: Story, random: Chances): void {
  const agent = oneOf(agents, random) as TestAgent
  const framework = oneOf(frameworks, random) as TestScheduler
  switch (random.below(9)) {
    case 0:
      return agent.cut()
    case 1:
      return agent.lose()
    case 2:
      return agent.connect()
    case 3:
      agent.isDeaf = true
      return
    case 4: {
      // A frame that the carrier kept back, or a registration that it delayed past the end of its connection.
      const frame = oneOf(agent.said, random)
      if (frame !== undefined) rack.step({ kind: 'agentFrame', uid: agent.uid, frame })
      return
    }
    case 5: {
      const old = oneOf(
        agent.said.filter((frame) => frame.message?.kind === 'register'),
        random,
      )
      if (old === undefined) return
      return void rack.step({ kind: 'agentFrame', uid: agent.uid, frame: { ...old, session: rack.newId() } })
    }
    case 6:
      return random.below(3) === 0 ? rack.restartMaster() : undefined
    case 7:
      return framework.close()
    default:
      return rack.pass(90_000)
  }
}

/** What happens anyway: offers are used, tasks run and end, statuses are acknowledged, who was cut comes back. */
function work(story: Story, random: Chances): void {
  const { rack, agents, frameworks } = story
  const agent = oneOf(agents, random) as TestAgent
  const framework = oneOf(frameworks, random) as TestScheduler
  switch (random.below(8)) {
    case 0:
      agent.isDeaf = false
      return agent.session === null ? agent.connect() : undefined
    case 1:
      return framework.streamId === null ? framework.subscribe() : undefined
    case 2:
    case 3: {
      const live = framework.offers.filter(({ id }) => rack.view.offer(id.value as never) !== undefined)
      const offer = oneOf(live, random)
      if (framework.streamId === null || offer === undefined) return
      const resources = scalars({ cpus: 1 + random.below(2), gpus: random.below(2) }).filter((it) => it.scalar?.value)
      const tasks = [1, 2].map(() => aTaskInfo(offer, `t${story.tasks++}`, { resources }))
      return framework.launch(offer, tasks, 0)
    }
    case 4: {
      const live = [...agent.runs].filter(([, run]) => !terminal.includes(run.latestState))
      const run = oneOf(live, random)
      if (run === undefined) return
      if (agent.gone.has(frameworkOf(agent, run[0]))) return end(agent, run[0])
      return agent.update(run[0], random.below(2) === 0 ? 'TASK_RUNNING' : 'TASK_FINISHED')
    }
    case 5: {
      const task = oneOf([...(rack.view.framework(framework.id)?.tasks.keys() ?? [])], random)
      if (framework.streamId === null || task === undefined) return
      if (random.below(6) === 0) return void framework.call({ type: 'TEARDOWN' })
      return framework.kill(task)
    }
    case 6: {
      const status = oneOf(framework.updates().slice(-4), random)
      if (framework.streamId !== null && status !== undefined) acknowledge(story, framework, status)
      return
    }
    default:
      return rack.pass(random.below(3_000))
  }
}

function frameworkOf(agent: TestAgent, taskId: string): string {
  const id = agent.runs.get(taskId)?.launch.frameworkInfo.id as { readonly value: string } | undefined
  return id?.value ?? ''
}

/** An agent tells of the end of a task that nobody will acknowledge, and forgets it once that is on its way. */
function end(agent: TestAgent, taskId: string): void {
  agent.update(taskId, 'TASK_KILLED')
  if (agent.session !== null && !agent.isDeaf) agent.forget(taskId)
}

/** Everybody is there and listens; what was killed ends; what is told is acknowledged. */
function heal(story: Story): void {
  const { rack, agents, frameworks } = story
  for (const framework of frameworks) if (framework.streamId === null) framework.subscribe()
  for (const agent of agents) {
    agent.isDeaf = false
    agent.reconnect()
  }
  for (let round = 0; round < 12; round++) {
    for (const agent of agents) {
      for (const [id, run] of [...agent.runs]) {
        const framework = frameworkOf(agent, id)
        const isKilled =
          agent.heardOf('kill').some(({ taskId }) => taskId === id) ||
          agent.heardOf('shutdownFramework').some(({ frameworkId }) => frameworkId === framework)
        const isOver = terminal.includes(run.latestState)
        if (agent.gone.has(framework)) isOver ? agent.forget(id) : end(agent, id)
        else if (isKilled && !isOver) agent.update(id, 'TASK_KILLED')
        agent.tell(id)
      }
    }
    for (const framework of frameworks) {
      for (const status of framework.updates()) acknowledge(story, framework, status)
      framework.events = []
    }
    rack.pass(5_000)
  }
}

test.each(Array.from({ length: 80 }, (_, i) => i + 1))(
  'seed %i: nothing is given away twice, and in the end all agree',
  (seed) => {
    const random = seededRandom(seed)
    const rack = new TestCluster({ completedFrameworksMax: 3 })
    const options = { resources: { cpus: 4, mem: 4096, gpus: 2 }, gpuUuids: ['g0', 'g1'] }
    const agents = [rack.agent(options), rack.agent(options), rack.agent(options)]
    const capabilities = [{ type: 'MULTI_ROLE' }, { type: 'PARTITION_AWARE' }, { type: 'GPU_RESOURCES' }] as const
    const frameworks = [
      rack.framework({ failover_timeout: 3600, capabilities }),
      rack.framework({
        failover_timeout: 3600,
        capabilities: [...capabilities.slice(0, 1), capabilities[2]],
        checkpoint: false,
      }),
    ]
    const story: Story = { rack, agents, frameworks, ends: new Map(), tasks: 0 }
    for (let i = 0; i < 250; i++) random.below(6) === 0 ? disturb(story, random) : work(story, random)
    heal(story)
    for (const agent of agents) {
      const record = [...rack.view.agents()].find(({ uid }) => uid === agent.uid)
      const believed = [...(record?.tasks.values() ?? [])].map(({ id, latestState }) => `${id} ${latestState}`)
      expect(believed.sort()).toEqual([...agent.runs].map(([id, run]) => `${id} ${run.latestState}`).sort())
      const held = [...(record?.tasks.values() ?? [])].flatMap(({ resources }) => resources)
      const sum = (items: typeof held) =>
        items.reduce((total, it) => total + (it.name === 'cpus' && it.value.kind === 'scalar' ? it.value.milli : 0), 0)
      expect(sum([...(record?.used ?? [])])).toBe(sum(held))
    }
    for (const framework of frameworks) {
      for (const task of rack.view.framework(framework.id)?.tasks.values() ?? []) {
        const told = framework.told.get(task.id) ?? 'TASK_STAGING'
        expect([task.id, ['TASK_STAGING', 'TASK_RUNNING'].includes(told)]).toEqual([task.id, true])
      }
    }
    for (const uuids of story.ends.values()) expect(uuids.size).toBe(1)
  },
)

test('the same inputs give the same effects', () => {
  const trace = () => {
    const rack = new TestCluster()
    const agent = rack.agent()
    const framework = rack.framework()
    framework.run(agent, 't')
    rack.pass(100_000)
    return JSON.stringify(rack.effects, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))
  }
  expect(trace()).toBe(trace())
})

test('effects come as persist, then send, then tell', () => {
  const rack = new TestCluster()
  rack.framework()
  const agent = rack.machine()
  const order = { persist: 0, sendAgent: 1, disconnectAgent: 1 } as const
  const { step } = rack
  rack.step = (input) => {
    const effects = step.call(rack, input)
    const ranks = effects.map(({ kind }) => order[kind as keyof typeof order] ?? 2)
    expect(ranks).toEqual([...ranks].sort())
    return effects
  }
  agent.connect()
  agent.lose()
  rack.pass(80_000)
  agent.connect()
  rack.pass(1_000)
})
