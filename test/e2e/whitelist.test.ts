// A16: the list of machines that may be offered, as a file under a running master.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { startMaster } from '../../src/master/main.ts'
import { watchWhitelist, whitelistIntervalMs } from '../../src/master/whitelist.ts'
import { until } from '../support/until.ts'

function aFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'tepui-whitelist-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'hosts')
  writeFileSync(file, text)
  return file
}

test('its names are told at once and when they change; a file that went away changes nothing', async () => {
  const file = aFile('# rack 1\nn1\n\n n2 \n')
  const told: (ReadonlySet<string> | null)[] = []
  const watched = watchWhitelist(
    file,
    () => {},
    (names) => told.push(names),
  )
  if (!watched.ok) throw new Error(watched.fault.message)
  onTestFinished(() => watched.value.close())
  expect(told).toEqual([new Set(['n1', 'n2'])])
  writeFileSync(file, '*\n')
  await until('the change is seen', () => told.length === 2, 3 * whitelistIntervalMs)
  expect(told[1]).toBeNull()
})

test.each(['/dev/zero', '/'])('%s is no whitelist, and is not read', (file) => {
  const watched = watchWhitelist(
    file,
    () => {},
    () => {},
  )
  expect(watched).toMatchObject({ ok: false, fault: { message: expect.stringContaining('not a regular file') } })
})

test('a master does not start with one that cannot be read', async () => {
  const started = await startMaster({
    host: '127.0.0.1',
    httpPort: 0,
    mqttPort: 0,
    workDir: null,
    token: null,
    version: '0',
    log: () => {},
    flags: {},
    whitelist: '/nowhere/hosts',
  })
  expect(started.ok ? null : started.fault).toMatchObject({
    code: 'WHITELIST_UNREADABLE',
    message: expect.stringContaining('/nowhere/hosts'),
  })
})
