import { expect, it } from 'vitest'
import { parseKfdBank, parseKfdLink, parseKfdNode } from '../../../../src/hw/parse/kfd.ts'

it('a GPU has its place on the bus without the function, and an id that needs 64 bits', () => {
  const properties = 'cpu_cores_count 0\nsimd_count 152\nlocation_id 1283\ndomain 0\nunique_id 16404946649897475633\n'
  expect(parseKfdNode(properties)).toEqual({
    kind: 'known',
    value: { place: '0000:05:00', uuid: 'GPU-e3aa140f9a5f9e31' },
  })
})

it('a processor is no GPU', () => {
  expect(parseKfdNode('cpu_cores_count 64\nsimd_count 0\nlocation_id 0\n').kind).toBe('absent')
  expect(parseKfdNode('').kind).toBe('absent')
})

it('a board without an id has none', () => {
  expect(parseKfdNode('simd_count 80\nlocation_id 8960\nunique_id 0')).toMatchObject({ value: { uuid: null } })
})

it('links lead to other nodes of the driver', () => {
  expect(parseKfdLink('type 11\nnode_from 2\nnode_to 3\n')).toEqual({ kind: 'known', value: { to: 3, kind: 'xgmi' } })
  expect(parseKfdLink('type 2\nnode_to 0\n')).toMatchObject({ value: { kind: 'pcie' } })
  expect(parseKfdLink('type 11').kind).toBe('absent')
})

it('a bank of no size is absent', () => {
  expect(parseKfdBank('heap_type 1\nsize_in_bytes 34342961152\n')).toEqual({ kind: 'known', value: 34342961152 })
  expect(parseKfdBank('size_in_bytes 0').kind).toBe('absent')
})
