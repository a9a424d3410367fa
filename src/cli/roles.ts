// `tepui roles`: who may have how much: weight and quota of each role, what counts for it, and the share it has.

import type { Command } from 'commander'
import type { RoleObject } from '../master/api/render-documents.ts'
import { ok } from '../model/result.ts'
import { askRoles } from './client/operator.ts'
import { humanMebibytes, shortNumber } from './human.ts'
import { type Amounts, defineListing, type ListingFlags } from './listing.ts'

export type RoleRow = {
  readonly name: string
  readonly weight: number
  /** The largest part it has of any resource of the cluster, by its weight; the smallest is offered first. */
  readonly share: number
  /** Ids of those in this very role. */
  readonly frameworks: readonly string[]
  readonly guarantee: Amounts
  readonly limit: Amounts
  /** Held by tasks or reserved, in the role and below it. */
  readonly consumed: Amounts
}

export function define(command: Command): void {
  defineListing<RoleRow, ListingFlags>(command, {
    load: async (master) => {
      const asked = await askRoles(master)
      return asked.ok ? ok(asked.value.map(roleRow)) : asked
    },
    empty: 'no roles',
    columns: [
      { title: 'ROLE', text: (row) => row.name, cut: 'end', isCutLast: true },
      { title: 'WEIGHT', text: (row) => `${row.weight}`, isNumber: true },
      { title: 'SHARE', text: (row) => `${shortNumber(row.share * 100)}%`, isNumber: true },
      { title: 'FRAMEWORKS', text: (row) => `${row.frameworks.length}`, isNumber: true, isOptional: true },
      { title: 'CONSUMED', text: (row) => words(row.consumed), cut: 'end' },
      { title: 'GUARANTEE', text: (row) => words(row.guarantee), cut: 'end' },
      { title: 'LIMIT', text: (row) => words(row.limit), cut: 'end' },
    ],
  })
}

function roleRow({ name, weight, share, frameworks, quota }: RoleObject): RoleRow {
  const { guarantee, limit, consumed } = quota
  return { name, weight, share, frameworks, guarantee, limit, consumed }
}

/** `4 cpus, 2 GiB mem`, or a dash. */
function words(amounts: Amounts): string {
  const each = Object.entries(amounts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${isMebibytes(name) ? humanMebibytes(amount) : shortNumber(amount)} ${name}`)
  return each.length === 0 ? '-' : each.join(', ')
}

function isMebibytes(name: string): boolean {
  return name === 'mem' || name === 'disk'
}
