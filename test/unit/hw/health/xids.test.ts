import { expect, it } from 'vitest'
import { conditionOfXid } from '../../../../src/hw/health/xids.ts'

it.each([
  [13, 'GPU_APPLICATION_ERROR'],
  [31, 'GPU_APPLICATION_ERROR'],
  [43, 'GPU_APPLICATION_ERROR'],
  [45, 'GPU_APPLICATION_ERROR'],
  [48, 'GPU_UNCORRECTED_ERRORS'],
  [63, 'GPU_REMAP_PENDING'],
  [64, 'GPU_REMAP_FAILED'],
  [74, 'GPU_LINK_DOWN'],
  [79, 'GPU_FAILED'],
  [92, 'GPU_ERROR_REPORTED'],
  [94, 'GPU_REMAP_PENDING'],
  [95, 'GPU_FAILED'],
  [106, null],
  [119, 'GPU_FAILED'],
  [120, 'GPU_FAILED'],
  [140, 'GPU_UNCORRECTED_ERRORS'],
  [173, 'GPU_LINK_DOWN'],
  [174, 'GPU_APPLICATION_ERROR'],
  [9999, 'GPU_ERROR_REPORTED'],
])('Xid %i is %s', (xid, code) => {
  expect(conditionOfXid(xid, false)).toBe(code)
})

it('an error that the driver calls nonfatal may pass, and no wish of the driver is none', () => {
  expect(conditionOfXid(149, true)).toBe('GPU_ERROR_REPORTED')
  expect(conditionOfXid(154, true)).toBe(null)
})
