import { expect, it } from 'vitest'
import { lookAtClock } from '../../../../src/hw/health/clock.ts'
import { fakeMachine } from '../../../support/fake-machine.ts'
import { findingsOf } from '../../../support/health-bench.ts'

const chrony = 'chronyc -c tracking'
const timedatectl = 'timedatectl show -p NTPSynchronized'
const tracking = (leap: string) =>
  `C0A80001,ntp1,3,1700000000.123,0.000012,0.000034,0.000056,-12.3,0.001,0.05,0.002,0.001,64.2,${leap}\n`
const peers = (mark: string) =>
  `     remote           refid      st t when poll reach   delay   offset  jitter
==============================================================================
 10.0.0.2        .GPS.            1 u   30   64  377    0.100    0.010   0.001
${mark}10.0.0.1        .GPS.            1 u   30   64  377    0.100    0.010   0.001
`

function look(tools: Readonly<Record<string, string | number>>) {
  const { symptoms, unchecked } = findingsOf(lookAtClock, fakeMachine({}, tools))
  return symptoms[0]?.code ?? unchecked[0]?.code ?? 'right'
}

it.each<[string, Readonly<Record<string, string | number>>, string]>([
  ['chrony follows a server', { [chrony]: tracking('Normal') }, 'right'],
  ['chrony inserts a second', { [chrony]: tracking('Insert second') }, 'right'],
  ['chrony follows nobody', { [chrony]: tracking('Not synchronised') }, 'CLOCK_UNSYNCHRONISED'],
  ['chrony does not run and systemd says yes', { [chrony]: 1, [timedatectl]: 'NTPSynchronized=yes\n' }, 'right'],
  ['the kernel was told nothing', { [timedatectl]: 'NTPSynchronized=no\n' }, 'CLOCK_UNSYNCHRONISED'],
  ['there is no systemd and ntpd follows a peer', { [timedatectl]: 1, 'ntpq -pn': peers('*') }, 'right'],
  ['ntpd follows nobody', { 'ntpq -pn': peers(' ') }, 'CLOCK_UNSYNCHRONISED'],
  ['ntpd has no peers to show', { 'ntpq -pn': "No association ID's returned\n" }, 'HW_TOOL_FAILED'],
  ['no service is installed', {}, 'HW_TOOL_MISSING'],
  ['all answers are garbage', { [chrony]: 'x', [timedatectl]: 'y', 'ntpq -pn': 'z' }, 'HW_TOOL_FAILED'],
])('where %s', (_, tools, expected) => {
  expect(look(tools)).toBe(expected)
})
