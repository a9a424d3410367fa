// Role names and who is below whom.

import { describe, expect, test } from 'vitest'
import {
  isBelowRole,
  isWithinRole,
  roleAndAncestors,
  roleError,
  roleLengthMax,
  roleLevelsMax,
} from '../../../src/mesos/roles.ts'

describe('a name', () => {
  test.each(['*', 'a', 'a/b-c', 'a/b/c', 'a.b', '...', 'größe', 'a-', 'a*'])('%j can be a role', (role) => {
    expect(roleError(role)).toBeNull()
  })

  test.each([
    '',
    '/a',
    'a/',
    '/',
    'a//b',
    'a/.',
    '.',
    'a/../b',
    '..',
    'a/*',
    '*/a',
    '-a',
    'a/-b',
    'a b',
    'a\tb',
    'a\n',
    'a\u007f',
    'a\b',
    'a'.repeat(roleLengthMax + 1),
    Array(roleLevelsMax + 1)
      .fill('a')
      .join('/'),
  ])('%j cannot be a role', (role) => {
    expect(roleError(role)).toEqual(expect.any(String))
  })
})

test('a name too long to be shown is shown in part', () => {
  expect(roleError(`${'a/'.repeat(500_000)}a`)?.length).toBeLessThan(200)
  expect(roleError(Array(roleLevelsMax).fill('a').join('/'))).toBeNull()
})

test.each([
  ['a/b', 'a', true, true],
  ['a/b/c', 'a', true, true],
  ['a', 'a', true, false],
  ['ab', 'a', false, false],
  ['a', 'a/b', false, false],
  ['a', '*', false, false],
  ['*', '*', true, false],
])('%s within %s: %s, strictly below: %s', (role, ancestor, isWithin, isBelow) => {
  expect(isWithinRole(role, ancestor)).toBe(isWithin)
  expect(isBelowRole(role, ancestor)).toBe(isBelow)
})

test('a role and all above it, outermost first', () => {
  expect(roleAndAncestors('a/b/c')).toEqual(['a', 'a/b', 'a/b/c'])
  expect(roleAndAncestors('*')).toEqual(['*'])
})
