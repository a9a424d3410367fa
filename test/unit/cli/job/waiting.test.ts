import { expect, test } from 'vitest'
import { whyWaiting } from '../../../../src/cli/job/waiting.ts'
import type { WhyDocument, WhyFramework } from '../../../../src/master/api/why.ts'

type Group = WhyFramework['groups'][number]
type Gang = WhyFramework['gangs'][number]

function group(code: Group['code'], count = 1): Group {
  return { code, text: 'words', count, machines: ['n'], changes: [], holders: [] }
}

function gang(more: Partial<Gang> = {}): Gang {
  return { id: 'g', count: 3, kept: 0, racks: 'ANY', askedMs: 0, keepUntilMs: null, ...more }
}

function why(reason: string | null, groups: readonly Group[], gangs: readonly Gang[] = []): WhyDocument {
  const framework: WhyFramework = {
    id: 'f',
    name: 'f',
    role: '*',
    isConnected: true,
    isSuppressed: false,
    offers: { count: 0, sinceMs: null },
    gangs,
    groups,
    reason,
  }
  return { kind: 'framework', id: 'f', wanted: null, task: null, role: null, frameworks: [framework], reason }
}

test('the master’s reason is said as it is', () => {
  expect(whyWaiting(why('all is held', [group('nothingFree')]), null)).toBe('all is held')
  expect(whyWaiting(why(null, [group('offerable')]), 'n cannot')).toBeNull()
})

test('where the job itself declined what there is, its own reason is said', () => {
  expect(whyWaiting(why('refused', [group('filter')]), 'n cannot')).toBe('n cannot')
  expect(whyWaiting(why('refused', [group('filter')]), null)).toBe('refused')
  expect(whyWaiting(why('all is held', [group('nothingFree')]), 'n cannot')).toBe('all is held')
})

test('a gang says how many machines it waits for, where, and how many there are', () => {
  expect(whyWaiting(why(null, [group('offerable', 2)], [gang({ racks: 'SAME', kept: 1 })]), null)).toBe(
    'for 3 machines together in one rack, 1 kept so far; 2 could be among them now',
  )
  expect(whyWaiting(why('all is held', [], [gang({ racks: 'SPREAD' })]), null)).toBe(
    'for 3 machines together in different racks; all is held',
  )
})
