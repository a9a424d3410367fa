// The manners of `tepui probe` and `tepui capture` where the world is hostile: full disks, places that cannot be written,
// names made to steer a terminal, no machine to see.

import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { launcher, scratchFolder, Tepui, tepui } from '../support/command.ts'

const oneLine = /^tepui: [^\n]+\n$/

/** Everything but line feeds that a terminal obeys instead of showing. */
const steering = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

test.each([[['probe']], [['probe', '--json']]])(
  'output on a full disk is one line and status 1: tepui %j',
  async (args) => {
    const program = ['/bin/sh', '-c', 'exec "$0" "$@" > /dev/full', ...launcher] as const
    const { status, stderr } = await tepui(args, { program })
    expect(status).toBe(1)
    expect(stderr).toMatch(oneLine)
    expect(stderr).toContain('ENOSPC')
  },
)

test('a capture that cannot be written is one line and status 1, and leaves nothing behind', async () => {
  using folder = scratchFolder()
  const file = join(folder.path, 'file')
  writeFileSync(file, '')
  for (const place of [join(file, 'below-a-file'), join(folder.path, 'nowhere', 'x')]) {
    const { status, stderr } = await tepui(['capture', place])
    expect(status).toBe(1)
    expect(stderr).toMatch(oneLine)
  }
})

test('--force overwrites files alone: a pipe, a device or a folder stays what it is', async () => {
  using folder = scratchFolder()
  const pipe = join(folder.path, 'pipe')
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
  for (const place of [pipe, folder.path]) {
    const { status, stderr } = await tepui(['capture', '--force', place])
    expect(status).toBe(1)
    expect(stderr).toMatch(oneLine)
  }
  expect(lstatSync(pipe).isFIFO()).toBe(true)
  const file = join(folder.path, 'file')
  writeFileSync(file, 'old')
  expect((await tepui(['capture', '--force', file])).status).toBe(0)
  expect(lstatSync(file).size).toBeGreaterThan(1000)
})

test('names that would steer the terminal do not reach it, neither from a document nor from the command line', async () => {
  using folder = scratchFolder()
  const file = join(folder.path, 'old.json')
  const name = '\u001b[2Jsda\nroot\u009b31m\u202e'
  const disk = { name, model: '\u001b]0;title\u0007', sizeBytes: 1 }
  writeFileSync(file, JSON.stringify({ schema: 'tepui.inventory/1', disks: [disk], machine: { product: name } }))
  const runs = await Promise.all([
    tepui(['probe', '--diff', file]),
    tepui(['probe', '--diff', file, '--json']),
    tepui(['probe', '--sysroot', `/nowhere\u001b[2J\n${name}`]),
    tepui(['capture', `/nowhere\u001b[2J\n${name}/x`]),
    tepui([`probe\u001b[2J`]),
  ])
  for (const { stdout, stderr } of runs) expect(`${stdout}${stderr}`).not.toMatch(steering)
  expect(runs[0]?.stdout.split('\n').filter((line) => /root/.test(line) && !/^[-~]/.test(line))).toEqual([])
  expect(runs.slice(2).map(({ stderr }) => oneLine.test(stderr))).toEqual([true, true, true])
})

test('watching where there is no machine to see ends with one line and status 1', async (ctx) => {
  if (spawnSync('unshare', ['-m', 'true']).status !== 0) ctx.skip('unshare -m is not allowed here')
  const hide = 'mount -t tmpfs none /sys && mount -t tmpfs none /proc && exec "$0" "$@"'
  await using running = new Tepui(['probe', '--watch'], { program: ['unshare', '-m', 'sh', '-c', hide, ...launcher] })
  const { status, stderr } = await running.ended
  expect(status).toBe(1)
  expect(stderr).toMatch(oneLine)
  expect(existsSync('/proc/self/status')).toBe(true)
})
