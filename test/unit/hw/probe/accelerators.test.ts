import { expect, it } from 'vitest'
import { probeAccelerators } from '../../../../src/hw/probe/accelerators.ts'
import type { NumaFacts } from '../../../../src/hw/probe/numa.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { Gpu, NumaNode, PciDevice } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const numa: NumaFacts = { nodes: [{ id: 0 } as NumaNode], distances: null, sets: new Map([[0, [0]]]) }

function accelerators(
  pci: readonly Partial<PciDevice>[],
  { files = {}, gpus = [] }: { files?: Readonly<Record<string, FakeFile>>; gpus?: readonly Partial<Gpu>[] } = {},
) {
  const devices = pci.map((one, i) => ({ driver: null, numaNode: 0, address: `0000:0${i}:00.0`, ...one }) as PciDevice)
  const bench = { source: fakeMachine(files), report: new Report() }
  return probeAccelerators(bench, { numa, pci: devices, gpus: gpus as Gpu[] })
}

const aurora = { class: '0b4000', vendorId: '1bcf', deviceId: '001c' }

it.each([
  ['by its ids', aurora, { kind: 'vector', vendor: 'nec', model: 'SX-Aurora Vector Engine' }],
  [
    'by ids where the class says system part',
    { class: '088000', vendorId: '8086', deviceId: '0b25', driver: 'idxd' },
    { kind: 'dsa', vendor: 'intel', driver: 'idxd' },
  ],
  [
    'by its driver',
    { class: '0b4000', vendorId: '8086', deviceId: 'ffff', driver: '420xx' },
    { kind: 'qat', vendor: 'intel', model: null },
  ],
  [
    'by its class',
    { class: '120000', vendorId: 'abcd', deviceId: '0001' },
    { kind: 'processing', vendor: null, model: null },
  ],
  ['by class and maker', { class: '120000', vendorId: '10ee', deviceId: '5000' }, { kind: 'fpga', vendor: 'xilinx' }],
])('an accelerator is known %s', (_, device, expected) => {
  expect(accelerators([device])).toMatchObject([{ numaNode: 0, pciAddress: '0000:00:00.0', ...expected }])
})

it.each([
  ['a display', { class: '030000', vendorId: '1a03', deviceId: '2000' }],
  ['a CXL memory device', { class: '050210', vendorId: '8086', deviceId: '0d93' }],
  ['a crypto engine of the processor', { class: '108000', vendorId: '1022', deviceId: '1456' }],
  ['a function without ids', { class: '020000', vendorId: null, deviceId: null }],
])('%s is none', (_, device) => {
  expect(accelerators([device])).toEqual([])
})

it('what is listed as a GPU is not listed again', () => {
  expect(accelerators([aurora], { gpus: [{ pciAddress: '0000:00:00.0' }] })).toEqual([])
})

it('what the accel subsystem drives is one, on a bus or not', () => {
  const soc = '/sys/devices/platform/fdab0000.npu'
  const onBus = '/sys/devices/pci0000:00/0000:00:00.0'
  const files = {
    '/sys/class/accel/accel0/device': { link: soc },
    [`${soc}/driver`]: { link: '../../../bus/platform/drivers/rocket' },
    '/sys/class/accel/accel1/device': { link: onBus },
    [`${onBus}/class`]: '0x118000',
  }
  const device = { class: '118000', vendorId: 'abcd', deviceId: '1234', address: '0000:00:00.0' }
  expect(accelerators([device], { files })).toMatchObject([
    { kind: 'processing', pciAddress: '0000:00:00.0' },
    { kind: 'npu', driver: 'rocket', pciAddress: null, numaNode: 0 },
  ])
})
