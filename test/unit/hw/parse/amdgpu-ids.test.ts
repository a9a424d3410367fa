import { expect, it } from 'vitest'
import { amdgpuIdKey, parseAmdgpuIds } from '../../../../src/hw/parse/amdgpu-ids.ts'

it('names are found by device and revision, however they are written', () => {
  const names = parseAmdgpuIds(
    '# List of AMDGPU IDs\n#\n1.0.0\n73DF,\tC1,\tAMD Radeon RX 6700 XT\n66AF,\t0,\tVega\nx,y,z\n',
  )
  expect(names.get(amdgpuIdKey('0x73df', '0xc1'))).toBe('AMD Radeon RX 6700 XT')
  expect(names.get(amdgpuIdKey('66af', '00'))).toBe('Vega')
  expect(names.size).toBe(2)
})
