// What an agent offers of its machine when nobody tells it: Mesos' rules of thumb, on what is known. What is unknown is
// not offered, and the reason is told.

import { type CpuSet, intersect, parseCpuList, subtract } from '../model/cpu-set.ts'
import type { HardwareGpuInstance } from '../model/hardware.ts'
import type { Gpu, Inventory, Problem } from '../model/inventory.ts'
import { type Resource, type Resources, resource, resources, scalar } from '../model/resources.ts'
import { bytesPerMebibyte, bytesToMilliMebibytes, milli } from '../model/units.ts'

const gibibyte = 1024 ** 3

/** Left to the operating system and the agent itself. */
const memoryLeftBytes = 1 * gibibyte
const diskLeftBytes = 5 * gibibyte

/** The ports that Mesos offers where nobody says otherwise. */
const ports = { begin: 31000, end: 32000 }

/**
 * `workDirDiskBytes` is the size of the file system that sandboxes live on, or null where that could not be found out.
 * cpus are the CPUs this process may use without the isolated ones, mem is the total less 1 GB (half of less than 2), disk
 * the total less 5 GB (half of less than 10), gpus are the usable ones and are left out where there are none. A GPU that is
 * cut is offered by instance, a resource for each profile.
 */
export function defaultResources(inventory: Inventory, workDirDiskBytes: number | null): Resources {
  const offered: Resource[] = [resource({ name: 'ports' }, { kind: 'ranges', ranges: [ports] })]
  const cpus = offeredCpus(inventory).length
  const memoryBytes = offeredMemoryBytes(inventory)
  const gpus = usableGpuUuids(inventory).length
  if (cpus > 0) offered.push(scalar('cpus', milli(cpus * 1000)))
  if (memoryBytes !== null) offered.push(scalar('mem', bytesToMilliMebibytes(memoryBytes)))
  if (workDirDiskBytes !== null) {
    offered.push(scalar('disk', wholeMebibytes(lessReserve(workDirDiskBytes, diskLeftBytes))))
  }
  if (gpus > 0) offered.push(scalar('gpus', milli(gpus * 1000)))
  for (const instance of inventory.gpus.flatMap(offeredInstances)) offered.push(scalar(instance.resource, milli(1000)))
  return resources(offered)
}

/** Why something that every machine has is not offered, a problem each. */
export function unofferedResources(inventory: Inventory, workDirDiskBytes: number | null): readonly Problem[] {
  const problem = (where: string, message: string): Problem => ({ code: 'HW_UNKNOWN', where, message })
  return [
    ...(offeredCpus(inventory).length > 0
      ? []
      : [problem('cpu.allowed', 'cpus are not offered: which it may use is unknown')]),
    ...(inventory.memory.totalBytes !== null
      ? []
      : [problem('memory.totalBytes', 'mem is not offered: it is unknown')]),
    ...(workDirDiskBytes !== null ? [] : [problem('work directory', 'disk is not offered: its size is unknown')]),
  ]
}

/** The GPUs that can be given to tasks whole, by UUID. */
export function usableGpuUuids(inventory: Inventory): readonly string[] {
  return inventory.gpus.flatMap((gpu) => (gpu.isUsable && gpu.uuid !== null ? [gpu.uuid] : []))
}

/** The kernel counts the memory of a GPU that is a NUMA node to the machine's; it is not for tasks. */
function ordinaryMemory({ memory, numa }: Inventory): number | null {
  const ofGpus = numa.nodes.filter((node) => node.isGpuMemory)
  if (memory.totalBytes === null || ofGpus.some((node) => node.memoryBytes === null)) return null
  return memory.totalBytes - ofGpus.reduce((sum, node) => sum + (node.memoryBytes ?? 0), 0)
}

/**
 * What can be given of a GPU that is cut, in order. The name that a partition of AMD lacks is made of its GPU's and its
 * number.
 */
export function offeredInstances(gpu: Gpu): readonly HardwareGpuInstance[] {
  if (gpu.isUsable) return []
  return gpu.instances.flatMap(({ uuid, profile, memoryBytes, gpuInstanceId }) => {
    const name = uuid ?? (gpu.uuid === null || gpuInstanceId === null ? null : `${gpu.uuid}/${gpuInstanceId}`)
    if (name === null || profile === null || gpu.uuid === null) return []
    return [{ uuid: name, profile, resource: `gpu-${profile.toLowerCase()}`, memoryBytes }]
  })
}

/**
 * The CPUs that tasks may use. The kernel moves nothing onto isolated CPUs by itself, so that tasks that share would all
 * stay on one of them: they are left to those who isolated them, unless this process was put on them alone.
 */
export function offeredCpus({ cpu }: Inventory): CpuSet {
  const allowed = parseCpuList(cpu.allowed ?? '') ?? []
  const isolated = parseCpuList(cpu.isolated ?? '') ?? []
  const ordinary = subtract(allowed, intersect(allowed, isolated))
  return ordinary.length > 0 ? ordinary : allowed
}

/** A whole number of mebibytes; null where it is unknown. */
export function offeredMemoryBytes(inventory: Inventory): number | null {
  const totalBytes = ordinaryMemory(inventory)
  return totalBytes === null ? null : offeredOf(totalBytes)
}

/** What is left for tasks of so much memory. */
export function offeredOf(memoryBytes: number): number {
  return Math.floor(lessReserve(memoryBytes, memoryLeftBytes) / bytesPerMebibyte) * bytesPerMebibyte
}

/** The total without the reserve, or half of it where that is more careful: where it is less than twice the reserve. */
function lessReserve(totalBytes: number, reserveBytes: number): number {
  return totalBytes >= 2 * reserveBytes ? totalBytes - reserveBytes : totalBytes / 2
}

/** Mesos counts mem and disk in whole mebibytes. */
function wholeMebibytes(bytes: number) {
  return milli(Math.floor(bytesToMilliMebibytes(bytes) / 1000) * 1000)
}

/** A flat fact about the machine, in the shape that the API gives to an attribute. */
export type Attribute =
  | { readonly name: string; readonly type: 'TEXT'; readonly text: { readonly value: string } }
  | { readonly name: string; readonly type: 'SCALAR'; readonly scalar: { readonly value: number } }

/** Facts that any framework and any offer constraint can use; unknown ones are left out. */
export function defaultAttributes(inventory: Inventory): readonly Attribute[] {
  const attributes: Attribute[] = []
  const text = (name: string, value: string | null | undefined) => {
    if (value !== null && value !== undefined) attributes.push({ name, type: 'TEXT', text: { value } })
  }
  text('cpu_model', inventory.cpu.packages[0]?.model)
  text('gpu_model', inventory.gpus.find((gpu) => gpu.isUsable)?.model)
  attributes.push({ name: 'numa_nodes', type: 'SCALAR', scalar: { value: inventory.numa.nodes.length } })
  text('kernel', inventory.os.kernel)
  text('distribution', inventory.os.distribution)
  text('firmware.bios', inventory.firmware.find((one) => one.component === 'bios')?.version)
  text('product', inventory.machine.product)
  return attributes
}
