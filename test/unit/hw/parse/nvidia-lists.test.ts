import { expect, it } from 'vitest'
import {
  parseComputeCapabilities,
  parseLostGpus,
  parseMigDevices,
  parseNvlinkErrors,
  parseNvlinkStates,
} from '../../../../src/hw/parse/nvidia-lists.ts'

it('MIG instances belong to the GPU above them', () => {
  const text = [
    'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-0a)',
    'GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-1b)',
    '  MIG 1c.3g.40gb  Device  0: (UUID: MIG-2c)',
    '  MIG 1g.10gb+me  Device  1: (UUID: MIG-GPU-1b/9/0)',
  ].join('\n')
  expect(parseMigDevices(text)).toEqual([
    { gpuUuid: 'GPU-1b', index: 0, profile: '1c.3g.40gb', uuid: 'MIG-2c' },
    { gpuUuid: 'GPU-1b', index: 1, profile: '1g.10gb+me', uuid: 'MIG-GPU-1b/9/0' },
  ])
  expect(parseMigDevices('  MIG 1g.10gb     Device  0: (UUID: MIG-2c)\n')).toEqual([])
})

it('NVLinks are active or not', () => {
  const text = [
    'GPU 0: Tesla V100-SXM2-32GB (UUID: GPU-0a)',
    '\t Link 0: 25.781 GB/s',
    '         Link 1: <inactive>',
    'GPU 1: Tesla V100-SXM2-32GB (UUID: GPU-1b)',
    'Nvlink queries are not supported for Devices in MIG mode',
  ].join('\n')
  expect(parseNvlinkStates(text)).toEqual(new Map([['GPU-0a', { active: 1, inactive: [1] }]]))
})

it('NVLink errors are added up over the links', () => {
  const text = [
    'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-0a)',
    '\t Link 0: Replay Errors: 1',
    '\t Link 0: Recovery Errors: 0',
    '\t Link 0: CRC Errors: 4',
    '\t Link 1: Replay Errors: 2',
    '\t Link 1: Effective Errors: 7',
  ].join('\n')
  expect(parseNvlinkErrors(text)).toEqual(new Map([['GPU-0a', { replay: 3, recovery: 0, crc: 4 }]]))
})

it('compute capabilities are found by address', () => {
  const text = '00000000:4F:00.0, 9.0\n00000000:50:00.0, [N/A]\nField "compute_cap" is not a valid field to query.\n'
  expect(parseComputeCapabilities(text)).toEqual(new Map([['0000:4f:00.0', '9.0']]))
})

it.each([
  'Unable to determine the device handle for GPU 0000:4F:00.0: GPU is lost.  Reboot the system to recover this GPU',
  'Unable to determine the device handle for GPU0: 0000:4F:00.0: Unknown Error',
  'Unable to determine the device handle for gpu 0000:4F:00.0: Unable to communicate with GPU because it is insufficiently powered.',
])('%s', (text) => {
  expect([...parseLostGpus(`${text}\n`)]).toEqual([['0000:4f:00.0', text]])
})
