// Wires the master: registry, broker, HTTP API and the cluster's state machine between them. It decides nothing:
// packets and requests become inputs, effects become packets, records and answers.

import { randomUUID } from 'node:crypto'
import { hostname as osHostname } from 'node:os'
import { mesosVersion } from '../mesos/version.ts'
import type { MasterId } from '../model/ids.ts'
import { ok, type Result } from '../model/result.ts'
import { isLoopback } from '../shell/listen.ts'
import { type Log, logEffect } from '../shell/log.ts'
import { Loop, nowMs } from '../shell/loop.ts'
import { reachableAddress } from '../shell/own-address.ts'
import { systemRandom } from '../shell/random.ts'
import { createMasterApi } from './api/api.ts'
import { RunTimes } from './api/run-times.ts'
import type { ClusterReply } from './api/types.ts'
import { createBroker } from './broker/broker.ts'
import { createCluster } from './cluster/cluster.ts'
import { allocationRuns } from './cluster/counters.ts'
import { type ClusterTimers, defaultTimers } from './cluster/timers.ts'
import type { ClusterConfig, ClusterEffect, ClusterInput, ClusterView, RequestId } from './cluster/types.ts'
import { createMemoryRegistry } from './registry/memory.ts'
import { openRegistry } from './registry/sqlite.ts'
import type { Registry } from './registry/types.ts'
import { watchWhitelist } from './whitelist.ts'

export type MasterOptions = {
  /** Where HTTP and MQTT listen; beyond loopback a token is required. */
  readonly host: string
  readonly httpPort: number
  readonly mqttPort: number
  /** Holds the registry; null keeps it in memory, for tests. */
  readonly workDir: string | null
  readonly token: string | null
  readonly version: string
  readonly log: Log
  /** For `/flags`. */
  readonly flags: Readonly<Record<string, string>>
  /** The name others know this machine by. */
  readonly hostname?: string
  readonly timers?: Partial<ClusterTimers>
  /** A file of the host names that may be offered. */
  readonly whitelist?: string
}

export type Master = {
  readonly masterId: MasterId
  readonly httpAddress: { readonly host: string; readonly port: number }
  readonly mqttAddress: { readonly host: string; readonly port: number }
  readonly view: ClusterView
  /** Ends streams, links and the store; agents keep their tasks. */
  close(): Promise<void>
}

/** Starts a master; a port in use, an unprotected address or a broken store is a fault. */
export async function startMaster(options: MasterOptions): Promise<Result<Master>> {
  const { host, token, version, log, flags } = options
  const registry = options.workDir === null ? ok(createMemoryRegistry()) : openRegistry(options.workDir)
  if (!registry.ok) return registry
  const shell = new MasterShell(registry.value, log)
  const api = await createMasterApi({
    host,
    port: options.httpPort,
    httpFlagName: '--http-port',
    token,
    version,
    flags,
    transportCounters: () => shell.transportCounters(),
    allocationRuns: () => shell.allocationTimes.values('allocator/mesos/allocation_run_ms'),
    log,
  })
  if (!api.ok) {
    registry.value.close()
    return api
  }
  const broker = await createBroker({
    host,
    port: options.mqttPort,
    token,
    log,
    events: {
      frame: (uid, frame) => shell.submit({ kind: 'agentFrame', uid, frame }),
      disconnected: (uid) => shell.submit({ kind: 'agentDisconnected', uid }),
    },
  })
  if (!broker.ok) {
    await api.value.close()
    registry.value.close()
    return broker
  }
  const masterId = randomUUID() as string as MasterId
  const config: ClusterConfig = {
    ...defaultTimers,
    ...options.timers,
    masterId,
    epoch: registry.value.snapshot.epoch,
    masterInfo: masterInfo(masterId, options, api.value.address.port),
  }
  const cluster = createCluster(config, registry.value.snapshot, systemRandom, nowMs())
  shell.run(cluster, api.value, broker.value)
  if (options.whitelist !== undefined) {
    const watched = watchWhitelist(options.whitelist, log, (hostnames) =>
      shell.submit({ kind: 'whitelist', hostnames }),
    )
    if (!watched.ok) {
      await shell.close()
      return watched
    }
    shell.own(watched.value)
  }
  log('info', 'process.starting', 'the master serves', {
    masterId,
    http: api.value.address,
    mqtt: broker.value.address,
  })
  return ok({
    masterId,
    httpAddress: api.value.address,
    mqttAddress: broker.value.address,
    view: cluster.view,
    close: () => shell.close(),
  })
}

type Api = Extract<Awaited<ReturnType<typeof createMasterApi>>, { ok: true }>['value']
type Broker = Extract<Awaited<ReturnType<typeof createBroker>>, { ok: true }>['value']
type Cluster = ReturnType<typeof createCluster>

/** Holds what is running, so that effects find their way and `close` finds everything. */
class MasterShell {
  readonly allocationTimes = new RunTimes()
  readonly #registry: Registry
  readonly #log: Log
  readonly #waiting = new Map<RequestId, (reply: ClusterReply) => void>()
  #nextRequestId: RequestId = 1
  #early: ClusterInput[] = []
  readonly #owned: { close(): void }[] = []
  #parts: { readonly api: Api; readonly broker: Broker; readonly loop: Loop<ClusterInput, ClusterEffect> } | null = null

  constructor(registry: Registry, log: Log) {
    this.#registry = registry
    this.#log = log
  }

  /** Ends with the master. */
  own(part: { close(): void }): void {
    this.#owned.push(part)
  }

  run(cluster: Cluster, api: Api, broker: Broker): void {
    const loop = new Loop<ClusterInput, ClusterEffect>(
      timed(cluster, this.allocationTimes),
      { kind: 'tick' },
      (effects) => {
        for (const effect of effects) this.#perform(effect)
      },
    )
    this.#parts = { api, broker, loop }
    for (const input of this.#early) loop.submit(input)
    this.#early = []
    api.serve({
      submit: (input) => this.submit(input),
      request: (inputOf) => this.#request(inputOf),
      view: cluster.view,
      nowMs,
    })
  }

  /** Agents may connect a moment before the cluster stands: they wait here. */
  submit(input: ClusterInput): void {
    if (this.#parts === null) this.#early.push(input)
    else this.#parts.loop.submit(input)
  }

  transportCounters(): Readonly<Record<string, number>> {
    return this.#parts?.broker.counters() ?? {}
  }

  async close(): Promise<void> {
    const parts = this.#parts
    if (parts === null) return
    this.#parts = null
    this.#log('info', 'process.stopping', 'the master stops', {})
    for (const part of this.#owned) part.close()
    parts.loop.close()
    for (const answer of this.#waiting.values()) answer({ status: 503, message: 'the master is stopping' })
    this.#waiting.clear()
    await parts.api.close()
    await parts.broker.close()
    this.#registry.close()
  }

  #request(inputOf: (requestId: RequestId) => ClusterInput): Promise<ClusterReply> {
    const requestId = this.#nextRequestId++
    return new Promise((resolve) => {
      this.#waiting.set(requestId, resolve)
      this.submit(inputOf(requestId))
    })
  }

  #perform(effect: ClusterEffect): void {
    const parts = this.#parts
    if (parts === null) return
    switch (effect.kind) {
      case 'persist':
        return this.#registry.apply(effect.op)
      case 'sendAgent':
        parts.broker.send(effect.uid, effect.frame)
        return
      case 'disconnectAgent':
        return parts.broker.disconnect(effect.uid)
      case 'reply': {
        const answer = this.#waiting.get(effect.requestId)
        this.#waiting.delete(effect.requestId)
        answer?.({ status: effect.status, message: effect.message })
        return
      }
      case 'log':
        return logEffect(this.#log, effect)
      default:
        return parts.api.perform(effect)
    }
  }
}

/** The same cluster, which notes how long each of its ticks took that made offers. */
function timed(cluster: Cluster, times: RunTimes): Pick<Cluster, 'step' | 'nextTickMs'> {
  const runs = () => cluster.view.counters().get(allocationRuns)
  return {
    nextTickMs: () => cluster.nextTickMs(),
    step: (input, nowMs) => {
      const before = runs()
      const startMs = performance.now()
      const effects = cluster.step(input, nowMs)
      if (runs() !== before) times.add(performance.now() - startMs)
      return effects
    },
  }
}

function masterInfo(masterId: MasterId, options: MasterOptions, port: number): ClusterConfig['masterInfo'] {
  const ip = reachableAddress(options.host)
  // Clients follow the host name to the master: on loopback the machine's own name may lead where nothing listens.
  const hostname = options.hostname ?? (isLoopback(options.host) ? ip : osHostname())
  const domain = options.timers?.policy?.domain ?? null
  return {
    id: masterId,
    ip: ipv4Number(ip),
    port,
    pid: `master@${ip}:${port}`,
    hostname,
    version: mesosVersion,
    address: { hostname, ip, port },
    capabilities: [{ type: 'AGENT_UPDATE' }, { type: 'AGENT_DRAINING' }, { type: 'QUOTA_V2' }],
    ...(domain === null
      ? {}
      : { domain: { fault_domain: { region: { name: domain.region }, zone: { name: domain.zone } } } }),
  }
}

/** MasterInfo.ip is the IPv4 address as a little-endian number (network byte order in memory); 0 when it is not one. */
function ipv4Number(ip: string): number {
  const parts = ip.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return 0
  const [a, b, c, d] = parts as [number, number, number, number]
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}
