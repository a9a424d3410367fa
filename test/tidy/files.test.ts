// Is every file wanted, introduced and finished? Dead files, headers, leftovers, skipped tests, dangling references.

import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  builders,
  code,
  files,
  importsOf,
  pages,
  root,
  type SourceFile,
  sources,
  tests,
} from '../support/repository.ts'

const everything = [...sources, ...tests, ...builders]

test('every source file is reached from the command, the build or a test', () => {
  const entries = everything.filter(({ path }) => isEntry(path)).map(({ path }) => path)
  const reached = reachable(entries)
  expect(sources.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([])
})

test('every helper of tests is imported or started by a test', () => {
  const reached = reachable(tests.map(({ path }) => path).filter(isEntry))
  const idle = tests.filter(
    ({ path }) => !reached.has(path) && !tests.some(({ text }) => text.includes(basename(path))),
  )
  expect(idle.map(({ path }) => path)).toEqual([])
})

test('every file but a test, whose claims say it, opens with what it does', () => {
  const introduced = everything.filter(({ path }) => !path.endsWith('.test.ts'))
  const bare = introduced.filter(({ text }) => !/^(#![^\n]*\n)?\/\/ \S/.test(text))
  expect(bare.map(({ path }) => path)).toEqual([])
})

test('unit tests lie where what they test lies', () => {
  const folders = new Set([...sources, ...tests].map(({ path }) => dirname(path)))
  const isThere = (folder: string) => ['src', 'test'].some((top) => folders.has(folder.replace('test/unit', top)))
  const lost = tests.map(({ path }) => path).filter((path) => path.startsWith('test/unit/') && !isThere(dirname(path)))
  expect(lost).toEqual([])
})

test('no test is left out without saying why', () => {
  // Put together here, so that this file is not found by its own search.
  const leftOut = new RegExp(
    `\\b(?:it|test|describe|suite)\\.(?:${['on' + 'ly', 'sk' + 'ip', 'to' + 'do'].join('|')})\\b|\\.sk${'ip'}\\(\\s*\\)|\\.sk${'ip'}If\\(`,
  )
  expect(tests.filter((file) => leftOut.test(code(file))).map(({ path }) => path)).toEqual([])
})

test('nothing is marked as unfinished', () => {
  const marks = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`)
  expect([...everything, ...pages].filter(({ text }) => marks.test(text)).map(({ path }) => path)).toEqual([])
})

test('firmware notes and decisions that are cited exist', () => {
  const notes = files('firmware-notes', /\/FN-\d{4}-[a-z0-9-]+\.md$/)
  const decisions = files('docs/decisions', /\/\d{4}-[a-z0-9-]+\.md$/)
  const exists = (cited: string) =>
    [...notes, ...decisions].some(({ path }) => path.includes(cited) && !path.endsWith(`/${cited}`))
  const dangling = [...everything, ...pages].flatMap(({ path, text }) =>
    [...text.matchAll(/\bFN-\d{4}\b|\bdecisions\/\d{4}\b/g)]
      .filter(([cited]) => !exists(cited))
      .map(([cited]) => `${path}: ${cited}`),
  )
  expect(dangling).toEqual([])
})

test('pages that are named are in the repository, or said to be of Mesos or Linux', () => {
  const scripts = files('.', /(?:^|\/)(?:run|tepui)$/)
  expect([...everything, ...pages, ...scripts].flatMap(missingPages)).toEqual([])
})

test('a page that is named and not there is found', () => {
  const named = (name: string) => missingPages({ path: 'src/model/x.ts', text: `// As ${name} §2 says.` })
  // Put together here, so that this file is not found by its own search.
  expect(named('nowhere' + '.md')).toHaveLength(1)
  expect(['Mesos docs/x' + '.md', 'Mesos\n// docs/x' + '.md', 'README.md', 'docs/faults.md'].flatMap(named)).toEqual([])
})

test('scripts that pages name exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>
  }
  const named = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm (?:run (?:-s )?([a-z][\w:-]*)|(start|test)\b)/g)].map((match) => ({
      path,
      script: (match[1] ?? match[2]) as string,
    })),
  )
  expect(named.filter(({ script }) => !(script in scripts))).toEqual([])
})

test('nothing names a place that only one machine has, nor where packages come from', () => {
  const places = new RegExp(
    `(?:^|[\\s'"\`(=])${'/wo' + 'rk/'}|/home/[a-z]+/|${'/ro' + 'ot/'}(?!\\.)|https?://registry\\.|npmjs\\.|\\bdeb\\.debian\\.org`,
  )
  const config = files(
    '.',
    /(?:^|\/)(?:package\.json|package-lock\.json|biome\.json|tsconfig\.json|\.npmrc|run|tepui)$/,
  )
  const found = [...everything, ...pages, ...config].filter(({ text }) => places.test(text)).map(({ path }) => path)
  expect(found).toEqual([])
})

/** Names count from the root or from the file's own folder. Addresses and templates of names are left out. */
function missingPages({ path, text }: SourceFile): readonly string[] {
  const named = text.matchAll(/(?<![\w./:-])((?:Mesos|Linux)[\s/*]+)?([\w./-]*\w\.md)\b/g)
  return [...named]
    .filter(([, owner, name = '']) => owner === undefined && !name.includes('NNNN'))
    .filter(([, , name = '']) => !existsSync(join(root, name)) && !existsSync(join(root, dirname(path), name)))
    .map(([, , name]) => `${path}: ${name}`)
}

/** Where nobody has to import a file for it to be used. */
function isEntry(path: string): boolean {
  return (
    path === 'src/cli/main.ts' ||
    path.startsWith('build/') ||
    path.endsWith('.test.ts') ||
    path === 'test/vitest.config.ts' ||
    /^test\/bench\/[a-z-]+\.ts$/.test(path) ||
    path === 'test/simulation/main.ts' ||
    path === 'test/hil/main.ts'
  )
}

function reachable(entries: readonly string[]): ReadonlySet<string> {
  const byPath = new Map<string, SourceFile>(everything.map((file) => [file.path, file]))
  const reached = new Set<string>()
  const waiting = [...entries]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path)
    if (file === undefined || reached.has(path)) continue
    reached.add(path)
    for (const { target } of importsOf(file)) waiting.push(target)
  }
  return reached
}
