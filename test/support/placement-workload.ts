// Random lives of one machine: tasks of all sorts come and go, parts fall sick and get well. After each step the second
// opinion (placement-checker.ts) is asked.

import { createMachineBooks } from '../../src/master/placement/books.ts'
import { type Need, nothingSick, type SickParts, type Wish } from '../../src/master/placement/types.ts'
import { noWish } from '../../src/master/placement/wish.ts'
import { formatCpuList, parseCpuList } from '../../src/model/cpu-set.ts'
import type { Hardware } from '../../src/model/hardware.ts'
import type { Random } from '../../src/model/random.ts'
import { type Granted, grantFaults, machineFaults } from './placement-checker.ts'

export type Life = { readonly faults: readonly string[]; readonly granted: number; readonly refused: number }

/** Faults of the first step that has any; each begins with what was asked. */
export function liveRandomly(hardware: Hardware, cpusMilli: number, random: Random, steps: number): Life {
  const books = createMachineBooks(hardware, cpusMilli)
  const empty = JSON.stringify(books.free())
  const held: Granted[] = []
  let sick = nothingSick
  let granted = 0
  let refused = 0
  for (let step = 0; step < steps; step++) {
    const dice = random.below(20)
    if (dice < 7 && held.length > 0) {
      const [gone] = held.splice(random.below(held.length), 1) as [Granted]
      books.release(gone.grant, gone.need)
    } else if (dice === 7) {
      sick = random.below(2) === 0 ? nothingSick : randomSickness(hardware, random)
      books.setHardware(hardware, sick)
    } else {
      const need = { ...randomNeed(hardware, random), disks: randomDisks(hardware, held, random) }
      const wish = randomWish(hardware, random)
      const placed = books.place(need, wish)
      const asked = `${JSON.stringify(need)} ${JSON.stringify(wish)}`
      if (!placed.ok) {
        refused++
        if (placed.fault.message.length < 10)
          return { faults: [`${asked}: refused without a reason`], granted, refused }
        continue
      }
      granted++
      const faults = [...grantFaults(hardware, sick, need, wish, placed.value)]
      held.push({ grant: placed.value, need })
      books.hold(placed.value, need)
      faults.push(...machineFaults(hardware, cpusMilli, held))
      if (faults.length > 0) {
        return {
          faults: faults.map((fault) => `${asked}: ${JSON.stringify(placed.value)}: ${fault}`),
          granted,
          refused,
        }
      }
    }
  }
  books.setHardware(hardware, nothingSick)
  while (held.length > 0) {
    const [gone] = held.splice(random.below(held.length), 1) as [Granted]
    books.release(gone.grant, gone.need)
  }
  const faults = JSON.stringify(books.free()) === empty ? [] : ['what was free at first is not free at last']
  return { faults, granted, refused }
}

export function randomNeed(hardware: Hardware, random: Random): Need {
  const cpus = hardware.cores.length
  const memory = hardware.nodes.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
  const instances = hardware.gpus.flatMap((gpu) => gpu.instances)
  const cpusMilli =
    random.below(3) === 0 ? random.below(3000) : 1000 * random.below(2 + Math.ceil(cpus / pick(random, [1, 3, 8])))
  return {
    cpusMilli,
    memoryBytes: Math.floor((memory * random.below(100)) / 100 / pick(random, [1, 4, 20])),
    gpus: hardware.gpus.length > 0 && random.below(2) === 0 ? random.below(5) : 0,
    gpuInstances:
      instances.length > 0 && random.below(3) === 0 ? { [pick(random, instances).resource]: 1 + random.below(3) } : {},
    disks: [],
  }
}

/** As resources are: nobody has one that another has. */
function randomDisks(hardware: Hardware, held: readonly Granted[], random: Random): readonly string[] {
  const taken = new Set(held.flatMap(({ grant }) => grant.disks))
  const free = hardware.disks.map(({ name }) => name).filter((name) => !taken.has(name))
  return random.below(6) > 0 ? [] : free.filter(() => random.below(2) === 0)
}

export function randomWish(hardware: Hardware, random: Random): Wish {
  const { gpus, nics, disks, nodes } = hardware
  const names = [...nics, ...disks].map(({ name }) => name)
  const parts = (list: readonly { readonly name: string }[]) =>
    list.length === 0 || random.below(6) > 0 ? 0 : random.below(2) === 0 ? 1 : [pick(random, list).name]
  const uuids = gpus.flatMap((gpu) => [gpu.uuid, ...gpu.instances.map(({ uuid }) => uuid)])
  return {
    ...noWish,
    cpus: pick(random, ['shared', 'shared', 'cores', 'threads']),
    numa: pick(random, [
      'any',
      'any',
      'preferred',
      'single',
      'interleave',
      nodes.length === 0 ? 0 : pick(random, nodes).id,
    ]),
    gpus: random.below(3) > 0 ? 'any' : random.below(2) === 0 ? 'linked' : uuids.filter(() => random.below(2) === 0),
    near: random.below(5) > 0 ? null : pick(random, ['gpu', 'nic', 'disk', ...names]),
    nics: parts(nics),
  }
}

export function randomSickness(hardware: Hardware, random: Random): SickParts {
  const few = <T>(items: readonly T[]) => items.filter(() => random.below(6) === 0)
  const cpus = few(hardware.cores).flatMap((core) => parseCpuList(core.cpus) ?? [])
  return {
    cpus: formatCpuList([...cpus].sort((a, b) => a - b)),
    nodes: few(hardware.nodes).map(({ id }) => id),
    gpus: few(hardware.gpus.flatMap((gpu) => [gpu.uuid, ...gpu.instances.map(({ uuid }) => uuid)])),
    nics: few(hardware.nics).map(({ name }) => name),
    disks: few(hardware.disks).map(({ name }) => name),
  }
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.below(items.length)] as T
}
