// A whole rack in one process for black-box tests: the production master with its own broker and store, agents with
// pretended machines, frameworks over HTTP. Everything that a test starts here ends with the test.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ClusterTimers } from '../../src/master/cluster/timers.ts'
import { type Master, startMaster } from '../../src/master/main.ts'
import { FakeAgent, type FakeAgentOptions } from './fake-agent.ts'
import type { HttpAddress } from './http-client.ts'
import { Scheduler, type SubscribeOptions } from './scheduler.ts'

export type RackOptions = {
  readonly timers?: Partial<ClusterTimers>
  readonly token?: string
}

/** Short enough for tests, long enough that a busy machine does not lose agents. */
const testTimers: Partial<ClusterTimers> = { allocationIntervalMs: 50 }

export class Rack {
  readonly agents: FakeAgent[] = []
  readonly #options: RackOptions
  readonly #workDir: string
  readonly #schedulers: Scheduler[] = []
  #master: Master

  private constructor(options: RackOptions, workDir: string, master: Master) {
    this.#options = options
    this.#workDir = workDir
    this.#master = master
  }

  /** Starts a master; it ends with the running test. */
  static async start(options: RackOptions = {}): Promise<Rack> {
    const workDir = mkdtempSync(join(tmpdir(), 'tepui-rack-'))
    const rack = new Rack(options, workDir, await startTestMaster(options, workDir))
    onTestFinished(() => rack.close())
    return rack
  }

  get master(): Master {
    return this.#master
  }

  get http(): HttpAddress {
    return this.#master.httpAddress
  }

  /** An agent that the master has taken. */
  async agent(options: FakeAgentOptions = {}): Promise<FakeAgent> {
    const agent = new FakeAgent(this.#master.mqttAddress, this.#options.token ?? null, options)
    this.agents.push(agent)
    await agent.start()
    return agent
  }

  /** A subscribed framework. */
  async framework(options: SubscribeOptions = {}): Promise<Scheduler> {
    return this.adopt(await Scheduler.subscribe(this.http, options))
  }

  /** A stream that a test opened by itself is cut with the test, too. */
  adopt(scheduler: Scheduler): Scheduler {
    this.#schedulers.push(scheduler)
    return scheduler
  }

  /** The master dies and another takes its place: same addresses, same store. */
  async failover(): Promise<void> {
    const { httpAddress, mqttAddress } = this.#master
    await this.#master.close()
    this.#master = await startTestMaster(this.#options, this.#workDir, httpAddress.port, mqttAddress.port)
  }

  async close(): Promise<void> {
    for (const scheduler of this.#schedulers) scheduler.disconnect()
    for (const agent of this.agents) await agent.stop()
    await this.#master.close()
    rmSync(this.#workDir, { recursive: true, force: true })
  }
}

async function startTestMaster(
  { timers, token }: RackOptions,
  workDir: string,
  httpPort = 0,
  mqttPort = 0,
): Promise<Master> {
  const master = await startMaster({
    host: '127.0.0.1',
    httpPort,
    mqttPort,
    workDir,
    token: token ?? null,
    version: '0.0.0-test',
    flags: { 'work-dir': workDir },
    hostname: 'localhost',
    log: () => {},
    timers: { ...testTimers, ...timers },
  })
  if (!master.ok) throw new Error(master.fault.message)
  return master.value
}
