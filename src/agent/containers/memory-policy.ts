// Pure: how the kernel is told from which NUMA nodes a task takes memory. A cpuset's nodes bind; a policy within them is
// set by numactl, which starts the task. Bound memory is a promise: what cannot keep it does not start. To interleave or
// to prefer is a wish: where it cannot be, the task is told and runs.

import { type CpuSet, formatCpuList, isSubset } from '../../model/cpu-set.ts'
import type { Grant } from '../../model/hardware.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import type { Confinement } from '../core/types.ts'

export type MemoryPlan = {
  /** What is put before the task's program. */
  readonly words: readonly string[]
  /** Why the policy is not as granted, or null. */
  readonly note: string | null
}

const nothing: MemoryPlan = { words: [], note: null }

/** `nodes` are those that this process may use. AGENT_LAUNCH_FAILED says why memory cannot be bound. */
export function memoryPlan(
  { memory, memoryPolicy }: Pick<Grant, 'memory' | 'memoryPolicy'>,
  { memoryNodes }: Pick<Confinement, 'memoryNodes'>,
  machine: { readonly hasCpuset: boolean; readonly numactl: string | null; readonly nodes: CpuSet },
): Result<MemoryPlan> {
  const { hasCpuset, numactl, nodes } = machine
  if (memoryPolicy === null || memory.length === 0 || nodes.length < 2) return ok(nothing)
  if (memoryPolicy === 'bind') {
    if (memoryNodes === null || hasCpuset) return ok(nothing)
    return numactl === null
      ? fail('AGENT_LAUNCH_FAILED', `without cpusets, binding memory to node ${memoryNodes} needs numactl`)
      : ok({ words: [numactl, `--membind=${memoryNodes}`], note: null })
  }
  const wanted = [...new Set(memory.map(({ node }) => node))].sort((a, b) => a - b)
  const word = memoryPolicy === 'interleave' ? interleaved(wanted) : `--preferred=${largest(memory)}`
  if (word === null) return ok(nothing)
  if (numactl === null) return ok({ words: [], note: `memory is not ${said[memoryPolicy]}: numactl is not installed` })
  if (!isSubset(wanted, nodes)) {
    const here = formatCpuList(nodes)
    return ok({ words: [], note: `memory is not ${said[memoryPolicy]}: this agent may use nodes ${here} alone` })
  }
  return ok({ words: [numactl, word], note: null })
}

const said = { interleave: 'interleaved', preferred: 'preferred from a node' } as const

function interleaved(nodes: CpuSet): string | null {
  return nodes.length < 2 ? null : `--interleave=${formatCpuList(nodes)}`
}

/** The kernel prefers one node; the one with the most of the task's memory serves it best. */
function largest(memory: Grant['memory']): number | undefined {
  return [...memory].sort((a, b) => b.bytes - a.bytes)[0]?.node
}
