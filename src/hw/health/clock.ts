// Whether the clock is kept right, asked of the usual time services in turn. A virtual machine is asked too: a clock of the
// hypervisor's keeps the pace and not the time.

import type { Reading } from '../../model/reading.ts'
import { type ClockState, parseChronyTracking, parseNtpPeers, parseTimedatectl } from '../parse/clock.ts'
import type { HealthBench } from './bench.ts'

const timeoutMs = 3000

const services: readonly { readonly argv: readonly string[]; readonly parse: (text: string) => Reading<ClockState> }[] =
  [
    { argv: ['chronyc', '-c', 'tracking'], parse: parseChronyTracking },
    { argv: ['timedatectl', 'show', '-p', 'NTPSynchronized'], parse: parseTimedatectl },
    { argv: ['ntpq', '-pn'], parse: parseNtpPeers },
  ]

/** The first service that answers decides; one that is installed and does not run prints nothing that can be read. */
export function lookAtClock({ source, findings }: HealthBench): void {
  const failed: string[] = []
  for (const { argv, parse } of services) {
    const done = source.run(argv, { timeoutMs })
    const state = done.ok && done.value.exitCode === 0 ? parse(done.value.stdout) : null
    if (state?.kind === 'known') {
      const { isSynchronised, text } = state.value
      const part = { kind: 'machine', name: 'clock', id: null } as const
      if (!isSynchronised) findings.symptom('CLOCK_UNSYNCHRONISED', part, { source: argv.join(' '), text })
      return
    }
    if (done.ok || done.fault.code !== 'HW_TOOL_MISSING') failed.push(argv[0] as string)
  }
  const code = failed.length > 0 ? 'HW_TOOL_FAILED' : 'HW_TOOL_MISSING'
  const message =
    failed.length > 0 ? `${failed.join(' and ')} gave no answer` : 'neither chronyc, timedatectl nor ntpq is installed'
  findings.unchecked('the clock', null, code, message, ['CLOCK_UNSYNCHRONISED'])
}
