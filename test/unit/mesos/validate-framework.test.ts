// What a framework may say of itself.

import { describe, expect, test } from 'vitest'
import type { FrameworkInfo } from '../../../src/mesos/types.ts'
import {
  frameworkInfoError,
  frameworkRoles,
  suppressedRolesError,
  wantedFrameworkId,
} from '../../../src/mesos/validate-framework.ts'

const multiRole: FrameworkInfo = { user: 'u', name: 'n', capabilities: [{ type: 'MULTI_ROLE' }] }
const plain: FrameworkInfo = { user: 'u', name: 'n' }

const filters = (quantities: Record<string, number>[]): FrameworkInfo['offer_filters'] => ({
  r: {
    min_allocatable_resources: {
      quantities: quantities.map((it) => ({
        quantities: Object.fromEntries(Object.entries(it).map(([name, value]) => [name, { value }])),
      })),
    },
  },
})

describe('accepted', () => {
  test.each<[string, FrameworkInfo]>([
    ['nothing but a name', plain],
    ['a role of the older kind', { ...plain, role: 'a/b-c' }],
    ['several roles', { ...multiRole, roles: ['a', 'a/b', '*'] }],
    ['no role at all with MULTI_ROLE', multiRole],
    ['an empty id, which counts as unset', { ...plain, id: { value: '' } }],
    ['an id of its own', { ...plain, id: { value: 'my-framework' } }],
    ['a year to fail over', { ...plain, failover_timeout: 31_536_000 }],
    ['filters', { ...multiRole, offer_filters: filters([{ cpus: 0 }, { cpus: 1, mem: 32 }]) }],
  ])('%s', (_claim, info) => {
    expect(frameworkInfoError(info)).toBeNull()
  })
})

describe('refused', () => {
  test.each<[string, FrameworkInfo, string]>([
    ['roles without MULTI_ROLE', { ...plain, roles: ['a'] }, 'needs the capability MULTI_ROLE'],
    ['role with MULTI_ROLE', { ...multiRole, role: 'a' }, `not 'role'`],
    ['a bad role', { ...plain, role: 'a//b' }, '//'],
    ['a bad one among roles', { ...multiRole, roles: ['a', '-b'] }, '-'],
    ['a role twice', { ...multiRole, roles: ['a', 'b', 'a'] }, 'listed twice'],
    ['an id with a slash', { ...plain, id: { value: 'a/b' } }, 'framework id'],
    ['a negative failover_timeout', { ...plain, failover_timeout: -1 }, 'failover_timeout'],
    ['a huge failover_timeout', { ...plain, failover_timeout: 1e10 }, 'failover_timeout'],
    ['an endless failover_timeout', { ...plain, failover_timeout: Number.POSITIVE_INFINITY }, 'failover_timeout'],
    ['empty filters', { ...multiRole, offer_filters: filters([]) }, 'no quantities'],
    ['a filter of nothing', { ...multiRole, offer_filters: filters([{}]) }, 'empty'],
    ['a name that nobody would send with every launch', { ...plain, name: 'n'.repeat(300_000) }, 'longer than'],
    ['more roles than fit', { ...multiRole, roles: Array.from({ length: 100_000 }, (_, i) => `r${i}`) }, 'longer than'],
    ['a negative filter', { ...multiRole, offer_filters: filters([{ cpus: -1 }]) }, `'cpus' must be`],
  ])('%s', (_claim, info, complaint) => {
    expect(frameworkInfoError(info)).toContain(complaint)
  })
})

test('roles are one or many', () => {
  expect(frameworkRoles(plain)).toEqual(['*'])
  expect(frameworkRoles({ ...plain, role: 'a' })).toEqual(['a'])
  expect(frameworkRoles({ ...multiRole, roles: ['a', 'b'] })).toEqual(['a', 'b'])
  expect(frameworkRoles(multiRole)).toEqual([])
})

test('an id with an empty value is none', () => {
  expect(wantedFrameworkId({ ...plain, id: { value: '' } })).toBeUndefined()
  expect(wantedFrameworkId({ ...plain, id: { value: 'x' } })).toBe('x')
})

test.each<[readonly string[], string | null]>([
  [[], null],
  [['a'], null],
  [['b', 'a'], null],
  [['c'], 'not a role of the framework'],
  [['a', 'a'], 'listed twice'],
  [['/'], 'suppressed_roles: role'],
])('suppressing %j: %s', (suppressed, complaint) => {
  const error = suppressedRolesError({ ...multiRole, roles: ['a', 'b'] }, suppressed)
  if (complaint === null) expect(error).toBeNull()
  else expect(error).toContain(complaint)
})
