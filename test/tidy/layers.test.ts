// Who may import whom, and what pure rooms may not touch: the house of docs/architecture.md held by scanning text.

import { expect, test } from 'vitest'
import { code, importsOf, type SourceFile, sources } from '../support/repository.ts'

/** A room is the longest of these prefixes. `of` lists rooms it may import besides itself, `packages` libraries. */
type Room = {
  readonly of: readonly string[]
  readonly packages?: readonly RegExp[]
  /** Synchronous, without clock, randomness, timers, process, console, logger or I/O. */
  readonly isPure?: true
}

const node = /^node:/

const rooms: Readonly<Record<string, Room>> = {
  'src/model': { of: [], isPure: true },
  'src/mesos': { of: ['src/model'], packages: [/^protobufjs/, /^re2js$/], isPure: true },
  'src/wire': { of: ['src/model'], isPure: true },
  'src/shell': { of: ['src/model', 'src/mesos'], packages: [node, /^pino$/, /^fastify$/] },
  'src/hw/parse': { of: ['src/model'], isPure: true },
  'src/hw/source': { of: ['src/model'], packages: [node, /^modern-tar$/] },
  'src/hw': { of: ['src/model', 'src/hw/parse', 'src/hw/source'], packages: [node, /^systeminformation$/] },
  'src/agent/core': { of: ['src/model', 'src/mesos', 'src/wire'], isPure: true },
  'src/agent/containers': agentRoom([node], ['src/agent/volumes']),
  'src/agent/volumes': agentRoom([node]),
  'src/agent/store': agentRoom([node], ['src/shell']),
  'src/agent/link': agentRoom([node, /^mqtt$/]),
  'src/agent/api': agentRoom([node, /^fastify$/, /^prom-client$/], ['src/shell']),
  'src/agent/machine.ts': {
    of: [
      'src/model',
      'src/mesos',
      'src/wire',
      'src/shell',
      'src/hw',
      'src/agent/core',
      'src/agent/offered-resources.ts',
    ],
    packages: [node],
  },
  'src/agent/offered-resources.ts': { of: ['src/model', 'src/mesos', 'src/hw'], packages: [node] },
  'src/agent/main.ts': {
    of: ['src/model', 'src/mesos', 'src/wire', 'src/shell', 'src/hw', 'src/agent'],
    packages: [node],
  },
  'src/master/allocator': { of: ['src/model'], isPure: true },
  'src/master/placement': { of: ['src/model'], isPure: true },
  'src/master/cluster': {
    of: ['src/model', 'src/mesos', 'src/wire', 'src/master/allocator', 'src/master/placement'],
    isPure: true,
  },
  'src/master/registry': masterRoom([node], ['src/shell']),
  'src/master/broker': masterRoom([node, /^aedes/, /^mqtt-packet$/], ['src/shell']),
  'src/master/election': masterRoom([node]),
  'src/master/api': masterRoom([node, /^fastify$/, /^prom-client$/], ['src/shell']),
  'src/master/whitelist.ts': { of: ['src/model', 'src/shell'], packages: [node] },
  'src/master/main.ts': {
    of: ['src/model', 'src/mesos', 'src/wire', 'src/shell', 'src/master'],
    packages: [node],
  },
  'src/cli': { of: ['src'], packages: [node, /^commander$/, /^@resvg\/resvg-wasm$/] },
}

function agentRoom(packages: readonly RegExp[], also: readonly string[] = []): Room {
  return { of: ['src/model', 'src/mesos', 'src/wire', 'src/agent/core', ...also], packages }
}

function masterRoom(packages: readonly RegExp[], also: readonly string[] = []): Room {
  const pure = ['src/master/allocator', 'src/master/placement', 'src/master/cluster']
  return { of: ['src/model', 'src/mesos', 'src/wire', ...pure, ...also], packages }
}

/** Ports are types that both sides of a seam know; naming one is not using what is behind it. */
const port = /\/types\.ts$/

const manifest = 'package.json'

test('every source file is in a room', () => {
  expect(sources.filter(({ path }) => roomOf(path) === undefined).map(({ path }) => path)).toEqual([])
})

test('rooms import only the rooms and libraries that they may know', () => {
  expect(sources.flatMap(forbiddenImports)).toEqual([])
})

test('agent and master never import each other', () => {
  const crossing = sources.flatMap((file) =>
    importsOf(file)
      .filter(({ target }) => isBetween(file.path, target, 'src/agent/', 'src/master/'))
      .map(({ target }) => `${file.path} imports ${target}`),
  )
  expect(crossing).toEqual([])
})

test('no file imports itself in a circle, not even for a type', () => {
  expect(circles(sources)).toEqual([])
})

test('pure rooms are synchronous and touch neither clock, randomness, process nor I/O', () => {
  const pure = sources.filter(({ path }) => rooms[roomOf(path) ?? '']?.isPure)
  expect(pure.length).toBeGreaterThan(0)
  expect(pure.flatMap(impurities)).toEqual([])
})

test.each([
  ['src/model/x.ts', `import { readFileSync } from 'node:fs'`],
  ['src/agent/core/x.ts', `import { connect } from 'mqtt'`],
  ['src/agent/link/x.ts', `import {\n  a,\n  b,\n} from '../../master/cluster/cluster.ts'`],
  ['src/master/api/x.ts', `const { createBroker } = await import('../broker/broker.ts')`],
  ['src/mesos/x.ts', `export { decode } from '../wire/decode.ts'`],
])('a forbidden import in %s is found: %s', (path, text) => {
  expect(forbiddenImports({ path, text })).toHaveLength(1)
})

test('circles of imports are found, each once, with their files in order', () => {
  const imports = { a: ['b', 'c'], b: ['c'], c: ['d'], d: ['b'], e: ['e', 'a'] }
  const drawn = Object.entries(imports).map(([name, targets]) => ({
    path: `src/${name}.ts`,
    text: targets.map((target) => `import type { X } from './${target}.ts'\n`).join(''),
  }))
  expect(circles(drawn)).toEqual(['src/b.ts -> src/c.ts -> src/d.ts -> src/b.ts', 'src/e.ts -> src/e.ts'])
})

test.each([
  'const now = Date.now()',
  'const at = new Date()',
  'const dice = Math.random()',
  'setTimeout(next, 5)',
  'const { env } = process.env',
  'console.log(1)',
  'async function f() {}',
  'const t = performance.now()',
])('an impurity is found: %s', (text) => {
  expect(impurities({ path: 'src/model/x.ts', text })).toHaveLength(1)
})

test('words in comments are no impurities', () => {
  expect(impurities({ path: 'src/model/x.ts', text: '// as process.env says\n/* Date.now() */ const a = 1' })).toEqual(
    [],
  )
})

function roomOf(path: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0]
}

function forbiddenImports(file: SourceFile): readonly string[] {
  const own = roomOf(file.path)
  const room = rooms[own ?? '']
  if (own === undefined || room === undefined) return []
  return importsOf(file)
    .filter(({ target, isOwn, isTypeOnly }) => {
      if (!isOwn) return !(room.packages ?? []).some((allowed) => allowed.test(target))
      if (own === 'src/cli' && target === manifest) return false
      if (isTypeOnly && port.test(target) && sameSide(file.path, target)) return false
      const theirs = roomOf(target)
      const isKnown = room.of.some((prefix) => target === prefix || target.startsWith(`${prefix}/`))
      return theirs !== own && !isKnown
    })
    .map(({ target }) => `${file.path} imports ${target}`)
}

/** A walk in depth: an import of a file that is still on the way back to the start closes a circle. */
function circles(all: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(all.map((file) => [file.path, file]))
  const finished = new Set<string>()
  const way: string[] = []
  const found: string[] = []
  const visit = (file: SourceFile) => {
    if (finished.has(file.path)) return
    if (way.includes(file.path)) return found.push([...way.slice(way.indexOf(file.path)), file.path].join(' -> '))
    way.push(file.path)
    for (const target of new Set(importsOf(file).map((one) => one.target))) {
      const next = byPath.get(target)
      if (next !== undefined) visit(next)
    }
    way.pop()
    finished.add(file.path)
  }
  for (const file of all) visit(file)
  return found
}

function sameSide(a: string, b: string): boolean {
  return a.split('/')[1] === b.split('/')[1]
}

function isBetween(a: string, b: string, one: string, other: string): boolean {
  return (a.startsWith(one) && b.startsWith(other)) || (a.startsWith(other) && b.startsWith(one))
}

/** Modules of the platform are found as imports. */
const impure =
  /\bDate\.now\b|\bnew Date\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bprocess\.|\bconsole\.|\basync\b|\bawait\b|\bPromise\b|\bperformance\.|\bfetch\(/g

function impurities(file: SourceFile): readonly string[] {
  const outsideStrings = code(file).replaceAll(/'[^'\n]*'/g, "''")
  return [...outsideStrings.matchAll(impure)].map(([word]) => `${file.path}: ${word}`)
}
