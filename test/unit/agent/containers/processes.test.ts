import { describe, expect, test } from 'vitest'
import { parseStat } from '../../../../src/agent/containers/processes.ts'

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
