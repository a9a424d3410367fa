import { describe, expect, it } from 'vitest'
import { pciOrder, pciPlace } from '../../../../src/hw/parse/pci.ts'
import {
  parseConfigRevision,
  parseLinkSpeed,
  parseLinkWidth,
  parsePciClass,
  parsePciId,
  parsePciModalias,
  parsePciUevent,
  parseSlotAddress,
} from '../../../../src/hw/parse/pci-function.ts'

describe('a uevent', () => {
  it('has class, ids and driver', () => {
    const text = 'DRIVER=nvme\nPCI_CLASS=10802\nPCI_ID=C0A9:540A\nPCI_SUBSYS_ID=C0A9:5021\n'
    expect(parsePciUevent(text)).toEqual({
      kind: 'known',
      value: {
        class: '010802',
        vendorId: 'c0a9',
        deviceId: '540a',
        subsystemVendorId: 'c0a9',
        subsystemId: '5021',
        driver: 'nvme',
      },
    })
  })

  it.each(['', 'DEVTYPE=disk\n'])('%j is not one of a PCI function', (text) => {
    expect(parsePciUevent(text).kind).toBe('absent')
  })

  it.each(['PCI_CLASS=x', 'PCI_CLASS=1234567', 'PCI_CLASS='])('%j is not believed', (text) => {
    expect(parsePciUevent(text).kind).toBe('implausible')
  })
})

it('an alias has class and ids', () => {
  expect(parsePciModalias('pci:v00001AF4d00001045sv00001AF4sd00001045bcFFsc00i01\n')).toEqual({
    kind: 'known',
    value: { class: 'ff0001', vendorId: '1af4', deviceId: '1045', subsystemVendorId: '1af4', subsystemId: '1045' },
  })
  expect(parsePciModalias('usb:v1D6Bp0002').kind).toBe('implausible')
})

it.each([
  ['8.0 GT/s PCIe\n', 8],
  ['2.5 GT/s', 2.5],
  ['5 GT/s', 5],
  ['64.0 GT/s PCIe', 64],
  ['Unknown', 'absent'],
  ['Unknown speed\n', 'absent'],
  ['0 GT/s', 'implausible'],
  ['8.0', 'implausible'],
  ['8,0 GT/s', 'implausible'],
])('the speed %j is %s', (text, speed) => {
  const reading = parseLinkSpeed(text)
  expect(reading.kind === 'known' ? reading.value : reading.kind).toBe(speed)
})

it.each([
  ['16\n', 16],
  ['0', 0],
  ['63', 'absent'],
  ['255', 'absent'],
  ['7', 'implausible'],
  ['', 'implausible'],
])('the width %j is %s', (text, width) => {
  const reading = parseLinkWidth(text)
  expect(reading.kind === 'known' ? reading.value : reading.kind).toBe(width)
})

it.each([
  ['0000:82:00\n', '0000:82:00'],
  ['10000:01:00', '10000:01:00'],
  ['0000:3B', '0000:3b'],
  ['82:00', null],
])('the slot at %j is %s', (text, address) => {
  const reading = parseSlotAddress(text)
  expect(reading.kind === 'known' ? reading.value : null).toBe(address)
})

it('ids are digits without 0x', () => {
  expect([parsePciClass('0x030200\n'), parsePciId('0x10de\n')]).toMatchObject([{ value: '030200' }, { value: '10de' }])
  expect([parsePciId('0x12345'), parsePciId('10de'), parsePciId('')].map((one) => one.kind)).toEqual([
    'implausible',
    'implausible',
    'implausible',
  ])
})

it('the revision of a function that does not answer is absent', () => {
  expect(parseConfigRevision(new Uint8Array(16).fill(0xff)).kind).toBe('absent')
  expect(parseConfigRevision(new Uint8Array(4)).kind).toBe('absent')
})

it('a path tells what is above', () => {
  const above = '/sys/devices/pci0000:16/0000:16:05.5'
  expect(pciPlace(`${above}/pci10000:00/10000:00:02.0/nvme/nvme0`)).toEqual({
    root: 'pci10000:00',
    parent: '0000:16:05.5',
    depth: 0,
    folders: [`${above}/pci10000:00/10000:00:02.0`, above],
  })
  expect(pciPlace('/sys/devices/virtual/block/loop0')).toEqual({ root: null, parent: null, depth: 0, folders: [] })
})

it('addresses stand in the order of the bus', () => {
  const order = ['0000:00:1f.7', '0000:0a:00.0', '0000:80:00.0', 'ffff:00:00.0', '10000:00:00.0']
  expect([...order].reverse().sort(pciOrder)).toEqual(order)
})
