// The PCI tree: every function of the bus but virtual ones, which are counted at their physical function.
// A folder is listed before anything in it is read, and ids and driver come from one file: on a machine with hundreds of
// functions that is what takes the time. It does not know what the functions are for.

import type { PciDevice } from '../../model/inventory.ts'
import { parseInteger, parseLine } from '../parse/numbers.ts'
import { normalisePciAddress, pciOrder, pciPlace, withoutFunction } from '../parse/pci.ts'
import {
  type PciIds,
  parseConfigRevision,
  parsePciClass,
  parsePciId,
  parsePciModalias,
  parsePciRevision,
  parsePciUevent,
  parseSlotAddress,
} from '../parse/pci-function.ts'
import { localityFinder } from './locality.ts'
import type { NumaFacts } from './numa.ts'
import { linkFinder, type PciFolder } from './pci-links.ts'
import { type Bench, linkName, listNames, readFact, settle } from './report.ts'

const pciRoot = '/sys/bus/pci/devices'

/** In the order of the bus. Functions without a class (no longer there, or lost by a recorder) are left out. */
export function probePci(bench: Bench, numa: NumaFacts): readonly PciDevice[] {
  const localityOf = localityFinder(bench, numa)
  const linkOf = linkFinder(bench)
  const slotOf = slotFinder(bench)
  const devices = listNames(bench, pciRoot).flatMap((name): readonly PciDevice[] => {
    const address = normalisePciAddress(name)
    if (address === null) return []
    const path = folderOf(bench, name)
    const files: ReadonlySet<string> = new Set(settle(bench.report, bench.source.list(path), path) ?? [])
    if (files.has('physfn')) return []
    const ids = idsOf(bench, path, files)
    if (ids === null) return []
    const isBridge = /^06(04|07|09)/.test(ids.class)
    const place = pciPlace(path)
    const folder: PciFolder = { address, path, files, place, isBridge, class: ids.class }
    const { node, source } = localityOf(path)
    return [
      {
        address,
        class: ids.class,
        vendorId: ids.vendorId,
        deviceId: ids.deviceId,
        subsystemVendorId: ids.subsystemVendorId,
        subsystemId: ids.subsystemId,
        revision: revisionOf(bench, path, files),
        driver: ids.driver,
        isBridge,
        parent: place.parent,
        root: place.root,
        numaNode: node,
        locality: source,
        slot: slotOf(folder),
        iommuGroup: iommuGroupOf(bench, path, files),
        link: linkOf(folder),
        sriov: sriovOf(bench, path, files),
      },
    ]
  })
  const sorted = devices.sort((a, b) => pciOrder(a.address, b.address))
  compareWithBridges(bench, sorted)
  return sorted
}

/** The text of the link is the path: it holds in a capture that lost the folder too. Some captures have folders instead. */
function folderOf({ source }: Bench, name: string): string {
  const link = `${pciRoot}/${name}`
  const target = source.linkText(link)
  const match = target === null ? null : /^(?:\.\.\/)*(?:\/sys\/)?(devices\/.*)$/.exec(target)
  return match === null ? link : `/sys/${match[1]}`
}

/** One file where the kernel has it; recorders often keep others instead. */
function idsOf(
  bench: Bench,
  path: string,
  files: ReadonlySet<string>,
): (PciIds & { readonly driver: string | null }) | null {
  const read = <T>(name: string, parse: Parameters<typeof readFact<T>>[2]) =>
    files.has(name) ? readFact(bench, `${path}/${name}`, parse) : null
  const said = read('uevent', parsePciUevent)
  if (said !== null && said.vendorId !== null) return said
  const alias = read('modalias', parsePciModalias)
  const driver = files.has('driver') ? linkName(bench, `${path}/driver`) : null
  if (alias !== null) return { ...alias, driver }
  const kind = said?.class ?? read('class', parsePciClass)
  if (kind === null) return null
  return {
    class: kind,
    vendorId: read('vendor', parsePciId),
    deviceId: read('device', parsePciId),
    subsystemVendorId: read('subsystem_vendor', parsePciId),
    subsystemId: read('subsystem_device', parsePciId),
    driver,
  }
}

/** Enough of the configuration space to hold the revision; the rest is slow to read. */
const configBytes = 16

/** Kernels before 4.10 have no file for it. */
function revisionOf(bench: Bench, path: string, files: ReadonlySet<string>): string | null {
  if (files.has('revision')) return readFact(bench, `${path}/revision`, parsePciRevision)
  if (!files.has('config')) return null
  const bytes = settle(bench.report, bench.source.readBytes(`${path}/config`, configBytes), `${path}/config`)
  return bytes === null ? null : settle(bench.report, parseConfigRevision(bytes), `${path}/config`)
}

function iommuGroupOf(bench: Bench, path: string, files: ReadonlySet<string>): number | null {
  const name = files.has('iommu_group') ? linkName(bench, `${path}/iommu_group`) : null
  return name !== null && /^\d{1,9}$/.test(name) ? Number(name) : null
}

function sriovOf(bench: Bench, path: string, files: ReadonlySet<string>): PciDevice['sriov'] {
  if (!files.has('sriov_totalvfs')) return null
  const functionsMax = readFact(bench, `${path}/sriov_totalvfs`, parseInteger)
  const functions = readFact(bench, `${path}/sriov_numvfs`, parseInteger)
  return functionsMax === null || functions === null || functionsMax <= 0 ? null : { functionsMax, functions }
}

/** What a slot driver calls the place of a device, or a bus; else the name that the firmware gives a function. */
function slotFinder(bench: Bench): (folder: PciFolder) => string | null {
  const root = '/sys/bus/pci/slots'
  const names = new Map<string, string>()
  for (const name of listNames(bench, root)) {
    const address = readFact(bench, `${root}/${name}/address`, parseSlotAddress)
    if (address !== null && !names.has(address)) names.set(address, name)
  }
  return ({ address, path, files }) => {
    const device = withoutFunction(address)
    const slot = names.get(device) ?? names.get(device.slice(0, device.lastIndexOf(':')))
    if (slot !== undefined || !files.has('label')) return slot ?? null
    return readFact(bench, `${path}/label`, parseLine)
  }
}

/** What hangs below a bridge cannot be near another node than the bridge: one of them is wrong (FN-0020). */
function compareWithBridges({ report }: Bench, devices: readonly PciDevice[]): void {
  const byAddress = new Map(devices.map((device) => [device.address, device]))
  for (const { address, numaNode, locality, parent } of devices) {
    const above = parent === null ? undefined : byAddress.get(parent)
    if (locality !== 'numa_node' || above?.locality !== 'numa_node' || above.numaNode === numaNode) continue
    const message = `the kernel says NUMA node ${numaNode}, and ${above.numaNode} for the bridge ${parent} above it`
    report.add({ code: 'HW_CONFLICT', where: `${pciRoot}/${address}/numa_node`, message })
  }
}
