// The free hardware of an agent as its offers show it: per NUMA node CPUs and memory that nobody has, the GPUs, ports and
// drives near it, the links between those GPUs. It is the machine's, not the offer's: an offer of half of the machine
// shows all that is free, of which its task will get as much as its resources say; but parts that it has no resources
// for are left out. Ports are also those that the machine itself uses: a task can be near to them. Made once for each state of the books and kind of offer.

import { encodeJson } from '../../mesos/json.ts'
import type { TepuiV1Topology, TepuiV1TopologyGpu, TepuiV1TopologyNode, TepuiV1TopologyRow } from '../../mesos/types.ts'
import { type Hardware, type HardwareGpu, mountOf } from '../../model/hardware.ts'
import type { Resources } from '../../model/resources.ts'
import type { FreeHardware } from '../placement/types.ts'
import type { Agent, OfferTopology } from './records.ts'
import type { AgentRecord } from './types.ts'

/** Larger ones are shown without links, or not at all: events with offers are bounded. */
export const topologyBytesMax = 128 * 1024

const nothing: OfferTopology = { message: undefined, sizeBytes: 0 }

/** For an offer of these resources. */
export function topologyOf(agent: Agent, items: Resources): OfferTopology {
  const { hardware } = agent
  const { cores, nodes, gpus, nics, disks } = hardware
  if (cores.length + nodes.length + gpus.length + nics.length + disks.length === 0) return nothing
  const free = agent.books.free()
  if (agent.topologies?.free !== free) agent.topologies = { free, byKind: new Map() }
  const { byKind } = agent.topologies
  const kind = kindOf(items)
  const key = JSON.stringify([[...kind.names].sort(), [...kind.diskIds].sort(), [...kind.roots].sort()])
  const known = byKind.get(key)
  if (known !== undefined) return known
  const made = bounded(topologyMessage(hardware, free, kind))
  byKind.set(key, made)
  return made
}

/** All of it, for operators. */
export function wholeTopology({ hardware, total, books }: Pick<AgentRecord, 'hardware' | 'total' | 'books'>) {
  return topologyMessage(hardware, books.free(), kindOf(total))
}

/** What of an offer's resources decides which parts it shows. */
type Kind = {
  readonly names: ReadonlySet<string>
  /** Of disk resources: which disks, and where file systems are. */
  readonly diskIds: ReadonlySet<string>
  readonly roots: ReadonlySet<string>
}

function kindOf(items: Resources): Kind {
  const isShown = (name: string) => name === 'cpus' || name === 'mem' || name === 'gpus' || name.startsWith('gpu-')
  return {
    names: new Set(items.map(({ name }) => name).filter(isShown)),
    diskIds: new Set(items.flatMap(({ disk }) => disk?.source?.id ?? [])),
    roots: new Set(items.flatMap(({ disk }) => disk?.source?.root ?? [])),
  }
}

/** Those that resources of the offer are on. */
function shownDisks(hardware: Hardware, { diskIds, roots }: Kind): Hardware['disks'] {
  const beneath = new Set([...roots].flatMap((root) => mountOf(hardware.mounts ?? [], root)?.disks ?? []))
  return hardware.disks.filter(({ name, resourceId }) => {
    return beneath.has(name) || (resourceId !== undefined && diskIds.has(resourceId))
  })
}

function bounded(message: TepuiV1Topology): OfferTopology {
  const gpus = (message.gpus ?? []).map(({ links: _links, ...gpu }) => gpu)
  for (const one of [message, { ...message, gpus }]) {
    const sizeBytes = encodeJson('tepui.v1.Topology', one).length
    if (sizeBytes <= topologyBytesMax) return { message: one, sizeBytes }
  }
  return nothing
}

function topologyMessage(hardware: Hardware, free: FreeHardware, kind: Kind): TepuiV1Topology {
  const { names } = kind
  const gpus = freeGpus(hardware, free, names)
  const nics = hardware.nics.filter(({ name }) => free.nics.includes(name))
  const disks = shownDisks(hardware, kind)
  const nodes = hardware.nodes.flatMap(({ id, hugepages }): readonly TepuiV1TopologyNode[] => {
    const node = free.nodes.find((one) => one.id === id)
    const near = <T extends { readonly node?: number | null | undefined }>(parts: readonly T[]) =>
      parts.filter((part) => part.node === id)
    return [
      {
        id,
        ...(names.has('cpus') ? { cpus: node?.cpus ?? '', cores: node?.cores ?? 0 } : {}),
        ...(names.has('mem') ? { memory_bytes: node?.memoryBytes ?? 0 } : {}),
        hugepages: hugepages.map(({ sizeBytes, count }) => ({ size_bytes: sizeBytes, count })),
        gpus: near(gpus).map(({ uuid }) => uuid),
        nics: near(nics).map(({ name }) => name),
        disks: near(disks).map(({ name }) => name),
      },
    ]
  })
  return {
    nodes,
    distances: (hardware.distances ?? []).map((distances): TepuiV1TopologyRow => ({ distances })),
    gpus,
    nics: nics.map(({ name, speedMbps, node, rdma }) => ({
      name,
      ...known('speed_mbps', speedMbps),
      ...known('node', node),
      ...known('rdma', rdma),
    })),
    disks: disks.map(({ name, sizeBytes, rotational, node }) => ({
      name,
      ...known('size_bytes', sizeBytes),
      ...known('rotational', rotational),
      ...known('node', node),
    })),
    ...(names.has('cpus') && free.coresElsewhere !== '' ? { cores_elsewhere: free.coresElsewhere } : {}),
  }
}

/** Those that the offer has resources for, whole or by instance, and how they are linked among themselves. */
function freeGpus({ gpus }: Hardware, free: FreeHardware, names: ReadonlySet<string>): readonly TepuiV1TopologyGpu[] {
  const whole = new Set(names.has('gpus') ? free.gpus : [])
  const instancesOf = (gpu: HardwareGpu) =>
    gpu.instances.filter(({ uuid, resource }) => names.has(resource) && free.gpuInstances.includes(uuid))
  const shown = gpus.filter((gpu) => whole.has(gpu.uuid) || instancesOf(gpu).length > 0)
  const uuids = new Set(shown.map(({ uuid }) => uuid))
  return shown.map((gpu) => ({
    uuid: gpu.uuid,
    ...known('model', gpu.model),
    ...known('memory_bytes', gpu.memoryBytes),
    ...known('node', gpu.node),
    links: gpu.links.flatMap(({ to, kind, count }) => (uuids.has(to) ? [{ to, kind, ...known('count', count) }] : [])),
    instances: instancesOf(gpu).map(({ uuid, resource, memoryBytes }) => ({
      uuid,
      resource,
      ...known('memory_bytes', memoryBytes),
    })),
  }))
}

/** What is not known is left out. */
function known<K extends string, V>(field: K, value: V | null): { readonly [key in K]?: V } {
  return value === null ? {} : ({ [field]: value } as { readonly [key in K]: V })
}
