// Offer constraints: which agents a framework wants offers of, by their attributes (Mesos
// src/master/allocator/mesos/offer_constraints_filter.cpp). Of one role, any group must hold; of a group, all
// constraints. Patterns are RE2's, matched in linear time by an engine of bounded size, so that none can stall a master.
// It does not know roles' frameworks, offers or what is free.

import { RE2JS } from 're2js'
import { fail, ok, type Result } from '../model/result.ts'
import type {
  SchedulerAttributeConstraint,
  SchedulerAttributeConstraintPredicate,
  SchedulerAttributeConstraintSelector,
  SchedulerOfferConstraints,
} from './types.ts'

/** Mesos' limits of one pattern: its length in bytes, and the instructions that it is compiled to. */
export const patternBytesMax = 4096
export const patternProgramMax = 100
/** Constraints of one framework, all roles together; Mesos has no bound but its memory. */
export const constraintsMax = 10_000
/** Patterns among them: each is asked about every agent, and takes as long as the text that it looks at. */
export const patternsMax = 256

/** What constraints look at; `text` is null for an attribute that is no text. */
export type ConstrainedAgent = {
  readonly hostname: string
  readonly attributes: readonly { readonly name: string; readonly text: string | null }[]
  readonly region: string | null
  readonly zone: string | null
}

export type AgentTest = (agent: ConstrainedAgent) => boolean

/**
 * By role, whether an agent may be offered; a role without constraints is absent. API_MALFORMED names the role and what
 * is wrong, `roles` being those of the framework.
 */
export function compileConstraints(
  constraints: SchedulerOfferConstraints | undefined,
  roles: readonly string[],
): Result<ReadonlyMap<string, AgentTest>> {
  const byRole = new Map<string, AgentTest>()
  let count = 0
  let patterns = 0
  for (const [role, { groups = [] }] of Object.entries(constraints?.role_constraints ?? {})) {
    const wrong = (what: string) => fail('API_MALFORMED', `offer_constraints of role '${role}': ${what}`)
    if (!roles.includes(role)) return wrong('it is not a role of the framework')
    if (groups.length === 0) return wrong('there are no groups')
    const tests: (readonly AgentTest[])[] = []
    for (const { attribute_constraints: list = [] } of groups) {
      if (list.length === 0) return wrong('a group has no constraints')
      count += list.length
      if (count > constraintsMax) return wrong(`there are more than ${constraintsMax} constraints`)
      patterns += list.filter(hasPattern).length
      if (patterns > patternsMax) return wrong(`there are more than ${patternsMax} patterns`)
      const group: AgentTest[] = []
      for (const constraint of list) {
        const test = constraintTest(constraint)
        if (!test.ok) return wrong(test.fault.message)
        group.push(test.value)
      }
      tests.push(group)
    }
    byRole.set(role, (agent) => tests.some((group) => group.every((test) => test(agent))))
  }
  return ok(byRole)
}

function hasPattern({ predicate }: SchedulerAttributeConstraint): boolean {
  return predicate.text_matches !== undefined || predicate.text_not_matches !== undefined
}

/** What is looked at: absent, a text, or an attribute that is no text. */
type Selected = { readonly text: string | null } | undefined

function constraintTest({ selector, predicate }: SchedulerAttributeConstraint): Result<AgentTest> {
  const select = selection(selector)
  if (select === null) {
    return fail('API_MALFORMED', 'a selector must be an attribute_name or one of HOSTNAME, REGION and ZONE')
  }
  const test = predicateTest(predicate)
  return test.ok ? ok((agent) => test.value(select(agent))) : test
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
function predicateTest(predicate: SchedulerAttributeConstraintPredicate): Result<(selected: Selected) => boolean> {
  const { exists, not_exists, text_equals, text_not_equals, text_matches, text_not_matches } = predicate
  const given = [exists, not_exists, text_equals, text_not_equals, text_matches, text_not_matches]
  if (given.filter((one) => one !== undefined).length !== 1) {
    return fail('API_MALFORMED', 'a constraint must have exactly one predicate')
  }
  if (exists !== undefined) return ok((selected) => selected !== undefined)
  if (not_exists !== undefined) return ok((selected) => selected === undefined)
  const isDenial = text_not_equals !== undefined || text_not_matches !== undefined
  const regex = text_matches?.regex ?? text_not_matches?.regex
  const wanted = text_equals?.value ?? text_not_equals?.value
  const compiled: Result<(text: string) => boolean> =
    regex === undefined ? ok((text: string) => text === wanted) : patternTest(regex)
  if (!compiled.ok) return compiled
  return ok((selected) => {
    if (selected === undefined) return isDenial
    return selected.text === null || compiled.value(selected.text) !== isDenial
  })
}

/** Whether a whole text matches. */
function patternTest(regex: string): Result<(text: string) => boolean> {
  const wrong = (what: string) => fail('API_MALFORMED', `the regex '${regex.slice(0, 100)}' ${what}`)
  if (new TextEncoder().encode(regex).length > patternBytesMax) return wrong(`is longer than ${patternBytesMax} bytes`)
  try {
    const pattern = RE2JS.compile(regex)
    if (pattern.programSize() > patternProgramMax) {
      return wrong(`is too complex: ${pattern.programSize()} of ${patternProgramMax} instructions`)
    }
    return ok((text) => pattern.matches(text))
  } catch (error) {
    return wrong(`cannot be understood: ${(error as Error).message}`)
  }
}
