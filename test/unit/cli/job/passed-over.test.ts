import { expect, test } from 'vitest'
import { newsMax, PassedOver } from '../../../../src/cli/job/passed-over.ts'
import type { Offer } from '../../../../src/mesos/types.ts'
import { scalars } from '../../../support/scheduler.ts'

function offer(agent: string, cpus: number): Offer {
  return {
    id: { value: 'o' },
    framework_id: { value: 'f' },
    agent_id: { value: agent },
    hostname: agent,
    resources: scalars({ cpus, mem: 64 }),
  }
}

const never = { isForEver: true, why: 'it has no such thing' }
const notNow = { isForEver: false, why: 'it is taken' }

test('a machine that refused nothing is worth a try', () => {
  const passedOver = new PassedOver()
  passedOver.add('other', never, 0)
  expect(passedOver.secondsFor(offer('a', 1), 0)).toBe(0)
})

test('one that never can is passed over for ten minutes, whatever it offers', () => {
  const passedOver = new PassedOver()
  passedOver.add('a', never, 1_000)
  expect(passedOver.secondsFor(offer('a', 1), 1_000)).toBe(600)
  passedOver.freed('a')
  expect(passedOver.secondsFor(offer('a', 9), 600_500)).toBe(1)
  expect(passedOver.secondsFor(offer('a', 1), 601_000)).toBe(0)
  expect(passedOver.reason).toBeNull()
})

test('one that cannot now is passed over until it offers more than after the refusal', () => {
  const passedOver = new PassedOver()
  passedOver.add('a', notNow, 0)
  expect(passedOver.secondsFor(offer('a', 2), 0)).toBe(60)
  expect(passedOver.secondsFor(offer('a', 1), 10_000)).toBe(50)
  expect(passedOver.secondsFor(offer('a', 2.5), 10_000)).toBe(0)
})

test('or until something of the job has ended there, or a minute has passed', () => {
  const passedOver = new PassedOver()
  for (const agent of ['a', 'b']) {
    passedOver.add(agent, notNow, 0)
    expect(passedOver.secondsFor(offer(agent, 2), 0)).toBe(60)
  }
  passedOver.freed('a')
  expect(passedOver.secondsFor(offer('a', 2), 0)).toBe(0)
  expect(passedOver.secondsFor(offer('b', 2), 60_000)).toBe(0)
})

test('each reason is news once, and only so many are', () => {
  const passedOver = new PassedOver()
  const news = Array.from({ length: newsMax + 5 }, (_, i) => passedOver.add(`a${i}`, { ...never, why: `why ${i}` }, 0))
  expect(news.filter(Boolean)).toHaveLength(newsMax)
  expect(passedOver.add('b', { ...never, why: 'why 0' }, 0)).toBe(false)
  expect(passedOver.reason).toBe(`${newsMax + 6} machines offered cannot: why 0`)
})
