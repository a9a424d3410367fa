import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMachineBooks } from '../../../../src/master/placement/books.ts'
import { fewest } from '../../../../src/master/placement/healing.ts'
import { type Need, nothingSick, type SickParts, type Wish } from '../../../../src/master/placement/types.ts'
import { formatCpuList, parseCpuList } from '../../../../src/model/cpu-set.ts'
import type { Hardware } from '../../../../src/model/hardware.ts'
import { type Random, seededRandom } from '../../../../src/model/random.ts'
import { machines } from '../../../support/placement-arbitraries.ts'
import { cpusMilliOf } from '../../../support/placement-machines.ts'
import { randomNeed, randomSickness, randomWish } from '../../../support/placement-workload.ts'

/** A machine on which some run, then parts fall sick, and one more comes. */
function randomWorld(hardware: Hardware, random: Random) {
  const books = createMachineBooks(hardware, cpusMilliOf(hardware))
  const hold = () => {
    const [need, wish] = [randomNeed(hardware, random), randomWish(hardware, random)]
    const placed = books.place(need, wish)
    if (placed.ok) books.hold(placed.value, need)
  }
  for (let i = random.below(6); i > 0; i--) hold()
  const [one, two] = [randomSickness(hardware, random), randomSickness(hardware, random)]
  const sick = {
    cpus: formatCpuList([...new Set([one, two].flatMap(({ cpus }) => parseCpuList(cpus) ?? []))].sort((a, b) => a - b)),
    nodes: [...new Set([...one.nodes, ...two.nodes])],
    gpus: [...new Set([...one.gpus, ...two.gpus])],
    nics: [...new Set([...one.nics, ...two.nics])],
    disks: one.disks,
  }
  books.setHardware(hardware, sick)
  for (let i = random.below(3); i > 0; i--) hold()
  return { books, sick, need: randomNeed(hardware, random), wish: randomWish(hardware, random) }
}

function without(sick: SickParts, healed: readonly string[]): SickParts {
  const isLeft = (name: string) => !healed.includes(name)
  const list = healed.find((name) => name.startsWith('CPU'))?.replace(/^CPUs? /, '') ?? ''
  const cpus = new Set(parseCpuList(list) ?? [])
  return {
    cpus: formatCpuList((parseCpuList(sick.cpus) ?? []).filter((cpu) => !cpus.has(cpu))),
    nodes: sick.nodes.filter((node) => isLeft(`node ${node}`)),
    gpus: sick.gpus.filter(isLeft),
    nics: sick.nics.filter(isLeft),
    disks: sick.disks.filter(isLeft),
  }
}

test('whenever parts are named, it is placed with exactly those healthy; when none are, not even with all', () => {
  let named = 0
  let unnamed = 0
  const check = (hardware: Hardware, seed: number) => {
    const { books, sick, need, wish } = randomWorld(hardware, seededRandom(seed))
    const placed = books.place(need, wish)
    if (placed.ok || placed.fault.code !== 'PLACEMENT_TAKEN') return
    const parts = /it would fit if (.*) were healthy$/.exec(placed.fault.message)?.[1]?.split(', ')
    expect(placed.fault.message).not.toMatch(/ and \d+ more were healthy/)
    if (parts === undefined) unnamed++
    else named++
    const rest = parts === undefined ? nothingSick : without(sick, parts)
    expect(books.fitsIf(rest, need, wish)).toBe(parts !== undefined)
    expect(fitsWhenSick(books, hardware, rest, need, wish)).toBe(parts !== undefined)
    if (parts === undefined) return
    for (const part of parts) {
      const others = parts.filter((one) => one !== part)
      expect([part, books.fitsIf(without(sick, others), need, wish)]).toEqual([part, false])
    }
  }
  fc.assert(
    fc.property(machines, fc.integer({ min: 0, max: 2 ** 31 }), (hardware, seed) => {
      for (let i = 0; i < 8; i++) check(hardware, seed + i)
    }),
    { numRuns: 400 },
  )
  expect(Math.min(named, unnamed)).toBeGreaterThan(100)
})

/** Told to the books as it would be, not asked of them. */
function fitsWhenSick(
  books: ReturnType<typeof createMachineBooks>,
  hardware: Hardware,
  sick: SickParts,
  need: Need,
  wish: Wish,
): boolean {
  books.setHardware(hardware, sick)
  return books.place(need, wish).ok
}

test.each<[string, readonly number[], (some: readonly number[]) => boolean, readonly number[] | null]>([
  ['one that alone is needed', [1, 2, 3, 4, 5], (some) => some.includes(4), [4]],
  ['several', [1, 2, 3, 4, 5, 6], (some) => some.includes(2) && some.includes(6), [2, 6]],
  ['of equals the first', [1, 2, 3, 4, 5], (some) => some.length >= 2, [1, 2]],
  ['none where nothing is needed', [1, 2], () => true, []],
  ['not to be had', [1, 2], () => false, null],
])('the fewest that are enough: %s', (_what, all, isEnough, expected) => {
  expect(fewest(all, isEnough)).toEqual(expected)
})

test('what is found is enough, however many there are and whatever is enough', () => {
  const sets = fc.array(fc.uniqueArray(fc.nat(39), { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(sets, (enough) => {
      let tries = 0
      const isEnough = (some: readonly number[]) => {
        tries++
        return enough.some((set) => set.every((one) => some.includes(one)))
      }
      const found = fewest(
        Array.from({ length: 40 }, (_, i) => i),
        isEnough,
      )
      expect(tries).toBeLessThanOrEqual(65)
      expect(isEnough(found ?? [])).toBe(true)
    }),
  )
})
