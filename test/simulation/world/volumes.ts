// The directories of persistent volumes on one machine, as they really are: made and removed a while after the agent
// asked, sometimes not at all, and there after every restart. It does not know which volumes the agent believes in.

import type { AgentEffect, AgentInput, VolumeFailure, VolumePlace } from '../../../src/agent/core/types.ts'
import { placeName } from '../../../src/agent/core/volumes.ts'
import { fault } from '../../../src/model/result.ts'
import { chance, type Draws, inRange } from '../engine/draws.ts'
import type { World } from './world.ts'

type Change = Extract<AgentEffect, { kind: 'changeVolumes' }>
type Changed = Extract<AgentInput, { kind: 'volumesChanged' }>

export class Volumes {
  readonly #world: World
  readonly #machine: string
  readonly #random: Draws
  readonly #failsPermille: number
  readonly #present = new Set<string>()
  /** Of which a removal failed: the volume may be there again or not. */
  readonly #leftovers = new Set<string>()
  #lastMs = 0
  #heardMs = 0

  constructor(world: World, machine: string, failsPermille: number, random: Draws) {
    this.#world = world
    this.#machine = machine
    this.#failsPermille = failsPermille
    this.#random = random
  }

  get leftovers(): ReadonlySet<string> {
    return this.#leftovers
  }

  get names(): ReadonlySet<string> {
    return this.#present
  }

  /** `isAlive`: the process that asked lives; what is not done when it dies is not done. */
  change({ operationUuid, make, remove }: Change, isAlive: () => boolean, done: (changed: Changed) => void): void {
    const { queue, plan } = this.#world
    const { faults } = plan
    // One after the other, in the order in which they were asked for.
    this.#lastMs = Math.max(this.#lastMs, queue.nowMs + inRange(this.#random, faults.container.start))
    queue.after(this.#lastMs - queue.nowMs, () => {
      if (!isAlive()) return
      const failed: VolumeFailure[] = []
      for (const place of make) if (!this.#make(place, operationUuid)) failed.push(failureOf(place))
      for (const place of remove) if (!this.#remove(place, operationUuid)) failed.push(failureOf(place))
      // The agent hears of it later and in the same order, if it lives then.
      this.#heardMs = Math.max(this.#heardMs, queue.nowMs + inRange(this.#random, faults.container.end))
      queue.after(this.#heardMs - queue.nowMs, () => {
        if (isAlive()) done({ kind: 'volumesChanged', operationUuid, failed })
      })
    })
  }

  /** The disk is another one. */
  wipe(): void {
    this.#present.clear()
    this.#leftovers.clear()
  }

  #make(place: VolumePlace, operationUuid: string): boolean {
    if (this.#present.has(placeName(place)) && !this.#leftovers.has(placeName(place))) return true
    if (this.#fails()) return false
    // What a volume that could not be removed has left there is nobody's, and nobody is to find it.
    if (this.#leftovers.has(placeName(place))) return false
    this.#present.add(placeName(place))
    this.#world.note(this.#machine, `makes volume ${place.role} ${place.id}`)
    this.#world.observe({ kind: 'volumeMade', machine: this.#machine, place, operationUuid })
    return true
  }

  #remove(place: VolumePlace, operationUuid: string): boolean {
    if (!this.#present.has(placeName(place))) return true
    if (this.#fails()) {
      this.#leftovers.add(placeName(place))
      return false
    }
    this.#leftovers.delete(placeName(place))
    this.#present.delete(placeName(place))
    this.#world.note(this.#machine, `removes volume ${place.role} ${place.id}`)
    this.#world.observe({ kind: 'volumeRemoved', machine: this.#machine, place, operationUuid })
    return true
  }

  #fails(): boolean {
    return !this.#world.isHealed && chance(this.#random, this.#failsPermille)
  }
}

function failureOf(place: VolumePlace): VolumeFailure {
  return { place, fault: fault('AGENT_VOLUME', 'the disk is full') }
}
