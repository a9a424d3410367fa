import { describe, expect, it } from 'vitest'
import type { NumaFacts } from '../../../../src/hw/probe/numa.ts'
import { probePci } from '../../../../src/hw/probe/pci.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { NumaNode } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

type Files = Readonly<Record<string, FakeFile>>

const numa: NumaFacts = {
  nodes: [0, 1].map((id) => ({ id, isGpuMemory: false }) as NumaNode),
  distances: null,
  sets: new Map([
    [0, [0, 1]],
    [1, [2, 3]],
  ]),
}

const rootPort = 'pci0000:16/0000:16:02.0'
const bridgeClass = 'PCI_CLASS=60400\nPCI_ID=8086:347A\n'

/** Functions by their path below /sys/devices, each with its files; the bus lists them as the kernel does. */
function machine(functions: Readonly<Record<string, Files>>, others: Files = {}) {
  const files: Record<string, FakeFile> = { ...others }
  for (const [path, own] of Object.entries(functions)) {
    const name = path.slice(path.lastIndexOf('/') + 1)
    files[`/sys/bus/pci/devices/${name}`] = { link: `../../../devices/${path}` }
    for (const [file, content] of Object.entries(own)) files[`/sys/devices/${path}/${file}`] = content
  }
  const report = new Report()
  return { pci: probePci({ source: fakeMachine(files), report }, numa), problems: report.problems() }
}

const uevent = `DRIVER=mlx5_core
PCI_CLASS=20000
PCI_ID=15B3:1021
PCI_SUBSYS_ID=15B3:0040
PCI_SLOT_NAME=0000:17:00.0
`

it('a function is described by its folder', () => {
  const { pci, problems } = machine(
    {
      [rootPort]: { uevent: bridgeClass, max_link_speed: '32.0 GT/s PCIe\n', max_link_width: '16\n' },
      [`${rootPort}/0000:17:00.0`]: {
        uevent,
        revision: '0x00\n',
        numa_node: '1\n',
        iommu_group: { link: '../../../../kernel/iommu_groups/42' },
        sriov_totalvfs: '8\n',
        sriov_numvfs: '2\n',
        current_link_speed: '16.0 GT/s PCIe\n',
        current_link_width: '8\n',
        max_link_speed: '32.0 GT/s PCIe\n',
        max_link_width: '16\n',
      },
    },
    { '/sys/bus/pci/slots/7-1/address': '0000:17:00\n' },
  )
  expect(problems).toEqual([])
  expect(pci[1]).toEqual({
    address: '0000:17:00.0',
    class: '020000',
    vendorId: '15b3',
    deviceId: '1021',
    subsystemVendorId: '15b3',
    subsystemId: '0040',
    revision: '00',
    driver: 'mlx5_core',
    isBridge: false,
    parent: '0000:16:02.0',
    root: 'pci0000:16',
    numaNode: 1,
    locality: 'numa_node',
    slot: '7-1',
    iommuGroup: 42,
    link: { speedGtps: 16, widthLanes: 8, speedMaxGtps: 32, widthMaxLanes: 16 },
    sriov: { functionsMax: 8, functions: 2 },
  })
  expect(pci[0]).toMatchObject({ class: '060400', isBridge: true, parent: null, link: null, subsystemVendorId: null })
})

it('virtual functions are not listed', () => {
  expect(machine({ 'pci0000:16/0000:16:02.1': { uevent, physfn: { link: '../0000:16:02.0' } } }).pci).toEqual([])
})

it('a domain of more than sixteen bits hangs below its controller', () => {
  const controller = 'pci0000:16/0000:16:05.5'
  const { pci } = machine({
    [controller]: { uevent: 'PCI_CLASS=10400\nPCI_ID=8086:28C0\n' },
    [`${controller}/pci10000:00/10000:00:02.0`]: { uevent: bridgeClass },
    [`${controller}/pci10000:00/10000:00:02.0/10000:01:00.0`]: { uevent },
  })
  expect(pci.map(({ address, parent, root }) => [address, parent, root])).toEqual([
    ['0000:16:05.5', null, 'pci0000:16'],
    ['10000:00:02.0', '0000:16:05.5', 'pci10000:00'],
    ['10000:01:00.0', '10000:00:02.0', 'pci10000:00'],
  ])
})

describe('without a uevent', () => {
  it('the alias tells the ids and a link to nowhere the driver', () => {
    const files = {
      modalias: 'pci:v00008086d000046A6sv000017AAsd000022E7bc03sc00i00\n',
      driver: { link: '../../../bus/pci/drivers/i915' },
    }
    expect(machine({ 'pci0000:00/0000:00:02.0': files }).pci).toMatchObject([
      { class: '030000', vendorId: '8086', deviceId: '46a6', subsystemId: '22e7', driver: 'i915', revision: null },
    ])
  })

  it('single files tell them, and the configuration space the revision', () => {
    const config = Uint8Array.from([0x86, 0x80, 0, 0, 0, 0, 0, 0, 0x0a, 0, 0, 0])
    const files = { class: '0x030000\n', vendor: '0x8086\n', device: '0x0412\n', config }
    expect(machine({ 'pci0000:00/0000:00:02.0': files }).pci).toMatchObject([
      { class: '030000', vendorId: '8086', deviceId: '0412', subsystemId: null, revision: '0a' },
    ])
  })

  it('a folder of its own on the bus is read where it is', () => {
    const report = new Report()
    const source = fakeMachine({ '/sys/bus/pci/devices/0004:05:00.0/class': '0x030000\n' })
    expect(probePci({ source, report }, numa)).toMatchObject([
      { address: '0004:05:00.0', class: '030000', vendorId: null, root: null, parent: null },
    ])
  })
})

describe('the link', () => {
  const device = `${rootPort}/0000:17:00.0`
  const now = { current_link_speed: '8.0 GT/s PCIe', current_link_width: '4' }
  const best = { max_link_speed: '16.0 GT/s PCIe', max_link_width: '8' }
  const linkOf = (own: Files, port: Files = best) =>
    machine({ [rootPort]: { uevent: bridgeClass, ...port }, [device]: { uevent, ...own } }).pci[1]?.link

  it('can do what both of its ends can', () => {
    expect(linkOf({ ...now, max_link_speed: '32.0 GT/s PCIe', max_link_width: '4' })).toEqual({
      speedGtps: 8,
      widthLanes: 4,
      speedMaxGtps: 16,
      widthMaxLanes: 4,
    })
  })

  it('of a function that does not answer is unknown (FN-0021)', () => {
    const gone = { current_link_speed: 'Unknown', current_link_width: '63' }
    expect(linkOf({ ...gone, ...best })).toMatchObject({ speedGtps: null, widthLanes: null, widthMaxLanes: 8 })
  })

  it.each([
    ['no lanes', { current_link_speed: 'Unknown', current_link_width: '0', max_link_width: '0' }],
    ['all ones', { current_link_speed: 'Unknown', current_link_width: '63', max_link_width: '255' }],
    ['no files', {}],
  ])('does not exist where there are %s', (_, own) => {
    expect(linkOf(own)).toBeNull()
  })

  it('at a virtual port that says less than there is has no best', () => {
    const port = { max_link_speed: '2.5 GT/s PCIe', max_link_width: '1' }
    expect(linkOf({ ...now, ...best }, port)).toMatchObject({ widthLanes: 4, widthMaxLanes: null, speedMaxGtps: null })
  })

  it('of a switch is told at its upper port and at what hangs below, once each', () => {
    const files = { ...now, ...best }
    const { pci } = machine({
      [rootPort]: { uevent: bridgeClass, ...files },
      [device]: { uevent: bridgeClass, ...files },
      [`${device}/0000:18:00.0`]: { uevent: bridgeClass, ...files },
      [`${device}/0000:18:00.0/0000:19:00.0`]: { uevent, ...files },
    })
    expect(pci.map((one) => one.link !== null)).toEqual([false, true, false, true])
  })
})

it('a function on another node than the bridge above it is a contradiction, and keeps its own (FN-0020)', () => {
  const { pci, problems } = machine({
    [rootPort]: { uevent: bridgeClass, numa_node: '0' },
    [`${rootPort}/0000:17:00.0`]: { uevent, numa_node: '1' },
  })
  expect(pci[1]?.numaNode).toBe(1)
  expect(problems).toMatchObject([{ code: 'HW_CONFLICT', where: '/sys/bus/pci/devices/0000:17:00.0/numa_node' }])
})

it('what the firmware calls a soldered device is its place', () => {
  const { pci } = machine({ 'pci0000:00/0000:00:02.0': { uevent, label: 'Embedded NIC 1\n' } })
  expect(pci[0]?.slot).toBe('Embedded NIC 1')
})
