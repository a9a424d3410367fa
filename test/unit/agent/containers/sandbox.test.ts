import { describe, expect, test } from 'vitest'
import { fileName, sandboxPath } from '../../../../src/agent/containers/sandbox.ts'

describe('file names of ids', () => {
  test('an id is its own file name as long as that fits', () => {
    for (const id of ['a', ' ', '-rf', 'e'.repeat(255)]) expect(fileName(id)).toBe(id)
  })

  test('ids that are too long in bytes get names that fit and stay apart', () => {
    const ids = ['\u{e9}'.repeat(200), `${'\u{e9}'.repeat(199)}x`, '\u{1f3d4}'.repeat(127)]
    const names = ids.map(fileName)
    expect(new Set(names).size).toBe(ids.length)
    for (const name of names) expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(255)
  })

  test('a sandbox lies where Mesos tools look for it', () => {
    expect(sandboxPath('/var/lib/tepui', { frameworkId: 'F', executorId: 'E', containerId: 'C' })).toBe(
      '/var/lib/tepui/frameworks/F/executors/E/runs/C',
    )
  })
})
