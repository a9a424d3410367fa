// The repository as text for tests that look at the repository itself: its files, and what each imports.
// Text is scanned, nothing is parsed by a compiler: that keeps these tests fast and free of any compiler's version.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Folders that hold nothing written by hand, or captured machines. */
const skipped = new Set(['node_modules', 'dist', '.git', 'fixtures'])

export type SourceFile = { readonly path: string; readonly text: string }

/** All files below `folder` whose name matches, with paths relative to the root. */
export function files(folder: string, name: RegExp): readonly SourceFile[] {
  return walk(join(root, folder))
    .filter((path) => name.test(path))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }))
}

export const sources = files('src', /\.ts$/)
export const tests = files('test', /\.ts$/)
export const builders = files('build', /\.ts$/)
export const pages = files('.', /\.md$/)

function walk(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : entry.isFile() ? [path] : []
  })
}

export type Import = {
  /** A path relative to the root for our own files, else the package or `node:` module as written. */
  readonly target: string
  readonly isOwn: boolean
  readonly isTypeOnly: boolean
}

const importForms =
  /(?:^|\n)\s*(?:import|export)\s+(type\s+)?[^'"();]*?\bfrom\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g

/** What a file imports, static and dynamic; types that are imported in passing count as well. */
export function importsOf(file: SourceFile): readonly Import[] {
  return [...file.text.matchAll(importForms)].map((match) => {
    const written = (match[2] ?? match[3] ?? match[4]) as string
    const isOwn = written.startsWith('.')
    return {
      target: isOwn ? posix.normalize(posix.join(dirname(file.path), written)) : written,
      isOwn,
      isTypeOnly: match[1] !== undefined || isInlineType(file.text, match.index + match[0].length),
    }
  })
}

/** `import('./x.ts').Name` names a type; a call that loads something is awaited or used with `then`. */
function isInlineType(text: string, end: number): boolean {
  return /^\.[A-Z]/.test(text.slice(end, end + 2))
}

/** The text without comments, so that words in sentences are not taken for code. */
export function code(file: SourceFile): string {
  return file.text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}
