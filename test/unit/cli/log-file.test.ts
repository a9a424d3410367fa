import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { LogFile } from '../../../src/cli/log-file.ts'

const scratch = mkdtempSync(join(tmpdir(), 'tepui-log-'))
afterAll(() => rmSync(scratch, { recursive: true }))

function opened(path: string, sizeMaxBytes: number): LogFile {
  const file = LogFile.open(path, sizeMaxBytes)
  if (!file.ok) throw new Error(file.fault.message)
  return file.value
}

test('at its bound the file becomes the old one and a new one begins, so that two files are all there is', () => {
  const path = join(scratch, 'deep', 'a.log')
  const log = opened(path, 100)
  for (let i = 0; i < 50; i++) log.write(`line ${i}\n`)
  log.close()
  expect(statSync(path).size).toBeLessThanOrEqual(100)
  expect(statSync(`${path}.1`).size).toBeLessThanOrEqual(100)
  expect(readFileSync(path, 'utf8')).toContain('line 49\n')
})

test('a file from before is gone on with', () => {
  const path = join(scratch, 'b.log')
  for (const line of ['one\n', 'two\n']) {
    const log = opened(path, 100)
    log.write(line)
    log.close()
  }
  expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n')
})

test('a place that cannot be written is a fault that names the flag', () => {
  writeFileSync(join(scratch, 'file'), '')
  const file = LogFile.open(join(scratch, 'file', 'x.log'))
  expect(file).toMatchObject({
    ok: false,
    fault: { code: 'STORE_UNWRITABLE', message: expect.stringContaining('--work-dir') },
  })
})
