import { describe, expect, it } from 'vitest'
import { lookAtMemory } from '../../../../src/hw/health/memory.ts'
import type { Inventory } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { findingsOf } from '../../../support/health-bench.ts'

const edac = '/sys/devices/system/edac/mc'
const cpuRoot = '/sys/devices/system/cpu'

const dimm = { locator: 'DIMM_A1', bank: 'P0 CHANNEL A', serial: 'S1', isEcc: true }
const packages = [
  { id: 0, cpus: '0-1', microcode: ['0x1'] },
  { id: 1, cpus: '2-3', microcode: ['0x1'] },
]
const cores = [0, 1, 2, 3].map((cpu) => ({ package: cpu >> 1, cpus: `${cpu}` }))
const nodes = [
  { id: 0, localCpus: '0-1', memoryBytes: 4096, isGpuMemory: false },
  { id: 1, localCpus: '2-3', memoryBytes: 4096, isGpuMemory: false },
]

type Parts = {
  readonly cpu?: object
  readonly nodes?: readonly object[]
  readonly dimms?: readonly object[]
  readonly machine?: object
}

function look(files: Readonly<Record<string, FakeFile>>, parts: Parts = {}, log: readonly string[] = []) {
  const inventory = {
    cpu: { packages, cores, ...parts.cpu },
    numa: { nodes: parts.nodes ?? nodes },
    memory: { dimms: parts.dimms ?? [dimm, { ...dimm, locator: 'DIMM_B1', serial: 'S2' }] },
    ...(parts.machine === undefined ? {} : { machine: parts.machine }),
  } as unknown as Partial<Inventory>
  const lines = log.map((text) => ({ priority: 0, atSeconds: 400, text }))
  const found = findingsOf(lookAtMemory, fakeMachine(files), { inventory, log: lines })
  return {
    ...found,
    told: found.symptoms.map(({ code, part }) => `${code} ${part.kind} ${part.name} ${part.id}`),
    counted: found.counters.map(({ code, part, value }) => `${code} ${part.name} ${value}`),
  }
}

describe('memory errors', () => {
  const module = (folder: string, label: string, corrected: number, uncorrected: number) => ({
    [`${edac}/${folder}/dimm_label`]: `${label}\n`,
    [`${edac}/${folder}/dimm_ce_count`]: `${corrected}\n`,
    [`${edac}/${folder}/dimm_ue_count`]: `${uncorrected}\n`,
  })

  it('are of the module with the label that the firmware knows, and one uncorrected is enough', () => {
    const found = look({
      ...module('mc0/dimm0', 'DIMM_A1', 7, 0),
      ...module('mc0/rank1', 'P0 CHANNEL A DIMM_B1', 0, 1),
    })
    expect(found.counters).toMatchObject([
      { code: 'MEMORY_CORRECTED_ERRORS', part: { kind: 'dimm', name: 'DIMM_A1', id: 'S1' }, value: 7, epoch: 'boot-1' },
      { part: { name: 'DIMM_B1', id: 'S2' }, value: 0 },
    ])
    expect(found.symptoms).toEqual([
      {
        code: 'MEMORY_UNCORRECTED_ERRORS',
        part: { kind: 'dimm', name: 'DIMM_B1', id: 'S2' },
        evidence: [
          { source: `${edac}/mc0/rank1/dimm_ue_count`, text: '1 uncorrected errors since the kernel started' },
        ],
      },
    ])
    expect(found.unchecked.map((one) => one.question)).toEqual(['throttling of processors'])
  })

  it('are of a label or a place where the firmware has no such module, or two of them', () => {
    const two = { dimms: [dimm, dimm] }
    expect(look(module('mc0/dimm0', 'DIMM_A1', 0, 1), two).told).toEqual([
      'MEMORY_UNCORRECTED_ERRORS dimm DIMM_A1 null',
    ])
    expect(look(module('mc3/dimm9', '', 0, 1)).told).toEqual(['MEMORY_UNCORRECTED_ERRORS dimm mc3 dimm9 null'])
  })

  it('that could not be put to a module are the controller’s, never counted twice', () => {
    const totals = {
      [`${edac}/mc0/ce_count`]: '9',
      [`${edac}/mc0/ce_noinfo_count`]: '2',
      [`${edac}/mc0/ue_count`]: '1',
      [`${edac}/mc0/ue_noinfo_count`]: '1',
    }
    const found = look({ ...module('mc0/dimm0', 'DIMM_A1', 7, 0), ...totals })
    expect(found.counted).toEqual(['MEMORY_CORRECTED_ERRORS DIMM_A1 7', 'MEMORY_CORRECTED_ERRORS mc0 2'])
    expect(found.told).toEqual(['MEMORY_UNCORRECTED_ERRORS memory mc0 null'])
    expect(look(totals).counted).toEqual(['MEMORY_CORRECTED_ERRORS mc0 9'])
  })

  it('of old kernels are by row and channel', () => {
    const row = `${edac}/mc0/csrow1`
    const found = look({
      [`${row}/ce_count`]: '3',
      [`${row}/ue_count`]: '2',
      [`${row}/ch0_ce_count`]: '3',
      [`${row}/ch0_dimm_label`]: 'DIMM_A1',
      [`${row}/ch1_ce_count`]: '0',
    })
    expect(found.counted).toEqual(['MEMORY_CORRECTED_ERRORS DIMM_A1 3', 'MEMORY_CORRECTED_ERRORS mc0 csrow1 ch1 0'])
    expect(found.told).toEqual(['MEMORY_UNCORRECTED_ERRORS memory mc0 csrow1 null'])
  })

  it('are not known where nothing counts them, which is not health', () => {
    const question = (parts: Parts) => look({}, parts).unchecked.find((one) => one.question === 'memory errors')
    expect(question({})?.message).toMatch(/no EDAC driver/)
    expect(question({})?.about).toContain('MEMORY_UNCORRECTED_ERRORS')
    expect(question({ dimms: [{ ...dimm, isEcc: false }] })?.message).toMatch(/no ECC/)
    expect(question({ machine: { virtualisation: 'kvm' } })).toBeUndefined()
  })

  it('cost pages of memory', () => {
    const node = '/sys/devices/system/node/node1/memory_failure/total'
    const files = { '/proc/meminfo': 'MemTotal: 8 kB\nHardwareCorrupted:    12 kB\n', [node]: '3\n' }
    expect(look(files).told).toEqual(['MEMORY_POISONED memory memory null', 'MEMORY_POISONED numa-node node 1 null'])
    expect(look({ '/proc/meminfo': 'HardwareCorrupted:     0 kB\n', [node]: '0\n' }).told).toEqual([])
  })
})

describe('a processor without memory of its own', () => {
  const empty = [nodes[0], { ...nodes[1], memoryBytes: 0 }] as const
  it.each([
    ['is told beside one that has some', { nodes: empty }, ['MEMORY_NODE_EMPTY cpu package 1 null']],
    ['is told where its node is gone', { nodes: [nodes[0]] as object[] }, ['MEMORY_NODE_EMPTY cpu package 1 null']],
    ['is ordinary where one node is for all', { nodes: [{ ...nodes[0], localCpus: '0-3' }] }, []],
    ['is ordinary where no node is near anything', { nodes: [{ ...nodes[0], localCpus: '' }] }, []],
    ['is a hypervisor’s affair', { nodes: empty, machine: { virtualisation: 'kvm' } }, []],
  ] as const)('%s', (_, parts, told) => expect(look({}, parts as Parts).told).toEqual(told))
})

describe('processors', () => {
  it('report machine checks by interrupts; polls are none, corrected ones are counted', () => {
    const table = [
      '           CPU0       CPU1',
      'THR:         20         22   Threshold APIC interrupts',
      'DFR:          0          0   Deferred Error APIC interrupts',
      'MCE:          1          1   Machine check exceptions',
      'MCP:       1531       1532   Machine check polls',
    ]
    const found = look({ '/proc/interrupts': table.join('\n') })
    expect(found.symptoms).toMatchObject([
      {
        code: 'CPU_MACHINE_CHECK',
        evidence: [{ source: '/proc/interrupts', text: 'MCE: 1 machine check exceptions' }],
      },
    ])
    expect(found.counters).toMatchObject([{ code: 'CPU_CORRECTED_ERRORS', value: 42, growthMin: 10 }])
  })

  it('that were too hot are counted once a package and once a core', () => {
    const hot = (cpu: number, ofPackage: number, ofCore: number) => ({
      [`${cpuRoot}/cpu${cpu}/thermal_throttle/package_throttle_count`]: `${ofPackage}`,
      [`${cpuRoot}/cpu${cpu}/thermal_throttle/core_throttle_count`]: `${ofCore}`,
    })
    const found = look({ ...hot(0, 30, 5), ...hot(1, 30, 0), ...hot(2, 6, 0), ...hot(3, 4, 9) })
    expect(found.counters.map(({ part, text, value }) => [part.name, text, value])).toEqual([
      ['package 0', 'times too hot', 30],
      ['package 0', 'times a core was too hot', 5],
      ['package 1', 'times too hot', 6],
      ['package 1', 'times a core was too hot', 9],
    ])
    expect(found.unchecked.map((one) => one.question)).toEqual(['memory errors'])
  })

  it('run one microcode', () => {
    const mixed = [packages[0], { ...packages[1], microcode: ['0x2'] }]
    expect(look({}, { cpu: { packages: mixed } }).symptoms).toMatchObject([
      { code: 'MICROCODE_MIXED', evidence: [{ text: 'package 0: 0x1' }, { text: 'package 1: 0x2' }] },
    ])
    expect(look({}).told).toEqual([])
  })
})

describe('the kernel log', () => {
  it('tells of machine checks, memory and pages, with their age', () => {
    const log = [
      'mce: [Hardware Error]: Machine check events logged',
      'mce: [Hardware Error]: CPU 2: Machine Check Exception: 5 Bank 1: bd80000000100134',
      'mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 7: 8c00004000010091',
      'EDAC MC0: 1 CE memory read error on DIMM_A1 (channel:0 slot:0 page:0x1 offset:0x0 grain:32)',
      'EDAC MC0: 1 UE memory scrubbing error on DIMM_A1 (channel:0 slot:0 page:0x1 offset:0x0 grain:32)',
      'Memory failure: 0x13ff6b: recovery action for dirty LRU page: Recovered',
    ]
    const found = look({}, {}, log)
    expect(found.told).toEqual([
      'CPU_MACHINE_CHECK cpu package 1 null',
      'MEMORY_UNCORRECTED_ERRORS dimm DIMM_A1 S1',
      'MEMORY_POISONED memory memory null',
    ])
    expect(found.symptoms[0]).toMatchObject({ ageMs: 600_000, evidence: [{ source: 'dmesg', text: log[1] }] })
  })

  it('tells of what the firmware reports over several lines, each report for itself', () => {
    const report = (number: number, severity: string, section: string) => [
      `{${number}}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 1`,
      `{${number}}[Hardware Error]: event severity: ${severity}`,
      `{${number}}[Hardware Error]:   section_type: ${section}`,
      `{${number}}[Hardware Error]:   DIMM location: P0 CHANNEL A DIMM_B1 `,
    ]
    const told = (...log: string[][]) => look({}, {}, log.flat()).told
    expect(told(report(1, 'corrected', 'memory error'))).toEqual([])
    expect(told(report(1, 'corrected', 'memory error'), report(2, 'recoverable', 'memory error'))).toEqual([
      'MEMORY_UNCORRECTED_ERRORS dimm DIMM_B1 S2',
    ])
    expect(told(report(3, 'fatal', 'general processor error'))).toEqual(['CPU_MACHINE_CHECK cpu processors null'])
    expect(told(report(4, 'fatal', 'PCIe error'))).toEqual([])
    const device = ['{5}[Hardware Error]:   device_id: 0000:C9:02.0', '{5}[Hardware Error]:   vendor_id: 0x8086']
    expect(told(report(5, 'recoverable', 'PCIe error'), device)).toEqual(['PCIE_ERRORS pci 0000:c9:02.0 null'])
    const many = Array.from({ length: 100 }, () => '{6}[Hardware Error]:   00000000: 00000000')
    expect(told(report(6, 'recoverable', 'memory error'), many)).toHaveLength(1)
  })
})
