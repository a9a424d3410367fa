// A source that writes down what is asked of another one, so that the same questions get the same answers later: every
// file read, folder listed, link followed and tool run. Each question is passed on once; asked again, the first answer
// is given, so that what is recorded is one state of the machine and not two.
// It does not know who asks, nor what becomes of the record.

import type { Reading } from '../../model/reading.ts'
import type { Result } from '../../model/result.ts'
import { type CaptureNotes, formatNotes, notesPath } from './notes.ts'
import { joinPath, nameOf, normalPath, parentOf, relativePath, textReader } from './paths.ts'
import type { Source, ToolOutput } from './source.ts'
import { argvText, recordedRun, recordedRunPath } from './tools.ts'
import { FileTree } from './tree.ts'

export type RecordedRun = { readonly argv: readonly string[]; readonly result: Result<ToolOutput> }

/** What was recorded: files as on the machine, notes of what is no file, and runs of tools. */
export type Recording = { readonly tree: FileTree; readonly notes: CaptureNotes; readonly runs: readonly RecordedRun[] }

export class Recorder {
  readonly #inner: Source
  readonly #tree = new FileTree()
  readonly #listings = new Map<string, readonly string[] | string>()
  readonly #contentless = new Map<string, string | null>()
  readonly #cut = new Map<string, number>()
  readonly #asked = new Set<string>()
  readonly #files = new Map<string, Reading<Uint8Array>>()
  readonly #folders = new Map<string, Reading<readonly string[]>>()
  readonly #places = new Map<string, string | null>()
  readonly #runs = new Map<string, RecordedRun>()

  constructor(inner: Source) {
    this.#inner = inner
  }

  /** Answers as the recorded source does. */
  source(): Source {
    const { kind, root } = this.#inner
    return {
      kind,
      root,
      readBytes: (path, bytesMax) => this.#readBytes(path, bytesMax),
      readText: textReader((path) => this.#readBytes(path)),
      list: (path) => this.#list(path),
      realPath: (path) => this.#realPath(path),
      linkText: (path) => this.#linkText(path),
      exists: (path) => this.#realPath(path) !== null,
      run: (argv, options) => {
        const key = argvText(argv)
        const run = this.#runs.get(key) ?? { argv: [...argv], result: this.#inner.run(argv, options) }
        this.#runs.set(key, run)
        return run.result
      },
    }
  }

  recording(): Recording {
    const noted = { listings: this.#listings, contentless: this.#contentless, cut: this.#cut }
    const notes = { isRedacted: false, ...noted, absent: this.#absent() }
    return { tree: this.#tree, notes, runs: [...this.#runs.values()] }
  }

  #readBytes(path: string, bytesMax?: number): Reading<Uint8Array> {
    const key = `${path}\0${bytesMax ?? ''}`
    const before = this.#files.get(key)
    if (before !== undefined) return before
    const reading = this.#inner.readBytes(path, bytesMax)
    this.#files.set(key, reading)
    const at = this.#trace(path)
    if (reading.kind === 'known') {
      this.#keep(at, reading.value, bytesMax)
    } else if (reading.kind === 'unreadable' && this.#tree.get(at)?.kind !== 'folder') {
      this.#contentless.set(at, errnoOf(reading))
      if (this.#place(path) !== null) this.#putThere(at)
    }
    return reading
  }

  /** The longest reading of a file stays. */
  #keep(at: string, bytes: Uint8Array, bytesMax: number | undefined): void {
    const kept = this.#tree.get(at)
    const isNew = kept?.kind !== 'file' || this.#contentless.has(at)
    if (isNew || bytesMax === undefined || bytes.length > kept.bytes.length) {
      this.#tree.putFile(at, bytes)
      this.#cut.delete(at)
      if (bytesMax !== undefined && bytes.length >= bytesMax) this.#cut.set(at, bytesMax)
    }
    this.#contentless.delete(at)
  }

  #list(path: string): Reading<readonly string[]> {
    const before = this.#folders.get(path)
    if (before !== undefined) return before
    const reading = this.#inner.list(path)
    this.#folders.set(path, reading)
    const at = this.#trace(path)
    if (reading.kind === 'known') {
      this.#listings.set(at, reading.value)
      this.#tree.putFolder(at)
      this.#contentless.delete(at)
    } else if (reading.kind === 'unreadable') {
      this.#listings.set(at, errnoOf(reading))
      if (this.#place(path) !== null) this.#tree.putFolder(at)
    }
    return reading
  }

  #realPath(path: string): string | null {
    const real = this.#place(path)
    const at = this.#trace(path)
    if (real !== null) this.#putThere(at)
    return real
  }

  #linkText(path: string): string | null {
    const text = this.#inner.linkText(path)
    const at = this.#trace(path)
    // A link that leads nowhere; the others are kept on the way.
    if (text !== null && this.#place(path) === null && this.#tree.get(at) === undefined) this.#tree.putLink(at, text)
    return text
  }

  /** Something that is there: a folder where it can be listed, else a file that nobody has read so far. */
  #putThere(at: string): void {
    if (this.#tree.get(at) !== undefined) return
    if (this.#inner.list(at).kind === 'known') {
      this.#tree.putFolder(at)
    } else {
      this.#tree.putFile(at, new Uint8Array())
      if (!this.#contentless.has(at)) this.#contentless.set(at, null)
    }
  }

  /** Keeps the links on the way to a path. @returns where the path is or would be */
  #trace(path: string): string {
    const normal = normalPath(path)
    this.#asked.add(normal)
    if (normal === '/') return '/'
    let at = '/'
    for (const name of normal.slice(1).split('/')) {
      const here = joinPath(at, name)
      const real = this.#place(here)
      if (real !== null && real !== here && this.#tree.get(here) === undefined) this.#keepLink({ at, here, real })
      at = real ?? here
    }
    return at
  }

  /** As it is written, so that its text can be asked for; made anew where the words alone would lead elsewhere. */
  #keepLink({ at, here, real }: { readonly at: string; readonly here: string; readonly real: string }): void {
    const text = this.#inner.linkText(here)
    this.#tree.putLink(here, text ?? relativePath(at, real))
    if (text !== null && this.#trace(text.startsWith('/') ? text : `${at}/${text}`) !== real) {
      this.#tree.putLink(here, relativePath(at, real))
    }
  }

  #place(path: string): string | null {
    const before = this.#places.get(path)
    if (before !== undefined) return before
    const real = this.#inner.realPath(path)
    this.#places.set(path, real)
    return real
  }

  /** Names that a listing promises and that led to nothing, such as links to nowhere. */
  #absent(): ReadonlySet<string> {
    const absent = new Set<string>()
    for (const path of this.#asked) {
      if (path === '/' || this.#place(path) !== null) continue
      const at = joinPath(this.#place(parentOf(path)) ?? parentOf(path), nameOf(path))
      const siblings = this.#listings.get(parentOf(at))
      if (Array.isArray(siblings) && siblings.includes(nameOf(at)) && !this.#contentless.has(at)) absent.add(at)
    }
    return absent
  }
}

function errnoOf(reading: Reading<unknown>): string {
  const errno = reading.kind === 'unreadable' ? reading.fault.details?.errno : undefined
  return typeof errno === 'string' ? errno : 'EIO'
}

/** The recording as one tree: what a capture holds. */
export function captureTree({ tree, notes, runs }: Recording): FileTree {
  for (const { argv, result } of runs) {
    const folder = recordedRunPath(argv)
    for (const [name, text] of Object.entries(recordedRun(argv, result))) {
      tree.putFile(joinPath(folder, name), new TextEncoder().encode(text))
    }
  }
  tree.putFile(notesPath, new TextEncoder().encode(formatNotes(notes)))
  return tree
}
