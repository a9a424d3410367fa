// One machine of the pool by its name, and what an operator asks the master to do with it. It does not know how that is
// shown.

import type { MasterResponseGetAgentsAgent } from '../../mesos/types.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import type { HttpClient } from './http.ts'
import { askMaster } from './operator.ts'

export type FoundNode = { readonly id: string; readonly hostname: string; readonly agent: MasterResponseGetAgentsAgent }

/** The registered machine with this id or host name; USAGE when there is none, or several. */
export async function findNode(master: HttpClient, name: string): Promise<Result<FoundNode>> {
  const asked = await askMaster(master, 'GET_AGENTS')
  if (!asked.ok) return asked
  const nodes = (asked.value.get_agents?.agents ?? []).map((agent) => ({
    id: agent.agent_info.id?.value ?? '',
    hostname: agent.agent_info.hostname,
    agent,
  }))
  const [first, second] = nodes.filter(({ id, hostname }) => id === name || hostname === name)
  if (first === undefined) return fail('USAGE', `there is no machine ${name} (\`tepui nodes\` lists them)`)
  if (second !== undefined) return fail('USAGE', `several machines are called ${name}: name one by its id`)
  return ok(first)
}
