// Which CPUs and memory nodes each task of this machine is kept to: those it has alone, or the pool, which is every CPU
// that nobody has alone. Decided from grants alone, so that a restart of the agent finds the same answer. Others hear of
// a task with CPUs of its own before it starts, and get them back when it is over. It does not know cgroups.

import { type CpuSet, formatCpuList, intersect, parseCpuList, subtract, union } from '../../model/cpu-set.ts'
import type { Grant, Hardware } from '../../model/hardware.ts'
import { isRevocable, type Run, type Runs } from './runs.ts'
import type { AgentEffect, Confinement } from './types.ts'

/** The CPUs that none of these grants has alone; null where the machine tells of no CPU. */
export function poolOf(hardware: Hardware, grants: Iterable<Grant>): CpuSet | null {
  if (hardware.cores.length === 0) return null
  let pool = hardware.cores.map(({ cpus }) => parseCpuList(cpus) ?? []).reduce(union, [])
  for (const { cpus } of grants) if (cpus !== null) pool = subtract(pool, parseCpuList(cpus) ?? [])
  return pool
}

/** Where a task with this grant stays while the pool is this. */
export function confinementOf(grant: Grant, pool: CpuSet | null, hardware: Hardware): Confinement {
  return {
    cpus: grant.cpus ?? sharedCpus(grant, pool),
    isAlone: grant.cpus !== null,
    memoryNodes: memoryNodes(grant, hardware),
  }
}

/** What it has alone is a promise, where it would like to be is a wish: a part that is all taken counts as none. */
function sharedCpus({ cpusWithin }: Grant, pool: CpuSet | null): string | null {
  if (pool === null) return cpusWithin
  const within = cpusWithin === null ? [] : intersect(pool, parseCpuList(cpusWithin) ?? [])
  return formatCpuList(within.length > 0 ? within : pool)
}

/** Null where it may take memory anywhere: a preferred node is a matter of the policy, and all nodes are no limit. */
function memoryNodes({ memory, memoryPolicy }: Grant, { nodes }: Hardware): string | null {
  if (memory.length === 0 || (memoryPolicy !== 'bind' && memoryPolicy !== 'interleave')) return null
  const wanted = new Set(memory.map(({ node }) => node))
  if (nodes.length > 0 && nodes.every(({ id }) => wanted.has(id))) return null
  return formatCpuList([...wanted].sort((a, b) => a - b))
}

/** The pool of one machine as its tasks come and go. */
export class Pool {
  readonly #runs: Runs
  #hardware: Hardware
  #cpus: CpuSet | null

  constructor(runs: Runs, hardware: Hardware) {
    this.#runs = runs
    this.#hardware = hardware
    this.#cpus = this.#now()
  }

  /** Why a task with this grant cannot join those that are here, or null. Its master keeps other books than this agent. */
  refusal(grant: Grant): string | null {
    if (grant.cpus === null) {
      return this.#cpus?.length === 0 ? 'every CPU of this machine is the only one of some task: none is shared' : null
    }
    if (this.#cpus === null) return `this agent knows no CPUs, so it cannot keep ${grant.cpus} for one task`
    const wanted = parseCpuList(grant.cpus) ?? []
    const missing = subtract(wanted, this.#cpus)
    if (wanted.length === 0) return `'${grant.cpus}' is no list of CPUs to be given alone`
    if (missing.length > 0) return `CPUs ${formatCpuList(missing)} are another task's alone, or not there`
    const isLast = wanted.length === this.#cpus.length
    const sharing = isLast ? this.#sharing().filter((run) => !isRevocable(run)).length : 0
    return sharing === 0 ? null : `giving CPUs ${grant.cpus} to one task leaves none for ${sharing} that share`
  }

  /** Who runs on what others left idle, where none is left to share: they must go. */
  homeless(): readonly Run[] {
    return this.#cpus?.length === 0 ? this.#sharing().filter(isRevocable) : []
  }

  confinement(grant: Grant): Confinement {
    return confinementOf(grant, this.#cpus, this.#hardware)
  }

  /** Who has CPUs alone has changed: tells those that share. */
  changed(): readonly AgentEffect[] {
    const before = this.#cpus
    this.#cpus = this.#now()
    // Nowhere is no place to be kept to: who is there still goes (`homeless`).
    if (this.#cpus?.length === 0) return []
    return this.#sharing().flatMap((run) => {
      const old = confinementOf(run.record.grant, before, this.#hardware)
      return old.cpus === this.confinement(run.record.grant).cpus ? [] : [this.#tell(run)]
    })
  }

  /**
   * Another machine than before, perhaps with the same parts: tells everybody, for a CPU that went and came back is in
   * nobody's set any more. One that tells of no CPU is not believed.
   */
  setHardware(hardware: Hardware): readonly AgentEffect[] {
    if (hardware.cores.length === 0) return []
    this.#hardware = hardware
    this.#cpus = this.#now()
    return this.all()
  }

  /** Tells everybody, as after a restart, which may have come between a change and the telling. */
  all(): readonly AgentEffect[] {
    return this.#cpus === null ? [] : this.#live().map((run) => this.#tell(run))
  }

  #now(): CpuSet | null {
    return poolOf(
      this.#hardware,
      this.#live().map(({ record }) => record.grant),
    )
  }

  #sharing(): readonly Run[] {
    return this.#live().filter(({ record }) => record.grant.cpus === null)
  }

  #live(): readonly Run[] {
    return this.#runs.all().filter(({ phase }) => phase !== 'ended')
  }

  #tell({ record }: Run): AgentEffect {
    return { kind: 'confine', containerId: record.containerId, confinement: this.confinement(record.grant) }
  }
}
