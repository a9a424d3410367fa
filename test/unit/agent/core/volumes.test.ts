// Where a task may want its volumes, and which operations touch which.

import { describe, expect, test } from 'vitest'
import { containerVolumes, usesVolume, volumeChange } from '../../../../src/agent/core/volumes.ts'
import { noGrant } from '../../../../src/model/hardware.ts'
import { scalar } from '../../../../src/model/resources.ts'
import { milli } from '../../../../src/model/units.ts'
import { aFramework, agentConfig, aTask, MasterSide } from '../../../support/master-side.ts'

const volume = (id: string, containerPath: string) =>
  scalar('disk', milli(1000), {
    reservations: [{ type: 'DYNAMIC', role: 'a' }],
    disk: { persistence: { id }, volume: { containerPath, mode: 'RW' } },
  })

describe('a volume', () => {
  test('is found where the task wants it, outer ones first', () => {
    const found = containerVolumes([volume('v', 'x/y'), scalar('cpus', milli(1)), volume('w', 'x')])
    expect(found.ok && found.value.map(({ path }) => path)).toEqual(['x', 'x/y'])
  })

  test.each([
    ['/data', 'is absolute'],
    ['..', `leaves the sandbox by '..'`],
    ['a/../../b', `leaves the sandbox by '..'`],
    ['.', 'names nothing'],
    ['./', 'names nothing'],
    ['a\0b', 'zero byte'],
  ])('cannot be at %j', (path, words) => {
    const found = containerVolumes([volume('v', path)])
    expect(found).toMatchObject({ ok: false, fault: { code: 'AGENT_LAUNCH_FAILED' } })
    expect(found.ok ? '' : found.fault.message).toContain(words)
  })
})

test.each<[string, object, boolean]>([
  ['its role and id', { reservations: [{ type: 'DYNAMIC', role: 'a' }], disk: { persistence: { id: 'v' } } }, true],
  ['its role and id as they were written formerly', { role: 'a', disk: { persistence: { id: 'v' } } }, true],
  ['another role', { reservations: [{ role: 'a' }, { role: 'a/b' }], disk: { persistence: { id: 'v' } } }, false],
  ['another id', { role: 'a', disk: { persistence: { id: 'w' } } }, false],
  ['no volume', { role: 'a' }, false],
])('a task with %s uses the volume: %j is %j', (_claim, resource, uses) => {
  expect(usesVolume({ resources: [resource] }, { role: 'a', id: 'v', source: null })).toBe(uses)
  expect(usesVolume({}, { role: 'a', id: 'v', source: null })).toBe(false)
})

test('what is no operation changes nothing on disk', () => {
  expect(volumeChange({ type: {} })).toEqual({ make: [], remove: [] })
  expect(volumeChange({ type: 'RESERVE' })).toEqual({ make: [], remove: [] })
})

test('a task is given the disks among its resources by the names that these have now, or not started', () => {
  const source = { type: 'RAW', id: 'eui.1' }
  const raw = { name: 'disk', type: 'SCALAR', scalar: { value: 10 }, disk: { source } }
  const config = { ...agentConfig, resources: [...agentConfig.resources, raw], devices: { 'eui.1': 'nvme1n1' } }
  const master = new MasterSide(undefined, config)
  master.register()
  const cpus = { name: 'cpus', type: 'SCALAR', scalar: { value: 1 } }
  const granted = (disks: readonly string[]) => ({ ...noGrant, disks })
  const spec = master.launch('t', { resources: [cpus, raw] }, undefined, granted(['nvme1n1']))
  expect(spec.grant.disks).toEqual(['nvme1n1'])
  expect(spec.environment.TEPUI_GRANTED_DISKS).toBe('/dev/nvme1n1')
  // The kernel named them anew.
  master.say({
    kind: 'launch',
    frameworkInfo: aFramework(),
    taskInfo: aTask('u', { resources: [cpus, raw] }),
    grant: granted(['sdb']),
  })
  master.acknowledgeAll('u')
  expect(master.lastUpdate('u')?.status).toMatchObject({
    state: 'TASK_FAILED',
    message: expect.stringContaining('sdb'),
  })
  expect(() => master.launch('v', { resources: [cpus, raw] }, undefined, granted([]))).toThrow('not started')
  expect(() => master.launch('w', { resources: [cpus] }, undefined, granted(['nvme1n1']))).toThrow('not started')
})
