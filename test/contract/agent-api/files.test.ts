// Files of sandboxes over HTTP: what classic tools and the operator API read, and that nothing else can be read.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { frameworkId, openAgentApi, type TestAgentApi } from '../../support/agent-api.ts'

let agent: TestAgentApi

beforeAll(async () => {
  agent = await openAgentApi()
})

afterAll(() => agent.close())

const virtual = `/framework/${frameworkId}/executor/t1/latest`

function get(name: string, query: Record<string, string> = {}): Promise<Response> {
  return fetch(`${agent.url}/files/${name}?${new URLSearchParams(query)}`)
}

async function call(body: object): Promise<Response> {
  return fetch(`${agent.url}/api/v1`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
}

describe('the same sandbox under each of its names', () => {
  test.each([
    ['by executor, latest', () => virtual],
    ['by executor, run', () => `/framework/${frameworkId}/executor/t1/runs/c1`],
    ['by its path on this machine', () => agent.sandbox],
    ['by its path, latest', () => join(dirname(agent.sandbox), 'latest')],
    ['with odd slashes', () => `//framework/./${frameworkId}/executor//t1/latest/`],
  ])('%s', async (_, path) => {
    const listed = await get('browse', { path: path() })
    expect(listed.status).toBe(200)
    expect(((await listed.json()) as { path: string }[]).map((entry) => entry.path.split('/').pop())).toContain(
      'stdout',
    )
    const read = await get('read', { path: `${path()}/stdout`, offset: '5', length: '3' })
    expect(await read.json()).toEqual({ data: 'one', offset: 5 })
  })
})

test('browsing lists every entry, by name, with what `ls -l` shows', async () => {
  symlinkSync('stdout', join(agent.sandbox, 'link'))
  chmodSync(join(agent.sandbox, 'sub'), 0o750)
  chmodSync(join(agent.sandbox, 'stdout'), 0o644)
  const entries = await (await get('browse', { path: virtual })).json()
  const { username } = userInfo()
  expect(entries).toEqual([
    expect.objectContaining({ path: `${virtual}/link`, mode: 'lrwxrwxrwx' }),
    expect.objectContaining({ path: `${virtual}/stdout`, mode: '-rw-r--r--', size: 18, nlink: 1, uid: username }),
    expect.objectContaining({ path: `${virtual}/sub`, mode: 'drwxr-x---', gid: expect.any(String) }),
  ])
  expect(Math.abs((entries as { mtime: number }[])[1]?.mtime ?? 0)).toBeGreaterThan(1_700_000_000)
  rmSync(join(agent.sandbox, 'link'))
})

test.each([
  ['no offset reports the end', {}, { data: '', offset: 18 }],
  ['offset -1 reports the end', { offset: '-1', length: '3' }, { data: '', offset: 18 }],
  ['no length reads to the end', { offset: '9' }, { data: 'line two\n', offset: 9 }],
  ['length -1 reads to the end', { offset: '9', length: '-1' }, { data: 'line two\n', offset: 9 }],
  ['length 0 reads nothing', { offset: '9', length: '0' }, { data: '', offset: 9 }],
  ['an offset beyond the end reports the end', { offset: '99999999999' }, { data: '', offset: 18 }],
])('read: %s', async (_, query, answer) => {
  expect(await (await get('read', { path: `${virtual}/stdout`, ...query })).json()).toEqual(answer)
})

test('one read gives at most 64 KiB and never half a character', async () => {
  const text = `x${'\u{1f3d4}\u{e9}'.repeat(30_000)}`
  writeFileSync(join(agent.sandbox, 'big'), text)
  let offset = 0
  let whole = ''
  while (offset < Buffer.byteLength(text)) {
    const answer = await get('read', { path: `${virtual}/big`, offset: `${offset}` })
    const { data } = (await answer.json()) as { data: string }
    expect(Buffer.byteLength(data)).toBeLessThanOrEqual(65_536)
    expect(data.length).toBeGreaterThan(0)
    offset += Buffer.byteLength(data)
    whole += data
  }
  expect(whole === text).toBe(true)
})

test('a download is the bytes, with length, a guessed type and a name', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) & 0xff))
  writeFileSync(join(agent.sandbox, 'sub', 'é "x".json'), bytes)
  const answer = await get('download', { path: `${virtual}/sub/é "x".json` })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toBe('application/json')
  expect(answer.headers.get('content-length')).toBe('300000')
  expect(answer.headers.get('content-disposition')).toBe(
    `attachment; filename="_ _x_.json"; filename*=UTF-8''%C3%A9%20%22x%22.json`,
  )
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true)
  writeFileSync(join(agent.sandbox, 'empty'), '')
  expect(await (await get('download', { path: `${virtual}/empty` })).text()).toBe('')
})

test('debug maps virtual paths to real ones', async () => {
  expect(await (await get('debug')).json()).toEqual({
    [`/framework/${frameworkId}/executor/t1/runs/c1`]: agent.sandbox,
  })
})

test('LIST_FILES and READ_FILE tell the same as messages, bytes as they are', async () => {
  writeFileSync(join(agent.sandbox, 'sub', 'bytes'), Buffer.from([0, 255, 128, 10]))
  const listed = await call({ type: 'LIST_FILES', list_files: { path: `${virtual}/sub` } })
  expect(await listed.json()).toMatchObject({
    type: 'LIST_FILES',
    list_files: {
      file_infos: expect.arrayContaining([expect.objectContaining({ path: `${virtual}/sub/bytes`, size: 4 })]),
    },
  })
  const read = await call({ type: 'READ_FILE', read_file: { path: `${virtual}/sub/bytes`, offset: 1 } })
  expect(await read.json()).toEqual({ type: 'READ_FILE', read_file: { size: 4, data: '/4AK' } })
  const beyond = await call({ type: 'READ_FILE', read_file: { path: virtual, offset: 0 } })
  expect(beyond.status).toBe(400)
  expect((await call({ type: 'READ_FILE', read_file: { path: '/etc/passwd', offset: 0 } })).status).toBe(404)
  expect((await call({ type: 'LIST_FILES', list_files: { path: '' } })).status).toBe(400)
})

describe('what is refused', () => {
  test.each([
    ['no path', '', 400],
    ['a directory, read', virtual, 400],
    ['nothing there', `${virtual}/nothing`, 404],
    ['a file as a directory', `${virtual}/stdout/x`, 404],
    ['a strange path', '/etc/passwd', 404],
    ['another virtual root', '/slave/log', 404],
    ['above the sandbox', `/framework/${frameworkId}/executor/t1`, 404],
    ['an unknown run', `/framework/${frameworkId}/executor/t1/runs/other/stdout`, 404],
    ['a way out', `${virtual}/../../../../../etc/passwd`, 403],
    ['a way out and back', `${virtual}/sub/../stdout`, 403],
    ['ids that are ways out', '/framework/../executor/../latest/stdout', 404],
    ['a NUL', `${virtual}/std\0out`, 404],
    ['a very long name', `${virtual}/${'x'.repeat(5_000)}`, 404],
  ])('%s', async (_, path, status) => {
    const answer = await get('read', { path, offset: '0' })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('text/plain')
  })

  test.each(['x', '-2', '1.5', '1e3', '99999999999999999999'])('the offset %s', async (offset) => {
    expect((await get('read', { path: `${virtual}/stdout`, offset })).status).toBe(400)
  })

  test('links out of the sandbox, to a file, a directory or the sandbox of another', async () => {
    const outside = mkdtempSync(join(dirname(agent.sandbox), '..', 'other-'))
    writeFileSync(join(outside, 'secret'), 'secret')
    symlinkSync(join(outside, 'secret'), join(agent.sandbox, 'out-file'))
    symlinkSync(outside, join(agent.sandbox, 'out-dir'))
    symlinkSync('/', join(agent.sandbox, 'out-root'))
    symlinkSync('loop', join(agent.sandbox, 'loop'))
    symlinkSync('sub/inner', join(agent.sandbox, 'in-file'))
    for (const name of ['out-file', 'out-dir/secret', 'out-root/etc/passwd', 'loop']) {
      const read = await get('read', { path: `${virtual}/${name}`, offset: '0' })
      expect([name, read.status]).toEqual([name, 403])
      expect((await get('download', { path: `${virtual}/${name}` })).status).toBe(403)
    }
    expect((await get('browse', { path: `${virtual}/out-dir` })).status).toBe(403)
    const inside = await get('read', { path: `${virtual}/in-file`, offset: '0' })
    expect(await inside.json()).toEqual({ data: 'inner', offset: 0 })
  })

  test('pipes and devices, without waiting for anybody', async () => {
    execFileSync('mkfifo', [join(agent.sandbox, 'pipe')])
    expect((await get('read', { path: `${virtual}/pipe`, offset: '0' })).status).toBe(403)
    expect((await get('download', { path: `${virtual}/pipe` })).status).toBe(403)
  })

  test('a directory that a task swaps for a link while it is read', async () => {
    const [swapped, kept] = [join(agent.sandbox, 'swap'), join(agent.sandbox, 'kept')]
    mkdirSync(kept)
    writeFileSync(join(kept, 'passwd'), 'mine')
    symlinkSync('/etc', swapped)
    const seen = new Set<string>()
    for (let i = 0; i < 60; i++) {
      const reads = [1, 2, 3].map(async () => {
        const answer = await get('read', { path: `${virtual}/swap/passwd`, offset: '0' })
        seen.add(answer.status === 200 ? ((await answer.json()) as { data: string }).data : `${answer.status}`)
      })
      renameSync(swapped, join(agent.sandbox, 'aside'))
      renameSync(kept, swapped)
      await new Promise((resolve) => setImmediate(resolve))
      renameSync(swapped, kept)
      renameSync(join(agent.sandbox, 'aside'), swapped)
      await Promise.all(reads)
    }
    expect([...seen].filter((answer) => !['mine', '403', '404'].includes(answer))).toEqual([])
  })
})
