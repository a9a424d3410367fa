// Whether the clock is synchronised, as the tools of the usual time services tell it.

import { absent, known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'

export type ClockState = { readonly isSynchronised: boolean; readonly text: string }

/** `chronyc -c tracking`: one line of comma-separated fields; the last is the leap status, the third the stratum. */
export function parseChronyTracking(stdout: string): Reading<ClockState> {
  const fields = stdout.trim().split(',')
  const leap = fields.at(-1) ?? ''
  const stratum = fields[2] ?? ''
  if (fields.length < 13 || !/^\d{1,2}$/.test(stratum)) return implausible(stdout, 'not the tracking of chrony')
  if (/^not synchroni[sz]ed$/i.test(leap)) return known({ isSynchronised: false, text: leap })
  if (!/^(normal|insert second|delete second)$/i.test(leap)) return implausible(stdout, 'no leap status')
  return known({ isSynchronised: true, text: `stratum ${stratum}, ${leap}` })
}

/** `timedatectl show -p NTPSynchronized`: what the kernel was last told, whoever keeps the time. */
export function parseTimedatectl(stdout: string): Reading<ClockState> {
  const text = stdout.trim()
  if (text === 'NTPSynchronized=yes') return known({ isSynchronised: true, text })
  if (text === 'NTPSynchronized=no') return known({ isSynchronised: false, text })
  return text === '' ? absent : implausible(stdout, 'neither yes nor no')
}

/** `ntpq -pn`: peers in a table; the one that is followed has a `*` or `o` in front. Absent where there is no table. */
export function parseNtpPeers(stdout: string): Reading<ClockState> {
  const lines = stdout.split('\n')
  const ruler = lines.findIndex((line) => /^={20,}$/.test(line.trim()))
  if (ruler === -1) return absent
  const followed = lines.slice(ruler + 1).find((line) => /^[*o]\S/.test(line))
  const peer = followed?.slice(1).split(/\s/)[0]
  if (peer !== undefined) return known({ isSynchronised: true, text: `follows ${peer}` })
  return known({ isSynchronised: false, text: 'follows no server' })
}
