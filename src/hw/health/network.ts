// Network and fabric ports: links, flaps, damaged frames.
// It says what it sees at one look; what that means over time is the tracker's.
// A port is expected to have a link when it is switched on and somebody uses it: it had a link since the boot, belongs to
// a bond or bridge, or has an address. Systems switch every port on, cable or not, and that is no fault.

import type { ConditionCode } from '../../model/conditions.ts'
import type { PartRef } from '../../model/health.ts'
import type { FabricPort, Nic, RdmaDevice } from '../../model/inventory.ts'
import { parseIbState, parsePortCounter } from '../parse/infiniband.ts'
import { isParavirtual } from '../parse/nic-drivers.ts'
import { fabricRef, nicRef } from '../parts.ts'
import { nameOf } from '../source/paths.ts'
import { countSinceBoot, type HealthBench } from './bench.ts'
import { valueAt } from './files.ts'

/** A port that goes down and comes back once was replugged, or its switch was restarted; twice between two looks flaps. */
const flapChangesMin = 4

/** Links have a rate of errors that is within their specification. */
const damagedFramesMin = 10
const symbolErrorsMin = 10

export function lookAtNetwork(bench: HealthBench): void {
  let addressed: ReadonlySet<string> | null = null
  const hasAddress = (name: string) => {
    addressed ??= addressedPorts(bench)
    return addressed.has(name)
  }
  for (const nic of bench.inventory.nics) lookAtNic(bench, nic, hasAddress)
  for (const port of bench.inventory.fabrics) {
    const part = fabricRef(port)
    if (port.kind === 'infiniband') lookAtIbPort(bench, part, rdmaFolder(port), port.state)
    else lookAtFcPort(bench, part, port)
  }
}

function lookAtNic(bench: HealthBench, nic: Nic, hasAddress: (name: string) => boolean): void {
  const part = nicRef(nic)
  const folder = `/sys/class/net/${nic.name}`
  const isInfiniband = nic.rdma?.linkLayer === 'InfiniBand'
  if (nic.rdma !== null && isInfiniband) lookAtIbPort(bench, part, rdmaFolder(nic.rdma), nic.rdma.state)
  if (nic.isUp === null || (nic.isUp && nic.link === null)) {
    const message = `neither carrier nor operstate of ${nic.name} tells`
    bench.findings.unchecked('has the port a link', part, 'HW_UNKNOWN', message)
  }
  if (nic.isUp !== true) return
  const changes = readCount(bench, `${folder}/carrier_changes`)
  if (nic.link === false && !isInfiniband) {
    const use = useOf(bench, nic, { folder, changes, hasAddress })
    if (use !== null) {
      const evidence = { source: `${folder}/carrier`, text: `switched on, without a carrier; ${use}` }
      bench.findings.symptom('NIC_LINK_DOWN', part, evidence)
    }
  }
  const count = counterOf(bench, part, folder)
  if (changes !== null) count('NIC_FLAPPING', 'carrier_changes', changes, 'changes of carrier', flapChangesMin)
  if (isParavirtual(nic.driver)) return
  const files = ['rx_crc_errors', 'rx_frame_errors'] as const
  const counts = files.map((file) => readCount(bench, `${folder}/statistics/${file}`))
  if (counts.every((value) => value === null)) {
    const message = `${folder}/statistics has no counts of damaged frames`
    bench.findings.unchecked('does the port receive damaged frames', part, 'HW_UNKNOWN', message)
  }
  files.forEach((file, i) => {
    const value = counts[i]
    if (value !== null && value !== undefined) {
      count('NIC_ERRORS', `statistics/${file}`, value, file.replaceAll('_', ' '), damagedFramesMin)
    }
  })
}

type Use = {
  readonly folder: string
  readonly changes: number | null
  readonly hasAddress: (name: string) => boolean
}

/** Why a port should have a link; null where nobody seems to use it. */
function useOf(bench: HealthBench, nic: Nic, { folder, changes, hasAddress }: Use): string | null {
  const ups = readCount(bench, `${folder}/carrier_up_count`)
  if (ups !== null && ups > 0) return `it had one ${ups} times since the boot`
  // Kernels before 4.16 count both ways in one; the first change is the driver's own.
  if (ups === null && changes !== null && changes > 1) return `its carrier changed ${changes} times since the boot`
  const master = bench.source.linkText(`${folder}/master`)
  if (master !== null) return `it belongs to ${nameOf(master)}`
  return hasAddress(nic.name) ? 'it has an address' : null
}

/** Ports that somebody gave an address or a route, of either protocol; link-local addresses come by themselves. */
function addressedPorts({ source }: HealthBench): ReadonlySet<string> {
  const names = new Set<string>()
  const routes = source.readText('/proc/net/route')
  const addresses = source.readText('/proc/net/if_inet6')
  for (const line of routes.kind === 'known' ? routes.value.split('\n').slice(1) : []) {
    const name = line.split('\t')[0]
    if (name !== undefined && name !== '') names.add(name.trim())
  }
  for (const line of addresses.kind === 'known' ? addresses.value.split('\n') : []) {
    const [address = '', , , , , name] = line.trim().split(/\s+/)
    if (name !== undefined && !address.startsWith('fe80')) names.add(name)
  }
  return names
}

function rdmaFolder({ name, port }: { readonly name: string; readonly port?: RdmaDevice['port'] }): string {
  const [device, number] = port === undefined ? name.split('/') : [name, port]
  return `/sys/class/infiniband/${device}/ports/${number}`
}

/** INIT is a cable without a subnet manager behind it. DOWN and polling is no cable: a fault where there was one. */
function lookAtIbPort(bench: HealthBench, part: PartRef, folder: string, state: string | null): void {
  const downs = readCount(bench, `${folder}/counters/link_downed`)
  if (state === null) {
    bench.findings.unchecked('has the port a link', part, 'HW_UNKNOWN', `${folder} tells no state`)
  } else if (state !== 'ACTIVE' && state !== 'ACTIVE_DEFER') {
    const physical = valueAt(bench.source, `${folder}/phys_state`, parseIbState)
    const isOff = physical === 'DISABLED' || physical === 'SLEEP'
    const isUnplugged = state === 'DOWN' && (downs === null || downs === 0)
    const text = `state ${state}, physical state ${physical ?? 'unknown'}, link downed ${downs ?? 'unknown'} times`
    if (!isOff && !isUnplugged) bench.findings.symptom('FABRIC_LINK_DOWN', part, { source: `${folder}/state`, text })
  }
  const count = counterOf(bench, part, folder)
  const counters = [
    ['link_downed', downs, 'links lost', 2],
    ['link_error_recovery', undefined, 'links recovered after errors', 2],
    ['symbol_error', undefined, 'symbol errors', symbolErrorsMin],
    ['port_rcv_errors', undefined, 'damaged packets received', symbolErrorsMin],
  ] as const
  for (const [file, before, text, growthMin] of counters) {
    const value = before === undefined ? readCount(bench, `${folder}/counters/${file}`) : before
    if (value !== null) count('FABRIC_ERRORS', `counters/${file}`, value, text, growthMin)
  }
}

/** A host that never received a frame has no cable, which is no fault. */
function lookAtFcPort(bench: HealthBench, part: PartRef, port: FabricPort): void {
  const folder = `/sys/class/fc_host/${port.name}`
  if (port.state === null || port.state === 'Unknown') {
    bench.findings.unchecked('has the port a link', part, 'HW_UNKNOWN', `${folder}/port_state does not tell`)
  } else if (/^(Offline|Linkdown|Error|Blocked)$/i.test(port.state)) {
    const received = readCount(bench, `${folder}/statistics/rx_frames`)
    const text = `${port.state}, ${received ?? 'an unknown number of'} frames received`
    if (received !== 0 || /^error$/i.test(port.state)) {
      bench.findings.symptom('FABRIC_LINK_DOWN', part, { source: `${folder}/port_state`, text })
    }
  }
  const count = counterOf(bench, part, folder)
  const counters = [
    ['link_failure_count', 'links lost', 2],
    ['invalid_crc_count', 'frames with a wrong checksum', damagedFramesMin],
    ['error_frames', 'damaged frames', damagedFramesMin],
  ] as const
  for (const [file, text, growthMin] of counters) {
    const value = readCount(bench, `${folder}/statistics/${file}`)
    if (value !== null) count('FABRIC_ERRORS', `statistics/${file}`, value, text, growthMin)
  }
}

type Count = (code: ConditionCode, file: string, value: number, text: string, growthMin: number) => void

/** Drivers start from 0 when they are loaded, which at latest is at the boot. */
function counterOf(bench: HealthBench, part: PartRef, folder: string): Count {
  return (code, file, value, text, growthMin) =>
    countSinceBoot(bench, { code, part, source: `${folder}/${file}`, text, value, growthMin })
}

function readCount(bench: HealthBench, path: string): number | null {
  return valueAt(bench.source, path, parsePortCounter)
}
