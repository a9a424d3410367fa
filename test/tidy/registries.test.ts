// Are the lists of names true? Fault codes and log events are used, and documented.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { conditionPage } from '../../build/condition-page.ts'
import { faultPage } from '../../build/fault-page.ts'
import { conditionRules } from '../../src/model/conditions.ts'
import { logEvents } from '../../src/model/events.ts'
import { faultCodes } from '../../src/model/faults.ts'
import { root, sources } from '../support/repository.ts'

test('every fault code is given by some code', () => {
  expect(unused(Object.keys(faultCodes), 'src/model/faults.ts')).toEqual([])
})

test('every log event is logged by some code', () => {
  expect(unused(Object.keys(logEvents), 'src/model/events.ts')).toEqual([])
})

test('every condition is found by some code', () => {
  expect(unused(Object.keys(conditionRules), 'src/model/conditions.ts')).toEqual([])
})

test('docs/conditions.md is what npm run generate writes', () => {
  expect(readFileSync(join(root, 'docs/conditions.md'), 'utf8')).toBe(conditionPage())
})

test('docs/faults.md is what npm run generate writes', () => {
  expect(readFileSync(join(root, 'docs/faults.md'), 'utf8')).toBe(faultPage())
})

function unused(names: readonly string[], registry: string): readonly string[] {
  const users = sources.filter(({ path }) => path !== registry)
  return names.filter((name) => !users.some(({ text }) => text.includes(`'${name}'`)))
}
