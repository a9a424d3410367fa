// What the kernel says of one PCI function: its uevent, its module alias, single files of ids, and the first bytes of its
// configuration space. Digits are lower case, without 0x.

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseAssignments } from './key-values.ts'
import { cleanText, implausible } from './numbers.ts'
import { normaliseDomain } from './pci.ts'

export type PciIds = {
  /** Six digits. */
  readonly class: string
  readonly vendorId: string | null
  readonly deviceId: string | null
  readonly subsystemVendorId: string | null
  readonly subsystemId: string | null
}

/** Absent where the text has no class: an empty uevent of a capture, or one of another bus. */
export function parsePciUevent(text: string): Reading<PciIds & { readonly driver: string | null }> {
  const pairs = parseAssignments(text)
  const kind = pairs.get('PCI_CLASS')
  if (kind === undefined) return absent
  // The kernel prints the class without leading zeros.
  if (!/^[0-9a-fA-F]{1,6}$/.test(kind)) return implausible(kind, 'not a PCI class')
  const [vendorId, deviceId] = idPair(pairs.get('PCI_ID'))
  const [subsystemVendorId, subsystemId] = subsystemPair(...idPair(pairs.get('PCI_SUBSYS_ID')))
  const driver = pairs.get('DRIVER') ?? ''
  return known({
    class: kind.toLowerCase().padStart(6, '0'),
    vendorId,
    deviceId,
    subsystemVendorId,
    subsystemId,
    driver: /^[\w.-]{1,64}$/.test(driver) ? driver : null,
  })
}

/** `pci:v00008086d000046A6sv000017AAsd000022E7bc03sc00i00` */
export function parsePciModalias(text: string): Reading<PciIds> {
  const alias = cleanText(text)
  const match =
    /^pci:v0000([0-9A-F]{4})d0000([0-9A-F]{4})sv0000([0-9A-F]{4})sd0000([0-9A-F]{4})bc([0-9A-F]{2})sc([0-9A-F]{2})i([0-9A-F]{2})$/.exec(
      alias,
    )
  if (match === null) return implausible(text, 'not the alias of a PCI function')
  const digits = match.slice(1).map((part) => part.toLowerCase()) as [string, string, string, string, ...string[]]
  const [vendorId, deviceId, ...subsystem] = digits
  const [subsystemVendorId, subsystemId] = subsystemPair(subsystem[0] ?? null, subsystem[1] ?? null)
  return known({ class: digits.slice(4).join(''), vendorId, deviceId, subsystemVendorId, subsystemId })
}

/** `0x030200` as six digits. */
export function parsePciClass(text: string): Reading<string> {
  return hexDigits(text, 6)
}

/** `0x8086` as four digits. */
export function parsePciId(text: string): Reading<string> {
  return hexDigits(text, 4)
}

/** `0x0a` as two digits. */
export function parsePciRevision(text: string): Reading<string> {
  return hexDigits(text, 2)
}

/** The revision in the first bytes of the configuration space; absent where the function does not answer. */
export function parseConfigRevision(bytes: Uint8Array): Reading<string> {
  const revision = bytes[8]
  if (revision === undefined || (bytes[0] === 0xff && bytes[1] === 0xff)) return absent
  return known(revision.toString(16).padStart(2, '0'))
}

/** `8.0 GT/s PCIe`, `2.5 GT/s`, `5 GT/s`, in gigatransfers a second; absent for `Unknown`, `Unknown speed`. */
export function parseLinkSpeed(text: string): Reading<number> {
  const clean = cleanText(text)
  if (/^unknown/i.test(clean)) return absent
  const match = /^(\d{1,3}(?:\.\d)?) GT\/s(?: PCIe)?$/.exec(clean)
  const speed = Number(match?.[1] ?? 0)
  return speed > 0 ? known(speed) : implausible(text, 'not a speed of a PCI Express link')
}

/**
 * Lanes. 0 is a link that does not exist or is down. A function that does not answer reads all ones, which is 63 (255 where
 * a kernel prints the raw byte): absent (FN-0021).
 */
export function parseLinkWidth(text: string): Reading<number> {
  const clean = cleanText(text)
  if (/^(63|255|unknown)$/i.test(clean)) return absent
  if (!/^(0|1|2|4|8|12|16|32)$/.test(clean)) return implausible(text, 'not a width of a PCI Express link')
  return known(Number(clean))
}

/**
 * `/sys/bus/pci/slots/<name>/address`: domain, bus and device (`0000:82:00`), or domain and bus alone where the slot is all
 * of a bus. Normalised like an address.
 */
export function parseSlotAddress(text: string): Reading<string> {
  const match = /^([0-9a-f]{4,8}):([0-9a-f]{2}(?::[01][0-9a-f])?)$/.exec(cleanText(text).toLowerCase())
  if (match === null) return implausible(text, 'not the address of a slot')
  return known(`${normaliseDomain(match[1] as string)}:${match[2]}`)
}

function idPair(text: string | undefined): [string | null, string | null] {
  const match = /^([0-9a-fA-F]{4}):([0-9a-fA-F]{4})$/.exec(text ?? '')
  return [match?.[1]?.toLowerCase() ?? null, match?.[2]?.toLowerCase() ?? null]
}

/** Bridges have none, which the kernel prints as zeros. */
function subsystemPair(vendor: string | null, device: string | null): [string | null, string | null] {
  return vendor === '0000' && device === '0000' ? [null, null] : [vendor, device]
}

function hexDigits(text: string, digits: number): Reading<string> {
  const clean = cleanText(text).toLowerCase()
  if (!/^0x[0-9a-f]{1,8}$/.test(clean)) return implausible(text, 'not a hexadecimal number')
  const bare = clean.slice(2).replace(/^0+/, '').padStart(digits, '0')
  return bare.length > digits ? implausible(text, `more than ${digits} digits`) : known(bare)
}
