// What simulated machines are made of: a few shapes (engine/shapes.ts), and what may be wrong with them. It does not know what runs where.

import { formatCpuList, parseCpuList, subtract } from '../../../src/model/cpu-set.ts'
import type { Hardware } from '../../../src/model/hardware.ts'
import type { Condition } from '../../../src/model/health.ts'
import { aCondition, gpusOnly } from '../../support/hardware.ts'
import { aDiskPart, aMachine, aNicPart } from '../../support/placement-machines.ts'
import { type Draws, oneOf } from '../engine/draws.ts'
import { shapes } from '../engine/shapes.ts'
import type { Shape } from '../engine/wants.ts'

const mebibyte = 1024 * 1024
export const mountRoot = '/srv/data'

/** Without the `offline` last CPUs. */
export function hardwareOf(shape: Shape | null, gpuUuids: readonly string[], offline: number): Hardware {
  if (shape === null) return gpusOnly(gpuUuids)
  const { nodes, coresPerNode, threadsPerCore, memMb } = shapes[shape]
  const whole = aMachine({ nodes, coresPerNode, threadsPerCore, cachesPerNode: 1, gibPerNode: 1, gpus: [] })
  const count = nodes * coresPerNode * threadsPerCore
  const off = Array.from({ length: offline }, (_, i) => count - offline + i)
  const isLinked = (a: number, b: number) => a >> 2 === b >> 2
  return {
    ...whole,
    cores: whole.cores.flatMap((core) => {
      const left = subtract(parseCpuList(core.cpus) ?? [], off)
      return left.length === 0 ? [] : [{ ...core, cpus: formatCpuList(left) }]
    }),
    nodes: whole.nodes.map((node) => ({ ...node, memoryBytes: (memMb / nodes) * mebibyte })),
    gpus: gpuUuids.map((uuid, gpu) => ({
      uuid,
      model: 'A GPU',
      memoryBytes: 80 * 1024 * mebibyte,
      node: Math.floor((gpu * nodes) / gpuUuids.length),
      pciAddress: null,
      links: gpuUuids.flatMap((to, other) =>
        other === gpu ? [] : [{ to, kind: isLinked(gpu, other) ? 'nvlink' : 'sys', count: null }],
      ),
      instances: [],
    })),
    nics: [aNicPart('eth0', 0), ...(nodes > 1 ? [aNicPart('eth1', 1)] : [])],
    disks: [aDiskPart('sda', null), aDiskPart('sdb', null), aDiskPart('sdc', 0)],
    mounts: [
      { path: '/', disks: ['sda'], volumes: [], isSystem: true },
      { path: mountRoot, disks: ['sdb'], volumes: [], isSystem: false },
    ],
  }
}

/** Something that is wrong with a part of it, mostly so that tasks must not have the part. */
export function drawCondition(random: Draws, { gpus, cores, nodes, nics }: Hardware): Condition {
  const kinds = [
    'machine',
    'warning',
    'disk',
    ...(gpus.length > 0 ? ['gpu', 'gpu'] : []),
    ...(cores.length > 0 ? ['core', 'core', 'node', 'nic'] : []),
  ] as const
  switch (oneOf(random, kinds)) {
    case 'gpu': {
      const { uuid } = oneOf(random, gpus)
      return aCondition('GPU_FAILED', 'gpu', uuid, { id: uuid })
    }
    case 'core':
      return aCondition('CPU_MACHINE_CHECK', 'core', `CPUs ${oneOf(random, cores).cpus}`)
    case 'node':
      return aCondition('MEMORY_UNCORRECTED_ERRORS', 'numa-node', `node ${oneOf(random, nodes).id}`)
    case 'nic':
      return aCondition('NIC_MISSING', 'nic', oneOf(random, nics).name)
    case 'disk':
      return aCondition('DISK_FAILING', 'disk', oneOf(random, ['sda', 'sdb']))
    case 'machine':
      return aCondition('MEMORY_UNCORRECTED_ERRORS', 'memory', 'the memory')
    default:
      return aCondition('FAN_FAILED', 'fan', 'Fan 3', { severity: 'warning' })
  }
}
