// How quickly tasks start: from ACCEPT to TASK_RUNNING as the framework sees it, one at a time and many at once,
// through one master and one agent in processes of their own. TASK_STARTING is what the agent says before it starts the
// process: the time until then is the way through Tepui alone.
//
// Options: --rounds N tasks one after the other (50), --tasks N at once (200).

import { join } from 'node:path'
import { HttpClient } from '../../src/cli/client/http.ts'
import { Subscription } from '../../src/cli/client/scheduler.ts'
import type { Offer, SchedulerEvent, TaskInfo } from '../../src/mesos/types.ts'
import { systemRandom } from '../../src/shell/random.ts'
import { scratchFolder, Tepui } from '../support/command.ts'
import { percentile, type Workload } from './main.ts'

/** More than any machine has, so that only Tepui limits how many tasks start. */
const plenty = 'cpus:10000;mem:10000000'

const taskCpus = 0.01
const taskMebibytes = 16

type Moments = { starting?: number; running?: number; over?: number }

export const run: Workload = async ({ rounds = 50, tasks = 200 }) => {
  using folder = scratchFolder()
  await using master = new Tepui([
    ...['master', '--http-port', '0', '--mqtt-port', '0', '--work-dir', join(folder.path, 'master')],
  ])
  const [line] = await master.said(/^\{.*"event":"process.starting".*$/m)
  const ports = JSON.parse(line) as { readonly http: { port: number }; readonly mqtt: { port: number } }
  await using agent = new Tepui([
    ...['agent', '--master', `127.0.0.1:${ports.mqtt.port}`, '--http-port', '0', '--resources', plenty],
    ...['--work-dir', join(folder.path, 'agent')],
  ])
  await agent.said(/"event":"agent.registered"/)
  const framework = new Framework(ports.http.port)
  await framework.start()
  say(`${rounds} tasks one after the other`)
  const single: (readonly Moments[])[] = []
  for (let i = 0; i < rounds; i++) single.push(await framework.launch([`one-${i}`]))
  say(`${tasks} tasks at once`)
  const burst = await framework.launch(Array.from({ length: tasks }, (_, i) => `many-${i}`))
  await framework.close()
  const perSecond = (name: keyof Moments) =>
    Math.round((tasks / Math.max(...burst.map((one) => one[name] ?? 0))) * 1000)
  const firsts = (name: keyof Moments) => single.map(([only]) => only?.[name] ?? 0)
  return {
    rounds,
    tasks,
    accept_to_starting_p50_ms: percentile(firsts('starting'), 0.5),
    accept_to_starting_p95_ms: percentile(firsts('starting'), 0.95),
    accept_to_running_p50_ms: percentile(firsts('running'), 0.5),
    accept_to_running_p95_ms: percentile(firsts('running'), 0.95),
    accept_to_finished_p50_ms: percentile(firsts('over'), 0.5),
    starting_per_second: perSecond('starting'),
    running_per_second: perSecond('running'),
    finished_per_second: perSecond('over'),
  }
}

function say(line: string): void {
  process.stderr.write(`launch: ${line}\n`)
}

/** A framework that launches what it is told into the next offer and notes when it saw which state. */
class Framework {
  readonly #client: HttpClient
  readonly #subscription: Subscription
  #acceptedMs = 0
  #launched: ReadonlyMap<string, Moments> = new Map()
  #offer: Offer | null = null
  #changed: () => void = () => {}

  constructor(port: number) {
    this.#client = new HttpClient({ host: '127.0.0.1', port }, null)
    this.#subscription = new Subscription({
      client: this.#client,
      framework: { user: 'root', name: 'bench', roles: ['*'], capabilities: [{ type: 'MULTI_ROLE' }] },
      random: systemRandom,
      reconnectMaxMs: 0,
      events: {
        event: (event) => this.#handle(event),
        interrupted: () => {},
        ended: (fault) => {
          throw new Error(fault.message)
        },
      },
    })
  }

  async start(): Promise<void> {
    const started = await this.#subscription.start()
    if (!started.ok) throw new Error(started.fault.message)
  }

  /** Resolves when all have ended, with milliseconds from ACCEPT to each state. */
  async launch(taskIds: readonly string[]): Promise<readonly Moments[]> {
    const offer = await this.#until(() => this.#offer)
    this.#offer = null
    this.#launched = new Map(taskIds.map((taskId) => [taskId, {}]))
    this.#acceptedMs = performance.now()
    const launch = { task_infos: taskIds.map((taskId) => trueTask(taskId, offer)) }
    const called = await this.#subscription.call({
      type: 'ACCEPT',
      accept: { offer_ids: [offer.id], operations: [{ type: 'LAUNCH', launch }], filters: { refuse_seconds: 0 } },
    })
    if (!called.ok) throw new Error(called.fault.message)
    await this.#until(() => [...this.#launched.values()].every(({ over }) => over !== undefined) || null)
    return [...this.#launched.values()]
  }

  async close(): Promise<void> {
    await this.#subscription.teardown(1000)
    this.#client.close()
  }

  #handle(event: SchedulerEvent): void {
    if (event.type === 'OFFERS') this.#offer = event.offers?.offers?.[0] ?? this.#offer
    const status = event.update?.status
    if (status !== undefined) {
      const moments = this.#launched.get(status.task_id.value)
      const afterMs = performance.now() - this.#acceptedMs
      if (moments !== undefined) {
        if (status.state === 'TASK_STARTING') moments.starting ??= afterMs
        else if (status.state === 'TASK_RUNNING') moments.running ??= afterMs
        else moments.over ??= afterMs
      }
      if (status.uuid !== undefined && status.agent_id !== undefined) {
        const { agent_id, task_id, uuid } = status
        void this.#subscription.call({ type: 'ACKNOWLEDGE', acknowledge: { agent_id, task_id, uuid } })
      }
    }
    this.#changed()
  }

  async #until<T>(look: () => T | null): Promise<T> {
    for (;;) {
      const value = look()
      if (value !== null) return value
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }
}

function trueTask(taskId: string, offer: Offer): TaskInfo {
  const scalar = (name: string, value: number) => ({ name, type: 'SCALAR' as const, scalar: { value } })
  return {
    name: 'true',
    task_id: { value: taskId },
    agent_id: offer.agent_id,
    command: { shell: false, value: '/bin/true', arguments: ['true'] },
    resources: [scalar('cpus', taskCpus), scalar('mem', taskMebibytes)],
  }
}
