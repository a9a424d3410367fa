// Finds the identities of a recorded machine: in its files and tools' outputs, in its tables, and in what the probe made
// of them. It does not know what takes their place.

import type { HealthLook } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { valueOr } from '../../model/reading.ts'
import { parseDmiString } from '../parse/dmi.ts'
import { structuresOf } from '../parse/smbios-structures.ts'
import { nameOf } from '../source/paths.ts'
import type { Recording } from '../source/recording.ts'
import { decimalForms } from './decimal-forms.ts'
import { eachNamedValue, type Identity, identitiesByLook, identitiesIn, isIdentityFile } from './values.ts'

/** Facts of the document that are identities. */
const identityFacts = new Set([
  'serial',
  'uuid',
  'wwn',
  'mac',
  'permanentMac',
  'id',
  'assetTag',
  'hostname',
  'bootId',
  'nodeGuid',
  'chassisId',
  'chassisName',
])

/** Facts of the document that many machines share; no identity is the same as one of these. */
const commonFacts = new Set([
  'model',
  'product',
  'vendor',
  'version',
  'firmware',
  'driver',
  'driverVersion',
  'vbios',
  'kernel',
  'distribution',
  'type',
  'part',
  'manufacturer',
  'locator',
  'name',
  'architecture',
  'component',
  'sku',
])

/** Words that no host name takes with it. */
const commonWords = new Set(['linux', 'localhost', 'localdomain', 'server', 'machine', 'kernel', 'none', 'root'])

export function findIdentities(recording: Recording, inventory: Inventory, look: HealthLook): readonly Identity[] {
  const found = new Map<string, Identity>()
  const common = new Set(commonWords)
  eachFact([inventory, look], (name, text) => {
    if (!commonFacts.has(name)) return
    common.add(text.toLowerCase())
    for (const word of text.toLowerCase().split(/[^a-z0-9]+/)) common.add(word)
  })
  const keep = (identities: readonly Identity[]) => {
    for (const one of identities) {
      if (!common.has(one.value.toLowerCase())) found.set(`${one.kind} ${one.value}`, one)
    }
  }
  eachFact([inventory, look], (name, text) =>
    keep(identityFacts.has(name) ? identitiesIn(text) : identitiesByLook(text)),
  )
  for (const [path, node] of recording.tree.entries()) {
    keep(identitiesByLook(withoutCommonUuids(path)))
    if (node.kind === 'file') keep(identitiesOfFile(path, node.bytes))
    else if (node.kind === 'link') keep(identitiesByLook(withoutCommonUuids(node.target)))
  }
  for (const names of recording.notes.listings.values()) {
    if (typeof names !== 'string') keep(identitiesByLook(withoutCommonUuids(names.join('\n'))))
  }
  for (const { argv, result } of recording.runs) {
    const texts = result.ok ? [...argv, result.value.stdout, result.value.stderr] : [...argv, result.fault.message]
    for (const text of texts) keep(identitiesOfText(text))
  }
  return [...found.values()]
}

/** Every text in a document with the name of its fact; of lists, the name of the list. */
function eachFact(value: unknown, use: (name: string, text: string) => void, name = ''): void {
  if (typeof value === 'string') use(name, value)
  else if (Array.isArray(value)) for (const one of value) eachFact(one, use, name)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, one] of Object.entries(value)) {
      // What tells a machine is derived from other identities, which change.
      if (!(name === 'machine' && key === 'id')) eachFact(one, use, key)
    }
  }
}

function identitiesOfFile(path: string, bytes: Uint8Array): readonly Identity[] {
  const name = nameOf(path)
  const text = Buffer.from(bytes).toString('latin1')
  if (isIdentityFile(name)) return identitiesIn(text)
  if (/^\/sys\/firmware\/dmi\/(tables\/DMI|entries\/[^/]+\/raw)$/.test(path)) return identitiesOfSmbios(bytes)
  if (name === 'vpd_pg80') return identitiesIn(text.slice(4))
  if (name === 'vpd_pg83') return identitiesOfDesignators(bytes)
  if (name === 'vpd') return identitiesOfPciVpd(text)
  if (/(^|_)(ver|version|rev|revision|release|firmware|vbios)(_|$)/.test(name)) {
    return identitiesOfText(text).filter(({ kind }) => kind !== 'ip4')
  }
  return identitiesOfText(text)
}

function identitiesOfText(text: string): readonly Identity[] {
  const found: Identity[] = [...identitiesByLook(withoutCommonUuids(text))]
  eachNamedValue(text, (value) => {
    found.push(...identitiesIn(value))
    return value
  })
  for (const { find, digits } of decimalForms) {
    for (const match of text.matchAll(find)) {
      found.push(...identitiesIn(`naa.${digits(match)}`))
    }
  }
  return found
}

/** UUIDs that say what kind of thing something is: partition types, EFI variables, device classes. */
function withoutCommonUuids(text: string): string {
  return text
    .replace(/\/(efi\/(efi)?vars|bus\/wmi)\/\S*/g, ' ')
    .replace(
      /(?<!\w)[A-Za-z]\w{2,63}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?=$|\s)/g,
      (whole) => (/^(GPU|MIG|UUID|LUKS)-/i.test(whole) ? whole : ' '),
    )
    .replace(/(type|class)\w{0,40}["']?\s*[:=]\s*["'{]*[0-9a-f]{8}-[0-9a-f-]{27}/gi, ' ')
}

/** Where the structures of SMBIOS (DMTF DSP0134) name strings that are identities; type 1 has its UUID in bytes. */
const smbiosIdentities: Readonly<Record<number, readonly number[]>> = {
  1: [7],
  2: [7, 8],
  3: [7, 8],
  4: [0x20, 0x21],
  17: [0x18, 0x19],
  22: [0x07],
  39: [0x08, 0x09],
}

function identitiesOfSmbios(table: Uint8Array): readonly Identity[] {
  const found: Identity[] = []
  for (const { type, data, strings } of structuresOf(table)) {
    for (const field of smbiosIdentities[type] ?? []) {
      const text = strings[(data[field] ?? 0) - 1]
      if (text !== undefined && valueOr(parseDmiString(text), null) !== null) found.push(...identitiesIn(text))
    }
    if (type === 1 && data.length >= 24) {
      const hex = Buffer.from(data.subarray(8, 24)).toString('hex')
      found.push(...identitiesIn(uuidText(swapUuid(hex))))
    }
    for (const text of strings) found.push(...identitiesByLook(text))
  }
  return found
}

function uuidText(hex: string): string {
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The first three fields of a UUID as firmware keeps them: least significant byte first. */
export function swapUuid(hex: string): string {
  const turn = (text: string) => (text.match(/../g) ?? []).reverse().join('')
  return `${turn(hex.slice(0, 8))}${turn(hex.slice(8, 12))}${turn(hex.slice(12, 16))}${hex.slice(16)}`
}

/** SCSI page 83h: designators of four bytes of head and a body each. */
function identitiesOfDesignators(page: Uint8Array): readonly Identity[] {
  const found: Identity[] = []
  for (let at = 4; at + 4 <= page.length; at += 4 + (page[at + 3] ?? 0)) {
    const body = Buffer.from(page.subarray(at + 4, at + 4 + (page[at + 3] ?? 0)))
    const isText = ((page[at] ?? 0) & 0x0f) >= 2
    if (isText) found.push(...identitiesIn(`t10. ${body.toString('latin1').trim()}`))
    else if (body.length >= 8) found.push(...identitiesIn(`naa.${body.toString('hex')}`))
  }
  return found
}

/** The keyword SN of a PCI device's vital product data: two letters, a length, a text. */
function identitiesOfPciVpd(text: string): readonly Identity[] {
  const at = text.indexOf('SN')
  return at === -1 ? [] : identitiesIn(text.slice(at + 3, at + 3 + text.charCodeAt(at + 2)))
}
