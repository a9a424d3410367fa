// The books of one machine: which of its parts are whose, and which a task would get. They change with what is held and
// with the machine; what a task would be given is decided in place.ts from how they stand. Beside them stand the books of
// the empty machine, which say what can never be, and where parts are sick those of the machine as if it were well, which
// say what would change it.

import { type Grant, type Hardware, noGrant } from '../../model/hardware.ts'
import { fail, invariant, ok, type Result } from '../../model/result.ts'
import { whatIsWrong } from './asks.ts'
import { freeHardware } from './free.ts'
import { createLedger, partKey, post, type View } from './ledger.ts'
import { createMachine } from './machine.ts'
import { placeIn } from './place.ts'
import { type FreeHardware, type MachineBooks, type Need, nothingSick, type SickParts, type Wish } from './types.ts'
import { isPlain } from './wish.ts'
import { listed } from './words.ts'

/** `cpusMilli` is what the machine offers of cpus, which its operator may have set to more or less than it has. */
export function createMachineBooks(initial: Hardware, initialCpusMilli: number): MachineBooks {
  const held = new Map<string, Held>()
  let state = stateOf(initial, nothingSick, initialCpusMilli)
  let cpusMilli = initialCpusMilli
  let shown: { readonly version: number; readonly free: FreeHardware } | null = null
  const postAll = (grant: Grant, need: Need, sign: 1 | -1) => {
    post(state.now, grant, need, sign)
    if (state.well !== null) post(state.well, grant, need, sign)
  }
  return {
    place(need, wish) {
      const { machine } = state.now
      const { disks } = need
      if (isUnknown(machine.hardware) && isPlain({ ...need, gpus: 0, gpuInstances: {}, disks: [] }, wish)) {
        return ok({ ...noGrant, disks })
      }
      const wrong = whatIsWrong(machine, need, wish)
      if (wrong !== null) return fail('PLACEMENT_IMPOSSIBLE', wrong)
      const placed = placeIn(state.now, need, wish)
      return 'grant' in placed ? ok(placed.grant) : refuse(state, need, wish, placed.lack)
    },
    hold(grant, need) {
      const key = keyOf(grant, need)
      const present = held.get(key)
      if (present === undefined) held.set(key, { grant, need, count: 1 })
      else present.count++
      postAll(grant, need, 1)
    },
    release(grant, need) {
      const key = keyOf(grant, need)
      const present = held.get(key)
      invariant(present !== undefined, 'only what is held is released', { grant, need })
      present.count--
      if (present.count === 0) held.delete(key)
      postAll(grant, need, -1)
    },
    setHardware(hardware, sick, newCpusMilli = cpusMilli) {
      cpusMilli = newCpusMilli
      state = stateOf(hardware, sick, cpusMilli)
      shown = null
      for (const { grant, need, count } of held.values()) for (let i = 0; i < count; i++) postAll(grant, need, 1)
    },
    free() {
      const { version } = state.now.ledger
      if (shown?.version !== version) shown = { version, free: freeHardware(state.now) }
      return shown.free
    },
  }
}

/** Whether the task would be granted what it needs and wishes for. */
export function fits(books: MachineBooks, need: Need, wish: Wish): boolean {
  return books.place(need, wish).ok
}

type Held = { readonly grant: Grant; readonly need: Need; count: number }

type State = {
  readonly now: View
  /** Nothing is held, and nothing sick. */
  readonly empty: View
  /** Nothing is sick; null where that is so. */
  readonly well: View | null
}

function stateOf(hardware: Hardware, sick: SickParts, cpusMilli: number): State {
  const machine = createMachine(hardware)
  const view = (parts: SickParts): View => ({ machine, ledger: createLedger(machine, parts, cpusMilli) })
  const isWell = sick.cpus === '' && [sick.nodes, sick.gpus, sick.nics, sick.disks].every((parts) => parts.length === 0)
  return { now: view(sick), empty: view(nothingSick), well: isWell ? null : view(nothingSick) }
}

function refuse({ now, empty, well }: State, need: Need, wish: Wish, lack: string): Result<Grant> {
  const never = placeIn(empty, need, wish)
  if ('lack' in never) return fail('PLACEMENT_IMPOSSIBLE', `the machine is too small: ${never.lack}`)
  const healed = well === null ? null : placeIn(well, need, wish)
  if (healed === null || 'lack' in healed) return fail('PLACEMENT_TAKEN', lack)
  const sick = listed(sickPartsOf(now, healed.grant))
  return fail('PLACEMENT_TAKEN', `${lack}; it would fit if ${sick} were healthy`)
}

/** Of the parts that are sick, those in this grant, or all where it is for their number alone. */
function sickPartsOf({ machine, ledger }: View, grant: Grant): readonly string[] {
  const { sick } = ledger
  const isBound = grant.memoryPolicy === 'bind' || grant.memoryPolicy === 'interleave'
  const sickNodes = new Set([...sick.places].map((place) => machine.places[place]?.node))
  const parts = [
    ...[...grant.gpuUuids, ...grant.gpuInstanceUuids].flatMap((uuid) => {
      const gpu = machine.gpus[machine.gpuOfInstance.get(uuid) ?? -1]?.uuid ?? uuid
      return [uuid, gpu].filter((one) => sick.parts.has(one))
    }),
    ...grant.nics.filter((name) => sick.parts.has(partKey('nic', name))),
    ...grant.memory.flatMap(({ node }) => (isBound && sickNodes.has(node) ? [`node ${node}`] : [])),
  ]
  const cpus = [...sick.threads].map((thread) => `CPU ${machine.cpuOfThread[thread]}`)
  return parts.length > 0 ? [...new Set(parts)] : cpus
}

/** What its agent is too old to tell, or nobody could read. */
function isUnknown({ cores, nodes, gpus }: Hardware): boolean {
  return cores.length === 0 && nodes.length === 0 && gpus.length === 0
}

function keyOf(grant: Grant, { cpusMilli, memoryBytes }: Need): string {
  const memory = grant.memory.map(({ node, bytes }) => `${node}:${bytes}`)
  const parts = [grant.gpuUuids, grant.gpuInstanceUuids, grant.nics, grant.disks]
  return JSON.stringify([grant.cpus, grant.cpusWithin, memory, parts, cpusMilli, memoryBytes])
}
