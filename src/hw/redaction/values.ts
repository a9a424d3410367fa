// What is an identity: of one part, one machine, one site. Values come from a place that is known to hold one (a file
// called `serial`, a line `Serial Number: …`) or are known by their look (MAC, UUID, world-wide name, IP address).
// It knows nothing of files or captures.

import { isIPv6 } from 'node:net'
import { valueOr } from '../../model/reading.ts'
import { parseDmiString, parseDmiUuid } from '../parse/dmi.ts'
import type { IdentityKind } from './pseudonyms.ts'

/** `keep` leading hexadecimal digits name the maker, not the part. */
export type Identity = { readonly kind: IdentityKind; readonly value: string; readonly keep: number }

/** Digits of a MAC address or EUI that are the maker's. */
const ouiDigits = 6

const uuid = /(?<![0-9a-f])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9a-f])/gi
const mac = /(?<![0-9a-f:-])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4,18}(?![0-9a-f:-])/gi
const worldWide =
  /(?:(?<=\b(?:naa\.|wwn-0x|wwn=0x|eui\.))|(?<=\b0x)(?=[125]))[0-9a-f]{16}(?:[0-9a-f]{16})?(?![0-9a-f])/gi
/** Without a word before it, only what has a letter: counters have as many digits. */
const bareWorldWide = /(?<![0-9a-z.])(?=\d*[a-f])(?:5[0-9a-f]{15}|6[0-9a-f]{31})(?![0-9a-z])/gi
const spacedWorldWide = /\b([0-9a-f]) ([0-9a-f]{6}) ([0-9a-f]{9})\b/gi
const guid = /(?<![0-9a-f:])[0-9a-f]{4}:[0-9a-f]{4}:[0-9a-f]{4}:[0-9a-f]{4}(?![0-9a-f:])/gi
const ip4 = /(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?!\w|\.\d)/g
const ip6 = /(?<![\w:.])(?:[0-9a-f]{1,4}:){1,7}(?::|(?::[0-9a-f]{1,4}){1,6}|[0-9a-f]{1,4})(?![\w:])/gi

/** Identities that are known by their look, wherever they stand. */
export function identitiesByLook(text: string): readonly Identity[] {
  const found: Identity[] = []
  for (const [whole] of text.matchAll(uuid)) found.push(...uuidIdentity(whole))
  for (const [whole] of text.matchAll(mac)) found.push(...macIdentity(whole))
  for (const [whole] of text.matchAll(worldWide)) found.push(...worldWideIdentity(whole))
  for (const [whole] of text.matchAll(bareWorldWide)) found.push(...worldWideIdentity(whole))
  for (const [, a, b, c] of text.matchAll(spacedWorldWide)) found.push(...worldWideIdentity(`${a}${b}${c}`))
  for (const [whole] of text.matchAll(guid)) found.push(...hexIdentity(whole, ouiDigits))
  for (const match of text.matchAll(ip4)) {
    const before = text.slice(Math.max(0, match.index - 40), match.index)
    if (isHostIp4(match[0]) && !isVersion(before)) found.push({ kind: 'ip4', value: match[0], keep: 0 })
  }
  for (const [whole] of text.matchAll(ip6)) {
    const groups = whole.split(':').filter((group) => group !== '')
    const isBytes = groups.length === 8 && groups.every((group) => group.length === 2)
    const isLong = groups.join('').length > ouiDigits
    if (groups.length === 8 && /^(fe80(:0000){3}:)/i.test(whole)) found.push(...hexIdentity(whole.slice(20), ouiDigits))
    else if (isLong && !isBytes && isIPv6(whole)) found.push({ kind: 'ip6', value: whole.toLowerCase(), keep: 0 })
  }
  return found
}

/** A longer text is no value but many. */
const valueLengthMax = 1024

/** By which the device mapper's names say what made them. */
const stackPrefix = /^(part\d+-)?(LVM|CRYPT-[A-Z]+\d*|mpath|DMRAID)-/

/** Identities in a value that is known to be one. */
export function identitiesIn(text: string): readonly Identity[] {
  if (text.length > valueLengthMax) return identitiesByLook(text)
  const value = text
    .replace(/[\s\0]+$/, '')
    .trim()
    .replace(/^(GPU|MIG|UUID)[-.=]/i, '')
  const looks = identitiesByLook(value)
  if (looks.length > 0) return looks
  if (/^([0-9a-f]{2} ){7}([0-9a-f]{2} ){0,8}[0-9a-f]{2}$/i.test(value)) return hexIdentity(value, ouiDigits)
  const nvme = /^nvme\.[0-9a-f]{4}-((?:[0-9a-f]{2})+)-/i.exec(value)
  if (nvme !== null) return textIdentity(Buffer.from(nvme[1] as string, 'hex').toString('latin1'))
  if (/^(0x)?([0-9a-f]{16}|[0-9a-f]{32})$/i.test(value) && /[a-f]/i.test(value)) {
    return worldWideIdentity(value.replace(/^0x/i, ''))
  }
  const qualified = /^(?:iqn|nqn)\.[^:]*:(?:.*:)?([^:]+)$/.exec(value)
  if (qualified !== null) return textIdentity(qualified[1] as string)
  const t10 = /^t10\..*[\s_]([^\s_]+)$/.exec(value)
  return textIdentity(t10?.[1] ?? value.replace(stackPrefix, ''))
}

/** Null for fillers, which are the same on many machines. */
function textIdentity(text: string): readonly Identity[] {
  const value = text.trim()
  if (value.length < 2 || valueOr(parseDmiString(value), null) === null) return []
  return /[a-z0-9]/i.test(value) ? [{ kind: 'text', value, keep: 0 }] : []
}

function uuidIdentity(text: string): readonly Identity[] {
  const isFiller = parseDmiUuid(text).kind !== 'known'
  return isFiller ? [] : hexIdentity(text, 0)
}

/** An InfiniBand address of 20 bytes is a queue, a network, and the port's own number. */
function macIdentity(text: string): readonly Identity[] {
  return hexIdentity(text.length === 59 ? text.slice(-23) : text, ouiDigits)
}

function worldWideIdentity(text: string): readonly Identity[] {
  const [type = ''] = text
  // NAA names begin with their type; the maker follows in six digits. An EUI begins with the maker.
  return hexIdentity(text, '1256'.includes(type) ? ouiDigits + 1 : ouiDigits)
}

function hexIdentity(text: string, keep: number): readonly Identity[] {
  const value = text.toLowerCase().replace(/[^0-9a-f]/g, '')
  return /^(.)\1*$/.test(value.slice(keep)) ? [] : [{ kind: 'hex', value, keep }]
}

function isHostIp4(text: string): boolean {
  const octets = text.split('.').map(Number)
  const [first = 0] = octets
  if (octets.some((octet) => octet > 255) || /(^|\.)0\d/.test(text)) return false
  return first !== 0 && first !== 127 && first < 224
}

const versionBefore =
  /(?<![a-z])(?:ver|version|rev|revision|firmware|fw|release|v?bios|microcode|driver|pkg|build)[\W_]{0,6}(?:version)?[\W_]{0,6}$/i

/** Version numbers look like addresses. */
function isVersion(before: string): boolean {
  return versionBefore.test(before)
}

/** The words by which files and tools name an identity, then what may stand before its value. */
const names = [
  'serial',
  'sernum',
  's/n',
  'uuid',
  'guid',
  'wwn',
  'wwid',
  'world[ -]?wide[ -]?(?:name|id)',
  'sas[ _-]?address',
  'wwpn',
  'wwnn',
  'eui64',
  'nguid',
  'asset[ _-]?tag',
  'host[ _-]?name',
  'node[ _-]?name',
  'sys[ _-]?name',
  'chassis\\.name',
  'machine[ _-]?id',
  'boot[ _-]?id',
  'unique[ _-]?id',
  'service[ _-]?tag',
  'initiator[ _-]?name',
]
const named = new RegExp(
  `(?:${names.join('|')})(?:[ _.-]?(?:short|number|num|no|id|name|string))?["')]?\\s*[:=>]\\s*["']?([^"'<>,;\\s\\0]{2,128})(?=["'<>,;\\s\\0]|$)`,
  'gi',
)

/** Calls back with each value that stands beside the name of an identity; what is returned takes its place. */
export function eachNamedValue(text: string, replace: (value: string) => string): string {
  return text.replace(named, (whole: string, value: string) => {
    // Words and bare small numbers are answers such as `supported` or `1`.
    const isAnswer = !/\d/.test(value) && !/name["')]?\s*[:=>]/i.test(whole)
    return isAnswer ? whole : `${whole.slice(0, whole.length - value.length)}${replace(value)}`
  })
}

/** Files whose whole content is an identity. */
const identityFile =
  /^(serial|serial[-_]number|\w*_serial|serial_num|uuid|\w*_uuid|wwid|wwn|nguid|eui|\w*_guid|sas_address|port_name|node_name|\w*asset_tag|hostname|domainname|machine-id|boot_id|unique_id|subsysnqn|hostnqn|hostid|initiatorname|phys_port_id|phys_switch_id|iqn)$/

export function isIdentityFile(name: string): boolean {
  return identityFile.test(name)
}
