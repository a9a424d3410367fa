// A framework's scheduler as a test drives it, over real HTTP in either encoding: subscribes, takes events, calls.
// It decides nothing by itself: no offer is answered and no status acknowledged unless the test says so.

import { type ContentType, encode } from '../../src/mesos/codec.ts'
import type {
  FrameworkInfo,
  Offer,
  OfferOperation,
  Resource,
  SchedulerCall,
  SchedulerCallSubscribe,
  SchedulerEvent,
  TaskInfo,
  TaskStatus,
} from '../../src/mesos/types.ts'
import { EventStream, type HttpAddress, type HttpAnswer, postMessage } from './http-client.ts'

export type SubscribeOptions = Omit<Partial<SchedulerCallSubscribe>, 'framework_info'> & {
  readonly info?: Partial<FrameworkInfo>
  readonly contentType?: ContentType
  readonly headers?: Readonly<Record<string, string>>
}

/** What clients of today ask for. */
export const modernCapabilities = ['MULTI_ROLE', 'PARTITION_AWARE', 'RESERVATION_REFINEMENT'] as const

export function aFrameworkInfo(more: Partial<FrameworkInfo> = {}): FrameworkInfo {
  return {
    user: 'root',
    name: 'test',
    roles: ['test'],
    checkpoint: true,
    capabilities: modernCapabilities.map((type) => ({ type })),
    ...more,
  }
}

/** A framework of before roles and partitions were known to frameworks. */
export const plainFramework: Partial<FrameworkInfo> = { roles: [], capabilities: [] }

export class Scheduler {
  readonly address: HttpAddress
  readonly stream: EventStream<SchedulerEvent>
  readonly info: FrameworkInfo
  readonly contentType: ContentType
  readonly headers: Readonly<Record<string, string>>
  /** Empty until SUBSCRIBED came. */
  frameworkId = ''

  private constructor(
    address: HttpAddress,
    stream: EventStream<SchedulerEvent>,
    info: FrameworkInfo,
    { contentType = 'application/json', headers = {} }: SubscribeOptions,
  ) {
    this.address = address
    this.stream = stream
    this.info = info
    this.contentType = contentType
    this.headers = headers
  }

  /** Opens the stream and nothing more: whether SUBSCRIBED or ERROR follows is for the test to see. */
  static async open(address: HttpAddress, options: SubscribeOptions = {}): Promise<Scheduler> {
    const { info: wanted, contentType = 'application/json', headers = {}, ...subscribe } = options
    const info = aFrameworkInfo(wanted)
    const call: SchedulerCall = {
      type: 'SUBSCRIBE',
      ...(info.id === undefined ? {} : { framework_id: info.id }),
      subscribe: { framework_info: info, ...subscribe },
    }
    const stream = await EventStream.open(
      address,
      {
        method: 'POST',
        path: '/api/v1/scheduler',
        headers: { 'Content-Type': contentType, Accept: contentType, ...headers },
        body: encode(contentType, 'mesos.v1.scheduler.Call', call),
      },
      'mesos.v1.scheduler.Event',
    )
    return new Scheduler(address, stream, info, options)
  }

  /** Opens the stream and waits for SUBSCRIBED. */
  static async subscribe(address: HttpAddress, options: SubscribeOptions = {}): Promise<Scheduler> {
    const scheduler = await Scheduler.open(address, options)
    const { subscribed } = await scheduler.stream.take('SUBSCRIBED')
    scheduler.frameworkId = subscribed?.framework_id.value ?? ''
    return scheduler
  }

  /** The same framework once more, as after a failover of its scheduler; the old stream is left as it is. */
  again(options: SubscribeOptions = {}): Promise<Scheduler> {
    const info = { ...this.info, id: { value: this.frameworkId }, ...options.info }
    return Scheduler.subscribe(this.address, {
      contentType: this.contentType,
      headers: this.headers,
      ...options,
      info,
    })
  }

  /** A call with the stream id of this subscription; the answer as it came. */
  call(call: SchedulerCall, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer> {
    return postMessage(
      this.address,
      '/api/v1/scheduler',
      'mesos.v1.scheduler.Call',
      { framework_id: { value: this.frameworkId }, ...call },
      {
        contentType: this.contentType,
        headers: { 'Mesos-Stream-Id': this.stream.headers['mesos-stream-id'] as string, ...this.headers, ...headers },
      },
    )
  }

  /** A call that must be taken. */
  async send(call: SchedulerCall): Promise<void> {
    const answer = await this.call(call)
    if (answer.status !== 202) throw new Error(`${call.type} answered ${answer.status}: ${answer.text}`)
  }

  /** The next offer that satisfies, waiting for it; other offers of the same event can be taken later. */
  async offer(isWanted: (offer: Offer) => boolean = () => true, timeoutMs?: number): Promise<Offer> {
    const waiting = this.#offers.findIndex(isWanted)
    if (waiting !== -1) return this.#offers.splice(waiting, 1)[0] as Offer
    const event = await this.stream.take('OFFERS', (it) => it.offers?.offers?.some(isWanted) === true, timeoutMs)
    const offers = [...(event.offers?.offers ?? [])]
    const found = offers.splice(offers.findIndex(isWanted), 1)[0] as Offer
    this.#offers.push(...offers)
    return found
  }
  readonly #offers: Offer[] = []

  /** The next status of the task, waiting for it. */
  async status(taskId: string, timeoutMs?: number): Promise<TaskStatus> {
    const event = await this.stream.take('UPDATE', (it) => it.update?.status.task_id.value === taskId, timeoutMs)
    return event.update?.status as TaskStatus
  }

  /** Acknowledges statuses of the task until one has this state, and returns that one, not acknowledged. */
  async reaches(taskId: string, state: string): Promise<TaskStatus> {
    for (;;) {
      const status = await this.status(taskId)
      if (status.state === state) return status
      await this.acknowledge(status)
    }
  }

  async acknowledge(status: TaskStatus): Promise<void> {
    if (status.uuid === undefined) return
    await this.send({
      type: 'ACKNOWLEDGE',
      acknowledge: {
        agent_id: status.agent_id ?? { value: '' },
        task_id: status.task_id,
        uuid: status.uuid,
      },
    })
  }

  accept(offers: readonly Offer[], operations: readonly OfferOperation[], refuseSeconds?: number): Promise<void> {
    return this.send({
      type: 'ACCEPT',
      accept: {
        offer_ids: offers.map((offer) => offer.id),
        operations,
        ...(refuseSeconds === undefined ? {} : { filters: { refuse_seconds: refuseSeconds } }),
      },
    })
  }

  launch(offer: Offer, tasks: readonly TaskInfo[], refuseSeconds = 0): Promise<void> {
    return this.accept([offer], [{ type: 'LAUNCH', launch: { task_infos: tasks } }], refuseSeconds)
  }

  decline(offer: Offer, refuseSeconds: number): Promise<void> {
    return this.send({
      type: 'DECLINE',
      decline: { offer_ids: [offer.id], filters: { refuse_seconds: refuseSeconds } },
    })
  }

  reconcile(tasks: readonly { readonly taskId: string; readonly agentId?: string }[]): Promise<void> {
    return this.send({
      type: 'RECONCILE',
      reconcile: {
        tasks: tasks.map(({ taskId, agentId }) => ({
          task_id: { value: taskId },
          ...(agentId === undefined ? {} : { agent_id: { value: agentId } }),
        })),
      },
    })
  }

  /** Launches one task from the next offer of the agent and sees it RUNNING, acknowledged. */
  async run(taskId: string, more: Partial<TaskInfo> = {}): Promise<Offer> {
    const offer = await this.offer()
    await this.launch(offer, [aTaskInfo(offer, taskId, more)])
    await this.acknowledge(await this.reaches(taskId, 'TASK_RUNNING'))
    return offer
  }

  /** The connection breaks. */
  disconnect(): void {
    this.stream.cut()
  }
}

export function aTaskInfo(offer: Pick<Offer, 'agent_id'>, taskId: string, more: Partial<TaskInfo> = {}): TaskInfo {
  return {
    name: taskId,
    task_id: { value: taskId },
    agent_id: offer.agent_id,
    resources: scalars({ cpus: 0.5, mem: 64 }),
    command: { value: 'true' },
    ...more,
  }
}

export function scalars(amounts: Readonly<Record<string, number>>): Resource[] {
  return Object.entries(amounts).map(([name, value]) => ({ name, type: 'SCALAR', scalar: { value } }))
}

/** The amount of a scalar over all resources. */
export function amount(resources: readonly Resource[] | undefined, name: string): number {
  return (resources ?? []).reduce((sum, it) => sum + (it.name === name ? (it.scalar?.value ?? 0) : 0), 0)
}
