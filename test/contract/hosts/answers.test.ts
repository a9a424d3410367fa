// What is made of a tool that ran and did not answer.

import { expect, test } from 'vitest'
import { printed, refusal } from '../../../src/hw/source/answers.ts'
import { fakeMachine } from '../../support/fake-machine.ts'

const locked = 'dmesg: read kernel buffer failed: Operation not permitted'
const denied = '/dev/mapper/control: open failed: Permission denied'

test.each([
  [`${locked}\n`, 'HW_NEEDS_ROOT', locked],
  [`${denied}\nFailure to communicate.\n`, 'HW_NEEDS_ROOT', `dmesg: ${denied}`],
  ['No such file or directory\n', 'HW_TOOL_FAILED', 'dmesg: No such file or directory'],
  ['', 'HW_TOOL_FAILED', 'dmesg: ended with 1 and said nothing'],
])('%j is %s', (stderr, code, message) => {
  expect(refusal(['dmesg', '--raw'], { stdout: '', stderr, exitCode: 1 })).toMatchObject({ code, message })
})

test('a tool that is not there keeps its own fault', () => {
  expect(printed(fakeMachine({}), ['zpool'], { timeoutMs: 1 })).toMatchObject({ fault: { code: 'HW_TOOL_MISSING' } })
  expect(printed(fakeMachine({}, { zpool: 'words' }), ['zpool'], { timeoutMs: 1 })).toEqual({
    ok: true,
    value: 'words',
  })
  expect(printed(fakeMachine({}, { zpool: 2 }), ['zpool'], { timeoutMs: 1 })).toMatchObject({
    fault: { code: 'HW_TOOL_FAILED' },
  })
})
