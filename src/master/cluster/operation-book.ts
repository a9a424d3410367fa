// Every operation that some agent has not carried out, or whose end nobody has acknowledged: found by its uuid, by its
// agent, by its framework, and by the id that its framework gave it. It does not know what happens to them.

import type { AgentId, FrameworkId, OperationUuid } from '../../model/ids.ts'
import type { Operation } from './records.ts'

const none: ReadonlySet<Operation> = new Set()

export class OperationBook {
  readonly #byUuid = new Map<OperationUuid, Operation>()
  readonly #byAgent = new Map<AgentId, Set<Operation>>()
  readonly #byFramework = new Map<
    FrameworkId,
    { readonly all: Set<Operation>; readonly byId: Map<string, Operation> }
  >()

  get(uuid: OperationUuid): Operation | undefined {
    return this.#byUuid.get(uuid)
  }

  /** Oldest first. */
  values(): Iterable<Operation> {
    return this.#byUuid.values()
  }

  ofAgent(id: AgentId): ReadonlySet<Operation> {
    return this.#byAgent.get(id) ?? none
  }

  ofFramework(id: FrameworkId): ReadonlySet<Operation> {
    return this.#byFramework.get(id)?.all ?? none
  }

  /** The one that its framework calls so. */
  find(frameworkId: FrameworkId, id: string): Operation | undefined {
    return this.#byFramework.get(frameworkId)?.byId.get(id)
  }

  add(operation: Operation): void {
    const { uuid, agentId, frameworkId, id } = operation
    this.#byUuid.set(uuid, operation)
    const here = this.#byAgent.get(agentId) ?? new Set()
    this.#byAgent.set(agentId, here.add(operation))
    if (frameworkId === null) return
    const own = this.#byFramework.get(frameworkId) ?? { all: new Set(), byId: new Map() }
    this.#byFramework.set(frameworkId, own)
    own.all.add(operation)
    if (id !== null) own.byId.set(id, operation)
  }

  remove(operation: Operation): void {
    const { uuid, agentId, frameworkId, id } = operation
    this.#byUuid.delete(uuid)
    const here = this.#byAgent.get(agentId)
    here?.delete(operation)
    if (here?.size === 0) this.#byAgent.delete(agentId)
    const own = frameworkId === null ? undefined : this.#byFramework.get(frameworkId)
    if (own === undefined || frameworkId === null) return
    own.all.delete(operation)
    if (id !== null && own.byId.get(id) === operation) own.byId.delete(id)
    if (own.all.size === 0) this.#byFramework.delete(frameworkId)
  }
}
