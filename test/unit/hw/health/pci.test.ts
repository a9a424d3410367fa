import { describe, expect, it } from 'vitest'
import { lookAtPci } from '../../../../src/hw/health/pci.ts'
import type { PciDevice, PcieLink } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { findingsOf } from '../../../support/health-bench.ts'

const whole: PcieLink = { speedGtps: 16, widthLanes: 16, speedMaxGtps: 16, widthMaxLanes: 16 }
const device = { address: '0000:17:00.0', parent: '0000:16:02.0', root: 'pci0000:16', isBridge: false, link: whole }
const folder = '/sys/bus/pci/devices/0000:17:00.0'

function look(
  devices: readonly Partial<PciDevice>[],
  files: Readonly<Record<string, FakeFile>> = {},
  log: readonly string[] = [],
) {
  const pci = devices as PciDevice[]
  const lines = log.map((text) => ({ priority: 3, atSeconds: 400, text }))
  return findingsOf(lookAtPci, fakeMachine(files), { inventory: { pci }, log: lines })
}

describe('a link', () => {
  it('narrower than both of its ends could be is degraded, told once for all functions that share it', () => {
    const link = { ...whole, widthLanes: 8 }
    const { symptoms } = look([
      { ...device, link },
      { ...device, address: '0000:17:00.1', link },
    ])
    expect(symptoms).toEqual([
      {
        code: 'PCIE_LINK_DEGRADED',
        part: { kind: 'pci', name: '0000:17:00.0', id: null },
        evidence: [{ source: `${folder}/current_link_width`, text: '8 lanes of 16 that both ends have' }],
      },
    ])
  })

  it.each([
    ['slow, for it may be idle', { ...whole, speedGtps: 2.5 }],
    ['of a function that does not answer', { ...whole, widthLanes: null }],
    ['of which one end says nothing', { ...whole, widthLanes: 4, widthMaxLanes: null }],
    ['that does not exist', null],
  ])('%s is no symptom', (_, link) => {
    expect(look([{ ...device, link }]).symptoms).toEqual([])
  })
})

describe('counters', () => {
  const files = {
    [`${folder}/aer_dev_correctable`]: 'RxErr 0\nBadTLP 3\nTOTAL_ERR_COR 3\n',
    [`${folder}/aer_dev_nonfatal`]: 'Undefined 0\nTOTAL_ERR_NONFATAL 0\n',
    [`${folder}/aer_dev_fatal`]: 'Undefined 0\nTOTAL_ERR_FATAL 1\n',
  }

  it('are the totals since the boot', () => {
    const { counters, unchecked } = look([device], files)
    expect(counters.map(({ code, text, value, epoch }) => [code, text, value, epoch])).toEqual([
      ['PCIE_CORRECTED_ERRORS', 'corrected errors', 3, 'boot-1'],
      ['PCIE_ERRORS', 'nonfatal errors', 0, 'boot-1'],
      ['PCIE_ERRORS', 'fatal errors', 1, 'boot-1'],
    ])
    expect(unchecked).toEqual([])
  })

  it('of a kernel that keeps none are one open question', () => {
    const other = { ...device, address: '0000:18:00.0' }
    expect(look([device, other]).unchecked).toMatchObject([{ question: 'errors of PCI Express links', part: null }])
  })

  it('are not asked of a machine without PCI Express', () => {
    expect(look([{ ...device, link: null }])).toMatchObject({ counters: [], unchecked: [] })
  })
})

it('the log tells of uncorrected errors, with their age', () => {
  const { symptoms } = look([], {}, [
    'mlx5_core 0000:17:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Requester ID)',
    'nvme 0000:01:00.0: AER: PCIe Bus Error: severity=Uncorrectable (Non-Fatal), type=Data Link Layer',
    'pcieport 0000:00:1c.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)',
    'pcieport 0000:00:1c.0: AER: Corrected error received: 0000:01:00.0',
  ])
  expect(symptoms.map(({ code, part, ageMs }) => [code, part.name, ageMs])).toEqual([
    ['PCIE_ERRORS', '0000:17:00.0', 600_000],
    ['PCIE_ERRORS', '0000:01:00.0', 600_000],
  ])
})
