// What a granted task finds in its environment, and which limits its grant leaves it.

import { expect, test } from 'vitest'
import { type Grant, noGrant } from '../../../../src/model/hardware.ts'
import type { MesosJson } from '../../../../src/wire/messages.ts'
import { gpusOnly } from '../../../support/hardware.ts'
import { aFramework, agentConfig, MasterSide } from '../../../support/master-side.ts'

const nvidia = 'GPU-5b2c1a9f-8d3e-6f7a-b5c9-2e4d8a1f6c3b'
const instance = 'MIG-7d1c2a9f-8d3e-6f7a-b5c9-2e4d8a1f6c3b'
const amd = 'GPU-18f68e602b8a1f00'

function launched(grant: Partial<Grant>, gpus: readonly string[] = [], more: MesosJson = {}) {
  const eight = Array.from({ length: 8 }, (_, i) => ({
    cpus: `${i}`,
    node: null,
    package: null,
    cache: null,
    kind: null,
  }))
  const hardware = { ...gpusOnly(gpus), cores: eight }
  const master = new MasterSide(undefined, {
    ...agentConfig,
    hardware,
    devices: { 'eui.1': 'nvme1n1', 'naa.2': 'sdb' },
  })
  master.register()
  return master.launch('t', more, aFramework(), { ...noGrant, ...grant })
}

const found = (environment: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => /^TEPUI_|VISIBLE/.test(name)))

test('a task finds every part that it was granted, in words that programs take', () => {
  const grant = {
    cpus: '0-1,4',
    memory: [
      { node: 1, bytes: 1 },
      { node: 0, bytes: 1 },
    ],
    gpuUuids: ['GPU-1'],
    gpuInstanceUuids: ['MIG-2'],
    nics: ['eth2', 'eth3'],
    disks: ['nvme1n1', 'sdb'],
    near: ['eth0'],
  }
  const resources = ['eui.1', 'naa.2'].map((id) => {
    return { name: 'disk', type: 'SCALAR', scalar: { value: 10 }, disk: { source: { type: 'RAW', id } } }
  })
  const { environment } = launched(grant, [], { resources })
  expect(environment).toMatchObject({
    TEPUI_GRANTED_CPUS: '0-1,4',
    TEPUI_GRANTED_MEMORY_NODES: '0-1',
    TEPUI_GRANTED_GPUS: 'GPU-1,MIG-2',
    TEPUI_GRANTED_NICS: 'eth2,eth3',
    TEPUI_GRANTED_DISKS: '/dev/nvme1n1,/dev/sdb',
    TEPUI_GRANTED_NEAR: 'eth0',
  })
})

test('a task that was granted nothing finds nothing', () => {
  expect(found(launched({}).environment)).toEqual({})
})

test.each([
  ['NVIDIA, none', [nvidia], {}, { CUDA_VISIBLE_DEVICES: '', NVIDIA_VISIBLE_DEVICES: 'void' }],
  [
    'NVIDIA, whole and an instance',
    [nvidia, 'GPU-other'],
    { gpuUuids: [nvidia], gpuInstanceUuids: [instance] },
    {
      CUDA_VISIBLE_DEVICES: `${nvidia},${instance}`,
      NVIDIA_VISIBLE_DEVICES: `${nvidia},${instance}`,
      TEPUI_GRANTED_GPUS: `${nvidia},${instance}`,
    },
  ],
  ['AMD, none', [amd], {}, { ROCR_VISIBLE_DEVICES: '' }],
  ['AMD, one', [amd], { gpuUuids: [amd] }, { ROCR_VISIBLE_DEVICES: amd, TEPUI_GRANTED_GPUS: amd }],
  [
    'both, of which one is granted',
    [amd, nvidia],
    { gpuUuids: [amd] },
    {
      CUDA_VISIBLE_DEVICES: '',
      NVIDIA_VISIBLE_DEVICES: 'void',
      ROCR_VISIBLE_DEVICES: amd,
      HIP_VISIBLE_DEVICES: '0',
      TEPUI_GRANTED_GPUS: amd,
    },
  ],
] as const)('GPUs of %s', (_what, gpus, grant, variables) => {
  expect(found(launched(grant, gpus).environment)).toEqual(variables)
})

test('a framework cannot give its task the sight of other GPUs', () => {
  const variables = [{ name: 'CUDA_VISIBLE_DEVICES', value: '0' }]
  const command = { value: 'true', environment: { variables } }
  expect(launched({}, [nvidia], { command }).environment.CUDA_VISIBLE_DEVICES).toBe('')
})

test.each([
  ['without CPUs of its own keeps its quota', {}, 2, 2000],
  ['with two CPUs of its own has no quota of two', { cpus: '0-1' }, 2, null],
  ['with two CPUs of its own has no quota of three', { cpus: '0-1' }, 3, null],
  ['with two CPUs of its own keeps the smaller quota that it asked for', { cpus: '0-1' }, 1.5, 1500],
] as const)('a task %s', (_claim, grant, value, milli) => {
  expect(launched(grant, [], { limits: { cpus: { value } } }).limits.cpuLimitMilli).toBe(milli)
})

test('a task on revocable cpus runs at low priority, whatever else it has', () => {
  const cpus = (more: object) => ({ name: 'cpus', type: 'SCALAR', scalar: { value: 1 }, ...more })
  const memory = { name: 'mem', type: 'SCALAR', scalar: { value: 64 }, revocable: {} }
  expect(launched({}, [], { resources: [cpus({ revocable: {} })] }).limits.isLowPriority).toBe(true)
  expect(launched({}, [], { resources: [cpus({}), memory] }).limits.isLowPriority).toBe(false)
})
