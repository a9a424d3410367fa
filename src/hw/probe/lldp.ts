// Neighbours on the network as lldpd has heard them. It is asked only where it runs; a machine without it has none, which
// is no problem.

import type { LldpNeighbour } from '../../model/inventory.ts'
import { parseLldpNeighbours } from '../parse/lldp.ts'
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
  const done = source.run(argv, { timeoutMs, maxAgeMs })
  if (!done.ok) {
    report.add({ code: done.fault.code, where: 'lldpcli', message: done.fault.message })
    return none
  }
  if (done.value.exitCode === 0) return settle(report, parseLldpNeighbours(done.value.stdout), 'lldpcli') ?? none
  const message = done.value.stderr.trim().split('\n')[0] || `exit code ${done.value.exitCode}`
  report.add({ code: /denied/i.test(message) ? 'HW_NEEDS_ROOT' : 'HW_TOOL_FAILED', where: 'lldpcli', message })
  return none
}
