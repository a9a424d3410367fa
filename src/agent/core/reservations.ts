// What of the machine is reserved dynamically or is a persistent volume, and the agent's total that follows: the
// machine's own resources with these in the place of what they are made of. It does not know operations, disks or stores.

import { fromJsonValue, toJsonValue } from '../../mesos/json.ts'
import { type Applied, isVolume, withoutTopReservation, withoutVolume } from '../../mesos/operations.ts'
import { formatResources } from '../../mesos/resource-text.ts'
import { fromMessages, toMessages } from '../../mesos/resources.ts'
import {
  add,
  contains,
  noResources,
  overlap,
  type Resource,
  type Resources,
  resources,
  subtract,
} from '../../model/resources.ts'
import { fail, invariant, ok, type Result } from '../../model/result.ts'
import type { MesosJson } from '../../wire/messages.ts'
import type { VolumePlace } from './types.ts'
import { placeName, placeOf } from './volumes.ts'

export class Reservations {
  #machine: Resources
  #kept: Resources
  #total: Resources = noResources
  #messages: readonly MesosJson[] = []

  /** Both as Resource messages; `kept` as an earlier life left it. */
  constructor(machine: readonly MesosJson[], kept: readonly MesosJson[]) {
    this.#machine = resourcesOf(machine)
    this.#kept = resourcesOf(kept)
    this.#addUp()
  }

  get total(): Resources {
    return this.#total
  }

  /** The total as Resource messages in post-refinement form. */
  get messages(): readonly MesosJson[] {
    return this.#messages
  }

  /** What must be kept on disk, as Resource messages. */
  get kept(): readonly MesosJson[] {
    return messagesOf(this.#kept)
  }

  /** Also those on a disk that is not there now. */
  get volumes(): readonly VolumePlace[] {
    return this.#kept.flatMap((item) => placeOf(item) ?? [])
  }

  has(place: VolumePlace): boolean {
    return this.volume(place) !== undefined
  }

  /** As it is now, of whatever size. */
  volume(place: VolumePlace): Resource | undefined {
    const name = placeName(place)
    return this.#total.find((item) => {
      const held = placeOf(item)
      return held !== null && placeName(held) === name
    })
  }

  setMachine(machine: readonly MesosJson[]): void {
    this.#machine = resourcesOf(machine)
    this.#addUp()
  }

  apply({ consumed, converted }: Applied): void {
    this.#kept = add(subtract(this.#kept, keptOf(consumed)), keptOf(converted))
    this.#addUp()
  }

  #addUp(): void {
    this.#total = totalOf(this.#machine, this.#kept).total
    this.#messages = messagesOf(this.#total)
  }
}

/**
 * Whether the machine has all that is reserved on it. AGENT_RESERVED says what is missing and what to do.
 * @param workDir where the agent keeps what it reserved, for the message
 */
export function checkReserved(
  machine: readonly MesosJson[],
  kept: readonly MesosJson[],
  workDir: string,
): Result<undefined> {
  const { missing } = totalOf(resourcesOf(machine), resourcesOf(kept))
  if (missing.length === 0) return ok(undefined)
  return fail(
    'AGENT_RESERVED',
    `this machine offers less than is reserved on it; missing: ${formatResources(missing)}. Start the agent with these ` +
      `resources (--resources) and unreserve or destroy them before it offers less, or move ${workDir}/meta away to ` +
      `forget them with everything else that this agent knows`,
  )
}

/**
 * What is kept takes the place of what it is made of. Where the machine has not all of that any more, an amount is told as
 * far as it is there, and a volume or a whole disk not at all; what is there of them is nobody else's meanwhile, for it is
 * promised: else it could be promised twice, and they would not come back with their part of the machine.
 */
function totalOf(machine: Resources, kept: Resources): { readonly total: Resources; readonly missing: Resources } {
  let free = machine
  const backed: Resource[] = []
  const missing: Resource[] = []
  // Volumes first: who makes one of what is left of a reservation gets it.
  for (const item of [...kept.filter(isVolume), ...kept.filter((one) => !isVolume(one))]) {
    const material = materialOf(item)
    const [there] = overlap(free, [material])
    const isWhole = there !== undefined && contains([there], [material])
    if (there !== undefined) free = subtract(free, [there])
    if (isWhole) backed.push(item)
    else if (there === undefined || isVolume(item) || item.disk?.source !== undefined) missing.push(item)
    else {
      const part = { ...item, value: there.value }
      backed.push(part)
      missing.push(...subtract([item], [part]))
    }
  }
  return { total: add(free, resources(backed)), missing: resources(missing) }
}

function keptOf(items: Resources): Resources {
  return items.filter((item) => isVolume(item) || isDynamic(item))
}

function isDynamic({ reservations = [] }: Resource): boolean {
  return reservations.at(-1)?.type === 'DYNAMIC'
}

/** What of the machine itself a resource is made of. */
function materialOf(item: Resource): Resource {
  let material = isVolume(item) ? withoutVolume(item) : item
  while (isDynamic(material)) material = withoutTopReservation(material)
  return material
}

function messagesOf(items: Resources): readonly MesosJson[] {
  return toMessages(items, 'post').map((item) => toJsonValue('mesos.v1.Resource', item))
}

function resourcesOf(messages: readonly MesosJson[]): Resources {
  const decoded = messages.map((message) => {
    const resource = fromJsonValue('mesos.v1.Resource', message)
    invariant(resource.ok, 'resources that the agent itself has written can be read')
    return resource.value
  })
  const items = fromMessages(decoded)
  invariant(items.ok, 'resources that the agent itself has written are valid')
  return items.value
}
