import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Candidate, chooseGang, gather, type Racks } from '../../../../src/master/cluster/gang-choice.ts'
import type { AgentId } from '../../../../src/model/ids.ts'

const candidates = fc
  .array(fc.record({ rack: fc.constantFrom(null, 'a', 'b', 'c'), left: fc.nat(5) }), { maxLength: 8 })
  .map((list) => list.map((one, i): Candidate => ({ ...one, agentId: `n${i}` as AgentId })))
const racks = fc.constantFrom<Racks>('ANY', 'SAME', 'SPREAD')
const count = fc.integer({ min: 1, max: 5 })

/** Whether these may be a gang, said as simply as the rule. */
function isGang(members: readonly Candidate[], wanted: number, where: Racks): boolean {
  const named = members.map(({ rack }) => rack)
  if (new Set(members.map(({ agentId }) => agentId)).size !== wanted) return false
  if (where === 'ANY') return true
  if (named.includes(null)) return false
  return new Set(named).size === (where === 'SAME' ? 1 : wanted)
}

/** All sets of `size`. */
function* sets<T>(items: readonly T[], size: number, from = 0): Generator<readonly T[]> {
  if (size === 0) yield []
  for (let i = from; size > 0 && i < items.length; i++) {
    for (const rest of sets(items, size - 1, i + 1)) yield [items[i] as T, ...rest]
  }
}

test('a gang is found exactly when there is one', () => {
  fc.assert(
    fc.property(candidates, count, racks, (all, wanted, where) => {
      const found = chooseGang(all, wanted, where)
      const exists = [...sets(all, wanted)].some((set) => isGang(set, wanted, where))
      expect(found === null ? null : isGang(found, wanted, where)).toBe(exists ? true : null)
    }),
  )
})

test('what is kept can always grow to a gang of the machines there are', () => {
  fc.assert(
    fc.property(
      candidates,
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      count,
      racks,
      (all, isFree, wanted, where) => {
        if (chooseGang(all, wanted, where) === null) return
        const kept = gather(
          [],
          all.filter((_, i) => isFree[i]),
          all,
          { count: wanted, racks: where },
        )
        const ids = new Set(kept.map(({ agentId }) => agentId))
        const grown = [...sets(all, wanted)].some(
          (set) => isGang(set, wanted, where) && [...ids].every((id) => set.some(({ agentId }) => agentId === id)),
        )
        expect(kept.length <= wanted && grown).toBe(true)
      },
    ),
  )
})

test('the rack that is filled best is chosen, and in it the machines that fit best', () => {
  const of = (text: string): Candidate => {
    const [agentId = '', rack = '', left = '0'] = text.split(' ')
    return { agentId: agentId as AgentId, rack, left: Number(left) }
  }
  const all = ['n0 a 1', 'n1 a 5', 'n2 a 0', 'n3 b 9', 'n4 b 9'].map(of)
  expect(chooseGang(all, 2, 'SAME')?.map(({ agentId }) => agentId)).toEqual(['n3', 'n4'])
  expect(chooseGang(all, 3, 'SAME')?.map(({ agentId }) => agentId)).toEqual(['n2', 'n0', 'n1'])
  expect(chooseGang(all, 2, 'ANY')?.map(({ agentId }) => agentId)).toEqual(['n2', 'n0'])
})
