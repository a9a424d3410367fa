import { expect, it } from 'vitest'
import { defaultAttributes, defaultResources, unofferedResources, usableGpuUuids } from '../../../src/hw/resources.ts'
import type { Gpu, Inventory } from '../../../src/model/inventory.ts'
import { aGpu, anInventory } from '../../support/inventories.ts'

const gib = 1024 ** 3

function machine(
  changes: { allowed?: string | null; totalBytes?: number | null; gpus?: readonly Gpu[] } = {},
): Inventory {
  const { allowed = '0-3', totalBytes = 8 * gib, gpus = [] } = changes
  const { cpu, memory, machine: identity, os } = anInventory()
  return anInventory({
    cpu: { ...cpu, allowed, packages: [{ id: 0, model: 'AMD EPYC', cpus: '0-7', microcode: [] }] },
    memory: { ...memory, totalBytes },
    gpus,
    firmware: [{ component: 'bios', vendor: 'Dell', version: '2.21', date: null }],
    machine: { ...identity, product: 'R7525' },
    os: { ...os, kernel: '6.1.0', distribution: null },
  })
}

const gpu = (uuid: string | null, isUsable: boolean): Gpu => aGpu('0000:01:00.0', uuid, { model: 'H100', isUsable })

function offered(inventory: Inventory, diskBytes: number | null): Record<string, unknown> {
  const entries = defaultResources(inventory, diskBytes).map((item) => [item.name, item.value])
  return Object.fromEntries(
    entries.map(([name, value]) => [name, typeof value === 'object' && 'milli' in value ? value.milli / 1000 : value]),
  )
}

it('CPUs are those that the process may use, memory and disk leave room for the system', () => {
  expect(offered(machine(), 100 * gib)).toEqual({
    cpus: 4,
    mem: 7 * 1024,
    disk: 95 * 1024,
    ports: { kind: 'ranges', ranges: [{ begin: 31000, end: 32000 }] },
  })
})

it.each([
  [2 * gib, 1024],
  [2 * gib - 1, 1023],
  [gib, 512],
])('of %i bytes of memory, %i MiB are offered', (totalBytes, mem) => {
  expect(offered(machine({ totalBytes }), null)).toMatchObject({ mem })
})

it.each([
  [10 * gib, 5 * 1024],
  [8 * gib, 4 * 1024],
])('of %i bytes of disk, %i MiB are offered', (bytes, disk) => {
  expect(offered(machine(), bytes)).toMatchObject({ disk })
})

it('the memory of GPUs is not offered', () => {
  const empty = { cpus: '', localCpus: '', hugepages: [], kind: null, memorySideCaches: [], access: null }
  const nodes = [
    { id: 0, ...empty, memoryBytes: 6 * gib, isGpuMemory: false },
    { id: 255, ...empty, memoryBytes: 2 * gib, isGpuMemory: true },
  ]
  const inventory = { ...machine(), numa: { allowed: '0', nodes, distances: null } }
  expect(offered(inventory, null)).toMatchObject({ mem: 5 * 1024 })
})

it('what is unknown is not offered, and a problem says so', () => {
  const blind = machine({ allowed: null, totalBytes: null })
  expect(Object.keys(offered(blind, null))).toEqual(['ports'])
  expect(unofferedResources(blind, null).map((problem) => problem.where)).toEqual([
    'cpu.allowed',
    'memory.totalBytes',
    'work directory',
  ])
  expect(unofferedResources(machine(), gib)).toEqual([])
})

it('only usable GPUs are offered, and none is not 0', () => {
  const inventory = machine({ gpus: [gpu('GPU-a', true), gpu('GPU-b', false), gpu(null, false)] })
  expect(offered(inventory, null)).toMatchObject({ gpus: 1 })
  expect(usableGpuUuids(inventory)).toEqual(['GPU-a'])
  expect(offered(machine({ gpus: [gpu('GPU-b', false)] }), null)).not.toHaveProperty('gpus')
})

it('attributes are flat facts, without the unknown ones', () => {
  expect(defaultAttributes(machine({ gpus: [gpu('GPU-a', true)] }))).toEqual([
    { name: 'cpu_model', type: 'TEXT', text: { value: 'AMD EPYC' } },
    { name: 'gpu_model', type: 'TEXT', text: { value: 'H100' } },
    { name: 'numa_nodes', type: 'SCALAR', scalar: { value: 0 } },
    { name: 'kernel', type: 'TEXT', text: { value: '6.1.0' } },
    { name: 'firmware.bios', type: 'TEXT', text: { value: '2.21' } },
    { name: 'product', type: 'TEXT', text: { value: 'R7525' } },
  ])
})
