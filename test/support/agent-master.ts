// A master for one agent, over a real broker: takes it in, says what the test wants, and remembers what it heard. It
// decides nothing by itself but to acknowledge statuses of tasks.

import { noGrant } from '../../src/model/hardware.ts'
import type { AgentId, AgentUid, FrameworkId, OperationUuid, SessionId, TaskId } from '../../src/model/ids.ts'
import { Channel } from '../../src/wire/channel.ts'
import {
  type DownMessage,
  type MesosJson,
  type OperationReport,
  type Register,
  type UpFrame,
  type UpMessage,
  wireVersion,
} from '../../src/wire/messages.ts'
import { aBroker, type TestBroker } from './broker.ts'
import { until } from './until.ts'

const epoch = 1
const agentId = 'm-S0' as AgentId
const frameworkId = 'm-0000' as FrameworkId

type Session = { readonly id: SessionId; readonly uid: AgentUid; readonly channel: Channel<DownMessage, UpMessage> }

export class AgentMaster implements AsyncDisposable {
  readonly port: number
  readonly registers: Register[] = []
  readonly received: UpMessage[] = []
  readonly #broker: TestBroker
  #session: Session | null = null
  readonly #ticker: NodeJS.Timeout

  static async open(): Promise<AgentMaster> {
    return new AgentMaster(await aBroker())
  }

  private constructor(broker: TestBroker) {
    this.#broker = broker
    this.port = broker.port
    broker.onFrame = (uid, frame) => this.#receive(uid, frame)
    this.#ticker = setInterval(() => this.#tick(), 100)
  }

  /** The registration after the first `known` ones. */
  async registered(known = this.registers.length): Promise<Register> {
    return until('the agent registers', () => this.registers[known])
  }

  apply(operationUuid: OperationUuid, operation: MesosJson): void {
    this.#say({ kind: 'applyOperation', operationUuid, frameworkId, operationId: null, operation })
  }

  /** What the agent said became of an operation, in an update or in a registration. */
  async outcome(operationUuid: OperationUuid): Promise<MesosJson> {
    return until(`operation ${operationUuid} has ended`, () => {
      const updates = this.received.filter((message) => message.kind === 'operationUpdate')
      const reports = this.registers.flatMap(({ operations }) => operations)
      return [...updates, ...reports].find(
        (one: Omit<OperationReport, 'operation'>) =>
          one.operationUuid === operationUuid && one.status.state !== 'OPERATION_PENDING',
      )?.status
    })
  }

  /** Applies an operation, waits for its end, and acknowledges it. */
  async perform(operationUuid: OperationUuid, operation: MesosJson): Promise<MesosJson> {
    this.apply(operationUuid, operation)
    const status = await this.outcome(operationUuid)
    const { value } = status.uuid as { readonly value: string }
    this.#say({ kind: 'acknowledgeOperation', operationUuid, statusUuid: value })
    return status
  }

  launch(taskId: string, task: MesosJson): void {
    const frameworkInfo = { id: { value: frameworkId }, user: 'root', name: 'test' }
    const taskInfo = { name: taskId, task_id: { value: taskId }, agent_id: { value: agentId }, ...task }
    this.#say({ kind: 'launch', frameworkInfo, taskInfo, grant: noGrant })
  }

  async taskEnds(taskId: string): Promise<MesosJson> {
    return until(`task ${taskId} ends`, () => {
      const updates = this.received.filter((message) => message.kind === 'statusUpdate')
      return updates.find(
        (update) => update.taskId === taskId && /FINISHED|FAILED|KILLED/.test(String(update.status.state)),
      )?.status
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#ticker)
    await this.#broker.transport.close()
  }

  #say(message: DownMessage): void {
    if (this.#session === null) throw new Error('no agent is registered')
    const { uid, channel } = this.#session
    const sent = channel.send(message, performance.now())
    if (!sent.ok) throw new Error(sent.fault.message)
    for (const frame of sent.value) this.#broker.transport.send(uid, frame)
  }

  #receive(uid: AgentUid, frame: UpFrame): void {
    if (frame.message?.kind === 'register') return this.#admit(uid, frame.session, frame.message)
    if (this.#session?.id !== frame.session) return
    const { channel } = this.#session
    const received = channel.receive(frame, performance.now())
    for (const reply of received.send) this.#broker.transport.send(uid, reply)
    for (const message of received.deliver) {
      this.received.push(message)
      if (message.kind !== 'statusUpdate') continue
      const { frameworkId: id, taskId, status } = message
      this.#say({ kind: 'acknowledge', frameworkId: id, taskId: taskId as TaskId, uuid: status.uuid as string })
    }
  }

  #admit(uid: AgentUid, id: SessionId, register: Register): void {
    if (this.#session?.id !== id) {
      this.#session = { id, uid, channel: new Channel<DownMessage, UpMessage>({ session: id, epoch }) }
      this.registers.push(register)
    }
    const message = {
      kind: 'registered',
      agentId,
      masterId: 'm',
      heartbeatIntervalMs: 15_000,
      reconnectWindowMs: 10,
    } as const
    this.#broker.transport.send(uid, { v: wireVersion, session: id, epoch, seq: 0, ack: 0, message })
  }

  #tick(): void {
    if (this.#session === null) return
    const { uid, channel } = this.#session
    for (const frame of channel.tick(performance.now())) this.#broker.transport.send(uid, frame)
  }
}
