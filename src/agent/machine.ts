// The machine under an agent: what of it is offered, and what is told when it changes. It joins the probe and the
// operator's words to what the agent's state machine and its watchers understand, and knows neither links nor tasks.

import { mkdirSync, realpathSync, statfsSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { changeText, partText } from '../hw/diff.ts'
import { disksById } from '../hw/disk-resources.ts'
import { hardwareOf } from '../hw/hardware.ts'
import { conditionsIn } from '../hw/health/tracker.ts'
import { probeInventory } from '../hw/inventory.ts'
import { mountsOf } from '../hw/mounts.ts'
import { defaultAttributes, unofferedResources } from '../hw/resources.ts'
import { liveSource } from '../hw/source/open.ts'
import { usedPorts } from '../hw/used-ports.ts'
import { type MachineMemory, newMachine, type Watch, type WatchReport, watchMachine } from '../hw/watch.ts'
import { toJsonValue } from '../mesos/json.ts'
import { parseAttributes } from '../mesos/resource-text.ts'
import { toMessages } from '../mesos/resources.ts'
import type { Attribute } from '../mesos/types.ts'
import type { Hardware } from '../model/hardware.ts'
import type { Condition, Health } from '../model/health.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Resources } from '../model/resources.ts'
import { fail, ok, type Result } from '../model/result.ts'
import type { Log } from '../shell/log.ts'
import { nowMs } from '../shell/loop.ts'
import { systemRandom } from '../shell/random.ts'
import { machineChangesMax } from '../wire/bounds.ts'
import type { MachineChange, MesosJson } from '../wire/messages.ts'
import type { MachineOffer } from './core/types.ts'
import { type HeldDisks, offeredDevices, offeredResources, type ResourceWords } from './offered-resources.ts'

/** What the operator says of the machine; `resources` is the text itself. */
export type MachineOptions = ResourceWords & {
  readonly workDir: string
  /** `rack:r1;zone:2`, added to what the probe knows; null adds nothing. */
  readonly attributes: string | null
  /** Parts that the machine had and has no more are forgotten. */
  readonly acceptMissing?: boolean
  readonly log: Log
}

/** What this agent is to the rest of the cluster, as far as the machine and the operator say. */
export type Machine = {
  readonly inventory: Inventory
  readonly resources: Resources
  readonly attributes: readonly Attribute[]
  readonly hardware: Hardware
  /** The kernel's names of the disks among the resources, by their ids. */
  readonly devices: Readonly<Record<string, string>>
}

/** Looks once, and makes the work directory, whose disk is part of what is offered. */
export function findMachine(options: MachineOptions): Result<Inventory> {
  const { workDir, log } = options
  const probed = probeInventory(liveSource())
  if (!probed.ok) return probed
  const inventory = probed.value
  for (const problem of inventory.problems) log('debug', 'hw.problem', 'the probe met a problem', { ...problem })
  try {
    mkdirSync(workDir, { recursive: true, mode: 0o755 })
  } catch (cause) {
    return fail(
      'STORE_UNWRITABLE',
      `cannot make the work directory ${workDir}: choose another with --work-dir`,
      {},
      cause,
    )
  }
  for (const problem of unofferedResources(inventory, diskBytes(workDir))) {
    log('warn', 'hw.problem', 'something that every machine has is not offered', { ...problem })
  }
  return probed
}

/**
 * What is offered of it.
 * @param leftOut as in OfferQuestion
 */
export function describeMachine(
  options: MachineOptions,
  inventory: Inventory,
  held: HeldDisks,
  leftOut: ((reason: string) => void) | null = null,
): Result<Machine> {
  const resources = offeredResources({ inventory, workDir: options.workDir, words: options, held, leftOut })
  if (!resources.ok) return resources
  const attributes = offeredAttributes(options, inventory)
  if (!attributes.ok) return attributes
  const devices = offeredDevices(inventory, resources.value)
  const used = usedPorts(inventory.nics, liveSource(), networkInterfaces())
  const hardware = {
    ...withResourceIds(hardwareOf(inventory, used), disksById(inventory)),
    mounts: mountsOf(inventory, realWorkDir(options.workDir)),
  }
  return ok({ inventory, resources: resources.value, attributes: attributes.value, hardware, devices })
}

/** Disks are given as resources alone, by these ids. */
function withResourceIds(hardware: Hardware, byId: Readonly<Record<string, string>>): Hardware {
  const ids = new Map(Object.entries(byId).map(([resourceId, name]) => [name, { resourceId }]))
  const disks = hardware.disks.map((disk) => ({ ...disk, ...ids.get(disk.name) }))
  return { ...hardware, disks }
}

/** In the words of the agent's state machine; `facts` are attributes of the machine that only the agent knows. */
export function machineOffer(machine: Machine, facts: Readonly<Record<string, string>>): MachineOffer {
  const told = Object.entries(facts).map(([name, value]) => ({ name, type: 'TEXT', text: { value } }) as const)
  const attributes = [...machine.attributes, ...told]
  return {
    resources: toMessages(machine.resources, 'post').map((item) => toJsonValue('mesos.v1.Resource', item)),
    attributes: attributes.map((attribute) => toJsonValue('mesos.v1.Attribute', attribute)),
    hardware: machine.hardware,
    devices: machine.devices,
  }
}

export type MachineEvents = {
  /** Something lasting changed; `changes` are the newest, oldest first. */
  readonly inventory: (inventory: Inventory, changes: readonly MachineChange[]) => void
  readonly health: (health: Health) => void
  /** What can be offered is another. */
  readonly offer: (machine: Machine) => void
  /** Asked when it must be judged anew what can be offered. */
  readonly held: () => HeldDisks
  /** Must be durable when it returns. */
  readonly keep: (memory: MachineMemory) => void
}

/** What was wrong when the machine was last looked at, by this agent in whatever life; `kept` as in `watchOver`. */
export function conditionsBefore(kept: MesosJson | null): readonly Condition[] {
  return isMemory(kept) ? conditionsIn(kept.tracker) : []
}

export type MachineWatch = Watch & {
  /** What somebody held may be held no more. */
  judgeAnew(): void
}

/** Watches from now on. `kept` is what `keep` was given last, in this life or an earlier one. */
export function watchOver(
  machine: Machine,
  kept: MesosJson | null,
  options: MachineOptions,
  events: MachineEvents,
): MachineWatch {
  const { log } = options
  let changes: readonly MachineChange[] = []
  let offered = machine
  let isFirst = true
  let newest = machine.inventory
  const judgeAnew = () => {
    const leftOut = (reason: string) => log('warn', 'hw.problem', 'a disk is not offered now', { message: reason })
    const now = describeMachine(options, newest, events.held(), leftOut)
    if (!now.ok || isSameOffer(offered, now.value)) return
    offered = now.value
    events.offer(offered)
  }
  const report = ({ inventory, health, memory, ...news }: WatchReport) => {
    for (const change of news.changes) {
      log('info', 'inventory.changed', 'the machine changed', { what: changeText(change), change })
    }
    for (const condition of news.appeared) {
      const { code, part, severity } = condition
      const level = severity === 'info' ? 'info' : 'warn'
      log(level, 'health.appeared', 'a part of the machine is not well', {
        what: `${code}: ${partText(part)}`,
        ...condition,
      })
    }
    for (const { code, part } of news.cleared) {
      log('info', 'health.cleared', 'a part of the machine is well again', {
        what: `${code}: ${partText(part)}`,
        code,
        part,
      })
    }
    const isNews = news.changes.length + news.appeared.length + news.cleared.length > 0
    if (isNews || isFirst) events.keep(memory)
    isFirst = false
    events.health(health)
    if (news.changes.length === 0) return
    const atMs = nowMs()
    changes = [...changes, ...news.changes.map((one) => ({ atMs, text: changeText(one) }))].slice(-machineChangesMax)
    events.inventory(inventory, changes)
    newest = inventory
    judgeAnew()
  }
  const memory = isMemory(kept) ? kept : newMachine
  const watch = watchMachine({
    source: liveSource(),
    before: machine.inventory,
    memory: options.acceptMissing ? { ...memory, baseline: [] } : memory,
    random: systemRandom,
    nowMs,
    report,
  })
  return { close: () => watch.close(), judgeAnew }
}

function isMemory(kept: unknown): kept is MachineMemory {
  return typeof kept === 'object' && kept !== null && 'version' in kept && kept.version === newMachine.version
}

function isSameOffer(a: Machine, b: Machine): boolean {
  return JSON.stringify(machineOffer(a, {})) === JSON.stringify(machineOffer(b, {}))
}

function offeredAttributes(options: MachineOptions, inventory: Inventory): Result<readonly Attribute[]> {
  const found = defaultAttributes(inventory)
  if (options.attributes === null) return ok(found)
  const said = parseAttributes(options.attributes)
  if (!said.ok) return said
  const names = new Set(said.value.map((attribute) => attribute.name))
  return ok([...said.value, ...found.filter((attribute) => !names.has(attribute.name))])
}

/** Whose file system it is on is told by its path without links. */
function realWorkDir(workDir: string): string {
  try {
    return realpathSync(workDir)
  } catch {
    return workDir
  }
}

function diskBytes(workDir: string): number | null {
  try {
    const { blocks, bsize } = statfsSync(workDir)
    return blocks * bsize
  } catch {
    return null
  }
}
