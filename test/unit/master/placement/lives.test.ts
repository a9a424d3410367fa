import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMachineBooks } from '../../../../src/master/placement/books.ts'
import { nothingSick } from '../../../../src/master/placement/types.ts'
import { noGrant } from '../../../../src/model/hardware.ts'
import { seededRandom } from '../../../../src/model/random.ts'
import { machines } from '../../../support/placement-arbitraries.ts'
import { aMachine, cpusMilliOf } from '../../../support/placement-machines.ts'
import { liveRandomly, randomNeed, randomWish } from '../../../support/placement-workload.ts'

const seeds = fc.integer({ min: 0, max: 2 ** 31 })

test('two tasks never share what one has alone, memory and the shared pool are never oversubscribed, and all comes back', () => {
  let granted = 0
  let refused = 0
  fc.assert(
    fc.property(machines, seeds, (hardware, seed) => {
      const life = liveRandomly(hardware, cpusMilliOf(hardware), seededRandom(seed), 60)
      granted += life.granted
      refused += life.refused
      expect(life.faults).toEqual([])
    }),
    { numRuns: 400 },
  )
  expect(Math.min(granted, refused)).toBeGreaterThan(1000)
})

test('whatever other cpus an operator offers, what is granted alone stays so', () => {
  fc.assert(
    fc.property(machines, seeds, fc.integer({ min: 0, max: 100_000 }), (hardware, seed, cpusMilli) => {
      expect(liveRandomly(hardware, cpusMilli, seededRandom(seed), 30).faults).toEqual([])
    }),
    { numRuns: 100 },
  )
})

test('grants of any kind, also of parts that overlap or are not there, are taken back in any order without a trace', () => {
  const cpus = fc.option(fc.constantFrom('', '0', '0-3', '2,5', '0-200'))
  const memory = fc.array(fc.record({ node: fc.integer({ min: 0, max: 5 }), bytes: fc.nat(2 ** 40) }), { maxLength: 3 })
  const uuids = fc.subarray(['GPU-0', 'GPU-1', 'MIG-0-0', 'GPU-9'])
  const grants = fc.record({
    cpus,
    cpusWithin: cpus,
    memory,
    gpuUuids: uuids,
    gpuInstanceUuids: uuids,
    nics: fc.subarray(['eth0', 'eth9']),
  })
  fc.assert(
    fc.property(machines, fc.array(grants, { maxLength: 12 }), seeds, (hardware, many, seed) => {
      const random = seededRandom(seed)
      const books = createMachineBooks(hardware, cpusMilliOf(hardware))
      const untouched = createMachineBooks(hardware, cpusMilliOf(hardware))
      const held = many.map((parts) => ({ grant: { ...noGrant, ...parts }, need: randomNeed(hardware, random) }))
      for (const { grant, need } of held) books.hold(grant, need)
      books.setHardware(aMachine({ nodes: 1 }), nothingSick)
      books.setHardware(hardware, nothingSick)
      while (held.length > 0) {
        for (const { grant, need } of held.splice(random.below(held.length), 1)) books.release(grant, need)
      }
      expect(books.free()).toEqual(untouched.free())
      for (let i = 0; i < 3; i++) {
        const [need, wish] = [randomNeed(hardware, random), randomWish(hardware, random)]
        expect(books.place(need, wish)).toEqual(untouched.place(need, wish))
      }
    }),
    { numRuns: 200 },
  )
})
