import { expect, test } from 'vitest'
import { parseRunProcesses } from '../../../../src/agent/containers/run-directory.ts'

test('the word of a supervisor is four numbers and nothing else', () => {
  expect(parseRunProcesses('10 200 11 201')).toEqual({
    supervisor: { pid: 10, start: 200 },
    main: { pid: 11, start: 201 },
  })
  for (const text of ['claimed', '', '1 2 3', '1 2 3 4 5', '1 2 3 x', ' 1 2 3 4']) {
    expect(parseRunProcesses(text)).toBeNull()
  }
})
