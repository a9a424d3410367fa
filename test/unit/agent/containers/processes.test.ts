import { describe, expect, test } from 'vitest'
import { type ProcessStat, parseStat, treeOf } from '../../../../src/agent/containers/processes.ts'

const rest = '0 -1 4194560 200 0 0 0 1 2 0 0 20 0 1 0 98765 2700000 300 18446744073709551615 1 1'

describe('/proc/PID/stat', () => {
  test.each([
    ['a plain name', `42 (sh) S 7 40 39 ${rest}`],
    ['a name with spaces and parentheses', `42 (a) b (c) S 7 40 39 ${rest}`],
    ['a name that looks like the rest', `42 () Z 1 1 1 0) S 7 40 39 ${rest}`],
  ])('%s', (_, text) => {
    expect(parseStat(text)).toEqual({ pid: 42, state: 'S', parent: 7, group: 40, session: 39, start: 98_765 })
  })

  test.each(['', 'nothing', '42 (sh) S 7', '(sh) S 7 40 39'])('nonsense is none: %o', (text) => {
    expect(parseStat(text)).toBeNull()
  })
})

describe('the processes of a task without cgroups', () => {
  const main = { pid: 42, start: 100 }
  const nobody = () => false
  const aProcess = (pid: number, over: Partial<ProcessStat> = {}): ProcessStat => ({
    pid,
    start: 100 + pid,
    state: 'S',
    parent: 1,
    group: pid,
    session: pid,
    ...over,
  })

  test('are its session, its group, their descendants and those who bear its mark', () => {
    const all = [
      aProcess(42, { start: 100 }),
      aProcess(50, { session: 42 }),
      aProcess(51, { group: 42 }),
      aProcess(52, { parent: 50 }),
      aProcess(53),
      aProcess(54),
    ]
    expect([...treeOf(main, all, (pid) => pid === 53)].sort()).toEqual([42, 50, 51, 52, 53])
  })

  test('are not those of a later process that was given the same number', () => {
    const all = [aProcess(42, { start: 9_000 }), aProcess(50, { session: 42, start: 9_001 })]
    expect(treeOf(main, all, nobody)).toEqual([])
  })

  test('are still found when the main process is gone', () => {
    expect(treeOf(main, [aProcess(50, { session: 42 })], nobody)).toEqual([50])
  })
})
