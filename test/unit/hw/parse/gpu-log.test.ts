import { expect, it } from 'vitest'
import { parseGpuLogLine } from '../../../../src/hw/parse/gpu-log.ts'

it.each([
  ['NVRM: Xid (PCI:0000:9b:00): 119, pid=2024380, name=nvidia-smi, Timeout after 6s', '0000:9b:00', 'xid', 119],
  ['NVRM: Xid (0000:03:00): 14, Channel 00000001', '0000:03:00', 'xid', 14],
  [
    "NVRM: Xid (PCI:0009:01:00): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus.",
    '0009:01:00',
    'xid',
    79,
  ],
  ['NVRM: GPU 0000:29:00.0: GPU has fallen off the bus.', '0000:29:00', 'off-the-bus', null],
  ['NVRM: GPU 0000:29:00.0: RmInitAdapter failed! (0x26:0xffff:1290)', '0000:29:00', 'not-started', null],
  [
    'nvidia-nvswitch3: SXid (PCI:0000:86:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
    '0000:86:00',
    'switch-error',
    20034,
  ],
  [
    'amdgpu 0000:0b:00.0: amdgpu: 2 uncorrectable hardware errors detected in umc block',
    '0000:0b:00',
    'uncorrected',
    null,
  ],
  [
    'amdgpu 0000:c3:00.0: amdgpu: socket: 0, die: 1, 1 new uncorrectable hardware errors detected in gfx block',
    '0000:c3:00',
    'uncorrected',
    null,
  ],
  [
    'amdgpu 0000:43:00.0: amdgpu: ring gfx_0.0.0 timeout, signaled seq=163945, emitted seq=163947',
    '0000:43:00',
    'hang',
    null,
  ],
  ['amdgpu 0000:43:00.0: amdgpu: GPU reset begin!', '0000:43:00', 'reset', null],
  ['amdgpu 0000:43:00.0: amdgpu: GPU reset(2) failed', '0000:43:00', 'reset-failed', null],
  ['i915 0000:00:02.0: [drm] GPU HANG: ecode 12:1:84dffffb, in game [3]', '0000:00:02', 'hang', null],
  [
    'xe 0000:03:00.0: [drm] *ERROR* CRITICAL: Xe has declared device 0000:03:00.0 as wedged.',
    '0000:03:00',
    'wedged',
    null,
  ],
  [
    'i915 0000:03:00.0: [drm] *ERROR* GT0: Failed to initialize GPU, declaring it wedged!',
    '0000:03:00',
    'wedged',
    null,
  ],
])('%s', (text, place, kind, number) => {
  expect(parseGpuLogLine(text)).toEqual({ place, kind, number, isNonfatal: false })
})

it.each([
  'NVRM: Xid (PCI:0008:01:00): 149, NETIR_LINK_EVT  Nonfatal XC0 i0 Link 01 (0x021425c6 0x00000000)',
  'NVRM: Xid (PCI:0008:01:00): 154, GPU recovery action changed from 0x1 (GPU Reset Required) to 0x0 (None)',
  'nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 12028, Non-fatal, Link 32 egress non-posted PRIV error',
])('%s is nonfatal', (text) => {
  expect(parseGpuLogLine(text)?.isNonfatal).toBe(true)
})

it.each([
  '',
  'NVRM: loading NVIDIA UNIX x86_64 Kernel Module  550.144.03  Mon Dec 30 17:44:08 UTC 2024',
  'NVRM: GPU at PCI:0000:9b:00: GPU-509665ad-b600-ac93-3616-d754b23d636d',
  'NVRM: Xid (invalid): some error',
  'NVRM: Xid (PCI:0000:9b:00)',
  'nvidia-nvswitch3: open (major=510)',
  'amdgpu 0000:c3:00.0: amdgpu: no uncorrectable hardware errors detected in umc block',
  'amdgpu 0000:c3:00.0: amdgpu: 0 uncorrectable hardware errors detected in umc block',
  'amdgpu 0000:c3:00.0: amdgpu: 12 correctable hardware errors detected in umc block',
  'amdgpu: Topology: Add dGPU node [0x73df:0x1002]',
  'i915 0000:00:02.0: [drm] Finished loading DMC firmware',
])('%j is no error of a GPU', (text) => {
  expect(parseGpuLogLine(text)).toBe(null)
})
