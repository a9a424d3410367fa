// `tepui nodes`: the machines of the pool, what they have and what of it is taken.

import type { Command } from 'commander'
import type { AgentInfo, MasterResponseGetAgentsAgent } from '../mesos/types.ts'
import { ok } from '../model/result.ts'
import { askMaster } from './client/operator.ts'
import { humanAge, humanMebibytes, shortNumber } from './human.ts'
import { type Amounts, amounts, defineListing, type ListingFlags, timeMs } from './listing.ts'

export type NodeRow = {
  readonly id: string
  readonly hostname: string
  /** `returning`: known from an earlier master and not back yet. */
  readonly state: 'active' | 'inactive' | 'draining' | 'drained' | 'returning'
  /** HOST:PORT of the agent's HTTP API. */
  readonly address: string | null
  readonly total: Amounts
  readonly allocated: Amounts
  readonly offered: Amounts
  readonly registeredMs: number | null
  /** What keeps parts of it out of the offers: code, kind and name of each. */
  readonly sick: readonly string[]
}

export function define(command: Command): void {
  defineListing<NodeRow, ListingFlags>(command, {
    load: async (master) => {
      const asked = await askMaster(master, 'GET_AGENTS')
      if (!asked.ok) return asked
      const { agents, recovered_agents } = asked.value.get_agents ?? {}
      return ok([...(agents ?? []).map(nodeRow), ...(recovered_agents ?? []).map(returningRow)])
    },
    empty: 'no machines',
    columns: [
      { title: 'HOST', text: (row) => row.hostname, cut: 'end' },
      { title: 'ID', text: (row) => row.id, cut: 'start' },
      { title: 'STATE', text: (row) => (row.sick.length === 0 ? row.state : `${row.state}, ${row.sick.length} sick`) },
      { title: 'CPUS', text: (row) => share(row, 'cpus', shortNumber), isNumber: true },
      { title: 'MEM', text: (row) => share(row, 'mem', humanMebibytes), isNumber: true },
      { title: 'DISK', text: (row) => share(row, 'disk', humanMebibytes), isNumber: true, isOptional: true },
      { title: 'GPUS', text: (row) => share(row, 'gpus', shortNumber), isNumber: true },
      { title: 'ADDRESS', text: (row) => row.address ?? '-' },
      { title: 'UP', text: (row) => (row.registeredMs === null ? '-' : humanAge(Date.now() - row.registeredMs)) },
    ],
  })
}

function nodeRow(agent: MasterResponseGetAgentsAgent): NodeRow {
  return {
    id: agent.agent_info.id?.value ?? '',
    hostname: agent.agent_info.hostname,
    state: stateOf(agent),
    address: agent.pid?.split('@')[1] ?? null,
    total: amounts(agent.total_resources),
    allocated: amounts(agent.allocated_resources),
    offered: amounts(agent.offered_resources),
    registeredMs: timeMs(agent.reregistered_time ?? agent.registered_time),
    sick: (agent.conditions ?? []).flatMap(({ code, severity, kind, name }) =>
      severity === 'critical' ? [`${code} ${kind} ${name}`] : [],
    ),
  }
}

function stateOf({ active, drain_info }: MasterResponseGetAgentsAgent): NodeRow['state'] {
  if (drain_info !== undefined) return drain_info.state === 'DRAINED' ? 'drained' : 'draining'
  return active ? 'active' : 'inactive'
}

function returningRow(info: AgentInfo): NodeRow {
  return {
    id: info.id?.value ?? '',
    hostname: info.hostname,
    state: 'returning',
    address: null,
    total: amounts(info.resources),
    allocated: {},
    offered: {},
    registeredMs: null,
    sick: [],
  }
}

/** `taken/total`, or a dash for what the machine has none of. */
function share(row: NodeRow, name: string, format: (amount: number) => string): string {
  const total = row.total[name]
  return total === undefined ? '-' : `${format(row.allocated[name] ?? 0)}/${format(total)}`
}
