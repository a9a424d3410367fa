// `tepui offers`: what is offered to whom at this moment.

import type { Command } from 'commander'
import type { Offer } from '../mesos/types.ts'
import { ok } from '../model/result.ts'
import { askMaster } from './client/operator.ts'
import { humanMebibytes, shortNumber } from './human.ts'
import { type Amounts, amounts, defineListing, type ListingFlags } from './listing.ts'

export type OfferRow = {
  readonly id: string
  readonly frameworkId: string
  readonly frameworkName: string
  readonly role: string | null
  readonly agentId: string
  readonly hostname: string
  readonly resources: Amounts
}

export function define(command: Command): void {
  defineListing<OfferRow, ListingFlags>(command, {
    load: async (master) => {
      const asked = await askMaster(master, 'GET_FRAMEWORKS')
      if (!asked.ok) return asked
      const frameworks = asked.value.get_frameworks?.frameworks ?? []
      return ok(frameworks.flatMap(({ framework_info, offers }) => (offers ?? []).map(offerRow(framework_info.name))))
    },
    empty: 'no offers',
    columns: [
      { title: 'OFFER', text: (row) => row.id, cut: 'start' },
      { title: 'FRAMEWORK', text: (row) => row.frameworkName, cut: 'end' },
      { title: 'ROLE', text: (row) => row.role ?? '*', cut: 'end' },
      { title: 'HOST', text: (row) => row.hostname, cut: 'end' },
      { title: 'CPUS', text: (row) => shortNumber(row.resources.cpus ?? 0), isNumber: true },
      { title: 'MEM', text: (row) => humanMebibytes(row.resources.mem ?? 0), isNumber: true },
      { title: 'DISK', text: (row) => humanMebibytes(row.resources.disk ?? 0), isNumber: true },
      { title: 'GPUS', text: (row) => shortNumber(row.resources.gpus ?? 0), isNumber: true },
    ],
  })
}

function offerRow(frameworkName: string): (offer: Offer) => OfferRow {
  return (offer) => ({
    id: offer.id.value,
    frameworkId: offer.framework_id.value,
    frameworkName,
    role: offer.allocation_info?.role ?? null,
    agentId: offer.agent_id.value,
    hostname: offer.hostname,
    resources: amounts(offer.resources),
  })
}
