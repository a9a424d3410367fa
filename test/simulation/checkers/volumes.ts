// What is kept in a persistent volume stays until somebody asks to destroy it, and a task finds the volumes that it was
// launched with.

import type { VolumePlace } from '../../../src/agent/core/types.ts'
import { placeName, placesOf } from '../../../src/agent/core/volumes.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { World } from '../world/world.ts'

type Volume = { readonly madeBy: string; readonly users: Set<string> }

export function volumes(world: World): Observer {
  /** By machine and place. */
  const present = new Map<string, Volume>()
  /** Places that somebody asked to destroy, by agent. */
  const asked = new Set<string>()
  /** In which agents have taken operations. */
  const order = new Map<string, number>()
  /** Operations that their agents know to be carried out on the disk. */
  const done = new Set<string>()
  const keyOf = (machine: string, place: VolumePlace) => `${machine} ${placeName(place)}`
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'operationAsked':
        return ask(asked, fact.agentId, fact.operation.destroy?.volumes)
      case 'operatorAsked':
        if (fact.request.kind === 'operate') {
          ask(asked, fact.request.agentId, fact.request.operation.destroy?.volumes)
        }
        return
      case 'agentPersisted':
        if (fact.op.op !== 'putOperation') return
        if (!order.has(fact.op.operation.operationUuid)) order.set(fact.op.operation.operationUuid, order.size)
        if (fact.op.operation.isDone) done.add(fact.op.operation.operationUuid)
        return
      case 'volumeMade':
        present.set(keyOf(fact.machine, fact.place), { madeBy: fact.operationUuid, users: new Set() })
        return
      case 'volumeRemoved': {
        const { machine, place, operationUuid } = fact
        const key = keyOf(machine, place)
        const volume = present.get(key)
        present.delete(key)
        const details = { machine, place, operationUuid, ...volume, users: [...(volume?.users ?? [])] }
        if (volume !== undefined && volume.users.size > 0) {
          throw new Violation('volumes', 'a volume that a task uses is not removed', details)
        }
        const agentId = world.machines.find(({ name }) => name === machine)?.view?.agentId
        // A directory that was made for a volume that did not come about is nobody's.
        if (volume?.madeBy !== operationUuid && !asked.has(`${agentId} ${placeName(place)}`)) {
          throw new Violation('volumes', 'a volume is removed when somebody asked for it', details)
        }
        // One that an agent has not heard to be done is done again, before anybody can use what came after it.
        const isOlder = (order.get(operationUuid) ?? 0) < (order.get(volume?.madeBy ?? '') ?? 0)
        if (isOlder && done.has(volume?.madeBy ?? '')) {
          throw new Violation('volumes', 'an operation removes nothing that came after it', details)
        }
        return
      }
      case 'containerLaunched':
        for (const { place } of fact.spec.volumes) {
          const volume = present.get(keyOf(fact.machine, place))
          if (volume === undefined) {
            throw new Violation('volumes', 'a task finds its volumes', { taskId: fact.spec.taskId, place })
          }
          volume.users.add(fact.spec.containerId)
        }
        return
      case 'containerEnded':
        for (const volume of present.values()) volume.users.delete(fact.containerId)
        return
      case 'machineLost':
        for (const key of present.keys()) if (key.startsWith(`${fact.machine} `)) present.delete(key)
        return
      default:
        return
    }
  }
}

function ask(asked: Set<string>, agentId: string, volumes: Parameters<typeof placesOf>[0]): void {
  for (const place of placesOf(volumes)) asked.add(`${agentId} ${placeName(place)}`)
}
