import { expect, test } from 'vitest'
import { brokenVerdict, gangStartsMax } from '../../../../src/cli/job/broken-gang.ts'
import { type Instance, newInstances } from '../../../../src/cli/job/instance.ts'

const running = { taskId: 't', agentId: 'a', hostname: 'n', outputs: [] }
const later = { why: '[1] no offer', mayStartLater: true }
const neverAgain = { why: '[1] no such thing', mayStartLater: false }

function gang(...changes: readonly Partial<Instance>[]): readonly Instance[] {
  return newInstances(changes.length).map((instance, i) => ({ ...instance, launches: 1, ...changes[i] }))
}

test('a gang of which something may still run waits for its end', () => {
  expect(brokenVerdict(later, gang({ running }, {}))).toBeNull()
})

test.each([
  ['of which nothing is left and nothing ran', gang({ running, exitStatus: 1 }, {})],
  ['of which nothing was left before', gang({}, {})],
])('a gang %s is tried again', (_what, instances) => {
  const sentence = 'not all could start together: [1] no offer; trying again'
  expect(brokenVerdict(later, instances)).toEqual({ isTriedAgain: true, sentence })
})

test.each([
  ['one that has run', later, gang({ running, hasRun: true }, {}), /1 of 2 had begun, so that none is started again$/],
  ['one that was over', later, gang({ running, exitStatus: 0, hasRun: true }, {}), /1 of 2 had begun/],
  ['one that can never start', neverAgain, gang({ running }, {}), /together: \[1\] no such thing$/],
  ['as many starts as may be', later, gang({ launches: gangStartsMax }, {}), /no offer; tried 20 times$/],
])('a gang with %s is given up', (_what, broken, instances, sentence) => {
  expect(brokenVerdict(broken, instances)).toEqual({ isTriedAgain: false, sentence: expect.stringMatching(sentence) })
})
