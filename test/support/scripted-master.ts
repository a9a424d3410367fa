// A master for one framework, over real HTTP: takes its subscription, says what the test wants, and remembers what it was
// asked. It answers files of tasks as an agent that has none, and decides nothing.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decode, encode } from '../../src/mesos/codec.ts'
import { frame } from '../../src/mesos/recordio.ts'
import type { Offer, SchedulerCall, SchedulerEvent, TaskInfo, TaskStatus } from '../../src/mesos/types.ts'
import { scalars } from './scheduler.ts'
import { until } from './until.ts'

const frameworkId = { value: 'm-0000' }

export class ScriptedMaster implements AsyncDisposable {
  readonly calls: SchedulerCall[] = []
  /** What `/tepui/why` answers. */
  why: unknown = null
  /** Called with each call; it is answered once that has resolved. */
  onCall: (call: SchedulerCall) => void | Promise<void> = () => {}
  readonly #server: Server
  #stream: ServerResponse | null = null
  #taken = 0
  #offers = 0

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(): Promise<ScriptedMaster> {
    const master = new ScriptedMaster()
    master.#server.listen(0, '127.0.0.1')
    await new Promise((resolve) => master.#server.once('listening', resolve))
    return master
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The next call of this type after the one that was taken last, waiting for it; others between are passed over. */
  async call(type: NonNullable<SchedulerCall['type']>): Promise<SchedulerCall> {
    return await until(`the client calls ${type}`, () => {
      const at = this.calls.findIndex((call, i) => i >= this.#taken && call.type === type)
      if (at < 0) return null
      this.#taken = at + 1
      return this.calls[at]
    })
  }

  /** The tasks of the next so many launches, in the order of their names. */
  async launches(count: number): Promise<readonly TaskInfo[]> {
    const tasks: TaskInfo[] = []
    while (tasks.length < count) {
      const { accept } = await this.call('ACCEPT')
      tasks.push(...(accept?.operations ?? []).flatMap(({ launch }) => launch?.task_infos ?? []))
    }
    return tasks.sort((a, b) => (a.task_id.value < b.task_id.value ? -1 : 1))
  }

  tell(event: SchedulerEvent): void {
    this.#stream?.write(frame(encode('application/json', 'mesos.v1.scheduler.Event', event)))
  }

  /** One offer of each of these machines; all of a gang that is complete, or each for itself. */
  offer(machines: readonly string[], gangId: string | null = null): readonly Offer[] {
    const offers = machines.map((name) => this.#offer(name))
    this.tell({
      type: 'OFFERS',
      offers: { offers, ...(gangId === null ? {} : { gang: { id: gangId, complete: true } }) },
    })
    return offers
  }

  #offer(name: string): Offer {
    return {
      id: { value: `o${this.#offers++}` },
      framework_id: frameworkId,
      agent_id: { value: name },
      hostname: name,
      url: { scheme: 'http', address: { hostname: name, ip: '127.0.0.1', port: this.#port } },
      resources: scalars({ cpus: 4, mem: 4096 }),
    }
  }

  status(task: TaskInfo, state: TaskStatus['state'], more: Partial<TaskStatus> = {}): void {
    const { task_id, agent_id } = task
    this.tell({ type: 'UPDATE', update: { status: { task_id, agent_id, state, ...more } } })
  }

  /** The master vanishes from the client's sight; the client may come back. */
  breakStream(): void {
    this.#stream?.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (request.url?.startsWith('/tepui/why') === true && this.why !== null) {
      return void response.end(JSON.stringify(this.why))
    }
    if (request.url !== '/api/v1/scheduler') return void response.writeHead(404).end()
    const call = decode('application/json', 'mesos.v1.scheduler.Call', Buffer.concat(chunks))
    if (!call.ok) return void response.writeHead(400).end(call.fault.message)
    if (call.value.type !== 'SUBSCRIBE') {
      this.calls.push(call.value)
      await this.onCall(call.value)
      return void response.writeHead(202).end()
    }
    this.#stream = response.writeHead(200, { 'mesos-stream-id': 's', 'content-type': 'application/json' })
    this.tell({ type: 'SUBSCRIBED', subscribed: { framework_id: frameworkId, heartbeat_interval_seconds: 15 } })
    this.calls.push(call.value)
  }
}
