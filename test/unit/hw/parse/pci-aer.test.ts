import { expect, it } from 'vitest'
import { parseAerLine, parseAerTotal } from '../../../../src/hw/parse/pci-aer.ts'

it.each([
  ['RxErr 0\nBadTLP 3\nTOTAL_ERR_COR 3\n', 3],
  ['Undefined 0\nTOTAL_ERR_NONFATAL 12\n', 12],
  ['TOTAL_ERR_FATAL 0', 0],
  ['RxErr 0\n', 'absent'],
  ['', 'absent'],
  ['TOTAL_ERR_COR x\n', 'implausible'],
  ['TOTAL_ERR_COR\n', 'implausible'],
])('the total of %j is %s', (text, total) => {
  const reading = parseAerTotal(text)
  expect(reading.kind === 'known' ? reading.value : reading.kind).toBe(total)
})

it.each([
  ['nvme 10000:01:00.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=x', '10000:01:00.0', 'non-fatal'],
  ['pcieport 0000:00:01.0: AER: PCIe Bus Error: severity=Uncorrectable (Fatal), type=x', '0000:00:01.0', 'fatal'],
])('%j is an error of %s', (text, address, severity) => {
  expect(parseAerLine(text)).toEqual({ address, severity })
})

it.each([
  'pcieport 0000:00:1c.0: PCIe Bus Error: severity=Corrected, type=Physical Layer, (Receiver ID)',
  'PCIe Bus Error: severity=Uncorrected (Fatal)',
  'something else',
])('%j is none', (text) => {
  expect(parseAerLine(text)).toBeNull()
})
