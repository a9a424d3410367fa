// Which parts of a machine its conditions make unfit for tasks. One table says what of a machine each kind of part may
// hurt a task by; where that cannot be narrowed down, it is the whole machine. Warnings hurt nobody: what they are about
// works. It does not know who holds what, nor what is offered.

import { formatCpuList, parseCpuList } from '../../model/cpu-set.ts'
import type { Hardware, HardwareMount } from '../../model/hardware.ts'
import type { Condition, PartKind, PartRef } from '../../model/health.ts'
import { nothingSick, type SickParts } from '../placement/types.ts'

export type Sickness = {
  /** Nothing of the machine may be given to tasks. */
  readonly isWhole: boolean
  readonly parts: SickParts
  /** Paths of file systems that may not be given: disk resources whose source is there. */
  readonly mounts: readonly string[]
}

export const well: Sickness = { isWhole: false, parts: nothingSick, mounts: [] }

/** By all conditions together; `well` itself where nothing is sick. */
export function sicknessOf(hardware: Hardware, conditions: readonly Condition[]): Sickness {
  const critical = criticalOf(conditions)
  return critical.length === 0 ? well : joined([...new Set(sicknessesBy(hardware, critical))])
}

export function criticalOf(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.filter(({ severity }) => severity === 'critical')
}

/** By each of critical conditions; many may be of one part. */
export function sicknessesBy(hardware: Hardware, critical: readonly Condition[]): readonly Sickness[] {
  const byPart = new Map<string, Sickness>()
  return critical.map((one) => {
    const { kind, name, id } = one.part
    const key = JSON.stringify([kind, name, id])
    const sickness = byPart.get(key) ?? sicknessBy(hardware, one)
    byPart.set(key, sickness)
    return sickness
  })
}

/** By one critical condition. */
export function sicknessBy(hardware: Hardware, { part }: Condition): Sickness {
  return (hurts.get(part.kind) ?? whole)(hardware, part)
}

/** `GPU_FAILED 0000:3b:00.0`: a part by the name that grants have for it. */
export function conditionText({ code, part }: Condition): string {
  return `${code} ${part.kind === 'gpu' ? (part.id ?? part.name) : part.name}`
}

/** No processor has cores of more threads. */
const coreThreadsMax = 64

type Hurt = (hardware: Hardware, part: PartRef) => Sickness

const whole: Hurt = () => ({ ...well, isWhole: true })
/** Nothing that tasks are given stands on it. */
const nothing: Hurt = () => well

const table: Readonly<Record<PartKind, Hurt>> = {
  machine: whole,
  // A package that erred computes wrongly for whoever runs on its cores; which package is not always known.
  cpu: (hardware, { name }) => {
    const id = numberIn(name, /^package (\d+)$/)
    const cores = hardware.cores.filter((core) => id !== null && core.package === id)
    return cores.length === 0 ? whole(hardware, { kind: 'cpu', name, id: null }) : ofCpus(cores.map(({ cpus }) => cpus))
  },
  // Named by its CPUs; its other threads share its units. A name of very many is no core's.
  core: (hardware, part) => {
    const named = parseCpuList(part.name.replace(/^(CPUs?|cores?) /i, '')) ?? []
    if (named.length > coreThreadsMax) return whole(hardware, part)
    const byCpu = coresByCpu(hardware.cores)
    const cores = new Set(named.flatMap((cpu) => byCpu.get(cpu) ?? []))
    return cores.size === 0 ? whole(hardware, part) : ofCpus([...cores].map(({ cpus }) => cpus))
  },
  // Its memory and the cores that take theirs from it first.
  'numa-node': (hardware, part) => {
    const id = numberIn(part.name, /^node (\d+)$/)
    if (id === null || !hardware.nodes.some((node) => node.id === id)) return whole(hardware, part)
    const { parts } = ofCpus(hardware.cores.filter(({ node }) => node === id).map(({ cpus }) => cpus))
    return { ...well, parts: { ...parts, nodes: [id] } }
  },
  // Modules are interleaved: pages of every task may lie on each of them, and no table says which node a module is of.
  memory: whole,
  dimm: whole,
  // What is kept on it, on all namespaces of the drive. A member behind a controller or of a mirror is no part of any file system by itself.
  disk: (hardware, part) => {
    const same = hardware.disks.filter(({ serial }) => serial !== null && serial === part.id)
    return ofDisks(hardware, [...new Set([part.name, ...same.map(({ name }) => name)])])
  },
  volume: (hardware, { name }) => onMounts(hardware, ({ volumes }) => volumes.includes(name)),
  filesystem: (hardware, { name }) => {
    const found = onMounts(hardware, ({ path }) => path === name)
    return { ...found, mounts: [name] }
  },
  nic: (hardware, part) => {
    const nics = hardware.nics.filter(({ name, mac }) => name === part.name || (mac !== null && mac === part.id))
    return { ...well, parts: { ...well.parts, nics: nics.map(({ name }) => name) } }
  },
  // A fabric port is given with the network port of the same device, or not at all: `mlx5_0/1`.
  fabric: (hardware, { name }) => {
    const nics = hardware.nics.filter(({ rdma }) => rdma !== null && (rdma === name || name.startsWith(`${rdma}/`)))
    return { ...well, parts: { ...well.parts, nics: nics.map((nic) => nic.name) } }
  },
  // One that is gone from the bus is in nobody's list; a task may still hold it.
  gpu: (hardware, { name, id }) => {
    const found = hardware.gpus.filter(({ uuid, pciAddress }) => uuid === id || uuid === name || pciAddress === name)
    const uuids = found.length > 0 ? found.map(({ uuid }) => uuid) : [id ?? name]
    return { ...well, parts: { ...well.parts, gpus: uuids } }
  },
  // Whatever that may be given sits at this address.
  pci: (hardware, { name }) => {
    const at = ({ pciAddress }: { readonly pciAddress: string | null }) => pciAddress === name
    const gpus = hardware.gpus.filter(at).map(({ uuid }) => uuid)
    const nics = hardware.nics.filter(at).map((nic) => nic.name)
    const disks = hardware.disks.filter(at).map((disk) => disk.name)
    const found = disks.length === 0 ? well : ofDisks(hardware, disks)
    return { ...found, parts: { ...found.parts, gpus, nics } }
  },
  accelerator: nothing,
  // Heat, power and what measures them belong to everything in the box.
  fan: whole,
  psu: whole,
  sensor: whole,
  bmc: whole,
}

/** Kinds of an agent of a later version are none of these: they are not found, and not believed harmless. */
const hurts = new Map<string, Hurt>(Object.entries(table))

function ofCpus(lists: readonly string[]): Sickness {
  const cpus = lists.flatMap((list) => parseCpuList(list) ?? []).sort((a, b) => a - b)
  return { ...well, parts: { ...well.parts, cpus: formatCpuList(cpus) } }
}

function ofDisks(hardware: Hardware, names: readonly string[]): Sickness {
  const found = onMounts(hardware, (mount) => mount.disks.some((name) => names.includes(name)))
  return { ...found, parts: { ...well.parts, disks: names } }
}

/** Where nobody says what stands on disks, programs or the work directory may. */
function onMounts({ mounts }: Hardware, isOn: (mount: HardwareMount) => boolean): Sickness {
  const found = mounts?.filter(isOn) ?? []
  if (mounts === undefined || found.some(({ isSystem }) => isSystem)) return { ...well, isWhole: true }
  return { ...well, mounts: found.map(({ path }) => path) }
}

function numberIn(text: string, pattern: RegExp): number | null {
  const digits = pattern.exec(text)?.[1]
  return digits === undefined ? null : Number(digits)
}

function joined(all: readonly Sickness[]): Sickness {
  const each = <T>(of: (parts: SickParts) => readonly T[]) => [...new Set(all.flatMap(({ parts }) => of(parts)))]
  return {
    isWhole: all.some(({ isWhole }) => isWhole),
    parts: {
      cpus: formatCpuList(each(({ cpus }) => parseCpuList(cpus) ?? []).sort((a, b) => a - b)),
      nodes: each(({ nodes }) => nodes),
      gpus: each(({ gpus }) => gpus),
      nics: each(({ nics }) => nics),
      disks: each(({ disks }) => disks),
    },
    mounts: [...new Set(all.flatMap(({ mounts }) => mounts))],
  }
}

type CoresByCpu = ReadonlyMap<number, Hardware['cores'][number]>

/** Every condition of a core asks, and a machine has very many cores. */
const coresByCpuOf = new WeakMap<Hardware['cores'], CoresByCpu>()

function coresByCpu(cores: Hardware['cores']): CoresByCpu {
  const known = coresByCpuOf.get(cores)
  if (known !== undefined) return known
  const made = new Map(cores.flatMap((core) => (parseCpuList(core.cpus) ?? []).map((cpu) => [cpu, core] as const)))
  coresByCpuOf.set(cores, made)
  return made
}
