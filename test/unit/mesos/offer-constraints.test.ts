import { describe, expect, test } from 'vitest'
import {
  type AgentTest,
  type ConstrainedAgent,
  compileConstraints,
  constraintsMax,
  patternBytesMax,
  patternsMax,
  patternWorkMax,
} from '../../../src/mesos/offer-constraints.ts'
import type {
  SchedulerAttributeConstraint,
  SchedulerAttributeConstraintPredicate,
  SchedulerOfferConstraints,
} from '../../../src/mesos/types.ts'

const without: ConstrainedAgent = { hostname: 'n1', attributes: [], region: null, zone: null }
const withText = (text: string): ConstrainedAgent => ({ ...without, attributes: [{ name: 'a', text }] })
const withNumber: ConstrainedAgent = { ...without, attributes: [{ name: 'a', text: null }] }

function constraint(predicate: SchedulerAttributeConstraintPredicate, name = 'a'): SchedulerAttributeConstraint {
  return { selector: { attribute_name: name }, predicate }
}

function groups(...lists: readonly (readonly SchedulerAttributeConstraint[])[]): SchedulerOfferConstraints {
  return { role_constraints: { r: { groups: lists.map((list) => ({ attribute_constraints: list })) } } }
}

function accepts(constraints: SchedulerOfferConstraints, agent: ConstrainedAgent, role = 'r'): boolean {
  const compiled = compileConstraints(constraints, [role])
  if (!compiled.ok) throw new Error(compiled.fault.message)
  return compiled.value.get(role)?.(agent) ?? true
}

describe('a predicate', () => {
  test.each<[string, SchedulerAttributeConstraintPredicate, readonly ConstrainedAgent[]]>([
    ['Exists wants any attribute of the name', { exists: {} }, [withText('x'), withText('y'), withNumber]],
    ['NotExists wants none', { not_exists: {} }, [without]],
    ['TextEquals wants the text, or what is no text', { text_equals: { value: 'x' } }, [withText('x'), withNumber]],
    [
      'TextNotEquals wants another text, what is no text, or nothing',
      { text_not_equals: { value: 'x' } },
      [without, withText('y'), withNumber],
    ],
    ['TextMatches wants the whole text to match', { text_matches: { regex: '[wx]' } }, [withText('x'), withNumber]],
    [
      'TextNotMatches wants no match of the whole text',
      { text_not_matches: { regex: '[wx]' } },
      [without, withText('y'), withNumber],
    ],
  ])('%s', (_claim, predicate, taken) => {
    const all = [without, withText('x'), withText('y'), withNumber]
    expect(all.filter((agent) => accepts(groups([constraint(predicate)]), agent))).toEqual(taken)
  })

  test('of attributes with one name the first counts', () => {
    const twice = { ...without, attributes: [...withText('x').attributes, ...withText('y').attributes] }
    expect(accepts(groups([constraint({ text_equals: { value: 'y' } })]), twice)).toBe(false)
  })

  test('a pattern must match all of a text, not a part of it', () => {
    expect(accepts(groups([constraint({ text_matches: { regex: 'x' } })]), withText('xx'))).toBe(false)
  })

  test.each([
    ['HOSTNAME', { hostname: 'n1' }, true],
    ['REGION', { region: 'n1' }, true],
    ['ZONE', { zone: 'n1' }, true],
    ['REGION', { zone: 'n1' }, false],
  ] as const)('%s selects what every agent has', (pseudoattribute_type, facts, isTaken) => {
    const constraints = groups([{ selector: { pseudoattribute_type }, predicate: { text_equals: { value: 'n1' } } }])
    expect(accepts(constraints, { ...without, hostname: 'other', ...facts })).toBe(isTaken)
  })
})

describe('constraints together', () => {
  const isX = constraint({ text_equals: { value: 'x' } })
  const hasB = constraint({ exists: {} }, 'b')
  const xAndB = { ...without, attributes: [...withText('x').attributes, { name: 'b', text: 'z' }] }

  test('all of a group must hold', () => {
    expect(accepts(groups([isX, hasB]), withText('x'))).toBe(false)
    expect(accepts(groups([isX, hasB]), xAndB)).toBe(true)
  })

  test('any group may hold', () => {
    expect(accepts(groups([hasB], [isX]), withText('x'))).toBe(true)
    expect(accepts(groups([hasB], [isX]), withText('y'))).toBe(false)
  })

  test('a role without constraints takes every agent', () => {
    const compiled = compileConstraints(groups([isX]), ['r', 's'])
    expect(compiled.ok && [...compiled.value.keys()]).toEqual(['r'])
  })
})

describe('constraints are refused', () => {
  const many = Array.from({ length: constraintsMax + 1 }, () => constraint({ exists: {} }))
  test.each<[string, SchedulerOfferConstraints, RegExp]>([
    ['of another role', { role_constraints: { other: { groups: [] } } }, /not a role of the framework/],
    ['without groups', groups(), /no groups/],
    ['with an empty group', groups([]), /no constraints/],
    ['more than are counted', groups(many), /more than 10000/],
    [
      'more patterns than every agent can be asked about',
      groups(Array.from({ length: patternsMax + 1 }, () => constraint({ text_matches: { regex: 'a' } }))),
      /more than 256 patterns/,
    ],
    ['without a selector', groups([{ selector: {}, predicate: { exists: {} } }]), /selector/],
    [
      'with two selectors',
      groups([{ selector: { attribute_name: 'a', pseudoattribute_type: 'ZONE' }, predicate: { exists: {} } }]),
      /selector/,
    ],
    [
      'with a selector of no known kind',
      groups([{ selector: { pseudoattribute_type: 'UNKNOWN' }, predicate: { exists: {} } }]),
      /selector/,
    ],
    ['without a predicate', groups([constraint({})]), /exactly one predicate/],
    ['with two predicates', groups([constraint({ exists: {}, not_exists: {} })]), /exactly one predicate/],
    ['with a broken pattern', groups([constraint({ text_matches: { regex: '[' } })]), /cannot be understood/],
    ['with what RE2 does not know', groups([constraint({ text_matches: { regex: '(?=a)b' } })]), /be understood/],
    ['with a pattern too complex', groups([constraint({ text_not_matches: { regex: 'a{200}' } })]), /too complex/],
    [
      'with a pattern too long',
      groups([constraint({ text_matches: { regex: 'é'.repeat(patternBytesMax / 2 + 1) } })]),
      /longer than 4096 bytes/,
    ],
    [
      'with patterns that are too much work together',
      groups(Array.from({ length: 30 }, (_, i) => constraint({ text_matches: { regex: `${'a|'.repeat(500)}${i}` } }))),
      /costs \d+ of 20000 steps: use fewer or shorter patterns/,
    ],
    [
      'with a class that takes seconds to compile',
      groups([constraint({ text_matches: { regex: `(?i)[${'a-\\x{10ffff}'.repeat(330)}]` } })]),
      /use fewer or shorter patterns/,
    ],
  ])('%s', (_what, constraints, why) => {
    const compiled = compileConstraints(constraints, ['r'])
    expect(compiled.ok ? null : compiled.fault.message).toMatch(why)
  })
})

test('the patterns of all roles count together', () => {
  const each = groups([constraint({ text_matches: { regex: `${'a|'.repeat(2000)}b` } })]).role_constraints?.r ?? {}
  const roles = Array.from({ length: 6 }, (_, i) => `r${i}`)
  const of = (some: readonly string[]) =>
    compileConstraints({ role_constraints: Object.fromEntries(some.map((role) => [role, each])) }, roles)
  expect(of(roles.slice(0, patternWorkMax / 4002)).ok).toBe(true)
  expect(of(roles).ok).toBe(false)
})

test('many patterns of a usual kind are taken', () => {
  const regex = (i: number) => `node-[0-9]{1,5}\\.rack(1[0-9]|2[0-4])\\.row${i}\\.example\\.org`
  const many = Array.from({ length: patternsMax }, (_, i) => constraint({ text_matches: { regex: regex(i) } }))
  expect(compileConstraints(groups(many), ['r']).ok).toBe(true)
})

describe('constraints that were there before', () => {
  const compiled = (regex: string, former?: ReadonlyMap<string, AgentTest>) => {
    const result = compileConstraints(groups([constraint({ text_matches: { regex } })]), ['r'], former)
    if (!result.ok) throw new Error(result.fault.message)
    return result.value
  }

  test('are not compiled again', () => {
    const before = compiled('x')
    expect(compiled('x', before).get('r')).toBe(before.get('r'))
  })

  test('are, when they changed', () => {
    const after = compiled('y', compiled('x'))
    expect(after.get('r')?.(withText('y'))).toBe(true)
  })
})

test('a test says how much work it is', () => {
  const compiled = compileConstraints(
    groups(
      Array.from({ length: 80 }, () => constraint({ exists: {} })),
      [constraint({ text_matches: { regex: 'a{50}' } })],
    ),
    ['r'],
  )
  expect(compiled.ok && compiled.value.get('r')?.work).toBe(10 + 52)
})

test('a pattern that would stall other engines takes no longer than its text', () => {
  const constraints = groups([constraint({ text_matches: { regex: '(a+)+b' } })])
  expect(accepts(constraints, withText('a'.repeat(50_000)))).toBe(false)
})
