// Network ports of hardware: interfaces that stand on a device. Loopback, bridges, bonds, tunnels and virtual functions
// have none, or are parts of one that is listed.

import type { Nic } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { parseColonPairs } from '../parse/key-values.ts'
import { cleanText, parseInteger } from '../parse/numbers.ts'
import { pciAddressInPath } from '../parse/pci.ts'
import { numaNodeOf } from './locality.ts'
import type { NumaFacts } from './numa.ts'
import { type Bench, listNames, readFact } from './report.ts'

/** Drivers answer at once; a longer silence is a dead device. */
const ethtoolTimeoutMs = 2000

export function probeNics(bench: Bench, numa: NumaFacts): readonly Nic[] {
  return listNames(bench, '/sys/class/net').flatMap((name) => nic(bench, numa, name) ?? [])
}

function nic(bench: Bench, numa: NumaFacts, name: string): Nic | null {
  const folder = `/sys/class/net/${name}`
  const path = bench.source.realPath(`${folder}/device`)
  if (path === null || bench.source.exists(`${folder}/device/physfn`)) return null
  const link = linkOf(bench, folder)
  const driver = bench.source.realPath(`${folder}/device/driver`)
  return {
    name,
    mac: readFact(bench, `${folder}/address`, parseMac),
    speedMbps: link === false ? null : speedOf(bench, folder),
    link,
    driver: driver === null ? null : driver.slice(driver.lastIndexOf('/') + 1),
    firmware: firmwareOf(bench, name, folder),
    numaNode: numaNodeOf(bench, numa, path),
    pciAddress: pciAddressInPath(path),
    permanentMac: null,
    speedMaxMbps: null,
    isUp: null,
    mtu: null,
    port: null,
    bond: null,
    rdma: null,
    sriov: null,
    lldp: [],
  }
}

/** `carrier` cannot be read (EINVAL) while the port is switched off, which is no link and no fault. */
function linkOf(bench: Bench, folder: string): boolean | null {
  const carrier = bench.source.readText(`${folder}/carrier`)
  if (carrier.kind === 'known') {
    const word = cleanText(carrier.value)
    if (word === '1') return true
    if (word === '0') return false
  }
  const state = readFact(bench, `${folder}/operstate`, parseWord)
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

/** From the RDMA device of the same port where there is one, else from the driver by way of ethtool. */
function firmwareOf(bench: Bench, name: string, folder: string): string | null {
  for (const device of listNames(bench, `${folder}/device/infiniband`)) {
    const version = readFact(bench, `/sys/class/infiniband/${device}/fw_ver`, parseWord)
    if (version !== null) return version
  }
  if (name.startsWith('-')) return null
  const done = bench.source.run(['ethtool', '-i', name], { timeoutMs: ethtoolTimeoutMs })
  if (!done.ok) {
    bench.report.add({ code: done.fault.code, where: 'ethtool', message: done.fault.message })
    return null
  }
  const version = parseColonPairs(done.value.stdout).get('firmware-version') ?? ''
  return version === '' || version === 'N/A' ? null : version
}

function parseMac(text: string): Reading<string> {
  const mac = cleanText(text).toLowerCase()
  return /^([0-9a-f]{2}:){5,19}[0-9a-f]{2}$/.test(mac) && !/^[0:]+$/.test(mac) ? known(mac) : absent
}

function parseWord(text: string): Reading<string> {
  const word = cleanText(text)
  return word === '' ? absent : known(word)
}
