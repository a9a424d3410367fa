import { describe, expect, it } from 'vitest'
import { diskKind, pcieLinkNow, pcieLinkShort } from '../../../src/cli/device-words.ts'
import { conditionName, machineName, openQuestions, partWords, systemFacts } from '../../../src/cli/hardware-words.ts'
import { bound } from '../../../src/cli/letters.ts'
import { aDisk, aGpu, anInventory } from '../../support/inventories.ts'

describe('a machine is called by vendor and product, the vendor once', () => {
  it.each([
    ['Dell Inc.', 'PowerEdge R7525', 'Dell Inc. PowerEdge R7525'],
    ['HP', 'HP EliteBook 840', 'HP EliteBook 840'],
    ['VMware, Inc.', 'VMware Virtual Platform', 'VMware Virtual Platform'],
    ['HPE', 'HP Something', 'HPE HP Something'],
    [null, 'ThunderX2', 'ThunderX2'],
    [null, null, 'unknown machine'],
  ])('%s %s is %s', (vendor, product, name) => {
    const base = anInventory()
    expect(machineName({ ...base, machine: { ...base.machine, vendor, product } })).toBe(name)
  })

  it('one without a name may still be a virtual one', () => {
    const base = anInventory()
    const machine = { ...base.machine, vendor: null, product: null, virtualisation: 'kvm' }
    expect(machineName({ ...base, machine })).toBe('virtual machine')
  })
})

describe('a PCIe link is told as it is, and what both ends could do', () => {
  const link = (speedGtps: number | null, widthLanes: number | null) =>
    ({ speedGtps, widthLanes, speedMaxGtps: 16, widthMaxLanes: 16 }) as const

  it.each([
    [link(16, 16), 'PCIe 4.0 ×16', null, false],
    [link(2.5, 16), 'PCIe 1.0 ×16', 'could be 4.0', false],
    [link(16, 8), 'PCIe 4.0 ×8', 'could be ×16', true],
    [link(8, 4), 'PCIe 3.0 ×4', 'could be 4.0 ×16', true],
    [link(null, null), 'PCIe', null, false],
    [{ ...link(16, 8), widthMaxLanes: null }, 'PCIe 4.0 ×8', null, false],
  ])('%o', (one, now, short, isNarrow) => {
    expect(pcieLinkNow(one)).toBe(now)
    expect(pcieLinkShort(one)?.text ?? null).toBe(short)
    expect(pcieLinkShort(one)?.isNarrow ?? false).toBe(isNarrow)
  })
})

it.each([
  [{ kind: 'nvme', transport: 'nvme' }, 'NVMe'],
  [{ kind: 'hdd', transport: 'sata' }, 'SATA HDD'],
  [{ kind: 'virtual', transport: 'virtio' }, 'virtio drive'],
  [{ kind: null, transport: 'nvme-tcp' }, 'nvme-tcp'],
  [{ kind: null, transport: null }, ''],
] as const)('a drive %o is called %j', (facts, words) => {
  expect(diskKind(aDisk('d', null, facts))).toBe(words)
})

describe('sick parts are called so that people find them', () => {
  const inventory = { ...anInventory(), gpus: [aGpu('0000:01:00.0', 'GPU-a'), aGpu('0000:02:00.0', 'GPU-b')] }

  it.each([
    ['gpu', '0000:02:00.0', 'GPU 1'],
    ['gpu', '0000:09:00.0', 'GPU 0000:09:00.0'],
    ['disk', 'sda', 'drive sda'],
    ['fan', 'Fan 3', 'Fan 3'],
    ['cpu', 'package 1', 'package 1'],
  ] as const)('%s %s is %s', (kind, name, words) => {
    expect(partWords({ kind, name, id: null }, inventory)).toBe(words)
  })

  it('codes of conditions become words', () => {
    expect(conditionName({ code: 'PCIE_LINK_DEGRADED' })).toBe('PCIe link degraded')
    expect(conditionName({ code: 'GPU_FAILED' })).toBe('GPU failed')
    expect(conditionName({ code: 'DIMM_MISSING' })).toBe('DIMM missing')
  })

  it('what was not found out is counted, each question named once, with how often', () => {
    const open = (question: string) => ({ question, part: null, code: 'HW_UNKNOWN', message: '', about: [] }) as const
    const health = { schema: 'tepui.health/1', conditions: [], unchecked: [open('wear'), open('wear')] } as const
    expect(openQuestions(health)).toBe(`2 questions not answered: ${bound('wear × 2')}`)
    expect(openQuestions({ ...health, unchecked: [] })).toBe('')
  })

  it('a question that root would get answered says so', () => {
    const open = { question: 'the log', part: null, code: 'HW_NEEDS_ROOT', message: '', about: [] } as const
    const health = { schema: 'tepui.health/1', conditions: [], unchecked: [open] } as const
    expect(openQuestions(health)).toBe(`1 question not answered: ${bound('the log (needs root)')}`)
  })

  it('a hypervisor that nothing names is called unknown', () => {
    const inventory = anInventory()
    const guest = (virtualisation: string) => ({ ...inventory, machine: { ...inventory.machine, virtualisation } })
    expect(systemFacts(guest('other'))).toContain('on an unknown hypervisor')
    expect(systemFacts(guest('kvm'))).toContain('on kvm')
  })
})
