// A recording in which every identity has another name, the same one everywhere: in files, tables, outputs, names of
// files and folders, targets of links and arguments of tools. Lengths stay, so that parsers read it as they read the
// original. What it does not cover is said where people ask for it (cli/capture.ts).

import type { HealthLook } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { nameOf } from '../source/paths.ts'
import type { RecordedRun, Recording } from '../source/recording.ts'
import { FileTree } from '../source/tree.ts'
import { decimalForms } from './decimal-forms.ts'
import { findIdentities, swapUuid } from './identities.ts'
import { Pseudonyms } from './pseudonyms.ts'
import { Replacer } from './replacer.ts'
import { eachNamedValue, type Identity, identitiesIn, isIdentityFile } from './values.ts'

/** Shorter ones are replaced only where they stand as an identity: elsewhere they would be part of other words. */
const wordCharactersMin = 5

/** Shorter ones must stand alone; longer ones are found inside other words too. */
const anywhereCharactersMin = 8

export type Redaction = {
  readonly recording: Recording
  readonly count: number
  readonly text: (text: string) => string
}

/** `salt` are random bytes that nobody keeps. */
export function redact(
  recording: Recording,
  { inventory, look, salt }: { readonly inventory: Inventory; readonly look: HealthLook; readonly salt: Uint8Array },
): Redaction {
  const identities = findIdentities(recording, inventory, look)
  const redactor = new Redactor(identities, salt)
  return {
    recording: redactRecording(recording, redactor),
    count: identities.length,
    text: (text) => redactor.text(text),
  }
}

class Redactor {
  readonly #pseudonyms: Pseudonyms
  readonly #words = new Replacer()
  /** Words and, beside them, the forms that stand in binary tables. */
  readonly #bytes = new Replacer()

  constructor(identities: readonly Identity[], salt: Uint8Array) {
    this.#pseudonyms = new Pseudonyms(salt, new Set(identities.map(({ value }) => value.toLowerCase())))
    // What contains another identity (model_serial) is replaced by way of it.
    for (const identity of [...identities].sort((a, b) => a.value.length - b.value.length)) {
      if (identity.kind === 'text' && this.#words.replace(latin1(identity.value)) !== latin1(identity.value)) continue
      this.#learn(identity)
    }
  }

  /** `text` of one character a byte, or plain text. */
  text(text: string): string {
    return this.#decimals(fromLatin1(this.#words.replace(latin1(this.#named(text)))))
  }

  file(path: string, bytes: Uint8Array): Uint8Array {
    const buffer = Buffer.from(bytes)
    const text = buffer.toString('latin1')
    const isBinary = bytes.some((byte) => byte < 9)
    if (isBinary) return Buffer.from(this.#bytes.replace(text), 'latin1')
    if (isIdentityFile(nameOf(path))) return Buffer.from(this.#whole(text), 'latin1')
    return Buffer.from(this.#decimals(this.#words.replace(this.#named(text))), 'latin1')
  }

  /** A whole value, however short. */
  #whole(text: string): string {
    const replaced = this.#words.replace(text)
    if (replaced !== text) return replaced
    const [identity] = identitiesIn(text)
    if (identity?.kind !== 'text') return text
    return text.replace(identity.value, () => this.#pseudonyms.of('text', identity.value))
  }

  #named(text: string): string {
    return eachNamedValue(text, (value) => {
      const [identity] = value.length < wordCharactersMin ? identitiesIn(value) : []
      return identity?.kind === 'text' ? this.#pseudonyms.of('text', value) : value
    })
  }

  #decimals(text: string): string {
    let out = text
    for (const { find, digits, part } of decimalForms) {
      out = out.replace(find, (...match) => {
        const groups = match.at(-1) as Record<string, string>
        const [identity] = identitiesIn(`naa.${digits({ groups } as unknown as RegExpExecArray)}`)
        if (identity === undefined) return match[0] as string
        const other = this.#pseudonyms.of('hex', identity.value, identity.keep)
        return `${match[1]}${BigInt(`0x${part(other)}`)}`
      })
    }
    return out
  }

  #learn({ kind, value, keep }: Identity): void {
    const other = this.#pseudonyms.of(kind, value, keep)
    if (kind === 'hex') {
      for (const form of hexForms) this.#add(form(value), form(other), 'anywhere')
      for (const form of rawForms) this.#bytes.addBytes(form(value), form(other))
      this.#addSwapped(value, other)
    } else if (kind === 'text') {
      this.#learnText(latin1(value), latin1(other))
    } else {
      this.#add(value, other, 'alone')
    }
  }

  #learnText(value: string, other: string): void {
    if (value.length < wordCharactersMin) return
    const isNumber = /^\d+$/.test(value)
    this.#add(value, other, value.length < anywhereCharactersMin ? 'alone' : isNumber ? 'no-digit' : 'anywhere')
    this.#add(hexOf(value), hexOf(other), 'anywhere')
    this.#addSwapped(value, other)
  }

  /** ATA keeps texts as words of two letters, the second first, and pads them with blanks on either side. */
  #addSwapped(value: string, other: string): void {
    for (const pad of ['', ' ']) this.#bytes.add(swapPairs(pad + value), swapPairs(pad + other), 'anywhere')
  }

  #add(from: string, to: string, edges: 'alone' | 'no-digit' | 'anywhere'): void {
    this.#words.add(from, to, edges)
    this.#bytes.add(from, to, edges)
  }
}

/** How a hexadecimal number is written. */
const hexForms: readonly ((digits: string) => string)[] = [
  (digits) => digits,
  (digits) => grouped(digits, 2, ':'),
  (digits) => grouped(digits, 2, '-'),
  (digits) => grouped(digits, 2, ' '),
  (digits) => grouped(digits, 4, ':'),
  (digits) => grouped(digits, 4, '.'),
  (digits) => digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  (digits) => digits.replace(/^(.)(.{6})(.{9})$/, '$1 $2 $3'),
  // As a text that is written in hexadecimal: NVMe names are made of serial numbers in this way.
  (digits) => hexOf(digits),
  (digits) => hexOf(digits.toUpperCase()),
]

/** How it stands in binary tables. */
const rawForms: readonly ((digits: string) => string)[] = [
  raw,
  (digits) => swapPairs(raw(digits)),
  (digits) => (digits.length === 32 ? raw(swapUuid(digits)) : raw(digits)),
]

function grouped(digits: string, size: number, separator: string): string {
  return (digits.match(new RegExp(`.{1,${size}}`, 'g')) ?? []).join(separator)
}

function raw(digits: string): string {
  return Buffer.from(digits, 'hex').toString('latin1')
}

function hexOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex')
}

function swapPairs(text: string): string {
  const even = text.length % 2 === 0 ? text : `${text} `
  return even.replace(/([\s\S])([\s\S])/g, '$2$1')
}

/** One character a byte of UTF-8. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function fromLatin1(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8')
}

function redactRecording({ tree, notes, runs }: Recording, redactor: Redactor): Recording {
  const text = (one: string) => redactor.text(one)
  const other = new FileTree()
  for (const [path, node] of tree.entries()) {
    if (node.kind === 'file') other.putFile(text(path), redactor.file(path, node.bytes))
    else if (node.kind === 'link') other.putLink(text(path), text(node.target))
    else other.putFolder(text(path))
  }
  const listings = [...notes.listings].map(
    ([path, names]) => [text(path), typeof names === 'string' ? names : names.map(text)] as const,
  )
  const paths = <T>(map: ReadonlyMap<string, T>) =>
    new Map([...map].map(([path, value]) => [text(path), value] as const))
  return {
    tree: other,
    notes: {
      isRedacted: true,
      listings: new Map(listings),
      contentless: paths(notes.contentless),
      cut: paths(notes.cut),
      absent: new Set([...notes.absent].map(text)),
    },
    runs: runs.map((run) => redactRun(run, text)),
  }
}

function redactRun({ argv, result }: RecordedRun, text: (one: string) => string): RecordedRun {
  if (!result.ok) {
    return {
      argv: argv.map(text),
      result: { ok: false, fault: { ...result.fault, message: text(result.fault.message) } },
    }
  }
  const { stdout, stderr, exitCode } = result.value
  return { argv: argv.map(text), result: { ok: true, value: { stdout: text(stdout), stderr: text(stderr), exitCode } } }
}
