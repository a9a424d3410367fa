// The books of one machine: which of its parts are whose, and which a task would get. They change with what is held and
// with the machine; what a task would be given is decided in place.ts from how they stand. Beside them stand the books of
// the empty machine, which say what can never be. What would change it where parts are sick is found in healing.ts.

import { type Grant, type Hardware, noGrant } from '../../model/hardware.ts'
import { fail, invariant, ok, type Result } from '../../model/result.ts'
import { whatIsWrong } from './asks.ts'
import { freeHardware } from './free.ts'
import { whatHeals } from './healing.ts'
import { asIfSick, createLedger, post, type View } from './ledger.ts'
import { createMachine } from './machine.ts'
import { placeIn } from './place.ts'
import { type FreeHardware, type MachineBooks, type Need, nothingSick, type SickParts, type Wish } from './types.ts'
import { isPlain } from './wish.ts'

/** `cpusMilli` is what the machine offers of cpus, which its operator may have set to more or less than it has. */
export function createMachineBooks(initial: Hardware, initialCpusMilli: number): MachineBooks {
  const held = new Map<string, Held>()
  let state = stateOf(initial, nothingSick, initialCpusMilli)
  let cpusMilli = initialCpusMilli
  let shown: { readonly version: number; readonly free: FreeHardware } | null = null
  return {
    place(need, wish) {
      const { machine } = state.now
      if (isNeverRefused(machine.hardware, need, wish)) return ok({ ...noGrant, disks: need.disks })
      const wrong = whatIsWrong(machine, need, wish)
      if (wrong !== null) return fail('PLACEMENT_IMPOSSIBLE', wrong)
      const placed = placeIn(state.now, need, wish)
      return 'grant' in placed ? ok(placed.grant) : refuse(state, need, wish, placed.lack)
    },
    fitsIf(sick, need, wish) {
      const { machine } = state.now
      if (isNeverRefused(machine.hardware, need, wish)) return true
      return whatIsWrong(machine, need, wish) === null && 'grant' in placeIn(asIfSick(state.now, sick), need, wish)
    },
    hold(grant, need) {
      const key = keyOf(grant, need)
      const present = held.get(key)
      if (present === undefined) held.set(key, { grant, need, count: 1 })
      else present.count++
      post(state.now, grant, need, 1)
    },
    release(grant, need) {
      const key = keyOf(grant, need)
      const present = held.get(key)
      invariant(present !== undefined, 'only what is held is released', { grant, need })
      present.count--
      if (present.count === 0) held.delete(key)
      post(state.now, grant, need, -1)
    },
    setHardware(hardware, sick, newCpusMilli = cpusMilli) {
      cpusMilli = newCpusMilli
      state = stateOf(hardware, sick, cpusMilli)
      shown = null
      for (const { grant, need, count } of held.values())
        for (let i = 0; i < count; i++) post(state.now, grant, need, 1)
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
  readonly sick: SickParts
}

function stateOf(hardware: Hardware, sick: SickParts, cpusMilli: number): State {
  const machine = createMachine(hardware)
  const view = (parts: SickParts): View => ({ machine, ledger: createLedger(machine, parts, cpusMilli) })
  return { now: view(sick), empty: view(nothingSick), sick }
}

function refuse({ now, empty, sick }: State, need: Need, wish: Wish, lack: string): Result<Grant> {
  const never = placeIn(empty, need, wish)
  if ('lack' in never) return fail('PLACEMENT_IMPOSSIBLE', `the machine is too small: ${never.lack}`)
  const parts = whatHeals(now, sick, need, wish)
  return fail('PLACEMENT_TAKEN', parts === null ? lack : `${lack}; it would fit if ${parts} were healthy`)
}

/** Who asks for amounts of a machine of which its agent is too old to tell, or nobody could read anything. */
function isNeverRefused({ cores, nodes, gpus }: Hardware, need: Need, wish: Wish): boolean {
  const isUnknown = cores.length === 0 && nodes.length === 0 && gpus.length === 0
  return isUnknown && isPlain({ ...need, gpus: 0, gpuInstances: {}, disks: [] }, wish)
}

function keyOf(grant: Grant, { cpusMilli, memoryBytes }: Need): string {
  const memory = grant.memory.map(({ node, bytes }) => `${node}:${bytes}`)
  const parts = [grant.gpuUuids, grant.gpuInstanceUuids, grant.nics, grant.disks]
  return JSON.stringify([grant.cpus, grant.cpusWithin, memory, parts, cpusMilli, memoryBytes])
}
