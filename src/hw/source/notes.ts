// What a capture says beside its files, because files cannot: which folders were listed whole, what could not be read
// and why, what was there without being read. It lies in `.capture/manifest.json`. With it a replay answers as the
// machine did, and says "not in this capture" to a question that nobody asked when the capture was made: a later
// version that asks more needs a new capture. A capture without it (of another recorder) is taken as the machine.

import { absent, known, type Reading } from '../../model/reading.ts'
import { fail, fault, ok, type Result } from '../../model/result.ts'
import { joinPath, nameOf, normalPath, parentOf, textReader, unreadable } from './paths.ts'
import type { Files } from './source.ts'

export const notesPath = '/.capture/manifest.json'

/** All paths are without links. */
export type CaptureNotes = {
  readonly isRedacted: boolean
  /** Names in each folder that was listed, as the machine gave them; an errno where it refused. */
  readonly listings: ReadonlyMap<string, readonly string[] | string>
  /** Files that are there without content: the errno that reading gave, or null where nobody read them. */
  readonly contentless: ReadonlyMap<string, string | null>
  /** Files of which only so many bytes were read, and that may be longer. */
  readonly cut: ReadonlyMap<string, number>
  /** Names that a folder lists and that led to nothing. */
  readonly absent: ReadonlySet<string>
}

const schema = 'tepui.capture/1'

export function formatNotes({ isRedacted, listings, contentless, cut, absent }: CaptureNotes): string {
  const sorted = <T>(map: ReadonlyMap<string, T>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)))
  const document = {
    schema,
    isRedacted,
    listings: sorted(listings),
    contentless: sorted(contentless),
    cut: sorted(cut),
    absent: [...absent].sort(),
  }
  return `${JSON.stringify(document)}\n`
}

/** Faults: HW_BAD_CAPTURE. */
function parseNotes(text: string): Result<CaptureNotes> {
  const bad = fail('HW_BAD_CAPTURE', `${notesPath} in this capture is not what this version writes`)
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return bad
  }
  if (!isRecord(document) || document.schema !== schema || !isRecord(document.listings)) return bad
  if (!isRecord(document.contentless) || !isRecord(document.cut) || !Array.isArray(document.absent)) return bad
  const listings = new Map<string, readonly string[] | string>()
  for (const [path, names] of Object.entries(document.listings)) {
    if (typeof names !== 'string' && !(Array.isArray(names) && names.every(isName))) return bad
    listings.set(path, names)
  }
  const contentless = new Map<string, string | null>()
  for (const [path, errno] of Object.entries(document.contentless)) {
    if (errno !== null && typeof errno !== 'string') return bad
    contentless.set(path, errno)
  }
  const cut = new Map<string, number>()
  for (const [path, bytes] of Object.entries(document.cut)) {
    if (typeof bytes !== 'number') return bad
    cut.set(path, bytes)
  }
  const absent = new Set(document.absent.filter((path) => typeof path === 'string'))
  return ok({ isRedacted: document.isRedacted === true, listings, contentless, cut, absent })
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== '' && name !== '.' && name !== '..' && !name.includes('/')
}

/** The identities in this capture are made up: they are no machine's. */
export function isRedacted(files: Pick<Files, 'readText'>): boolean {
  const text = files.readText(notesPath)
  const notes = text.kind === 'known' ? parseNotes(text.value) : null
  return notes?.ok === true && notes.value.isRedacted
}

/** The files of a capture with what was noted of them; where nothing was, the files as they are. */
export function withNotes(files: Files): Result<Files> {
  const text = files.readText(notesPath)
  if (text.kind === 'absent') return ok(files)
  if (text.kind !== 'known') return fail('HW_BAD_CAPTURE', `${notesPath} in this capture cannot be read`)
  const notes = parseNotes(text.value)
  return notes.ok ? ok(notedFiles(files, notes.value)) : notes
}

function notedFiles(files: Files, notes: CaptureNotes): Files {
  /** Where a path is or would be, all links followed as far as there are any. */
  function locate(path: string): string {
    const real = files.realPath(path)
    return real ?? (path === '/' ? '/' : joinPath(locate(parentOf(path)), nameOf(path)))
  }

  /** Of a path that leads to nothing in the capture: absent, or there and not captured. */
  function missing(path: string): Reading<never> {
    const at = locate(normalPath(path))
    const errno = notes.contentless.get(at)
    if (errno !== undefined && errno !== null) return unreadable(path, errno)
    const siblings = at === '/' ? undefined : notes.listings.get(parentOf(at))
    const isListed = Array.isArray(siblings) && siblings.includes(nameOf(at)) && !notes.absent.has(at)
    return isListed ? notCaptured(path) : absent
  }

  function readBytes(path: string, bytesMax?: number): Reading<Uint8Array> {
    const real = files.realPath(path)
    if (real === null) return missing(path)
    const errno = notes.contentless.get(real)
    if (errno !== undefined) return errno === null ? notCaptured(path) : unreadable(path, errno)
    const isEnough = (bytesMax ?? Number.POSITIVE_INFINITY) <= (notes.cut.get(real) ?? Number.POSITIVE_INFINITY)
    return isEnough ? files.readBytes(path, bytesMax) : notCaptured(path)
  }

  return {
    readBytes,
    readText: textReader(readBytes),
    list: (path) => {
      const real = files.realPath(path)
      const listing = notes.listings.get(real ?? locate(normalPath(path)))
      if (typeof listing === 'string') return unreadable(path, listing)
      if (listing !== undefined) return known(listing)
      if (real === null) return missing(path)
      return files.list(path).kind === 'known' ? notCaptured(path) : absent
    },
    realPath: (path) => files.realPath(path),
    linkText: (path) => files.linkText(path),
    exists: (path) => files.realPath(path) !== null,
  }
}

function notCaptured(path: string): Reading<never> {
  const message = `reading ${path}: not in this capture; a new one, made by this version, would have it`
  return { kind: 'unreadable', fault: fault('HW_UNREADABLE', message, { path, errno: 'ENODATA' }) }
}
