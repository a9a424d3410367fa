import { expect, it } from 'vitest'
import { parseAmdUniqueId, parseKfdBank, parseKfdNode } from '../../../../src/hw/parse/kfd.ts'

it('a GPU has its place on the bus without the function, and ids that need 64 bits', () => {
  const properties = [
    'cpu_cores_count 0',
    'simd_count 152',
    'simd_per_cu 4',
    'gfx_target_version 90402',
    'location_id 1283',
    'domain 0',
    'hive_id 15188982192727901047',
    'unique_id 16404946649897475633',
    'max_engine_clk_fcompute 2100',
  ].join('\n')
  expect(parseKfdNode(properties)).toEqual({
    kind: 'known',
    value: {
      place: '0000:05:00',
      part: 3,
      uuid: 'GPU-e3aa140f9a5f9e31',
      target: 'gfx942',
      computeUnits: 38,
      hive: '15188982192727901047',
      clockMaxMhz: 2100,
    },
  })
})

it.each([
  ['90010', 'gfx90a'],
  ['100301', 'gfx1031'],
  ['110000', 'gfx1100'],
  ['0', null],
  ['90099', null],
])('the target of version %s is %s', (version, target) => {
  expect(parseKfdNode(`simd_count 4\nlocation_id 1\ngfx_target_version ${version}\n`)).toMatchObject({
    value: { target },
  })
})

it('a processor is no GPU', () => {
  expect(parseKfdNode('cpu_cores_count 64\nsimd_count 0\nlocation_id 0\n').kind).toBe('absent')
  expect(parseKfdNode('').kind).toBe('absent')
})

it('a board without ids has none', () => {
  const value = { uuid: null, hive: null, clockMaxMhz: null, computeUnits: null, target: null }
  expect(
    parseKfdNode('simd_count 80\nlocation_id 8960\nunique_id 0\nhive_id 0\nmax_engine_clk_fcompute 0'),
  ).toMatchObject({
    value,
  })
})

it('the id of the PCI device is the same id', () => {
  expect(parseAmdUniqueId('e3aa140f9a5f9e31\n')).toEqual({ kind: 'known', value: 'GPU-e3aa140f9a5f9e31' })
  expect(parseAmdUniqueId('0x2f048617326b1ea')).toEqual({ kind: 'known', value: 'GPU-02f048617326b1ea' })
  expect(['0\n', '', 'xyz', '1'.repeat(17)].map((text) => parseAmdUniqueId(text).kind)).toEqual(Array(4).fill('absent'))
})

it("a bank of no size, or of the machine's memory, is absent", () => {
  const bank = 'heap_type 1\nsize_in_bytes 34342961152\nmem_clk_max 1000\n'
  expect(parseKfdBank(bank)).toEqual({ kind: 'known', value: { sizeBytes: 34342961152, clockMaxMhz: 1000 } })
  expect(parseKfdBank('size_in_bytes 5\n')).toEqual({ kind: 'known', value: { sizeBytes: 5, clockMaxMhz: null } })
  expect(parseKfdBank('size_in_bytes 0').kind).toBe('absent')
  expect(parseKfdBank('heap_type 0\nsize_in_bytes 100').kind).toBe('absent')
})
