// What a task has alone is its own: no CPU, GPU, port or disk of a machine has two that run, nobody who shares is kept on
// a CPU that somebody has alone, and memory that is bound to a node fits into it. Seen from what runs where.

import type { Confinement } from '../../../src/agent/core/types.ts'
import { intersect, parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Grant } from '../../../src/model/hardware.ts'
import { partsAlone } from '../../support/hardware.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { World } from '../world/world.ts'

type Running = { readonly taskId: string; readonly grant: Grant; confinement: Confinement }

export function placement(world: World): Observer {
  const machines = new Map<string, Map<string, Running>>()
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'containerLaunched': {
        const running = machines.get(fact.machine) ?? new Map<string, Running>()
        machines.set(fact.machine, running)
        const { containerId, taskId, grant } = fact.spec
        running.set(containerId, { taskId, grant, confinement: fact.confinement })
        return check(world, fact.machine, [...running.values()])
      }
      case 'containerConfined': {
        const one = machines.get(fact.machine)?.get(fact.containerId)
        if (one !== undefined) one.confinement = fact.confinement
        return
      }
      case 'containerEnded':
        machines.get(fact.machine)?.delete(fact.containerId)
        return
      default:
        return
    }
  }
}

function check(world: World, name: string, running: readonly Running[]): void {
  const owners = new Map<string, string>()
  for (const { grant, taskId } of running) {
    for (const part of partsAlone(grant)) {
      const other = owners.get(part)
      if (other !== undefined) {
        throw new Violation('placement', 'what is had alone has one owner', {
          machine: name,
          part,
          tasks: [other, taskId],
        })
      }
      owners.set(part, taskId)
    }
  }
  checkCpus(name, running)
  checkMemory(world, name, running)
}

function checkCpus(name: string, running: readonly Running[]): void {
  for (const alone of running) {
    if (alone.grant.cpus === null) continue
    const own = parseCpuList(alone.grant.cpus) ?? []
    for (const other of running) {
      if (other === alone) continue
      const { cpus } = other.confinement
      if (cpus !== null && intersect(parseCpuList(cpus) ?? [], own).length === 0) continue
      throw new Violation('placement', 'nobody is kept on CPUs that are another`s alone', {
        machine: name,
        cpus: alone.grant.cpus,
        alone: alone.taskId,
        other: other.taskId,
        confinement: other.confinement,
      })
    }
  }
}

function checkMemory(world: World, name: string, running: readonly Running[]): void {
  const nodes = world.machines.find((machine) => machine.name === name)?.hardware.nodes ?? []
  for (const { id, memoryBytes } of nodes) {
    const bound = running
      .filter(({ grant }) => grant.memoryPolicy === 'bind')
      .flatMap(({ grant }) => grant.memory.filter(({ node }) => node === id))
      .reduce((sum, { bytes }) => sum + bytes, 0)
    if (bound <= memoryBytes) continue
    throw new Violation('placement', 'memory that is bound to a node fits into it', { machine: name, id, bound })
  }
}
