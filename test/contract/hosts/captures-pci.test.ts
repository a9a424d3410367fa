// PCI functions of every captured machine that has any: those that hwloc lists are ours, with the same class, ids, link,
// slot and place; what differs is named with its reason. Bus numbers of bridges are read from the configuration space here,
// which the probe never looks at.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import { parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Inventory, PciDevice } from '../../../src/model/inventory.ts'
import { captureFacts, captureIndex, capturesMissing, type HostFacts, withCapture } from './captures.ts'

type PciFact = {
  readonly bus: string
  /** `0604 [8086:3c02] [0000:0000] 07 00`: class, ids, subsystem, revision, programming interface. */
  readonly type: string
  readonly bridge?: boolean
  readonly nodes: string
  /** Gigabytes a second after encoding. */
  readonly linkGBs?: number
  readonly info?: { readonly PCISlot?: string }
}
type OsDeviceFact = { readonly name: string; readonly pci?: string | null; readonly nodes: string }
type PciFacts = HostFacts & { readonly pci?: readonly PciFact[]; readonly os?: readonly OsDeviceFact[] }

/** Functions that are ours and that hwloc leaves out, a reason each. */
const ours: Readonly<Record<string, string>> = {
  'hwloc/32em64t-2n8c+dax+nvme+mic+dimms.tar.bz2 0000:00:11.0':
    'a bridge whose bus numbers are impossible, which hwloc cannot place by numbers; its path tells where it is',
}

/** What hwloc prints where it could not read ids or revision. */
const unread = { id: '0000', revision: ['00', 'ff'] } as const

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('PCI functions of captured machines are read as hwloc reads them', (ctx) => ctx.skip(reason))
} else {
  const facts = captureFacts() as Readonly<Record<string, PciFacts>>
  const entries = captureIndex().filter((entry) => (facts[entry.file]?.pci ?? []).length > 0)
  it('there are captured machines with PCI functions', () => expect(entries.length).toBeGreaterThan(9))

  describe('the PCI functions of a captured machine are those that hwloc lists', () => {
    it.each(entries)('$file', (entry) => {
      const theirs = facts[entry.file] as PciFacts
      withCapture(entry, (root) => {
        const source = sysrootSource(root)
        const result = source.ok ? probeInventory(source.value) : source
        if (!result.ok) throw new Error(result.fault.message)
        const document = result.value
        const known = new Map((theirs.pci ?? []).map((one) => [one.bus, one]))
        const more = document.pci.filter((one) => !known.has(one.address)).map((one) => `${entry.file} ${one.address}`)
        expect(more).toEqual(Object.keys(ours).filter((key) => key.startsWith(`${entry.file} `)))
        const compared = document.pci.filter((one) => known.has(one.address))
        expect(compared.map((one) => one.address)).toEqual([...known.keys()].sort(byAddress))
        for (const one of compared) compare(root, document, one, known.get(one.address) as PciFact)
        compareTree(root, document.pci)
        compareOsDevices(document, theirs.os ?? [])
      })
    })
  })
}

function compare(root: string, document: Inventory, one: PciDevice, fact: PciFact): void {
  const match = /^(\w{4}) \[(\w{4}):(\w{4})\] \[(\w{4}):(\w{4})\] (\w\w) (\w\w)$/.exec(fact.type) as RegExpExecArray
  const [, kind, vendor, device, subVendor, subDevice, revision, interfaceByte] = match
  const at = one.address
  // Without a configuration space hwloc has no programming interface.
  const hasConfig = existsSync(join(root, 'sys/bus/pci/devices', at, 'config'))
  expect(one.class.slice(0, 4), at).toBe(kind)
  if (hasConfig) expect(one.class.slice(4), at).toBe(interfaceByte)
  expect([one.vendorId ?? unread.id, one.deviceId ?? unread.id], at).toEqual([vendor, device])
  // It knows no subsystem either; the module alias beside it does.
  const alias = readText(root, at, 'modalias') ?? ''
  const aliased = /sv0000(\w{4})sd0000(\w{4})/.exec(alias)?.slice(1, 3).join(':').toLowerCase()
  const subsystem = `${one.subsystemVendorId ?? unread.id}:${one.subsystemId ?? unread.id}`
  expect(subsystem, at).toBe(hasConfig ? `${subVendor}:${subDevice}` : (aliased ?? '0000:0000'))
  if (one.revision !== revision) {
    expect(unread.revision, at).toContain(revision)
    expect(one.revision, at).toBe(readText(root, at, 'revision')?.replace('0x', '') ?? null)
  }
  if (hasConfig) expect(one.isBridge, at).toBe(fact.bridge === true)
  expect(gigabytesOf(one), at).toBe(fact.linkGBs ?? null)
  // hwloc does not read what the firmware calls a device on the board.
  expect(one.slot, at).toBe(fact.info?.PCISlot ?? readText(root, at, 'label'))
  expect(one.numaNode, at).toBe(expectedNode(root, document, at, fact.nodes))
}

/** After encoding: 8 of 10 bits at up to 5 GT/s, 128 of 130 above. */
function gigabytesOf({ link }: PciDevice): number | null {
  if (!link?.speedGtps || !link.widthLanes) return null
  const bits = link.speedGtps * link.widthLanes * (link.speedGtps <= 5 ? 0.8 : 128 / 130)
  return Math.round((bits / 8) * 1000) / 1000
}

/**
 * hwloc asks for the CPUs near a host bridge (`local_cpus`) and nothing else. Where that is no answer, the kernel's number
 * of the function itself may be one.
 */
function expectedNode(root: string, document: Inventory, address: string, nodes: string): number | null {
  const list = parseCpuList(nodes) ?? []
  if (list.length === 1) return list[0] as number
  const said = readText(root, address, 'numa_node')
  return document.numa.nodes.some((node) => `${node.id}` === said) ? Number(said) : null
}

/** The bus behind the bridge that we name is the bus of the function. */
function compareTree(root: string, pci: readonly PciDevice[]): void {
  for (const { address, parent } of pci) {
    const path = join(root, 'sys/bus/pci/devices', parent ?? address, 'config')
    if (!existsSync(path)) continue
    const [domain, bus] = address.split(':') as [string, string]
    const secondary = readFileSync(path)[0x19]?.toString(16).padStart(2, '0')
    if (parent !== null) expect(`${parent.split(':')[0]} ${secondary}`, address).toBe(`${domain} ${bus}`)
    const claims = pci.some(
      (one) => one.isBridge && one.address !== address && secondaryOf(root, one) === `${domain} ${bus}`,
    )
    expect(claims, address).toBe(parent !== null)
  }
}

function secondaryOf(root: string, { address }: PciDevice): string | null {
  const path = join(root, 'sys/bus/pci/devices', address, 'config')
  const [, secondary = 0, subordinate = 0] = existsSync(path) ? readFileSync(path).subarray(0x18, 0x1b) : []
  return secondary === 0 || subordinate < secondary
    ? null
    : `${address.split(':')[0]} ${secondary.toString(16).padStart(2, '0')}`
}

/** Disks, network ports and GPUs sit where hwloc puts the device of the same name. */
function compareOsDevices(document: Inventory, devices: readonly OsDeviceFact[]): void {
  const parts = [...document.disks, ...document.nics]
  for (const { name, pci, nodes } of devices) {
    const part = parts.find((one) => one.name === name)
    if (part === undefined) continue
    if (pci) expect(part.pciAddress, name).toBe(pci)
    const list = parseCpuList(nodes) ?? []
    if (list.length === 1) expect(part.numaNode, name).toBe(list[0])
  }
  for (const gpu of document.gpus) {
    const device = document.pci.find((one) => one.address === gpu.pciAddress)
    if (device?.vendorId) expect(gpu.numaNode, device.address).toBe(device.numaNode)
  }
}

function readText(root: string, address: string, name: string): string | null {
  const path = join(root, 'sys/bus/pci/devices', address, name)
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null
}

function byAddress(a: string, b: string): number {
  const number = (text: string) => Number.parseInt(text.replace(/[:.]/g, ''), 16)
  return number(a) - number(b)
}
