// What a task finds in its environment: what Mesos promises every command task, what the framework set, and what the
// task was granted. The framework may replace the first but not the last: a program that asks for "the first GPU" must
// get its own first, not the machine's. It does not know what the containerizer adds (PATH, the sandbox).
//
// | Variable                   | Holds                                                  | Set                    |
// |----------------------------|--------------------------------------------------------|------------------------|
// | TEPUI_GRANTED_CPUS         | `0-3,8`: CPUs that are its alone                       | where it has some      |
// | TEPUI_GRANTED_MEMORY_NODES | `0-1`: NUMA nodes that its memory is counted on        | where it has some      |
// | TEPUI_GRANTED_GPUS         | uuids of GPUs and of instances, with commas            | where it has some      |
// | TEPUI_GRANTED_NICS         | `eth2,eth3`: network ports that are its alone          | where it has some      |
// | TEPUI_GRANTED_DISKS        | `/dev/nvme1n1`: whole disks that are its alone         | where it has some      |
// | TEPUI_GRANTED_NEAR         | names or uuids of shared parts that it was placed near | where it has some      |
// | CUDA_VISIBLE_DEVICES       | the NVIDIA ones of TEPUI_GRANTED_GPUS; empty: none     | with NVIDIA GPUs here  |
// | NVIDIA_VISIBLE_DEVICES     | the same, for what starts containers; `void`: none     | with NVIDIA GPUs here  |
// | ROCR_VISIBLE_DEVICES       | the AMD ones of TEPUI_GRANTED_GPUS; empty: none        | with AMD GPUs here     |
// | HIP_VISIBLE_DEVICES        | `0,1`: all of ROCR_VISIBLE_DEVICES, counted            | with GPUs of both here |
//
// They are not called TEPUI_CPUS: by such names `tepui run` takes its flags, and a task may well start it.
// CUDA takes uuids of GPUs and of MIG instances (CUDA C++ Programming Guide, environment variables). On Linux AMD wants
// ROCR_VISIBLE_DEVICES, which takes uuids, and hides all when empty (ROCR-Runtime, RvdFilter); HIP reads
// CUDA_VISIBLE_DEVICES where HIP_VISIBLE_DEVICES is not set, and would look there for NVIDIA's uuids.

import type { FrameworkInfo, TaskInfo } from '../../mesos/types.ts'
import { formatCpuList } from '../../model/cpu-set.ts'
import type { Grant, Hardware } from '../../model/hardware.ts'
import type { ContainerId } from '../../model/ids.ts'
import type { AgentConfig } from './types.ts'

export type GrantedTask = {
  readonly containerId: ContainerId
  readonly framework: FrameworkInfo
  readonly task: TaskInfo
  readonly grant: Grant
  readonly agentId: string
}

export function taskEnvironment(config: AgentConfig, request: GrantedTask): Record<string, string> {
  const { framework, task, grant, containerId, agentId } = request
  const environment: Record<string, string> = {
    MESOS_AGENT_ENDPOINT: `${config.ip}:${config.http.port}`,
    MESOS_AGENT_ID: agentId,
    MESOS_CONTAINER_ID: containerId,
    MESOS_EXECUTOR_ID: task.task_id.value,
    MESOS_FRAMEWORK_ID: framework.id?.value ?? '',
    MESOS_TASK_ID: task.task_id.value,
  }
  const role = task.resources?.find((item) => item.allocation_info?.role !== undefined)?.allocation_info?.role
  if (role !== undefined) environment.MESOS_ALLOCATION_ROLE = role
  for (const variable of task.command?.environment?.variables ?? []) {
    environment[variable.name] = variable.value ?? ''
  }
  return { ...environment, ...grantedParts(grant), ...visibleGpus(grant, config.hardware) }
}

function grantedParts(grant: Grant): Readonly<Record<string, string>> {
  const nodes = [...new Set(grant.memory.map(({ node }) => node))].sort((a, b) => a - b)
  const parts = {
    TEPUI_GRANTED_CPUS: grant.cpus ?? '',
    TEPUI_GRANTED_MEMORY_NODES: formatCpuList(nodes),
    TEPUI_GRANTED_GPUS: grantedGpus(grant).join(','),
    TEPUI_GRANTED_NICS: grant.nics.join(','),
    TEPUI_GRANTED_DISKS: grant.disks.map((name) => `/dev/${name}`).join(','),
    TEPUI_GRANTED_NEAR: grant.near.join(','),
  }
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== ''))
}

/** A task that was granted none must not see any: an unset variable would show it all of them. */
function visibleGpus(grant: Grant, { gpus }: Hardware): Readonly<Record<string, string>> {
  const granted = grantedGpus(grant)
  const all = [...gpus.map(({ uuid }) => uuid), ...granted]
  const amd = granted.filter(isAmd)
  const nvidia = granted.filter((uuid) => !isAmd(uuid)).join(',')
  const hasAmd = all.some(isAmd)
  const hasNvidia = !all.every(isAmd)
  return {
    ...(hasNvidia && { CUDA_VISIBLE_DEVICES: nvidia, NVIDIA_VISIBLE_DEVICES: nvidia === '' ? 'void' : nvidia }),
    ...(hasAmd && { ROCR_VISIBLE_DEVICES: amd.join(',') }),
    ...(hasAmd && hasNvidia && { HIP_VISIBLE_DEVICES: amd.map((_, i) => `${i}`).join(',') }),
  }
}

function grantedGpus({ gpuUuids, gpuInstanceUuids }: Grant): readonly string[] {
  return [...gpuUuids, ...gpuInstanceUuids]
}

/** AMD's are 16 hexadecimal digits; NVIDIA's have the groups of a UUID, and `MIG-` before those of instances. */
function isAmd(uuid: string): boolean {
  return /^GPU-[0-9a-f]{16}$/i.test(uuid)
}
