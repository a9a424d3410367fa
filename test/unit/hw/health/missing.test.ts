// What a machine had and has no more.

import { expect, test } from 'vitest'
import { type Baseline, compareWithBaseline } from '../../../../src/hw/health/missing.ts'
import type { Inventory } from '../../../../src/model/inventory.ts'
import { aDimm, aDisk, aGpu, aNic, anInventory } from '../../../support/inventories.ts'

function missingAfter(...documents: readonly Partial<Inventory>[]): readonly string[] {
  let baseline: Baseline = []
  let missing: readonly string[] = []
  for (const document of documents) {
    const compared = compareWithBaseline(baseline, anInventory(document))
    baseline = JSON.parse(JSON.stringify(compared.baseline)) as Baseline
    missing = compared.symptoms.map(({ code, part }) => `${code} ${part.id ?? part.name}`)
  }
  return missing
}

const memory = (...serials: readonly string[]) => ({
  memory: { totalBytes: 1, installedBytes: null, hugepages: [], dimms: serials.map((one, i) => aDimm(`A${i}`, one)) },
})
const disks = (...list: readonly ReturnType<typeof aDisk>[]) => ({ disks: list })

test('a machine seen for the first time misses nothing', () => {
  expect(missingAfter(disks(aDisk('nvme0n1', 'S1')))).toEqual([])
})

test('parts that are gone are missing, look after look, until they are back', () => {
  const whole = { ...memory('D0', 'D1'), gpus: [aGpu('0000:3b:00.0', 'GPU-1')], nics: [aNic('eth0')] }
  const cut = { ...memory('D0'), gpus: [], nics: [] }
  const missing = ['DIMM_MISSING D1', 'NIC_MISSING 02:00:00:00:00:01', 'GPU_MISSING GPU-1']
  expect(missingAfter(whole, cut)).toEqual(missing)
  expect(missingAfter(whole, cut, cut)).toEqual(missing)
  expect(missingAfter(whole, cut, whole)).toEqual([])
})

test('a drive that another one took the place of is replaced, and not missing', () => {
  expect(missingAfter(disks(aDisk('nvme0n1', 'S1')), disks(), disks(aDisk('nvme0n1', 'S2')))).toEqual([])
})

test('a drive under another name or in another slot is not missing', () => {
  const moved = aDisk('nvme7n1', 'S1', { pciAddress: '0000:99:00.0' })
  expect(missingAfter(disks(aDisk('nvme0n1', 'S1')), disks(moved))).toEqual([])
})

test('what people plug and pull is not missed', () => {
  const stick = aDisk('sdz', 'U1', { transport: 'usb', kind: 'ssd' })
  const virtual = aDisk('vda', 'V1', { transport: 'virtio', kind: 'virtual' })
  expect(missingAfter(disks(stick, virtual), disks())).toEqual([])
})

test('modules that nobody may see are not missing', () => {
  expect(missingAfter(memory('D0', 'D1'), memory())).toEqual([])
})

const { cpu } = anInventory()
const onePackage = { packages: cpu.packages.slice(0, 1), cores: cpu.cores.slice(0, 4), online: '0-3' }
const threeCpus = { packages: [{ ...cpu.packages[0], cpus: '0-2' }, cpu.packages[1]] as typeof cpu.packages }

test('a package that is gone, and CPUs that are gone from one, are missing', () => {
  expect(missingAfter({}, { cpu: { ...cpu, ...onePackage } })).toEqual(['CPU_MISSING package 1'])
  expect(missingAfter({}, { cpu: { ...cpu, ...threeCpus } })).toEqual(['CPU_MISSING package 0'])
})

test('CPUs that somebody switched off are not missing', () => {
  expect(missingAfter({}, { cpu: { ...cpu, ...threeCpus, offline: '3' } })).toEqual([])
  expect(missingAfter({}, { cpu: { ...cpu, ...threeCpus, smt: 'off' } })).toEqual([])
})
