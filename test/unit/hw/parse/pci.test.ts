import { expect, it } from 'vitest'
import { normalisePciAddress, pciAddressInPath } from '../../../../src/hw/parse/pci.ts'

it.each([
  ['00000000:4F:00.0', '0000:4f:00.0'],
  ['4f:00.1', '0000:4f:00.1'],
  ['10000:01:00.0', '10000:01:00.0'],
  ['0000:00:1f.7\n', '0000:00:1f.7'],
])('%j is the address %s', (text, address) => {
  expect(normalisePciAddress(text)).toBe(address)
})

it.each(['', 'x', '4f:00', '0000:4f:00.9', '0000:4f:00.0/..', 'N/A'])('%j is no address', (text) => {
  expect(normalisePciAddress(text)).toBeNull()
})

it('the innermost device on a path is the one', () => {
  expect(pciAddressInPath('/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/nvme/nvme0')).toBe('0000:01:00.0')
  expect(pciAddressInPath('/sys/devices/virtual/block/loop0')).toBeNull()
})
