import { expect, it } from 'vitest'
import { parseRocmSmi } from '../../../../src/hw/parse/rocm-smi.ts'

it('a card is read under the names of any version', () => {
  const text = JSON.stringify({
    card0: { 'PCI Bus': '0000:63:00.0', 'Card series': 'Radeon Instinct MI50 32GB', 'Unique ID': '0x2f048617326b1ea' },
    card1: { 'PCI Bus': '0000:64:00.0', 'Device Name': 'Navi 22', 'Card Series': 'other', 'Unique ID': 'N/A' },
    card2: { 'PCI Bus': 'N/A' },
    system: { 'Driver version': '6.3.6' },
  })
  const none = { serial: null, vbios: null, memoryBytes: null }
  expect(parseRocmSmi(text)).toEqual({
    kind: 'known',
    value: [
      { pciAddress: '0000:63:00.0', model: 'Radeon Instinct MI50 32GB', uuid: 'GPU-02f048617326b1ea', ...none },
      { pciAddress: '0000:64:00.0', model: 'Navi 22', uuid: null, ...none },
    ],
  })
})

it('an id in the place of a name is no name', () => {
  const text = '{"card0": {"PCI Bus": "0000:07:00.0", "Card series": "0x1002", "Card model": "0x1002"}}'
  expect(parseRocmSmi(text)).toMatchObject({ value: [{ model: null }] })
})

it.each([
  ['0', null],
  ['0000000000', null],
  ['692A00B000810', '692A00B000810'],
])('a serial number of %s is %s', (said, serial) => {
  const text = JSON.stringify({ card0: { 'PCI Bus': '0000:07:00.0', 'Serial Number': said } })
  expect(parseRocmSmi(text)).toMatchObject({ value: [{ serial }] })
})

it.each(['[]', '"card0"', '{"card0": ', 'null', 'WARNING: no GPU'])('%j is not what the tool prints', (text) => {
  expect(parseRocmSmi(text).kind).toBe('implausible')
})
