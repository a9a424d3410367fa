// One machine of the pool, by its name, and how it is now. It does not know what an operator wants of it.

import { fail, ok, type Result } from '../../model/result.ts'
import type { HttpClient } from './http.ts'
import { askMaster, askSlaves } from './operator.ts'

export type FoundNode = { readonly id: string; readonly hostname: string }

/**
 * The machine with this id or host name; USAGE when there is none, or several. One that is unreachable is found by its id
 * alone: nobody remembers its host name.
 */
export async function findNode(master: HttpClient, name: string): Promise<Result<FoundNode>> {
  const asked = await askMaster(master, 'GET_AGENTS')
  if (!asked.ok) return asked
  const { agents = [], recovered_agents = [] } = asked.value.get_agents ?? {}
  const nodes = [...agents.map(({ agent_info }) => agent_info), ...recovered_agents].map(({ id, hostname }) => ({
    id: id?.value ?? '',
    hostname,
  }))
  const [first, second] = nodes.filter(({ id, hostname }) => id === name || hostname === name)
  if (second !== undefined) return fail('USAGE', `several machines are called ${name}: name one by its id`)
  if (first !== undefined) return ok(first)
  const away = await lookAt(master, name)
  if (!away.ok) return away
  if (away.value.kind === 'away') return ok({ id: name, hostname: name })
  return fail('USAGE', `there is no machine ${name} (\`tepui nodes\` lists them)`)
}

export type NodeNow =
  | {
      readonly kind: 'connected'
      readonly drain: 'DRAINING' | 'DRAINED' | null
      readonly cpus: { readonly used: number; readonly total: number }
      readonly isIdle: boolean
    }
  /** Silent, or not back after the master was started anew. */
  | { readonly kind: 'away' }
  /** Not known to the master, or not any more. */
  | { readonly kind: 'gone' }

/** How one machine is now; the master looks at no other. */
export async function lookAt(master: HttpClient, id: string): Promise<Result<NodeNow>> {
  const asked = await askSlaves(master, id)
  if (!asked.ok) return asked
  const { slaves, recovered_slaves, unreachable_slaves } = asked.value
  const [slave] = slaves
  if (slave === undefined) {
    return ok({ kind: recovered_slaves.length + unreachable_slaves.length > 0 ? 'away' : 'gone' })
  }
  return ok({
    kind: 'connected',
    drain: slave.drain_info?.state ?? null,
    cpus: { used: slave.used_resources.cpus, total: slave.resources.cpus },
    isIdle: slave.used_resources_full.length === 0,
  })
}
