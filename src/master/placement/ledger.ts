// Who has which part of one machine, as sums: what a grant adds is a function of the grant and the machine alone, so that
// taking it away leaves what was before, in whatever order. Holding a part twice is counted twice. Costs follow the size of
// the grant, never the number of tasks. It decides nothing.

import { formatCpuList, parseCpuList } from '../../model/cpu-set.ts'
import type { Grant } from '../../model/hardware.ts'
import type { Machine } from './machine.ts'
import { createPool, type Pool } from './pool.ts'
import type { Need, SickParts } from './types.ts'

export type Ledger = {
  /** How many have each thread alone. */
  readonly holders: Int32Array
  /** CPUs that nobody has alone, and who shares them. */
  readonly pool: Pool
  /** By place. */
  readonly memoryHeld: number[]
  /** Memory of tasks that is on no node in particular. */
  floatingBytes: number
  /** Holders by uuid or name: of whole GPUs, instances, ports and disks. */
  readonly parts: Map<string, number>
  readonly sick: Sick
  /** Lists of healthy CPUs by places, as grants write them. */
  readonly listOfPlaces: Map<string, string>
  /** Counts the changes of what is held alone. */
  version: number
}

export type Sick = {
  readonly threads: ReadonlySet<number>
  readonly places: ReadonlySet<number>
  /** GPUs, instances, ports and disks. */
  readonly parts: ReadonlySet<string>
}

/** A machine and who has what of it. */
export type View = { readonly machine: Machine; readonly ledger: Ledger }

/** `cpusMilli` is what the machine offers of cpus. */
export function createLedger(machine: Machine, parts: SickParts, cpusMilli: number): Ledger {
  const sick = sickOf(machine, parts)
  const threads = machine.cpuOfThread.length
  const holders = new Int32Array(threads)
  return {
    holders,
    pool: createPool(freeByPlace(machine, holders, sick), { threads, cpusMilli }),
    memoryHeld: machine.places.map(() => 0),
    floatingBytes: 0,
    parts: new Map(),
    sick,
    listOfPlaces: new Map(),
    version: 0,
  }
}

/** The machine as it is held now, as if exactly these parts were sick. To be looked at: nothing is posted to it. */
export function asIfSick({ machine, ledger }: View, parts: SickParts): View {
  const sick = sickOf(machine, parts)
  const pool = ledger.pool.withFree(freeByPlace(machine, ledger.holders, sick))
  return { machine, ledger: { ...ledger, sick, pool, listOfPlaces: new Map() } }
}

function freeByPlace({ places }: Machine, holders: Int32Array, sick: Sick): number[] {
  const isFree = (thread: number) => holders[thread] === 0 && !sick.threads.has(thread)
  return places.map(({ cores }) => cores.reduce((sum, core) => sum + core.threads.filter(isFree).length, 0))
}

/** `sign` 1 holds, -1 releases. Parts that the machine does not have are nobody's. */
export function post({ machine, ledger }: View, grant: Grant, need: Need, sign: 1 | -1): void {
  if (grant.cpus === null) ledger.pool.share(placesWithin(machine, grant.cpusWithin), need.cpusMilli, sign)
  else for (const cpu of parseCpuList(grant.cpus) ?? []) postCpu({ machine, ledger }, cpu, sign)
  let plannedBytes = 0
  for (const { node, bytes } of grant.memory) {
    const place = machine.places.findIndex((one) => one.node === node)
    if (place === -1) continue
    ledger.memoryHeld[place] = (ledger.memoryHeld[place] as number) + sign * bytes
    plannedBytes += bytes
  }
  ledger.floatingBytes += sign * Math.max(0, need.memoryBytes - plannedBytes)
  for (const part of partsOf(grant)) {
    const holders = (ledger.parts.get(part) ?? 0) + sign
    if (holders === 0) ledger.parts.delete(part)
    else ledger.parts.set(part, holders)
  }
  ledger.version++
}

function postCpu({ machine, ledger }: View, cpu: number, sign: 1 | -1): void {
  const thread = machine.threadOfCpu.get(cpu)
  if (thread === undefined) return
  const before = ledger.holders[thread] as number
  ledger.holders[thread] = before + sign
  const isTurn = before === 0 || before + sign === 0
  if (!isTurn || ledger.sick.threads.has(thread)) return
  ledger.pool.free[placeOfThread(machine, thread)] = (ledger.pool.free[placeOfThread(machine, thread)] as number) - sign
}

export function placeOfThread(machine: Machine, thread: number): number {
  return machine.cores[machine.coreOfThread[thread] as number]?.place as number
}

/** The places that the CPUs are of; null where they are all places, or none that the machine knows. */
function placesWithin(machine: Machine, cpusWithin: string | null): readonly number[] | null {
  if (cpusWithin === null) return null
  const places = new Set<number>()
  for (const cpu of parseCpuList(cpusWithin) ?? []) {
    const thread = machine.threadOfCpu.get(cpu)
    if (thread !== undefined) places.add(placeOfThread(machine, thread))
  }
  const withCores = machine.places.filter(({ threads }) => threads > 0).length
  return places.size === 0 || places.size === withCores ? null : [...places].sort((a, b) => a - b)
}

/** The healthy CPUs of these places as a Linux list; null where that is every CPU. */
export function cpusOf({ machine, ledger }: View, places: readonly number[] | null): string | null {
  const isAll = places === null || machine.places.every(({ index, threads }) => threads === 0 || places.includes(index))
  if (isAll && ledger.sick.threads.size === 0) return null
  const key = isAll ? '' : places.join()
  const known = ledger.listOfPlaces.get(key)
  if (known !== undefined) return known
  const inside = machine.places.filter(({ index }) => isAll || places.includes(index))
  const threads = inside.flatMap(({ cores }) => cores.flatMap((core) => core.threads))
  const list = formatThreads(
    machine,
    threads.filter((thread) => !ledger.sick.threads.has(thread)),
  )
  ledger.listOfPlaces.set(key, list)
  return list
}

export function formatThreads(machine: Machine, threads: readonly number[]): string {
  return formatCpuList(threads.map((thread) => machine.cpuOfThread[thread] as number).sort((a, b) => a - b))
}

/** The devices that a grant gives to its task alone. */
export function partsOf(grant: Grant): readonly string[] {
  return [
    ...grant.gpuUuids,
    ...grant.gpuInstanceUuids,
    ...grant.nics.map((name) => partKey('nic', name)),
    ...grant.disks.map((name) => partKey('disk', name)),
  ]
}

/** Ports and disks are named by the kernel, each kind for itself. */
export function partKey(kind: 'nic' | 'disk', name: string): string {
  return `${kind} ${name}`
}

/** Healthy and nobody's. */
export function isPartFree({ ledger }: View, part: string): boolean {
  return !ledger.parts.has(part) && !ledger.sick.parts.has(part)
}

export function isGpuFree(view: View, gpu: number): boolean {
  const { uuid, instances } = view.machine.gpus[gpu] as Machine['gpus'][number]
  return instances.length === 0 && isPartFree(view, uuid)
}

/** A GPU that was cut while somebody has it whole is given by instance when it comes back. */
export function isInstanceFree(view: View, uuid: string): boolean {
  const gpu = view.machine.gpus[view.machine.gpuOfInstance.get(uuid) ?? -1]
  return gpu !== undefined && isPartFree(view, uuid) && isPartFree(view, gpu.uuid)
}

export function isThreadFree({ ledger }: View, thread: number): boolean {
  return ledger.holders[thread] === 0 && !ledger.sick.threads.has(thread)
}

/** What of the place's memory nobody is counted with. */
export function memoryFree({ machine, ledger }: View, place: number): number {
  if (ledger.sick.places.has(place)) return 0
  return Math.max(0, (machine.places[place]?.memoryBytes ?? 0) - (ledger.memoryHeld[place] ?? 0))
}

function sickOf(machine: Machine, parts: SickParts): Sick {
  const threads = (parseCpuList(parts.cpus) ?? []).flatMap((cpu) => machine.threadOfCpu.get(cpu) ?? [])
  const isSick = new Set(parts.nodes)
  return {
    threads: new Set(threads),
    places: new Set(machine.places.flatMap(({ index, node }) => (node !== null && isSick.has(node) ? [index] : []))),
    parts: new Set([
      ...parts.gpus,
      ...parts.nics.map((name) => partKey('nic', name)),
      ...parts.disks.map((name) => partKey('disk', name)),
    ]),
  }
}
