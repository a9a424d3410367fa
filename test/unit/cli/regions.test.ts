import { describe, expect, it } from 'vitest'
import { partName, type Region, regionsOf } from '../../../src/cli/regions.ts'
import type { Cache, Inventory, NumaNode } from '../../../src/model/inventory.ts'
import { anInventory } from '../../support/inventories.ts'

/** `package 0(NUMA node 0(0 1) NUMA node 1(2 3))`: parts of the same CPUs with `=` between them, then what is inside. */
function words({ parts, regions, cores, memories }: Region): string {
  const inside = [...cores.map((core) => core.cpus), ...regions.map(words), ...memories.map((node) => `+${node.id}`)]
  return `${parts.map(partName).join('=')}(${inside.join(' ')})`
}

const node = (id: number, cpus: string, localCpus = cpus): NumaNode => ({
  id,
  cpus,
  localCpus,
  memoryBytes: 2 ** 30,
  kind: null,
  hugepages: [],
  isGpuMemory: false,
  memorySideCaches: [],
  access: null,
})

const cache = (level: number, cpus: string): Cache => ({ level, type: 'unified', sizeBytes: null, lineBytes: 64, cpus })

/** Two packages of four cores, 0-3 and 4-7. */
function machine(nodes: readonly NumaNode[], caches: readonly Cache[] = []): Inventory {
  const base = anInventory()
  return { ...base, cpu: { ...base.cpu, caches }, numa: { ...base.numa, nodes } }
}

describe('parts lie in each other by their CPUs', () => {
  it.each([
    [
      'nodes in packages',
      [node(0, '0-1'), node(1, '2-3'), node(2, '4-5'), node(3, '6-7')],
      [],
      '(package 0(NUMA node 0(0 1) NUMA node 1(2 3)) package 1(NUMA node 2(4 5) NUMA node 3(6 7)))',
    ],
    ['packages in a node', [node(0, '0-7')], [], 'NUMA node 0(package 0(0 1 2 3) package 1(4 5 6 7))'],
    [
      'a node that is a package, with its cache',
      [node(0, '0-3'), node(1, '4-7')],
      [cache(3, '0-3'), cache(3, '4-7')],
      '(package 0=NUMA node 0=L3(0 1 2 3) package 1=NUMA node 1=L3(4 5 6 7))',
    ],
    [
      'caches in caches',
      [],
      [cache(3, '0-3'), cache(2, '0-1'), cache(2, '2-3')],
      '(package 0=L3(L2(0 1) L2(2 3)) package 1(4 5 6 7))',
    ],
    ['a cache of one core is no region', [], [cache(2, '0'), cache(2, '1')], '(package 0(0 1 2 3) package 1(4 5 6 7))'],
    [
      'memory is with the CPUs near it',
      [node(0, '0-3'), node(1, '4-7'), node(2, '', '4-7')],
      [],
      '(package 0=NUMA node 0(0 1 2 3) package 1=NUMA node 1(4 5 6 7 +2))',
    ],
  ])('%s', (_, nodes, caches, expected) => {
    const { machine: top, beside } = regionsOf(machine(nodes, caches))
    expect(words(top)).toBe(expected)
    expect(beside).toEqual([])
  })

  it.each([
    ['a node across packages', node(0, '2-5')],
    ['memory near nothing', node(0, '')],
    ['memory near both packages', node(0, '', '3-4')],
  ])('%s stands beside', (_, one) => {
    const { machine: top, beside } = regionsOf(machine([one]))
    expect(words(top)).toBe('(package 0(0 1 2 3) package 1(4 5 6 7))')
    expect(beside).toEqual([one])
  })

  it('books lie in drawers, also where they have the same CPUs', () => {
    const base = anInventory()
    const groups = [
      { kind: 'book' as const, id: 1, cpus: '0-3' },
      { kind: 'drawer' as const, id: 4, cpus: '0-3' },
    ]
    const { machine: top } = regionsOf({ ...base, cpu: { ...base.cpu, groups } })
    expect(words(top)).toBe('(drawer 4=book 1=package 0(0 1 2 3) package 1(4 5 6 7))')
  })

  it('a machine of which nothing is known has nothing in it', () => {
    const base = anInventory()
    const cpu = { ...base.cpu, online: null, packages: [], cores: [] }
    expect(words(regionsOf({ ...base, cpu }).machine)).toBe('()')
  })
})
