// Offer constraints: which agents a framework wants offers of, by their attributes (Mesos
// src/master/allocator/mesos/offer_constraints_filter.cpp). Of one role, any group must hold; of a group, all
// constraints. Patterns are RE2's, matched in linear time by an engine of bounded size, so that none can stall a master.
// It does not know roles' frameworks, offers or what is free.

import { RE2JS } from 're2js'
import { fail, ok, type Result } from '../model/result.ts'
import { patternWork } from './pattern-work.ts'
import type {
  SchedulerAttributeConstraint,
  SchedulerAttributeConstraintPredicate,
  SchedulerAttributeConstraintSelector,
  SchedulerOfferConstraints,
  SchedulerOfferConstraintsRoleConstraintsGroup,
} from './types.ts'

/** Mesos' limits of one pattern: its length in bytes, and the instructions that it is compiled to. */
export const patternBytesMax = 4096
export const patternProgramMax = 100
/** Constraints of one framework, all roles together; Mesos has no bound but its memory. */
export const constraintsMax = 10_000
/** Patterns among them: each is asked about every agent, and takes as long as the text that it looks at. */
export const patternsMax = 256
/** What it may cost to compile all of them, in letters (pattern-work.ts): about 50 ms. */
export const patternWorkMax = 20_000
/** Tests other than patterns that cost as much as one instruction of a pattern, or as one more pair tried in a round. */
const testsPerWork = 8

/** What constraints look at; `text` is null for an attribute that is no text. */
export type ConstrainedAgent = {
  readonly hostname: string
  readonly attributes: readonly { readonly name: string; readonly text: string | null }[]
  readonly region: string | null
  readonly zone: string | null
}

export type AgentTest = ((agent: ConstrainedAgent) => boolean) & {
  /** What it costs to ask it, at most: about as much as to try so many pairs in a round of offers. */
  readonly work: number
  /** The constraints that it was made of. */
  readonly source: string
}

/**
 * By role, whether an agent may be offered; a role without constraints is absent. API_MALFORMED names the role and what
 * is wrong, `roles` being those of the framework. `former` is what this was before: a test of it whose constraints are
 * the same is kept, and nothing is compiled for it.
 */
export function compileConstraints(
  constraints: SchedulerOfferConstraints | undefined,
  roles: readonly string[],
  former: ReadonlyMap<string, AgentTest> = new Map(),
): Result<ReadonlyMap<string, AgentTest>> {
  const byRole = new Map<string, AgentTest>()
  const known = new Set(roles)
  const sizes = { constraints: 0, patterns: 0, work: 0 }
  for (const [role, { groups = [] }] of Object.entries(constraints?.role_constraints ?? {})) {
    const wrong = (what: string) => fail('API_MALFORMED', `offer_constraints of role '${role}': ${what}`)
    if (!known.has(role)) return wrong('it is not a role of the framework')
    const excess = excessOf(groups, sizes)
    if (excess !== null) return wrong(excess)
    const source = JSON.stringify(groups)
    const before = former.get(role)
    const test = before?.source === source ? ok(before) : roleTest(groups, source)
    if (!test.ok) return wrong(test.fault.message)
    byRole.set(role, test.value)
  }
  return ok(byRole)
}

/** What there is too little or, with all roles until now (`sizes`), too much of; or null. Nothing is compiled yet. */
function excessOf(
  groups: readonly SchedulerOfferConstraintsRoleConstraintsGroup[],
  sizes: { constraints: number; patterns: number; work: number },
): string | null {
  if (groups.length === 0) return 'there are no groups'
  for (const { attribute_constraints: list = [] } of groups) {
    if (list.length === 0) return 'a group has no constraints'
    sizes.constraints += list.length
    if (sizes.constraints > constraintsMax) return `there are more than ${constraintsMax} constraints`
    for (const { predicate } of list) {
      const regex = regexOf(predicate)
      if (regex === undefined) continue
      sizes.patterns++
      if (sizes.patterns > patternsMax) return `there are more than ${patternsMax} patterns`
      if (regex.length > patternBytesMax) return `the regex '${shown(regex)}' is longer than ${patternBytesMax} bytes`
      sizes.work += patternWork(regex)
      if (sizes.work <= patternWorkMax) continue
      return (
        `compiling the patterns of all roles up to the regex '${shown(regex)}' costs ${sizes.work} of ${patternWorkMax}` +
        ' steps: use fewer or shorter patterns, smaller repeats, and fewer classes like \\pL or ranges without case'
      )
    }
  }
  return null
}

function roleTest(groups: readonly SchedulerOfferConstraintsRoleConstraintsGroup[], source: string): Result<AgentTest> {
  const tests: (readonly OneTest[])[] = []
  let work = 0
  for (const { attribute_constraints: list = [] } of groups) {
    const group: OneTest[] = []
    for (const constraint of list) {
      const test = constraintTest(constraint)
      if (!test.ok) return test
      group.push(test.value)
      work += test.value.work
    }
    tests.push(group)
  }
  const accepts = (agent: ConstrainedAgent) => tests.some((group) => group.every(({ asks }) => asks(agent)))
  return ok(Object.assign(accepts, { work: Math.ceil(work), source }))
}

function regexOf({ text_matches, text_not_matches }: SchedulerAttributeConstraintPredicate): string | undefined {
  return text_matches?.regex ?? text_not_matches?.regex
}

type OneTest = { readonly asks: (agent: ConstrainedAgent) => boolean; readonly work: number }

/** What is looked at: absent, a text, or an attribute that is no text. */
type Selected = { readonly text: string | null } | undefined

function constraintTest({ selector, predicate }: SchedulerAttributeConstraint): Result<OneTest> {
  const select = selection(selector)
  if (select === null) {
    return fail('API_MALFORMED', 'a selector must be an attribute_name or one of HOSTNAME, REGION and ZONE')
  }
  const test = predicateTest(predicate)
  if (!test.ok) return test
  const { holds, work } = test.value
  return ok({ asks: (agent) => holds(select(agent)), work })
}

function selection(selector: SchedulerAttributeConstraintSelector): ((agent: ConstrainedAgent) => Selected) | null {
  const { attribute_name: name, pseudoattribute_type: pseudo } = selector
  if ((name === undefined) === (pseudo === undefined)) return null
  // Of attributes with one name the first counts.
  if (name !== undefined) return ({ attributes }) => attributes.find((attribute) => attribute.name === name)
  const known = (text: string | null): Selected => (text === null ? undefined : { text })
  switch (pseudo) {
    case 'HOSTNAME':
      return ({ hostname }) => known(hostname)
    case 'REGION':
      return ({ region }) => known(region)
    case 'ZONE':
      return ({ zone }) => known(zone)
    default:
      return null
  }
}

/** Rules for texts hold for every attribute that is no text; the ones that deny hold where there is no attribute. */
function predicateTest(predicate: SchedulerAttributeConstraintPredicate): Result<{
  readonly holds: (selected: Selected) => boolean
  readonly work: number
}> {
  const { exists, not_exists, text_equals, text_not_equals, text_matches, text_not_matches } = predicate
  const given = [exists, not_exists, text_equals, text_not_equals, text_matches, text_not_matches]
  if (given.filter((one) => one !== undefined).length !== 1) {
    return fail('API_MALFORMED', 'a constraint must have exactly one predicate')
  }
  const work = 1 / testsPerWork
  if (exists !== undefined) return ok({ holds: (selected) => selected !== undefined, work })
  if (not_exists !== undefined) return ok({ holds: (selected) => selected === undefined, work })
  const isDenial = text_not_equals !== undefined || text_not_matches !== undefined
  const regex = regexOf(predicate)
  const wanted = text_equals?.value ?? text_not_equals?.value
  const compiled = regex === undefined ? ok({ matches: (text: string) => text === wanted, work }) : patternTest(regex)
  if (!compiled.ok) return compiled
  const { matches } = compiled.value
  return ok({
    holds: (selected) => {
      if (selected === undefined) return isDenial
      return selected.text === null || matches(selected.text) !== isDenial
    },
    work: compiled.value.work,
  })
}

/** Whether a whole text matches. */
function patternTest(regex: string): Result<{ readonly matches: (text: string) => boolean; readonly work: number }> {
  const wrong = (what: string) => fail('API_MALFORMED', `the regex '${shown(regex)}' ${what}`)
  if (new TextEncoder().encode(regex).length > patternBytesMax) return wrong(`is longer than ${patternBytesMax} bytes`)
  try {
    const pattern = RE2JS.compile(regex)
    const work = pattern.programSize()
    if (work > patternProgramMax) return wrong(`is too complex: ${work} of ${patternProgramMax} instructions`)
    // Asked for the place of the match, and not only whether there is one, the engine builds no automaton: it would cost
    // a text that is matched once ten times as much, and up to 8 MiB of each pattern.
    return ok({ matches: (text) => pattern.matcher(text).matches(), work })
  } catch (error) {
    return wrong(`cannot be understood: ${(error as Error).message}`)
  }
}

function shown(regex: string): string {
  return regex.slice(0, 100)
}
