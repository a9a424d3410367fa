// Files of RDMA ports (`/sys/class/infiniband/mlx5_0/ports/1`) and Fibre Channel hosts.

import { absent, known, type Reading } from '../../model/reading.ts'
import { cleanText, implausible } from './numbers.ts'

/** `4: ACTIVE`, `5: LinkUp`: the word in upper case. */
export function parseIbState(text: string): Reading<string> {
  const clean = cleanText(text)
  const match = /^\d+:\s*([A-Za-z_ ]{1,40})$/.exec(clean)
  if (match === null) return clean === '' ? absent : implausible(text, 'not the state of an InfiniBand port')
  return known((match[1] as string).toUpperCase())
}

/** `400 Gb/sec (4X NDR)`, `2.5 Gb/sec (1X SDR)`; absent where it says 0 or less. */
export function parseIbRate(text: string): Reading<number> {
  const clean = cleanText(text)
  const match = /^(-?\d{1,6}(?:\.\d{1,3})?) Gb\/sec/.exec(clean)
  if (match === null) return clean === '' ? absent : implausible(text, 'not the rate of an InfiniBand port')
  return Number(match[1]) > 0 ? known(Number(match[1])) : absent
}

/** `248a:0703:00aa:1234`; absent when it is all zeros. */
export function parseGuid(text: string): Reading<string> {
  const clean = cleanText(text).toLowerCase()
  return /^([0-9a-f]{4}:){3}[0-9a-f]{4}$/.test(clean) && !/^[0:]+$/.test(clean) ? known(clean) : absent
}

/** `16 Gbit`, `32 Gbit`; absent where it says unknown. */
export function parseFcSpeed(text: string): Reading<number> {
  const match = /^(\d{1,4}) ?Gbit/i.exec(cleanText(text))
  return match === null || Number(match[1]) === 0 ? absent : known(Number(match[1]))
}

/** `0x500143802426baf4` as `50:01:43:80:24:26:ba:f4`; absent where it is not set. */
export function parseWwn(text: string): Reading<string> {
  const match = /^0x([0-9a-f]{16})$/.exec(cleanText(text).toLowerCase())
  const digits = match?.[1] ?? ''
  if (digits === '' || /^(0+|f+)$/.test(digits)) return absent
  return known((digits.match(/../g) ?? []).join(':'))
}

/** A counter in decimal (InfiniBand) or hexadecimal (Fibre Channel); absent where it is not counted (FN-0062). */
export function parsePortCounter(text: string): Reading<number> {
  const clean = cleanText(text)
  if (/^N\/A\b/.test(clean) || /^0x(f{8}|f{16})$/i.test(clean)) return absent
  if (!/^(\d{1,16}|0x[0-9a-f]{1,16})$/i.test(clean)) return implausible(text, 'not a counter')
  const value = Number(clean)
  return Number.isSafeInteger(value) ? known(value) : implausible(text, 'larger than can be counted')
}
