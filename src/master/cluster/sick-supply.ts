// What of an agent's resources is missing because parts of its machine are sick: amounts for what is counted (cpus, mem,
// gpus, instances of GPUs), exact resources for disks. What a task holds of a sick part stays the task's until its end,
// and is missing from then on. It does not know why a part is sick.

import { parseCpuList } from '../../model/cpu-set.ts'
import { type Grant, type Hardware, type HardwareDisk, mountOf } from '../../model/hardware.ts'
import {
  allocatedTo,
  overlap,
  type Resource,
  type Resources,
  resources,
  scalarTotal,
  subtract,
} from '../../model/resources.ts'
import { milli } from '../../model/units.ts'
import type { Agent } from './records.ts'
import { well } from './sick-parts.ts'

const milliMebibyteBytes = (1024 * 1024) / 1000

/** `left` (the agent's total, less what nobody's runs hold) without what is sick and held by nobody. */
export function withoutSick(agent: Agent, left: Resources): Resources {
  if (agent.sickness === well) return left
  const held = allocatedTo(subtract(agent.used, agent.endingUsed), undefined)
  const free = subtract(left, overlap(left, held))
  const sick = resources(free.filter((item) => isOnSickDisk(agent, item)))
  const counted = lostAmounts(agent).flatMap(({ name, lost }) => takeAmount(free, name, lost))
  return subtract(left, resources([...sick, ...counted]))
}

/** Whether a disk resource lies where a sick disk or file system is. */
export function isOnSickDisk({ hardware, sickness }: Pick<Agent, 'hardware' | 'sickness'>, item: Resource): boolean {
  const source = item.disk?.source
  if (source === undefined) return false
  const { id, root } = source
  const isSick = ({ name, resourceId }: HardwareDisk) => resourceId === id && sickness.parts.disks.includes(name)
  if (id !== undefined && hardware.disks.some(isSick)) return true
  if (root === undefined || sickness.mounts.length === 0) return false
  const known = [...(hardware.mounts ?? []), ...sickness.mounts.map((path) => ({ path }))]
  const home = mountOf(known, root)
  return home !== undefined && sickness.mounts.includes(home.path)
}

/** In thousandths, by resource name. */
function lostAmounts(agent: Agent): readonly { readonly name: string; readonly lost: number }[] {
  const { hardware, sickness, total } = agent
  const { gpus, cpus, nodes } = sickness.parts
  const grants = heldGrants(agent)
  const lost: { name: string; lost: number }[] = []
  const lose = (name: string, whole: number, sick: number) =>
    lost.push({ name, lost: lossOf(scalarTotal(total, name), whole, whole - sick) })
  if (gpus.length > 0) {
    const held = new Set(grants.flatMap(({ gpuUuids, gpuInstanceUuids }) => [...gpuUuids, ...gpuInstanceUuids]))
    for (const [name, { all, sick }] of countGpus(hardware, gpus, held)) lose(name, 1000 * all, 1000 * sick)
  }
  if (cpus !== '') {
    const held = new Set(grants.flatMap((grant) => parseCpuList(grant.cpus ?? '') ?? []))
    const all = hardware.cores.reduce((sum, core) => sum + (parseCpuList(core.cpus)?.length ?? 0), 0)
    lose('cpus', 1000 * all, 1000 * (parseCpuList(cpus) ?? []).filter((cpu) => !held.has(cpu)).length)
  }
  if (nodes.length > 0) {
    const held = grants.flatMap(({ memory }) => memory).filter(({ node }) => nodes.includes(node))
    const ofNodes = hardware.nodes.filter(({ id }) => nodes.includes(id))
    const sickBytes = sumOf(ofNodes, (node) => node.memoryBytes) - sumOf(held, ({ bytes }) => bytes)
    const allBytes = sumOf(hardware.nodes, (node) => node.memoryBytes)
    lose('mem', allBytes / milliMebibyteBytes, Math.max(0, sickBytes) / milliMebibyteBytes)
  }
  return lost
}

function heldGrants(agent: Agent): readonly Grant[] {
  const live = [...agent.tasks.values()].filter((task) => task.holdsResources)
  return [...live, ...agent.ending.values()].map(({ grant }) => grant)
}

/** By resource name: `gpus` are those that are not cut. */
function countGpus(
  hardware: Hardware,
  sickUuids: readonly string[],
  held: ReadonlySet<string>,
): ReadonlyMap<string, { readonly all: number; readonly sick: number }> {
  const counts = new Map<string, { all: number; sick: number }>()
  for (const { uuid, instances } of hardware.gpus) {
    const isSick = sickUuids.includes(uuid)
    for (const part of instances.length > 0 ? instances : [{ uuid, resource: 'gpus' }]) {
      const count = counts.get(part.resource) ?? { all: 0, sick: 0 }
      count.all++
      if (isSick && !held.has(part.uuid)) count.sick++
      counts.set(part.resource, count)
    }
  }
  return counts
}

/**
 * An operator may offer more of a thing than there is, or less: more shrinks in proportion, less only where the healthy
 * rest is not enough for it.
 */
function lossOf(total: number, whole: number, healthy: number): number {
  if (whole <= 0) return 0
  return total - (total > whole ? Math.floor((total * healthy) / whole) : Math.min(total, Math.floor(healthy)))
}

/** What nobody reserved goes first: a reservation is a promise. */
function takeAmount(free: Resources, name: string, lost: number): Resources {
  const items = free.filter((item) => item.name === name && item.value.kind === 'scalar' && item.disk === undefined)
  const inOrder = [...items].sort((a, b) => (a.reservations?.length ?? 0) - (b.reservations?.length ?? 0))
  const taken: Resource[] = []
  let left = lost
  for (const item of inOrder) {
    if (left <= 0 || item.value.kind !== 'scalar') break
    const amount = Math.min(left, item.value.milli)
    taken.push({ ...item, value: { kind: 'scalar', milli: milli(amount) } })
    left -= amount
  }
  return resources(taken)
}

function sumOf<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0)
}
