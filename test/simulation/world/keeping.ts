// The operations of one framework: which it draws for an offer, and what it knows of those that it gave an id to, kept
// through every crash of its scheduler. It keeps account of what an offer becomes, so that later steps of the same answer
// can use it. It does not know how calls travel.

import { applied, isVolume, withoutVolume } from '../../../src/mesos/operations.ts'
import { toMessages } from '../../../src/mesos/resources.ts'
import type { OfferOperation, OperationState, OperationStatus } from '../../../src/mesos/types.ts'
import { type Resource, type Resources, resource } from '../../../src/model/resources.ts'
import { milli } from '../../../src/model/units.ts'
import { chance, type Draws, oneOf } from '../engine/plan.ts'
import type { KeepingPlan } from '../engine/wants.ts'

export type AskedOperation = {
  readonly id: string
  readonly agentId: string
  /** The newest state heard. */
  state: OperationState
  /** It has an end, or nobody knows of it. */
  isOver: boolean
}

/** Of one answer. */
const operationsMax = 3
/** Few, so that they meet again on many machines. */
const volumeIds = 4

export type Format = 'pre' | 'post'

export type Drawn = { readonly operations: readonly OfferOperation[]; readonly left: Resources }

export class Keeping {
  readonly plan: KeepingPlan
  readonly asked = new Map<string, AskedOperation>()
  readonly #prefix: string
  #count = 0

  constructor(prefix: string, plan: KeepingPlan) {
    this.#prefix = prefix
    this.plan = plan
  }

  /** Of which no end has been heard. */
  get open(): readonly AskedOperation[] {
    return [...this.asked.values()].filter(({ isOver }) => !isOver)
  }

  ask(random: Draws, agentId: string, operation: OfferOperation): OfferOperation {
    if (!chance(random, this.plan.namesPermille)) return operation
    const id = `${this.#prefix}.o${this.#count++}`
    this.asked.set(id, { id, agentId, state: 'OPERATION_PENDING', isOver: false })
    return { ...operation, id: { value: id } }
  }

  hear(status: OperationStatus): void {
    const asked = this.asked.get(status.operation_id?.value ?? '')
    if (asked === undefined) return
    asked.state = status.state ?? 'OPERATION_UNSUPPORTED'
    const isEnd = !['OPERATION_PENDING', 'OPERATION_RECOVERING', 'OPERATION_UNREACHABLE'].includes(asked.state)
    if (isEnd) asked.isOver = true
  }
}

/** Some operations in the name of `role` on what is `left` of an offer (or of an agent, for an operator without role). */
export function drawOperations(
  random: Draws,
  items: Resources,
  how: { readonly role: string; readonly format: Format; readonly shares: boolean },
): Drawn {
  let left = items
  const operations: OfferOperation[] = []
  for (let i = random.below(operationsMax) + 1; i > 0; i--) {
    const operation = drawPossible(random, left, how)
    if (operation === null) break
    operations.push(operation)
    const rest = after(left, operation)
    if (rest === null) break
    left = rest
  }
  return { operations, left }
}

/** Of few kinds any is possible on an offer: some are tried. */
function drawPossible(random: Draws, left: Resources, how: Parameters<typeof drawOperation>[2]): OfferOperation | null {
  for (let tries = 4; tries > 0; tries--) {
    const operation = drawOperation(random, left, how)
    if (operation !== null) return operation
  }
  return null
}

/** Destroys all volumes and gives up all reservations of these. */
export function cleanUp(items: Resources, format: Format): Drawn {
  let left = items
  const operations: OfferOperation[] = []
  const volumes = items.filter(isVolume)
  const steps: OfferOperation[] = volumes.map((item) => ({
    type: 'DESTROY',
    destroy: { volumes: written([item], format) },
  }))
  for (const step of steps) {
    const rest = after(left, step)
    if (rest === null) continue
    operations.push(step)
    left = rest
  }
  for (;;) {
    const reserved = left.filter((item) => isDynamic(item) && !isVolume(item))
    if (reserved.length === 0) return { operations, left }
    const step: OfferOperation = { type: 'UNRESERVE', unreserve: { resources: written(reserved, format) } }
    const rest = after(left, step)
    if (rest === null) return { operations, left }
    operations.push(step)
    left = rest
  }
}

function drawOperation(
  random: Draws,
  left: Resources,
  { role, format, shares }: { readonly role: string; readonly format: Format; readonly shares: boolean },
): OfferOperation | null {
  const type = oneOf(random, [
    'RESERVE',
    'RESERVE',
    'UNRESERVE',
    'CREATE',
    'CREATE',
    'CREATE',
    'DESTROY',
    'GROW',
    'SHRINK',
  ])
  const pick = (rule: (item: Resource) => boolean): Resource | null => {
    const found = left.filter((item) => item.value.kind === 'scalar' && item.revocable !== true && rule(item))
    return found.length === 0 ? null : oneOf(random, found)
  }
  switch (type) {
    case 'RESERVE': {
      const mayTake = (one: Resource) => role !== '*' && !isVolume(one) && mayReserve(one, role, format)
      // Disk first: only of reserved disk there can be volumes.
      const item = pick((one) => one.name === 'disk' && mayTake(one)) ?? pick(mayTake)
      if (item === null) return null
      const { key: _key, value, ...identity } = part(random, item)
      const reservations = [...(item.reservations ?? []), { type: 'DYNAMIC', role } as const]
      const reserved = resource({ ...identity, reservations }, value)
      return { type: 'RESERVE', reserve: { resources: written([reserved], format) } }
    }
    case 'UNRESERVE': {
      const item = pick((one) => isDynamic(one) && !isVolume(one))
      return item && { type: 'UNRESERVE', unreserve: { resources: written([part(random, item)], format) } }
    }
    case 'CREATE': {
      const item = pick((one) => one.name === 'disk' && isDynamic(one) && !isVolume(one))
      if (item === null) return null
      const { key: _key, value, disk, ...identity } = part(random, item)
      const persistence = { id: `v${random.below(volumeIds)}` }
      const info = { ...disk, persistence, volume: { containerPath: 'data', mode: 'RW' } as const }
      const isShared = shares && chance(random, 400)
      const volume = resource({ ...identity, disk: info, ...(isShared ? { shared: true } : {}) }, value)
      return { type: 'CREATE', create: { volumes: written([volume], format) } }
    }
    case 'DESTROY': {
      const item = pick(isVolume)
      return item && { type: 'DESTROY', destroy: { volumes: written([item], format) } }
    }
    case 'GROW': {
      const item = pick((one) => isVolume(one) && one.shared !== true && one.disk?.source === undefined)
      const more = item && left.find(({ key }) => key === withoutVolume(item).key)
      if (item === null || more === undefined || more === null) return null
      const [volume, addition] = [written([item], format)[0], written([part(random, more)], format)[0]]
      return volume && addition ? { type: 'GROW_VOLUME', grow_volume: { volume, addition } } : null
    }
    default: {
      const item = pick((one) => isVolume(one) && one.shared !== true && one.disk?.source === undefined)
      const amount = item?.value.kind === 'scalar' ? item.value.milli / 1000 : 0
      const volume = item && written([item], format)[0]
      if (!volume || amount < 2) return null
      return { type: 'SHRINK_VOLUME', shrink_volume: { volume, subtract: { value: Math.floor(amount / 2) } } }
    }
  }
}

/** What can be used in the same answer afterwards; null where that cannot be said. */
function after(left: Resources, operation: OfferOperation): Resources | null {
  const result = applied(
    left.map(({ copies: _copies, ...item }) => item),
    operation,
  )
  if (!result.ok) return null
  if (operation.type === 'GROW_VOLUME' || operation.type === 'SHRINK_VOLUME') {
    const taken = new Set(result.value.consumed.map(({ key }) => key))
    return left.filter(({ key }) => !taken.has(key))
  }
  return result.value.total
}

function mayReserve(item: Resource, role: string, format: Format): boolean {
  const stack = item.reservations ?? []
  const top = stack.at(-1)?.role
  return top === undefined || (format === 'post' && role.startsWith(`${top}/`) && stack.length < 3)
}

export function isDynamic({ reservations = [] }: Resource): boolean {
  return reservations.at(-1)?.type === 'DYNAMIC'
}

/** All of it or a part; a disk that is a thing of its own only whole. */
function part(random: Draws, item: Resource): Resource {
  if (item.value.kind !== 'scalar' || item.disk?.source !== undefined) return item
  const { milli: whole } = item.value
  const amount = oneOf(random, [whole, Math.min(whole, 500), Math.min(whole, 50_000), Math.ceil(whole / 2)])
  return { ...item, value: { kind: 'scalar', milli: milli(amount) } }
}

function written(items: Resources, format: Format) {
  return toMessages(
    items.map(({ copies: _copies, ...item }) => item),
    format,
  )
}
