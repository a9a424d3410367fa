// The embedded broker: MQTT clients on one side, the transport of types.ts on the other. aedes carries (pipe.ts); the
// table of agents, who may do what, liveness, retained state and every bound are ours. docs/aedes.md says why.
// It does not know what frames mean, and keeps none: what cannot be sent now is dropped, and the channel above repeats.
// Invariant: `#agents` holds at most one live connection for each uid, the newest that proved to be that agent.

import type { AddressInfo, Server, Socket } from 'node:net'
import type { AgentUid } from '../../model/ids.ts'
import { fault, ok, type Result } from '../../model/result.ts'
import { upPacketBytesMax } from '../../wire/bounds.ts'
import { decodeHealth, decodeInventory, decodeStatus, decodeUpFrame } from '../../wire/decode.ts'
import { encodeDownFrame } from '../../wire/encode.ts'
import type { DownFrame } from '../../wire/messages.ts'
import { type PublicPart, parsePublicFilter, parseTopic, workTopic } from '../../wire/topics.ts'
import { publishable, roleOf } from './access.ts'
import { Complaints } from './complaints.ts'
import { Connection, connectBytesMax } from './connection.ts'
import { listen } from './listen.ts'
import { Liveness, sweepIntervalMs } from './liveness.ts'
import { NoPersistence } from './persistence.ts'
import { type Client, Pipe, type PublishPacket } from './pipe.ts'
import { agentsMax, PublicState, stateBytesMax } from './public-state.ts'
import type { BrokerOptions, CreateBroker, Transport } from './types.ts'
import { Watchers } from './watchers.ts'

/** What may wait for one agent; above it frames are dropped until the agent has read. */
export const agentBacklogBytesMax = 1024 * 1024
/** A client that does not read for this long, with something waiting, is cut off. */
export const drainTimeoutMs = 10_000
/** From the connection to the CONNECT packet. */
export const connectTimeoutMs = 30_000
export const watchersMax = 256
/** Filters that a watcher may ask for over the life of its connection; each may replay all state. */
export const subscriptionsMax = 64
/** Messages in a row that are not what their topic promises, until the agent is cut off. */
export const malformedInRowMax = 10

/** Listens and serves until `close`. Faults: NET_UNPROTECTED, NET_ADDRESS_IN_USE, USAGE for an address not ours. */
export const createBroker: CreateBroker = async (options) => {
  const broker = new Broker(options)
  const server = await listen(options, (socket) => broker.accept(socket))
  if (!server.ok) return server
  await broker.start(server.value)
  return ok(broker)
}

class Broker implements Transport {
  address = { host: '', port: 0 }
  readonly #options: BrokerOptions
  readonly #complaints: Complaints
  readonly #liveness = new Liveness<Connection>(performance.now())
  readonly #state = new PublicState({ agentsMax, bytesMax: stateBytesMax })
  readonly #watchers = new Watchers<Connection>(this.#state)
  readonly #connections = new Set<Connection>()
  readonly #byClient = new WeakMap<Client, Connection>()
  readonly #agents = new Map<AgentUid, Connection>()
  readonly #pipe: Pipe
  #server: Server | null = null
  #sweeper: NodeJS.Timeout | null = null
  #watcherCount = 0
  #isClosing = false

  constructor(options: BrokerOptions) {
    this.#options = options
    this.#complaints = new Complaints(options.log)
    this.#pipe = new Pipe(
      {
        persistence: new NoPersistence(),
        connectTimeout: connectTimeoutMs,
        drainTimeout: drainTimeoutMs,
        // Also half the limit of listeners on each socket, and nothing else once routing is ours.
        concurrency: 10_000,
        maxClientsIdLength: 64,
        preConnect: (client, packet, done) => {
          const connection = this.#connectionOf(client)
          if (packet.keepalive) connection.silenceMaxMs = packet.keepalive * 1500
          connection.hasBadWill = packet.will !== undefined && !isOwnStatus(packet.clientId, packet.will.topic)
          // aedes' own keep-alive ends healthy clients after a stall (D4); sessions are always clean (D11); and the end
          // of a connection is seen here, so that a will says nothing new, and cannot be told late or at our own end (D5, D6).
          packet.keepalive = 0
          packet.clean = true
          delete packet.will
          done(null, true)
        },
        authenticate: (client, userName, password, done) => {
          const refused = this.#authenticate(client, userName, password)
          if (refused === null) done(null, true)
          else done(Object.assign(new Error(refused), { returnCode: refused === 'wrongToken' ? 4 : 5 }), null)
        },
        authorizePublish: (client, packet, done) => done(client === null ? null : this.#mayPublish(client, packet)),
        authorizeSubscribe: (client, subscription, done) => {
          const verdict = this.#maySubscribe(client, subscription.topic)
          if (verdict === 'cutOff') done(new Error('not allowed to subscribe'))
          else done(null, verdict === 'granted' ? subscription : null)
        },
      },
      (client, packet) => this.#received(this.#connectionOf(client), packet),
    )
    this.#pipe.on('connackSent', (connack, client) => {
      if (connack.returnCode === 0) this.#connectionOf(client).isReady = true
    })
    this.#pipe.on('subscribe', (subscriptions, client) => this.#subscribed(client, subscriptions))
    this.#pipe.on('unsubscribe', (filters, client) => {
      for (const filter of filters) this.#watchers.unsubscribe(this.#connectionOf(client), filter)
    })
    this.#pipe.on('clientError', (client, error) => this.#failed(client, error))
    this.#pipe.on('connectionError', (client, error) => this.#failed(client, error))
  }

  async start(server: Server): Promise<void> {
    this.#server = server
    const { address, port } = server.address() as AddressInfo
    this.address = { host: address, port }
    // Done before the loop turns, so before the first client can be accepted.
    await this.#pipe.listen()
    server.on('drop', () => this.#complaints.count('tooManyConnections'))
    this.#sweeper = setInterval(() => this.#sweep(), sweepIntervalMs)
  }

  accept(socket: Socket): void {
    const connection = new Connection(socket, this.#liveness.awakeMs)
    this.#connections.add(connection)
    this.#complaints.count('connects')
    socket.once('close', () => this.#gone(connection))
    const client = connection.attach(
      (own) => this.#pipe.handle(own),
      () => {
        connection.heardAtMs = this.#liveness.awakeMs
      },
      (reason) => this.#cutOff(connection, reason),
    )
    this.#byClient.set(client, connection)
  }

  send(uid: AgentUid, frame: DownFrame): boolean {
    const connection = this.#agents.get(uid)
    if (connection === undefined || !connection.isReady || connection.isEnding) return this.#notSent('absent')
    if (connection.backlogBytes > agentBacklogBytesMax) return this.#notSent('slow')
    const payload = encodeDownFrame(frame)
    if (!payload.ok) return this.#notSent('tooLarge')
    connection.publish({ topic: workTopic(uid, 'down'), payload: payload.value, qos: 1, retain: false })
    this.#complaints.count('framesOut')
    return true
  }

  disconnect(uid: AgentUid): void {
    this.#agents.get(uid)?.end()
  }

  counters(): Readonly<Record<string, number>> {
    return {
      ...Object.fromEntries(this.#complaints.counters),
      connections: this.#connections.size,
      agents: this.#agents.size,
      watchers: this.#watcherCount,
      stateAgents: this.#state.agentCount,
      stateBytes: this.#state.bytes,
    }
  }

  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    if (this.#sweeper !== null) clearInterval(this.#sweeper)
    const server = this.#server as Server
    const closed = new Promise((resolve) => server.close(resolve))
    for (const connection of this.#connections) connection.destroy()
    await closed
    await new Promise<void>((resolve) => this.#pipe.close(resolve))
  }

  #authenticate(client: Client, userName: string | undefined, password: Uint8Array | undefined): string | null {
    const connection = this.#connectionOf(client)
    const role = roleOf({ clientId: client.id, userName, password }, this.#options.token)
    const reason = this.#isClosing
      ? 'closing'
      : typeof role === 'string'
        ? role
        : connection.hasBadWill
          ? 'foreignWill'
          : role.kind === 'watcher' && this.#watcherCount >= watchersMax
            ? 'tooManyWatchers'
            : null
    if (reason !== null || typeof role === 'string') {
      this.#complaints.complain(connection, reason ?? 'refused', { clientId: client.id })
      return reason
    }
    if (connection.socket.destroyed) return 'gone'
    connection.admit(role, role.kind === 'agent' ? upPacketBytesMax : connectBytesMax)
    if (role.kind === 'watcher') this.#watcherCount++
    if (role.kind === 'agent') {
      // The table is changed before the older connection ends, so that its end says nothing about the agent (D2, D6).
      const older = this.#agents.get(role.uid)
      this.#agents.set(role.uid, connection)
      older?.destroy()
      if (older !== undefined) {
        const why =
          'another connection of this agent took its place: does a second one use a copy of its work directory?'
        this.#complaints.complain(older, 'takeovers', { clientId: role.uid, why })
      }
    }
    return null
  }

  #mayPublish(client: Client, packet: PublishPacket): Error | null {
    const connection = this.#connectionOf(client)
    const reason = publishable(connection.role, packet.topic) === null ? 'foreignTopic' : packet.qos > 1 ? 'qos2' : null
    if (reason === null) return null
    this.#cutOff(connection, reason)
    return new Error('not allowed to publish')
  }

  /** A watcher's unknown filter is refused in the answer, which tools show; an agent that asks for more is broken. */
  #maySubscribe(client: Client, filter: string): 'granted' | 'refused' | 'cutOff' {
    const connection = this.#connectionOf(client)
    const { role } = connection
    if (role?.kind === 'agent') {
      if (filter === workTopic(role.uid, 'down')) return 'granted'
      this.#cutOff(connection, 'foreignTopic')
      return 'cutOff'
    }
    if (++connection.subscriptions > subscriptionsMax) {
      this.#cutOff(connection, 'tooManySubscriptions')
      return 'cutOff'
    }
    if (parsePublicFilter(filter) !== null) return 'granted'
    this.#complaints.complain(connection, 'foreignFilter', { clientId: client.id })
    return 'refused'
  }

  #subscribed(client: Client, subscriptions: readonly { readonly topic: string; readonly qos: number }[]): void {
    const connection = this.#connectionOf(client)
    if (connection.role?.kind !== 'watcher' || connection.isEnding) return
    for (const { topic, qos } of subscriptions) {
      const filter = parsePublicFilter(topic)
      // aedes writes 128 where it refused.
      if (filter !== null && qos <= 2) this.#watchers.subscribe(connection, topic, filter)
    }
  }

  #received(connection: Connection, packet: PublishPacket): void {
    const topic = publishable(connection.role, packet.topic)
    if (topic === null || connection.isEnding || this.#agents.get(topic.uid) !== connection) return
    const payload = packet.payload as Buffer
    const read =
      topic.kind === 'public'
        ? this.#publicReceived(topic.uid, topic.part, payload)
        : this.#frameReceived(topic.uid, payload)
    if (read.ok) {
      connection.malformedInRow = 0
      return
    }
    this.#complaints.complain(connection, read.fault.code, { clientId: topic.uid, why: read.fault.message })
    if (++connection.malformedInRow >= malformedInRowMax) this.#cutOff(connection, 'malformedInRow')
  }

  #frameReceived(uid: AgentUid, payload: Buffer): Result<unknown> {
    const frame = decodeUpFrame(payload)
    if (!frame.ok) return frame
    this.#complaints.count('framesIn')
    this.#options.events.frame(uid, frame.value)
    return frame
  }

  #publicReceived(uid: AgentUid, part: PublicPart, payload: Buffer): Result<unknown> {
    const read = { status: decodeStatus, inventory: decodeInventory, health: decodeHealth }[part](payload)
    if (!read.ok) return read
    if (read.value.uid !== uid) return { ok: false, fault: foreignState }
    if (this.#state.put({ uid, part }, payload)) this.#watchers.changed({ uid, part })
    else this.#complaints.count('stateNotKept')
    return read
  }

  #gone(connection: Connection): void {
    connection.isEnding = true
    this.#connections.delete(connection)
    this.#watchers.remove(connection)
    const { role } = connection
    if (role?.kind === 'watcher') this.#watcherCount--
    if (role?.kind !== 'agent' || this.#agents.get(role.uid) !== connection) return
    this.#agents.delete(role.uid)
    if (this.#isClosing) return
    if (this.#state.markGone(role.uid) !== null) this.#watchers.changed({ uid: role.uid, part: 'status' })
    this.#options.events.disconnected(role.uid)
  }

  #failed(client: Client, error: Error): void {
    const connection = this.#connectionOf(client)
    // What we ended or refused ourselves has been counted; a reset by the peer is an ordinary end.
    if (client.closed || connection.isEnding || 'code' in error) return
    this.#complaints.complain(connection, error.message === 'drain timeout' ? 'frozen' : 'broken', {
      ...(client.id ? { clientId: client.id } : {}),
      why: error.message,
    })
    connection.isEnding = true
  }

  #cutOff(connection: Connection, reason: string): void {
    const { role } = connection
    this.#complaints.complain(connection, reason, role?.kind === 'agent' ? { clientId: role.uid } : {})
    connection.destroy()
  }

  #sweep(): void {
    for (const silent of this.#liveness.sweep(performance.now(), this.#connections)) {
      if (!silent.socket.destroyed) this.#cutOff(silent, 'silent')
    }
  }

  #notSent(reason: string): false {
    this.#complaints.count(`notSent.${reason}`)
    return false
  }

  #connectionOf(client: Client): Connection {
    return this.#byClient.get(client) as Connection
  }
}

const foreignState = fault('WIRE_MALFORMED', 'the state is of another agent than its topic')

function isOwnStatus(clientId: string, topic: string): boolean {
  const parsed = parseTopic(topic)
  return parsed?.kind === 'public' && parsed.part === 'status' && parsed.uid === clientId
}
