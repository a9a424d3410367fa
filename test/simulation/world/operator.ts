// The operator of the rack: weighs roles, sets quota, reserves and makes volumes, takes machines out and brings them
// back, kills tasks, watches the event stream, all at odd times. When the faults are over everything is set right again.
// It reads what the master shows and trusts no answer that did not come.

import type { ClusterInput, RequestId } from '../../../src/master/cluster/types.ts'
import { toJsonValue } from '../../../src/mesos/json.ts'
import type { QuotaConfig } from '../../../src/mesos/types.ts'
import type { AgentId, StreamId } from '../../../src/model/ids.ts'
import type { Resources } from '../../../src/model/resources.ts'
import { between, chance, inRange, oneOf, type Rng } from '../engine/draws.ts'
import { cleanUp, drawOperations } from './keeping.ts'
import type { World } from './world.ts'

/** What is asked of the master, without who asks. */
type WithoutId<T> = T extends { readonly requestId: RequestId } ? Omit<T, 'requestId'> : never
export type OperatorRequest = WithoutId<
  Extract<
    ClusterInput,
    {
      kind:
        | 'operate'
        | 'updateWeights'
        | 'updateQuota'
        | 'setAgentActivity'
        | 'drainAgent'
        | 'markAgentGone'
        | 'operatorKill'
    }
  >
>

export const operatedRoles = ['eng', 'eng/web', 'ops'] as const
const quotaRoles = ['eng', 'ops'] as const
const streamsMax = 12
/** How long quotas stay after the faults, so that they are seen to be met. */
export const quotasAfterHealMs = 60_000
const settleEveryMs = 1_000

export class Operator {
  readonly #world: World
  readonly #random: Rng
  readonly #streams: StreamId[] = []
  /** As the file says that every master reads. */
  #whitelist: ReadonlySet<string> | null = null
  #healedMs = 0

  constructor(world: World, random: Rng) {
    this.#world = world
    this.#random = random
  }

  start(): void {
    const { operator: plan } = this.#world.plan
    this.#recur(plan.operateEveryMs, () => this.#operate())
    this.#recur(plan.weighEveryMs, () => this.#weigh())
    this.#recur(plan.quotaEveryMs, () => this.#setQuota())
    this.#recur(plan.activityEveryMs, () => this.#changeActivity())
    this.#recur(plan.drainEveryMs, () => this.#drain())
    this.#recur(plan.whitelistEveryMs, () => this.#changeWhitelist())
    this.#recur(plan.killEveryMs, () => this.#kill())
    this.#recur(plan.watchEveryMs, () => this.#watch())
  }

  /** A master has started, and reads the file. */
  masterStarted(): void {
    if (this.#whitelist !== null) this.#world.master.submit({ kind: 'whitelist', hostnames: this.#whitelist })
  }

  heal(): void {
    this.#healedMs = this.#world.queue.nowMs
    this.#setWhitelist(null)
    this.#settle()
  }

  /** What it still has to set right, or null. */
  get unsettled(): string | null {
    const { view } = this.#world.master
    if (view === null) return 'no master runs'
    if (view.quotas().size > 0) return 'quotas are still set'
    for (const agent of view.agents()) if (agent.isDeactivated) return `agent ${agent.id} is still deactivated`
    return null
  }

  #settle(): void {
    const { view } = this.#world.master
    if (view !== null) {
      for (const { id, isDeactivated, total } of view.agents()) {
        if (isDeactivated) this.#ask({ kind: 'setAgentActivity', agentId: id, isActive: true })
        if (this.#world.plan.operator.cleansUp) this.#clean(id, total)
      }
      const isTime = this.#world.queue.nowMs >= this.#healedMs + quotasAfterHealMs
      const configs = isTime ? [...view.quotas().keys()].map((role) => ({ role })) : []
      if (configs.length > 0) this.#ask({ kind: 'updateQuota', configs, force: true, legacy: null })
    }
    this.#world.queue.after(settleEveryMs, () => this.#settle())
  }

  /** One step at a time: what is in use is refused, and tried again. */
  #clean(agentId: AgentId, total: Resources): void {
    const [operation] = cleanUp(total, 'post').operations
    if (operation !== undefined) this.#ask({ kind: 'operate', agentId, operation, principal: null })
  }

  #operate(): void {
    const agents = [...(this.#world.master.view?.agents() ?? [])]
    if (agents.length === 0) return
    const { id: agentId, total } = oneOf(this.#random, agents)
    const role = oneOf(this.#random, operatedRoles)
    const drawn = drawOperations(this.#random, total, { role, format: 'post', shares: true })
    for (const operation of drawn.operations) this.#ask({ kind: 'operate', agentId, operation, principal: null })
  }

  #weigh(): void {
    const weights = [...operatedRoles, '*']
      .filter(() => chance(this.#random, 500))
      .map((role) => ({ role, weight: oneOf(this.#random, [0.5, 1, 2, 3.5]) }))
    this.#ask({ kind: 'updateWeights', weights })
  }

  #setQuota(): void {
    const amounts = (permille: number) => ({
      ...(chance(this.#random, permille) ? { cpus: { value: oneOf(this.#random, [0, 0.5, 1, 3]) } } : {}),
      ...(chance(this.#random, permille) ? { mem: { value: oneOf(this.#random, [64, 256, 700]) } } : {}),
    })
    const configs = quotaRoles
      .filter(() => chance(this.#random, 600))
      .map((role): QuotaConfig => {
        const limits = amounts(500)
        const guarantees = Object.fromEntries(
          Object.entries(amounts(400)).map(([name, { value }]) => {
            const limit = (limits as Readonly<Record<string, { readonly value: number }>>)[name]?.value
            return [name, { value: limit === undefined ? value : Math.min(value, limit) }]
          }),
        )
        return { role, limits, guarantees }
      })
    this.#ask({ kind: 'updateQuota', configs, force: chance(this.#random, 500), legacy: null })
  }

  #changeActivity(): void {
    const agents = this.#known
    if (agents.length === 0) return
    const { id: agentId } = oneOf(this.#random, agents)
    this.#ask({ kind: 'setAgentActivity', agentId, isActive: chance(this.#random, 500) })
  }

  /** Empties a machine, for good some of the time; gives up one whose machine is no longer there. */
  #drain(): void {
    const agents = this.#known
    if (agents.length === 0) return
    const isThere = ({ uid }: { uid: string }) => this.#world.machines.some((it) => !it.isDestroyed && it.uid === uid)
    const lost = agents.find((agent) => !isThere(agent))
    if (lost !== undefined) this.#ask({ kind: 'markAgentGone', agentId: lost.id })
    const { id: agentId } = oneOf(this.#random, agents)
    const maxGraceMs = oneOf(this.#random, [null, 0, 2_000, 60_000])
    this.#ask({ kind: 'drainAgent', agentId, maxGraceMs, markGone: chance(this.#random, 300) })
  }

  get #known() {
    const { view } = this.#world.master
    return [...(view?.agents() ?? []), ...(view?.recoveredAgents() ?? []), ...(view?.unreachableAgents() ?? [])]
  }

  #changeWhitelist(): void {
    const names = this.#world.machines.map(({ name }) => name).filter(() => chance(this.#random, 700))
    this.#setWhitelist(chance(this.#random, 300) ? null : new Set(names))
  }

  #setWhitelist(hostnames: ReadonlySet<string> | null): void {
    this.#whitelist = hostnames
    this.#world.note('operator', `whitelist ${hostnames === null ? 'all' : [...hostnames]}`)
    this.#world.master.submit({ kind: 'whitelist', hostnames })
  }

  #kill(): void {
    const tasks = [...(this.#world.master.view?.frameworks() ?? [])].flatMap(({ tasks: own }) => [...own.values()])
    if (tasks.length === 0) return
    const { frameworkId, id: taskId } = oneOf(this.#random, tasks)
    this.#ask({ kind: 'operatorKill', frameworkId, taskId })
  }

  /** Opens one more stream, or lets one go. */
  #watch(): void {
    if (this.#streams.length > 0 && chance(this.#random, 300)) {
      const [streamId] = this.#streams.splice(between(this.#random, 0, this.#streams.length - 1), 1)
      if (streamId !== undefined) this.#world.master.closeOperatorStream(streamId)
      return
    }
    const streamId = this.#streams.length < streamsMax ? this.#world.master.openOperatorStream() : null
    if (streamId !== null) this.#streams.push(streamId)
  }

  #ask(request: OperatorRequest): void {
    const { queue, network, master } = this.#world
    queue.after(inRange(this.#random, network.delay), () => {
      this.#world.note('master', `<- operator ${describe(request)}`)
      let isAnswered = false
      this.#world.observe({ kind: 'operatorAsked', request })
      const isHeard = master.request(
        (requestId) => ({ ...request, requestId }),
        (status, message) => {
          isAnswered = true
          this.#world.note('operator', `is answered ${status} ${message ?? ''}`)
          this.#world.observe({ kind: 'operatorAnswered', request, status, message })
        },
      )
      if (isHeard && !isAnswered) this.#world.note('operator', 'is not answered')
    })
  }

  #recur(meanMs: number | null, run: () => void): void {
    if (meanMs === null) return
    this.#world.queue.after(between(this.#random, 1, 2 * meanMs), () => {
      if (this.#world.isHealed) return
      run()
      this.#recur(meanMs, run)
    })
  }
}

function describe(request: OperatorRequest): string {
  switch (request.kind) {
    case 'operate':
      return `${request.agentId} ${JSON.stringify(toJsonValue('mesos.v1.Offer.Operation', request.operation))}`
    case 'updateWeights':
      return `weights ${JSON.stringify(request.weights)}`
    case 'updateQuota':
      return `quota ${JSON.stringify(request.configs)}${request.force ? ' by force' : ''}`
    case 'setAgentActivity':
      return `${request.isActive ? 'reactivates' : 'deactivates'} ${request.agentId}`
    case 'drainAgent':
      return `drains ${request.agentId} within ${request.maxGraceMs}${request.markGone ? ', for good' : ''}`
    case 'markAgentGone':
      return `gives up ${request.agentId}`
    case 'operatorKill':
      return `kills ${request.taskId}`
  }
}
