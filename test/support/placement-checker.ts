// A second opinion on what tasks were granted of one machine: from the machine and the list of all grants alone, without
// placement's books. Slow and simple on purpose: sets of numbers, every pair, every union of nodes.

import type { Need, SickParts, Wish } from '../../src/master/placement/types.ts'
import { parseCpuList } from '../../src/model/cpu-set.ts'
import type { Grant, Hardware } from '../../src/model/hardware.ts'

export type Granted = { readonly grant: Grant; readonly need: Need }

/** What is wrong with all these together; empty for a good machine. CPUs of the pool are only judged where cpus fit it. */
export function machineFaults(hardware: Hardware, cpusMilli: number, all: readonly Granted[]): readonly string[] {
  const faults: string[] = []
  const twice = (what: string, parts: readonly string[]) => {
    const seen = new Set<string>()
    for (const part of parts) {
      if (seen.has(part)) faults.push(`${what} ${part} is held twice`)
      seen.add(part)
    }
  }
  const alone = all.flatMap(({ grant }) => cpuNames(grant.cpus ?? ''))
  twice('CPU', alone)
  twice(
    'GPU',
    all.flatMap(({ grant }) => [...grant.gpuUuids]),
  )
  twice(
    'instance',
    all.flatMap(({ grant }) => [...grant.gpuInstanceUuids]),
  )
  twice(
    'port',
    all.flatMap(({ grant }) => [...grant.nics]),
  )
  twice(
    'disk',
    all.flatMap(({ grant }) => [...grant.disks]),
  )
  for (const { id, memoryBytes } of hardware.nodes) {
    const entries = all.flatMap(({ grant }) => grant.memory.filter(({ node }) => node === id))
    const sum = entries.reduce((bytes, entry) => bytes + entry.bytes, 0)
    if (sum > memoryBytes) faults.push(`node ${id} holds ${sum} of ${memoryBytes} bytes`)
  }
  return [...faults, ...poolFaults(hardware, cpusMilli, all, new Set(alone))]
}

/** Every union of nodes has at least the CPUs that tasks confined to it were promised. */
function poolFaults(hardware: Hardware, cpusMilli: number, all: readonly Granted[], alone: ReadonlySet<string>) {
  const home = new Map(hardware.cores.flatMap(({ cpus, node }) => cpuNames(cpus).map((cpu) => [cpu, node] as const)))
  if (cpusMilli !== home.size * 1000) return []
  const nodes = [...new Set(home.values())]
  const left = new Map(nodes.map((node) => [node, 0]))
  for (const [cpu, node] of home) if (!alone.has(cpu)) left.set(node, (left.get(node) as number) + 1)
  const shared = all
    .filter(({ grant }) => grant.cpus === null)
    .map(({ grant, need }) => ({
      within: grant.cpusWithin === null ? null : new Set(cpuNames(grant.cpusWithin).map((cpu) => home.get(cpu))),
      milli: need.cpusMilli,
    }))
  const unions = nodes.length <= 8 ? subsets(nodes) : [...nodes.map((node) => [node]), nodes]
  return unions.flatMap((union) => {
    const inside = shared.filter(({ within }) =>
      within === null
        ? union.length === nodes.length
        : [...within].every((node) => union.includes(node as number | null)),
    )
    const asked = inside.reduce((sum, { milli }) => sum + milli, 0)
    const pool = union.reduce<number>((sum, node) => sum + (left.get(node) ?? 0) * 1000, 0)
    return asked > pool ? [`tasks that share the CPUs of ${union.join()} have ${asked} of ${pool}`] : []
  })
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: 2 ** items.length - 1 }, (_, bits) => items.filter((_item, i) => ((bits + 1) >> i) & 1))
}

/** What is wrong with one grant as an answer to what was asked. */
export function grantFaults(
  hardware: Hardware,
  sick: SickParts,
  need: Need,
  wish: Wish,
  grant: Grant,
): readonly string[] {
  const faults: string[] = []
  const claim = (holds: boolean, sentence: string) => {
    if (!holds) faults.push(sentence)
  }
  const sickCpus = new Set(cpuNames(sick.cpus))
  const own = cpuNames(grant.cpus ?? '')
  const cores = hardware.cores.map(({ cpus, node }) => ({ cpus: cpuNames(cpus), node }))
  const known = new Set(cores.flatMap(({ cpus }) => cpus))
  claim(
    own.every((cpu) => known.has(cpu) && !sickCpus.has(cpu)),
    'its CPUs are there and well',
  )
  claim((wish.cpus === 'shared') === (grant.cpus === null), 'CPUs are its own when it wishes for that')
  if (wish.cpus !== 'shared') claim(own.length * 1000 === need.cpusMilli, 'it has as many CPUs as it asks for')
  if (wish.cpus === 'cores') {
    const broken = cores.filter(
      ({ cpus }) => cpus.some((cpu) => own.includes(cpu)) && !cpus.every((cpu) => own.includes(cpu)),
    )
    claim(broken.length === 0, 'its cores are whole')
  }
  claim(
    cpuNames(grant.cpusWithin ?? '').every((cpu) => known.has(cpu) && !sickCpus.has(cpu)),
    'the CPUs it stays within are there and well',
  )
  const counted = grant.memory.reduce((sum, { bytes }) => sum + bytes, 0)
  claim(
    grant.memory.every(({ bytes }) => bytes > 0),
    'it is counted on nodes where it has memory',
  )
  claim(
    grant.memory.every(({ node }) => !sick.nodes.includes(node)),
    'its memory is on nodes that are well',
  )
  claim(counted <= need.memoryBytes, 'it is counted with no more memory than it asks for')
  if (grant.memoryPolicy === 'bind' || grant.memoryPolicy === 'interleave') {
    claim(counted === need.memoryBytes, 'bound memory is all counted')
  }
  faults.push(...numaFaults(hardware, need, wish, grant), ...deviceFaults(hardware, sick, need, wish, grant))
  return faults
}

function numaFaults(hardware: Hardware, need: Need, wish: Wish, grant: Grant): readonly string[] {
  if (wish.numa !== 'single' && typeof wish.numa !== 'number') return []
  const faults: string[] = []
  const nodeOf = new Map(hardware.cores.flatMap(({ cpus, node }) => cpuNames(cpus).map((cpu) => [cpu, node] as const)))
  const withCpus = new Set(nodeOf.values())
  const homes = new Set(cpuNames(grant.cpus ?? grant.cpusWithin ?? '').map((cpu) => nodeOf.get(cpu)))
  // A list is left out where it would name every CPU.
  if (homes.size === 0 && withCpus.size === 1) homes.add([...withCpus][0])
  if (homes.size !== 1) faults.push(`its CPUs are of ${homes.size} nodes`)
  const memory = grant.memory.map(({ node }) => node)
  if (memory.length > 1 || (need.memoryBytes > 0 && memory.length === 0)) faults.push('its memory is not on one node')
  if (need.memoryBytes > 0 && grant.memoryPolicy !== 'bind') faults.push('its memory is not bound')
  const hasMemory = (id: unknown) => hardware.nodes.some((one) => one.id === id && one.memoryBytes > 0)
  // A node with CPUs or memory alone goes with another.
  if (memory.some((id) => withCpus.has(id) && !homes.has(id)) && [...homes].some(hasMemory)) {
    faults.push('its memory and CPUs are of different nodes')
  }
  if (typeof wish.numa === 'number' && memory.some((id) => id !== wish.numa) && hasMemory(wish.numa)) {
    faults.push('it is on another node')
  }
  return faults
}

function deviceFaults(hardware: Hardware, sick: SickParts, need: Need, wish: Wish, grant: Grant): readonly string[] {
  const faults: string[] = []
  const claim = (holds: boolean, sentence: string) => {
    if (!holds) faults.push(sentence)
  }
  const whole = hardware.gpus.filter(({ instances }) => instances.length === 0).map(({ uuid }) => uuid)
  claim(grant.gpuUuids.length === need.gpus, 'it has as many GPUs as it asks for')
  claim(
    grant.gpuUuids.every((uuid) => whole.includes(uuid) && !sick.gpus.includes(uuid)),
    'its GPUs are there, whole and well',
  )
  const instances = hardware.gpus.flatMap((gpu) => gpu.instances.map((one) => ({ ...one, gpu: gpu.uuid })))
  for (const [resource, count] of Object.entries(need.gpuInstances)) {
    const got = grant.gpuInstanceUuids.filter((uuid) =>
      instances.some((one) => one.uuid === uuid && one.resource === resource),
    )
    claim(got.length === count, `it has as many of ${resource} as it asks for`)
  }
  claim(
    grant.gpuInstanceUuids.every((uuid) =>
      instances.some((one) => one.uuid === uuid && ![uuid, one.gpu].some((name) => sick.gpus.includes(name))),
    ),
    'its instances are there and well',
  )
  if (typeof wish.gpus !== 'string')
    claim(
      grant.gpuUuids.every((uuid) => wish.gpus.includes(uuid)),
      'its GPUs are those it names',
    )
  if (wish.gpus === 'linked') claim(isLinked(hardware, grant.gpuUuids), 'its GPUs are linked by the fastest kind')
  claim(
    partsFit(wish.nics, grant.nics) && grant.nics.every((name) => !sick.nics.includes(name)),
    'it has the ports it asks for',
  )
  claim(
    grant.nics.every((name) => hardware.nics.some((port) => port.name === name && port.isFree)),
    'the machine does not use its ports itself',
  )
  claim(partsFit(need.disks, grant.disks), 'it has the disks that its resources are')
  return faults
}

const order = ['sys', 'node', 'phb', 'pxb', 'pix', 'nvlink', 'xgmi']

function isLinked(hardware: Hardware, uuids: readonly string[]): boolean {
  const quality = (kind: string) => Math.min(order.indexOf(kind), order.indexOf('nvlink'))
  const known = new Set(hardware.gpus.map(({ uuid }) => uuid))
  const all = hardware.gpus.flatMap((gpu) =>
    gpu.links.filter(({ to }) => known.has(to)).map((link) => ({ ...link, from: gpu.uuid })),
  )
  const best = Math.max(...all.map(({ kind }) => quality(kind)))
  return uuids.every((a) =>
    uuids.every(
      (b) =>
        a === b ||
        all.some((link) => [link.from, link.to].every((one) => one === a || one === b) && quality(link.kind) === best),
    ),
  )
}

function partsFit(wish: number | readonly string[], granted: readonly string[]): boolean {
  return typeof wish === 'number' ? granted.length === wish : `${[...granted].sort()}` === `${[...wish].sort()}`
}

function cpuNames(list: string): readonly string[] {
  return (parseCpuList(list) ?? []).map(String)
}
