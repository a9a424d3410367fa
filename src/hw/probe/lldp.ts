// Neighbours on the network as lldpd has heard them. It is asked only where it runs; a machine without it has none, which
// is no problem.

import type { LldpNeighbour } from '../../model/inventory.ts'
import { parseLldpNeighbours } from '../parse/lldp.ts'
import { printed } from '../source/answers.ts'
import { type Bench, settle } from './report.ts'

/** Where distributions put its socket. */
const sockets = ['/run/lldpd.socket', '/run/lldpd/lldpd.socket', '/var/run/lldpd.socket']

/** It answers from memory. */
const timeoutMs = 2000

/** Switches send every 30 s; cables are moved less often. */
const maxAgeMs = 60_000

const argv = ['lldpcli', '-f', 'json0', 'show', 'neighbors'] as const

/** By name of the port. */
export function lldpNeighbours({ source, report }: Bench): ReadonlyMap<string, readonly LldpNeighbour[]> {
  const none = new Map<string, readonly LldpNeighbour[]>()
  if (!sockets.some((path) => source.exists(path))) return none
  const text = printed(source, argv, { timeoutMs, maxAgeMs })
  if (text.ok) return settle(report, parseLldpNeighbours(text.value), 'lldpcli') ?? none
  report.add({ code: text.fault.code, where: 'lldpcli', message: text.fault.message })
  return none
}
