// What the agent offers of its machine when its operator has a say: resources in one line, or as a JSON list with disks
// (`--resources`), blank disks (`--disks free`), and the role that all of it is for (`--default-role`). What is said is
// held against the machine: a disk must be there, and is never offered larger than it is. It knows no tasks.

import { readFileSync, statfsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { disksById, findDisk, freeDisks, hostUse, sourceOf, wholeMebibytes } from '../hw/disk-resources.ts'
import { defaultResources } from '../hw/resources.ts'
import { parseResourceMessages } from '../mesos/resource-text.ts'
import { fromMessages } from '../mesos/resources.ts'
import { roleError } from '../mesos/roles.ts'
import type { Resource as ResourceMessage } from '../mesos/types.ts'
import type { Inventory } from '../model/inventory.ts'
import { resources as collect, type Resource, type Resources, resource } from '../model/resources.ts'
import { fail, ok, type Result } from '../model/result.ts'
import { milliToNumber } from '../model/units.ts'

/** What the operator says of resources. */
export type ResourceWords = {
  /** `cpus:8;mem(role):4096`, or a JSON list of resource messages: replaces what the probe found, name by name. */
  readonly resources: string | null
  /** Offers blank disks too, each whole. */
  readonly disks: 'none' | 'free'
  /** What no role is said for is reserved for this one; null: for nobody. */
  readonly defaultRole: string | null
}

/** Ids of disks (of `source.id`) that somebody has or has reserved: they are his, whatever is on them now. */
export type HeldDisks = ReadonlySet<string>

const fileBytesMax = 1024 * 1024

/** The text itself, or of the file that `file:///path` names. USAGE when there is none. */
export function readResourceText(text: string | null): Result<string | null> {
  if (text === null || !text.startsWith('file://')) return ok(text)
  try {
    const path = fileURLToPath(text)
    const stats = statSync(path)
    if (!stats.isFile()) return fail('USAGE', `--resources: ${path} is not a regular file`)
    if (stats.size > fileBytesMax) return fail('USAGE', `--resources: ${path} is larger than a list of resources`)
    return ok(readFileSync(path, 'utf8'))
  } catch (cause) {
    return fail('USAGE', `--resources: cannot read ${text}: ${(cause as Error).message}`, {}, cause)
  }
}

export type OfferQuestion = {
  readonly inventory: Inventory
  /** Its file system is the ordinary disk. */
  readonly workDir: string
  readonly words: ResourceWords
  readonly held: HeldDisks
  /** Told of a disk that is not as it was said; it is left out then. Null: that is a fault. */
  readonly leftOut: ((reason: string) => void) | null
}

/** USAGE or API_MALFORMED with a sentence on what is said wrongly, or is not so on this machine. */
export function offeredResources(question: OfferQuestion): Result<Resources> {
  const { inventory, workDir, words, held } = question
  const { defaultRole } = words
  const mistake = defaultRole === null ? null : roleError(defaultRole)
  if (mistake !== null) return fail('USAGE', `--default-role: ${mistake}`)
  const said = saidResources(question)
  if (!said.ok) return said
  const names = new Set(said.value.map((item) => item.name))
  const found = defaultResources(inventory, fileSystemBytes(workDir)).filter((item) => !names.has(item.name))
  const taken = new Set(said.value.map(({ disk }) => disk?.source?.id))
  const blank =
    words.disks === 'none' ? [] : offeredDisks(inventory, held).filter(({ disk }) => !taken.has(disk?.source?.id))
  return ok(collect([...said.value, ...[...found, ...blank].map((item) => reservedFor(item, defaultRole))]))
}

/** The kernel's names of those that are offered whole, by id. */
export function offeredDevices(inventory: Inventory, offered: Resources): Readonly<Record<string, string>> {
  const ids = new Set(offered.map(({ disk }) => disk?.source?.id))
  return Object.fromEntries(Object.entries(disksById(inventory)).filter(([id]) => ids.has(id)))
}

/** Blank ones, and those that were blank when they were given away. */
function offeredDisks(inventory: Inventory, held: HeldDisks): readonly Resource[] {
  const given = inventory.disks.map((disk) => {
    const id = sourceOf(inventory, disk, 'RAW')?.id
    return id !== undefined && held.has(id) ? { ...disk, isFree: true } : disk
  })
  return freeDisks({ ...inventory, disks: given })
}

function saidResources({ inventory, workDir, words, held, leftOut }: OfferQuestion): Result<Resources> {
  const { resources: text, defaultRole } = words
  if (text === null) return ok([])
  const messages = parseResourceMessages(text)
  if (!messages.ok) return messages
  const whole: ResourceMessage[] = []
  for (const message of messages.value) {
    const mistake = notTheMachines(message)
    if (mistake !== null) return fail('USAGE', `--resources: '${message.name}': ${mistake}`)
    const described = message.disk?.source === undefined ? ok(message) : onDisk(inventory, message, held)
    if (described.ok) whole.push(inRole(described.value, defaultRole))
    else if (leftOut === null) return described
    else leftOut(described.fault.message)
  }
  const offered = fromMessages(whole)
  if (!offered.ok) return offered
  const overfull = overfullReason(workDir, offered.value) ?? twiceReason(whole)
  return overfull === null ? offered : fail('USAGE', `--resources: ${overfull}`)
}

/** Reservations and volumes that come and go are the frameworks' to make. */
function notTheMachines({ allocation_info, disk, reservation, reservations, shared, provider_id }: ResourceMessage) {
  if (allocation_info !== undefined) return 'what is offered is allocated to nobody'
  if (provider_id !== undefined) return 'this agent has no resource providers'
  if (disk?.persistence !== undefined || disk?.volume !== undefined || shared !== undefined) {
    return 'a persistent volume is made by a CREATE operation'
  }
  return reservation !== undefined || (reservations ?? []).some(({ type }) => type !== 'STATIC')
    ? 'a dynamic reservation is made by a RESERVE operation'
    : null
}

/** With the size that the machine knows, and for a device with its own name. */
function onDisk(inventory: Inventory, message: ResourceMessage, held: HeldDisks): Result<ResourceMessage> {
  switch (message.disk?.source?.type) {
    case 'PATH':
    case 'MOUNT':
      return onDirectory(message)
    case 'RAW':
    case 'BLOCK':
      return onDevice(inventory, message, held)
    default:
      return fail('USAGE', `--resources: the source of a disk is of type PATH, MOUNT, BLOCK or RAW`)
  }
}

function onDirectory(message: ResourceMessage): Result<ResourceMessage> {
  const { type, path, mount } = message.disk?.source ?? {}
  const root = (type === 'PATH' ? path : mount)?.root
  if (root?.startsWith('/') !== true) return fail('USAGE', `--resources: a ${type} disk needs an absolute root`)
  const realBytes = fileSystemBytes(root)
  if (realBytes === null) {
    return fail('USAGE', `--resources: the root ${root} of a ${type} disk is no directory that can be read`)
  }
  return sized(message, realBytes, root)
}

function onDevice(inventory: Inventory, message: ResourceMessage, held: HeldDisks): Result<ResourceMessage> {
  const source = message.disk?.source
  const type = source?.type === 'BLOCK' ? 'BLOCK' : 'RAW'
  const name = source?.id
  if (name === undefined)
    return fail('USAGE', `--resources: a ${type} disk needs an id: its name, serial number or wwn`)
  const disk = findDisk(inventory, name)
  if (disk === null)
    return fail('USAGE', `--resources: this machine has no disk '${name}', or more than one (see tepui probe)`)
  const real = sourceOf(inventory, disk, type)
  const id = real?.id
  if (real === null || id === undefined) {
    return fail('USAGE', `--resources: the disk '${name}' has no wwn and no serial number of its own to be known by`)
  }
  const use = held.has(id) ? null : hostUse(disk)
  if (use !== null) return fail('USAGE', `--resources: the disk '${name}' is in use by this machine: ${use}`)
  if (disk.sizeBytes === null) return fail('USAGE', `--resources: the size of the disk '${name}' is not known`)
  return sized(
    { ...message, disk: { ...message.disk, source: { ...real, ...source, type, id } } },
    disk.sizeBytes,
    name,
  )
}

function sized(message: ResourceMessage, realBytes: number, place: string): Result<ResourceMessage> {
  const real = wholeMebibytes(realBytes)
  if (real === null) return fail('USAGE', `--resources: ${place} has no room`)
  const megabytes = milliToNumber(real)
  const said = message.scalar?.value ?? megabytes
  if (said > megabytes) return fail('USAGE', `--resources: ${place} has ${megabytes} MB and not ${said}`)
  return ok({ ...message, scalar: { value: said } })
}

/** Several parts of one file system together are not larger than it. */
function overfullReason(workDir: string, offered: Resources): string | null {
  const parts = offered.flatMap(({ name, disk, value }) => {
    const type = disk?.source?.type
    if (name !== 'disk' || value.kind !== 'scalar' || type === 'RAW' || type === 'BLOCK') return []
    return [{ root: disk?.source?.root ?? workDir, milli: value.milli, isOrdinary: disk === undefined }]
  })
  const bySystem = Map.groupBy(parts, ({ root }) => statSync(root).dev)
  for (const group of bySystem.values()) {
    const [first] = group
    if (first === undefined || group.every(({ isOrdinary }) => isOrdinary)) continue
    const real = wholeMebibytes(fileSystemBytes(first.root))
    const sum = group.reduce((total, { milli }) => total + milli, 0)
    if (real !== null && sum > real) {
      const roots = [...new Set(group.map(({ root }) => root))].join(', ')
      return `${roots} lie on one file system with ${real / 1000} MB, and not ${sum / 1000}`
    }
  }
  return null
}

function twiceReason(messages: readonly ResourceMessage[]): string | null {
  const seen = new Set<string>()
  for (const { disk } of messages) {
    const { type, id, mount } = disk?.source ?? {}
    const name = type === 'PATH' ? undefined : (id ?? mount?.root)
    if (name === undefined) continue
    if (seen.has(name)) return `the disk '${name}' is there only once`
    seen.add(name)
  }
  return null
}

/** Where nothing is said of a role, not even `*`. */
function inRole(message: ResourceMessage, role: string | null): ResourceMessage {
  const isSaid = message.role !== undefined || (message.reservations ?? []).length > 0
  return role === null || isSaid ? message : { ...message, role }
}

function reservedFor(item: Resource, role: string | null): Resource {
  if (role === null || role === '*') return item
  const { key: _key, value, ...identity } = item
  return resource({ ...identity, reservations: [{ type: 'STATIC', role }] }, value)
}

/** Of the file system that a directory is on; null where it is none. */
function fileSystemBytes(directory: string): number | null {
  try {
    if (!statSync(directory).isDirectory()) return null
    const { blocks, bsize } = statfsSync(directory)
    return blocks * bsize
  } catch {
    return null
  }
}
