// Network ports, RDMA, names and memory modules of captured machines: what hwloc lists is ours, and the same.

import { describe, expect, it } from 'vitest'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import {
  type CaptureEntry,
  captureFacts,
  captureIndex,
  capturesMissing,
  type HostFacts,
  withCapture,
} from './captures.ts'

type Info = Readonly<Record<string, string>>
type OsDeviceFact = {
  readonly name: string
  readonly kinds: readonly string[]
  readonly pci?: string | null
  readonly info?: Info
}
type NetFacts = HostFacts & {
  readonly os?: readonly OsDeviceFact[]
  readonly machineInfo?: Info
  readonly misc?: readonly { readonly subtype?: string; readonly info?: Info }[]
}

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('network ports of captured machines are read as hwloc reads them', (ctx) => ctx.skip(reason))
} else {
  const facts = captureFacts() as Readonly<Record<string, NetFacts>>
  const isTold = ({ os = [], machineInfo = {}, misc = [] }: NetFacts) =>
    misc.length > 0 || os.some((one) => one.kinds.includes('net')) || 'DMIProductName' in machineInfo
  const entries = captureIndex().filter((entry) => isTold(facts[entry.file] ?? ({} as NetFacts)))

  it('there are captured machines with ports and names', () => expect(entries.length).toBeGreaterThan(14))

  describe('ports, names and modules of a captured machine are those that hwloc lists', () => {
    it.each(entries)('$file', (entry) => {
      const { os = [], machineInfo = {}, misc = [] } = facts[entry.file] as NetFacts
      const document = documentOf(entry)
      comparePorts(document, os)
      compareRdma(document, os)
      compareNames(document, machineInfo)
      compareModules(
        document,
        misc.flatMap((one) => (one.subtype === 'MemoryModule' ? [one.info ?? {}] : [])),
      )
    })
  })
}

function documentOf(entry: CaptureEntry): Inventory {
  const result = withCapture(entry, (root) => {
    const source = sysrootSource(root)
    return source.ok ? probeInventory(source.value) : source
  })
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

function comparePorts({ nics }: Inventory, os: readonly OsDeviceFact[]): void {
  const theirs = os.filter((one) => one.kinds.includes('net') && !one.kinds.includes('openfabrics'))
  expect(nics.map((nic) => nic.name).sort()).toEqual(theirs.map((one) => one.name).sort())
  for (const one of theirs) {
    const nic = nics.find(({ name }) => name === one.name)
    expect(nic?.mac ?? null).toBe(one.info?.Address ?? null)
    // hwloc does not look into folders that a capture lacks; their path tells the address.
    if (one.pci) expect(nic?.pciAddress).toBe(one.pci)
  }
}

function compareRdma({ nics, fabrics }: Inventory, os: readonly OsDeviceFact[]): void {
  for (const one of os.filter((device) => device.kinds.includes('openfabrics'))) {
    const rdma = nics.find((nic) => nic.rdma?.name === one.name)?.rdma
    const { NodeGUID: guid, Port1State: state } = one.info ?? {}
    expect(rdma?.nodeGuid, `${one.name} of ${fabrics.length} fabrics`).toBe(guid)
    expect(rdma?.state).toBe(state === '4' ? 'ACTIVE' : undefined)
  }
}

function compareNames({ machine, firmware }: Inventory, info: Info): void {
  const bios = firmware.find((one) => one.component === 'bios')
  agree(machine.product, info.DMIProductName)
  agree(machine.serial, info.DMIProductSerial)
  agree(machine.uuid, info.DMIProductUUID?.toLowerCase())
  agree(machine.board?.product, info.DMIBoardName)
  agree(machine.board?.serial, info.DMIBoardSerial)
  agree(machine.chassis?.assetTag, info.DMIChassisAssetTag)
  agree(bios?.vendor, info.DMIBIOSVendor)
  agree(bios?.version, info.DMIBIOSVersion)
  agree(bios?.date, info.DMIBIOSDate)
}

/** Where hwloc has a value that is no filler, ours is the same. */
function agree(ours: string | null | undefined, text: string | undefined): void {
  if (text === undefined) return
  const said = text.trim()
  const isFiller = /^(|n\/a|0?123456789\d?|to be filled by o\.e\.m\.)$/i.test(said)
  expect(ours ?? null).toBe(isFiller ? null : said)
}

function compareModules({ memory }: Inventory, modules: readonly Info[]): void {
  if (modules.length === 0) return
  const line = (...facts: readonly (string | number | null | undefined)[]) => facts.join(' ')
  expect(
    memory.dimms
      .map((one) => line(one.locator, one.manufacturer, one.serial, one.part, one.type, one.sizeBytes))
      .sort(),
  ).toEqual(
    modules
      .map(({ DeviceLocation = '', Vendor, SerialNumber, PartNumber = '', Type, Size = '' }) =>
        line(DeviceLocation.trim(), Vendor, SerialNumber, PartNumber.trim(), Type, Number.parseInt(Size, 10) * 1024),
      )
      .sort(),
  )
}
