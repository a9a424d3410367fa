import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Estimator, looksMin, type Observed, shortLooksMin, stepMilli } from '../../../../src/agent/core/estimator.ts'
import type { ContainerId } from '../../../../src/model/ids.ts'

const everyMs = 1_000

/** Containers that use CPUs at a rate that a test sets, looked at once a second. */
class Machine {
  readonly estimator = new Estimator()
  readonly containers = new Map<string, { observed: Observed; usedMilli: number }>()
  nowMs = 0

  run(id: string, cpusMilli: number, usedMilli: number, more: Partial<Observed> = {}): void {
    const observed = {
      containerId: id as ContainerId,
      cpusMilli,
      isRevocable: false,
      isExclusive: false,
      cpuUsageUsec: 0,
      ...more,
    }
    this.containers.set(id, { observed, usedMilli })
  }

  use(id: string, usedMilli: number): void {
    const container = this.containers.get(id)
    if (container !== undefined) container.usedMilli = usedMilli
  }

  look(times = 1) {
    for (let i = 1; ; i++) {
      const estimate = this.estimator.look(
        [...this.containers.values()].map(({ observed }) => observed),
        this.nowMs,
      )
      if (i === times) return estimate
      this.pass()
    }
  }

  pass(): void {
    this.nowMs += everyMs
    for (const container of this.containers.values()) {
      const { observed, usedMilli } = container
      const cpuUsageUsec = observed.cpuUsageUsec === null ? null : observed.cpuUsageUsec + usedMilli * everyMs
      container.observed = { ...observed, cpuUsageUsec }
    }
  }

  next() {
    this.pass()
    return this.look()
  }
}

const enough = looksMin + 1

describe('what is idle', () => {
  test('is what a container holds less what it used, with a margin, in whole steps', () => {
    const machine = new Machine()
    machine.run('a', 4_000, 1_000)
    expect(machine.look(enough).spareMilli).toBe(2_500)
  })

  test('is nothing before a container was looked at often enough', () => {
    const machine = new Machine()
    machine.run('a', 4_000, 0)
    expect(machine.look(enough - 1).spareMilli).toBe(0)
  })

  test('counts the busiest of the last looks', () => {
    const machine = new Machine()
    machine.run('a', 4_000, 0)
    machine.look(enough)
    machine.use('a', 3_200)
    expect(machine.next().spareMilli).toBe(0)
    machine.use('a', 0)
    const later = Array.from({ length: looksMin }, () => machine.next().spareMilli)
    expect(later).toEqual([0, 0, 0, 4_000])
  })

  test.each<[string, Partial<Observed>]>([
    ['revocable itself', { isRevocable: true }],
    ['alone on its CPUs', { isExclusive: true }],
    ['not to be measured', { cpuUsageUsec: null }],
  ])('is not taken from a container that is %s', (_what, more) => {
    const machine = new Machine()
    machine.run('a', 4_000, 0, more)
    expect(machine.look(enough).spareMilli).toBe(0)
  })

  test('never exceeds what is held, and comes in steps', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ cpus: fc.nat(8_000), used: fc.nat(9_000) }), { maxLength: 5 }), (list) => {
        const machine = new Machine()
        for (const [i, { cpus, used }] of list.entries()) machine.run(`${i}`, cpus, used)
        const { spareMilli } = machine.look(enough)
        const held = list.reduce((sum, { cpus, used }) => sum + Math.max(0, cpus - used), 0)
        expect(spareMilli >= 0 && spareMilli <= held && spareMilli % stepMilli === 0).toBe(true)
      }),
    )
  })
})

describe('revocable containers', () => {
  function shared() {
    const machine = new Machine()
    machine.run('holder', 4_000, 0)
    machine.run('old', 1_500, 1_500, { isRevocable: true })
    machine.run('young', 1_500, 1_500, { isRevocable: true })
    machine.look(enough)
    return machine
  }

  test('stay while their room is idle', () => {
    expect(shared().next().preempted).toEqual([])
  })

  test('go when the holder wants its CPUs back, the youngest first and no more than needed', () => {
    const machine = shared()
    machine.use('holder', 2_000)
    const looks = Array.from({ length: shortLooksMin }, () => machine.next().preempted)
    expect(looks).toEqual([[], ['young']])
  })

  test('all go when nothing is idle', () => {
    const machine = shared()
    machine.use('holder', 4_000)
    machine.next()
    expect(machine.next().preempted).toEqual(['young', 'old'])
  })

  test('are not taken for a moment', () => {
    const machine = shared()
    machine.use('holder', 4_000)
    expect(machine.next().preempted).toEqual([])
    machine.use('holder', 0)
    expect(machine.next().preempted).toEqual([])
  })
})
