// Group U: offer constraints over HTTP. Numbers are the conformance scenarios'.

import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../../src/master/cluster/timers.ts'
import type { SchedulerAttributeConstraint, SchedulerOfferConstraints } from '../../../src/mesos/types.ts'
import { getJson, operatorCall } from '../../support/http-client.ts'
import { Rack } from '../../support/rack.ts'
import { Scheduler } from '../../support/scheduler.ts'

const rackIs = (value: string): SchedulerAttributeConstraint => ({
  selector: { attribute_name: 'rack' },
  predicate: { text_equals: { value } },
})

const hostIs = (value: string): SchedulerAttributeConstraint => ({
  selector: { pseudoattribute_type: 'HOSTNAME' },
  predicate: { text_equals: { value } },
})

function constrained(
  byRole: Readonly<Record<string, readonly (readonly SchedulerAttributeConstraint[])[]>>,
): SchedulerOfferConstraints {
  const role_constraints = Object.fromEntries(
    Object.entries(byRole).map(([role, groups]) => [
      role,
      { groups: groups.map((attribute_constraints) => ({ attribute_constraints })) },
    ]),
  )
  return { role_constraints }
}

function update(framework: Scheduler, offer_constraints: SchedulerOfferConstraints | undefined) {
  const framework_info = { ...framework.info, id: { value: framework.frameworkId } }
  return framework.call({
    type: 'UPDATE_FRAMEWORK',
    update_framework: { framework_info, ...(offer_constraints === undefined ? {} : { offer_constraints }) },
  })
}

const inRack = (hostname: string, rack: string) => ({
  hostname,
  attributes: [{ name: 'rack', type: 'TEXT', text: { value: rack } }],
})

/** Which machines it was offered: another framework gets all others, so that none is still to come. */
async function offeredTo(rack: Rack, framework: Scheduler): Promise<string[]> {
  const witness = await rack.framework({ info: { name: 'witness' } })
  const mine = framework.stream.all.flatMap((event) => event.offers?.offers ?? [])
  for (let i = mine.length; i < rack.agents.length; i++) await witness.offer()
  await witness.send({ type: 'TEARDOWN' })
  return mine.map(({ hostname }) => hostname).sort()
}

test('U08 a constraint that excludes the only agent prevents offers; relaxed by an update, it is offered', async () => {
  const rack = await Rack.start()
  await rack.agent(inRack('n1', 'r1'))
  const framework = await rack.framework({ offer_constraints: constrained({ test: [[rackIs('r2')]] }) })
  expect(await offeredTo(rack, framework)).toEqual([])
  const shown = await operatorCall(rack.http, { type: 'GET_FRAMEWORKS' })
  const mine = shown.get_frameworks?.frameworks?.find((it) => it.framework_info.id?.value === framework.frameworkId)
  expect(mine?.offer_constraints).toEqual(constrained({ test: [[rackIs('r2')]] }))
  await rack.agent(inRack('n2', 'r1'))
  expect((await update(framework, constrained({ test: [[rackIs('r1')]] }))).status).toBe(200)
  expect((await framework.offer()).hostname).toMatch(/^n[12]$/)
})

test('an update without constraints takes them away', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ offer_constraints: constrained({ test: [[rackIs('r2')]] }) })
  expect((await update(framework, undefined)).status).toBe(200)
  await rack.agent(inRack('n1', 'r1'))
  expect((await framework.offer()).hostname).toBe('n1')
})

test('U09 constraints of a role that is not subscribed are 400, and nothing of the update is done', async () => {
  const rack = await Rack.start()
  const framework = await rack.framework({ offer_constraints: constrained({ test: [[rackIs('r2')]] }) })
  const answer = await update(framework, constrained({ test: [[rackIs('r1')]], other: [[rackIs('r1')]] }))
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(`role 'other'`)])
  await rack.agent(inRack('n1', 'r1'))
  expect(await offeredTo(rack, framework)).toEqual([])
})

describe('U10 on agents with, without and with an attribute that is no text', () => {
  const regex = '[wx]'
  test.each<[string, SchedulerAttributeConstraint['predicate'], readonly string[]]>([
    ['Exists', { exists: {} }, ['number', 'x', 'y']],
    ['NotExists', { not_exists: {} }, ['none']],
    ['TextEquals', { text_equals: { value: 'x' } }, ['number', 'x']],
    ['TextNotEquals', { text_not_equals: { value: 'x' } }, ['none', 'number', 'y']],
    ['TextMatches', { text_matches: { regex } }, ['number', 'x']],
    ['TextNotMatches', { text_not_matches: { regex } }, ['none', 'number', 'y']],
  ])('%s offers those it says', async (_name, predicate, taken) => {
    const rack = await Rack.start()
    const constraint = { selector: { attribute_name: 'rack' }, predicate }
    const framework = await rack.framework({ offer_constraints: constrained({ test: [[constraint]] }) })
    await rack.agent(inRack('x', 'x'))
    await rack.agent(inRack('y', 'y'))
    await rack.agent({ hostname: 'none' })
    const number = { name: 'rack', type: 'SCALAR', scalar: { value: 1 } }
    await rack.agent({ hostname: 'number', attributes: [number] })
    for (const _ of taken) await framework.offer()
    expect(await offeredTo(rack, framework)).toEqual(taken)
  })
})

test('U07 a role that is suppressed no more after an update has forgotten what it refused', async () => {
  const rack = await Rack.start()
  await rack.agent(inRack('n1', 'r1'))
  const framework = await rack.framework()
  await framework.decline(await framework.offer(), 1e6)
  await framework.send({ type: 'SUPPRESS' })
  expect((await update(framework, undefined)).status).toBe(200)
  await framework.offer()
})

describe('U11', () => {
  test('constraints of a group must all hold', async () => {
    const rack = await Rack.start()
    const framework = await rack.framework({
      offer_constraints: constrained({ test: [[rackIs('r1'), hostIs('n2')]] }),
    })
    await rack.agent(inRack('n1', 'r1'))
    await rack.agent(inRack('n2', 'r1'))
    expect((await framework.offer()).hostname).toBe('n2')
    expect(await offeredTo(rack, framework)).toEqual(['n2'])
  })

  test('any of several groups may hold', async () => {
    const rack = await Rack.start()
    const framework = await rack.framework({
      offer_constraints: constrained({ test: [[rackIs('r1')], [hostIs('n2')]] }),
    })
    await rack.agent(inRack('n1', 'r1'))
    await rack.agent(inRack('n2', 'r2'))
    const hosts = [(await framework.offer()).hostname, (await framework.offer()).hostname]
    expect(hosts.sort()).toEqual(['n1', 'n2'])
  })

  test('roles are constrained each by its own', async () => {
    const rack = await Rack.start()
    const framework = await rack.framework({
      info: { roles: ['a', 'b'] },
      offer_constraints: constrained({ a: [[hostIs('n1')]], b: [[hostIs('n2')]] }),
    })
    await rack.agent(inRack('n1', 'r1'))
    await rack.agent(inRack('n2', 'r1'))
    const offers = [await framework.offer(), await framework.offer()]
    const places = offers.map((offer) => `${offer.allocation_info?.role} ${offer.hostname}`)
    expect(places.sort()).toEqual(['a n1', 'b n2'])
  })
})

test.each([
  ['broken', '['],
  ['too complex', 'a{500}'],
])('U12 a %s pattern is refused by SUBSCRIBE with an ERROR and by an update with 400', async (_what, regex) => {
  const rack = await Rack.start()
  const bad = constrained({
    test: [[{ selector: { attribute_name: 'rack' }, predicate: { text_matches: { regex } } }]],
  })
  const refused = rack.adopt(await Scheduler.open(rack.http, { offer_constraints: bad }))
  expect((await refused.stream.take('ERROR')).error?.message).toMatch(/regex/)
  const framework = await rack.framework()
  const answer = await update(framework, bad)
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('regex')])
})

test('V03 a role that the master does not list is an ERROR; a listed one and * are taken', async () => {
  const rack = await Rack.start({ timers: { policy: { ...defaultPolicy, roles: new Set(['test']) } } })
  const refused = rack.adopt(await Scheduler.open(rack.http, { info: { roles: ['test', 'other'] } }))
  expect((await refused.stream.take('ERROR')).error?.message).toContain(`role 'other'`)
  await rack.framework({ info: { roles: ['test', '*'] } })
})

test('/state shows the constraints of a framework as it gave them', async () => {
  const rack = await Rack.start()
  await rack.framework({ offer_constraints: constrained({ test: [[rackIs('r2')]] }) })
  const state = (await getJson(rack.http, '/state')) as { frameworks: readonly { offer_constraints?: unknown }[] }
  expect(state.frameworks[0]?.offer_constraints).toEqual(constrained({ test: [[rackIs('r2')]] }))
})
