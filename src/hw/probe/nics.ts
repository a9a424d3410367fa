// Network ports of hardware: interfaces that stand on a device. Loopback, bridges, bonds and tunnels have none; virtual
// functions and what stands for them on a switching card are parts of a port that is listed.

import type { Nic } from '../../model/inventory.ts'
import { absent, type Reading } from '../../model/reading.ts'
import { lastingAddress, parseMac } from '../parse/mac.ts'
import { isParavirtual } from '../parse/nic-drivers.ts'
import { cleanText, parseHex, parseInteger, parseLine, parsePositive } from '../parse/numbers.ts'
import { pciAddressInPath } from '../parse/pci.ts'
import { lldpNeighbours } from './lldp.ts'
import { numaNodeOf } from './locality.ts'
import { type NicTools, nicTools } from './nic-tools.ts'
import type { NumaFacts } from './numa.ts'
import { isVirtualFunction, type RdmaPort } from './rdma.ts'
import { type Bench, linkName, listNames, readFact } from './report.ts'

const root = '/sys/class/net'

/** An interface that stands on a device, and the files that the kernel has of it. */
type Candidate = {
  readonly name: string
  readonly folder: string
  readonly files: ReadonlySet<string>
  readonly devicePath: string
  /** Number on a card whose ports share the function; null where it is alone on it. */
  readonly port: number | null
}

export function probeNics(bench: Bench, numa: NumaFacts, rdma: readonly RdmaPort[]): readonly Nic[] {
  const found = candidates(bench)
  if (found.length === 0) return []
  const tools = nicTools(bench)
  const neighbours = lldpNeighbours(bench)
  return found.map((one) => ({
    ...nic(bench, numa, one, rdmaOf(one, rdma), tools),
    lldp: neighbours.get(one.name) ?? [],
  }))
}

function candidates(bench: Bench): readonly Candidate[] {
  const { source } = bench
  const found = listNames(bench, root).flatMap((name) => {
    const folder = `${root}/${name}`
    const place = source.linkText(folder)
    // A machine with many containers has hundreds of these.
    if (place?.includes('/virtual/net/')) return []
    const devicePath = deviceOf(place) ?? source.realPath(`${folder}/device`)
    if (devicePath === null || isVirtualFunction(bench, devicePath)) return []
    return [{ name, folder, devicePath, files: new Set(listNames(bench, folder)) }]
  })
  return found.flatMap((one) => {
    if (found.every((other) => other === one || other.devicePath !== one.devicePath)) return [{ ...one, port: null }]
    return isRepresentor(bench, one.folder) ? [] : [{ ...one, port: portNumber(bench, one.folder, one.files) }]
  })
}

/** The class has a link into the device's folder, and old kernels a folder; captures do not always hold what it leads to. */
function deviceOf(place: string | null): string | null {
  const match = /^(?:\.\.\/)*(?:\/?sys\/)?devices\/(.+)\/net\/[^/]+$/.exec(place ?? '')
  return match === null || (match[1] as string).includes('..') ? null : `/sys/devices/${match[1]}`
}

/** On a switching card a virtual function has an interface here as well, named after it: `pf0vf3`, `c1pf0sf88`. */
function isRepresentor(bench: Bench, folder: string): boolean {
  const name = bench.source.readText(`${folder}/phys_port_name`)
  return name.kind === 'known' && /^(c\d+)?pf\d+(vf|sf)\d+$/.test(cleanText(name.value))
}

/** Kernels before 3.15 count in `dev_id`, and later ones leave that at 0. */
function portNumber(bench: Bench, folder: string, files: ReadonlySet<string>): number | null {
  const number = files.has('dev_port') ? readFact(bench, `${folder}/dev_port`, parseInteger) : null
  if (number !== null && number > 0) return number
  const id = files.has('dev_id') ? readFact(bench, `${folder}/dev_id`, parseHex) : null
  return id ?? number
}

/** The RDMA port on the same function: that of the same number where the function has several (RDMA counts from 1). */
function rdmaOf({ devicePath, port }: Candidate, rdma: readonly RdmaPort[]): RdmaPort | null {
  const here = rdma.filter((one) => one.devicePath === devicePath)
  return (here.length > 1 ? here.find((one) => one.port === (port ?? 0) + 1) : here[0]) ?? null
}

function nic(bench: Bench, numa: NumaFacts, one: Candidate, rdma: RdmaPort | null, tools: NicTools): Omit<Nic, 'lldp'> {
  const { name, folder, files, devicePath, port } = one
  const fact = <T>(file: string, parse: (text: string) => Reading<T>) =>
    files.has(file) ? readFact(bench, `${folder}/${file}`, parse) : null
  const mac = fact('address', parseMac)
  const link = linkOf(bench, folder)
  const driver = linkName(bench, `${devicePath}/driver`)
  const flags = fact('flags', parseHex)
  const isPlain = isParavirtual(driver)
  const isEthernet = mac?.length === 17 && !files.has('wireless') && !files.has('phy80211')
  return {
    name,
    mac,
    permanentMac: permanentMac(bench, one, { mac, isPlain }, tools),
    speedMbps: link === false ? null : (speedOf(bench, folder) ?? rdmaSpeed(rdma)),
    speedMaxMbps: isPlain || !isEthernet ? null : tools.speedMaxMbps(name),
    link,
    isUp: flags === null ? null : (flags & 1) !== 0,
    mtu: fact('mtu', parsePositive),
    driver,
    firmware: rdma?.firmware ?? (isPlain || isUsb(devicePath) ? null : tools.firmware(name)),
    numaNode: numaNodeOf(bench, numa, devicePath),
    // Of a USB adapter it would be that of the controller it is plugged into.
    pciAddress: isUsb(devicePath) ? null : pciAddressInPath(devicePath),
    port,
    bond: files.has('bonding_slave') ? linkName(bench, `${folder}/master`) : null,
    rdma: rdma === null ? null : withoutPlace(rdma),
    sriov: sriovOf(bench, devicePath),
  }
}

/**
 * `addr_assign_type` 0 says that the address is the burnt-in one, 1 that there is none. A bond gives its own address to
 * its members, and keeps theirs.
 */
function permanentMac(
  bench: Bench,
  { name, folder, files }: Candidate,
  { mac, isPlain }: { readonly mac: string | null; readonly isPlain: boolean },
  tools: NicTools,
): string | null {
  if (mac === null) return null
  const kind = files.has('addr_assign_type') ? readFact(bench, `${folder}/addr_assign_type`, parseInteger) : null
  if (kind === 0) return lastingAddress(mac)
  if (kind === 1) return null
  const kept = files.has('bonding_slave') ? readFact(bench, `${folder}/bonding_slave/perm_hwaddr`, parseMac) : null
  const found = kept ?? (isPlain ? null : tools.permanentMac(name))
  return found === null ? null : lastingAddress(found)
}

/** `carrier` cannot be read (EINVAL) while the port is switched off, which is no link and no fault. */
function linkOf(bench: Bench, folder: string): boolean | null {
  const carrier = bench.source.readText(`${folder}/carrier`)
  const word = carrier.kind === 'known' ? cleanText(carrier.value) : ''
  if (word === '1') return true
  if (word === '0') return false
  const state = readFact(bench, `${folder}/operstate`, parseLine)
  if (state === 'up') return true
  return state === 'down' || state === 'lowerlayerdown' ? false : null
}

/** -1, 65535 and 4294967295 are how drivers say that they do not know; virtual ones refuse with EINVAL. */
function speedOf(bench: Bench, folder: string): number | null {
  const text = bench.source.readText(`${folder}/speed`)
  const speed = text.kind === 'known' ? parseInteger(text.value) : absent
  if (speed.kind !== 'known' || speed.value <= 0 || speed.value === 65535 || speed.value === 4294967295) return null
  return speed.value
}

function rdmaSpeed(rdma: RdmaPort | null): number | null {
  return rdma === null || rdma.rateGbps === null || rdma.state !== 'ACTIVE' ? null : rdma.rateGbps * 1000
}

function withoutPlace({ devicePath: _path, ...rest }: RdmaPort): Nic['rdma'] {
  return rest
}

function sriovOf(bench: Bench, devicePath: string): Nic['sriov'] {
  const functionsMax = bench.source.exists(`${devicePath}/sriov_totalvfs`)
    ? readFact(bench, `${devicePath}/sriov_totalvfs`, parseInteger)
    : null
  if (functionsMax === null || functionsMax <= 0) return null
  const functions = readFact(bench, `${devicePath}/sriov_numvfs`, (text) => {
    const count = parseInteger(text)
    return count.kind === 'known' && count.value < 0 ? absent : count
  })
  return functions === null ? null : { functionsMax, functions }
}

/** What drivers of USB adapters call firmware is a name of the driver. */
function isUsb(devicePath: string): boolean {
  return /\/usb\d+\//.test(devicePath)
}
