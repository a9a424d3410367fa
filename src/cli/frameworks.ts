// `tepui frameworks`: who schedules here and what it holds; with --all also those that have ended.

import type { Command } from 'commander'
import type { MasterResponseGetFrameworksFramework } from '../mesos/types.ts'
import { ok } from '../model/result.ts'
import { askMaster } from './client/operator.ts'
import { flag } from './command.ts'
import { humanAge, humanMebibytes, shortNumber } from './human.ts'
import { type Amounts, amounts, defineListing, type ListingFlags, timeMs } from './listing.ts'

export type FrameworkRow = {
  readonly id: string
  readonly name: string
  readonly user: string
  readonly roles: readonly string[]
  readonly state: 'connected' | 'disconnected' | 'recovered' | 'completed'
  readonly allocated: Amounts
  readonly offered: Amounts
  readonly offers: number
  /** Since when it holds the oldest of them. */
  readonly offersSinceMs: number | null
  readonly registeredMs: number | null
}

type FrameworksFlags = ListingFlags & { readonly all?: boolean }

export function define(command: Command): void {
  command.addOption(flag('-a, --all', 'also frameworks that have ended'))
  defineListing<FrameworkRow, FrameworksFlags>(command, {
    load: async (master, flags) => {
      const asked = await askMaster(master, 'GET_FRAMEWORKS')
      if (!asked.ok) return asked
      const { frameworks, completed_frameworks } = asked.value.get_frameworks ?? {}
      const live = (frameworks ?? []).map((framework) => frameworkRow(framework, false))
      const over = (completed_frameworks ?? []).map((framework) => frameworkRow(framework, true))
      return ok(flags.all ? [...live, ...over] : live)
    },
    empty: 'no frameworks',
    columns: [
      { title: 'NAME', text: (row) => row.name, cut: 'end' },
      { title: 'ID', text: (row) => row.id, cut: 'start' },
      { title: 'USER', text: (row) => row.user, cut: 'end' },
      { title: 'ROLES', text: (row) => row.roles.join(','), cut: 'end' },
      { title: 'STATE', text: (row) => row.state },
      { title: 'CPUS', text: (row) => shortNumber(row.allocated.cpus ?? 0), isNumber: true },
      { title: 'MEM', text: (row) => humanMebibytes(row.allocated.mem ?? 0), isNumber: true },
      { title: 'OFFERS', text: offersText, isNumber: true },
      { title: 'UP', text: (row) => (row.registeredMs === null ? '-' : humanAge(Date.now() - row.registeredMs)) },
    ],
  })
}

/** Who sits on offers keeps others from them: it shows for how long. */
function offersText({ offers, offersSinceMs }: FrameworkRow): string {
  return offersSinceMs === null ? `${offers}` : `${offers} for ${humanAge(Date.now() - offersSinceMs)}`
}

function frameworkRow(framework: MasterResponseGetFrameworksFramework, isCompleted: boolean): FrameworkRow {
  const { framework_info: info } = framework
  const connected = framework.connected ? 'connected' : 'disconnected'
  return {
    id: info.id?.value ?? '',
    name: info.name,
    user: info.user,
    roles: info.roles ?? (info.role === undefined ? ['*'] : [info.role]),
    state: isCompleted ? 'completed' : framework.recovered ? 'recovered' : connected,
    allocated: amounts(framework.allocated_resources),
    offered: amounts(framework.offered_resources),
    offers: framework.offers?.length ?? 0,
    offersSinceMs: timeMs(framework.offers_since),
    registeredMs: timeMs(framework.registered_time),
  }
}
