// A bench for the probes of storage: a machine made of a few lines, with one NUMA node unless told otherwise.

import type { NumaFacts } from '../../src/hw/probe/numa.ts'
import { Report } from '../../src/hw/probe/report.ts'
import { probeStorage, type Storage } from '../../src/hw/probe/storage.ts'
import type { Problem } from '../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from './fake-machine.ts'

export type Files = Readonly<Record<string, FakeFile>>

/** Node n has CPU n. */
export function numaOf(count: number): NumaFacts {
  const ids = Array.from({ length: count }, (_, id) => id)
  const node = (id: number) => ({
    id,
    cpus: `${id}`,
    localCpus: `${id}`,
    memoryBytes: null,
    hugepages: [],
    isGpuMemory: false,
  })
  return { nodes: ids.map(node), distances: null, sets: new Map(ids.map((id) => [id, [id]])) } as unknown as NumaFacts
}

export function storageOf(
  files: Files,
  tools: Readonly<Record<string, string | number>> = {},
  numa: NumaFacts = numaOf(1),
): Storage & { readonly problems: readonly Problem[] } {
  const report = new Report()
  const storage = probeStorage({ source: fakeMachine(files, tools), report }, numa)
  return { ...storage, problems: report.problems() }
}

/** The files of one drive: `facts` lie in its folder, `device` in that of the hardware at `path`. */
export function drive(name: string, path: string, facts: Files = {}, device: Files = {}): Files {
  const folder = name.startsWith('nvme') ? `${path}/${name}` : `${path}/block/${name}`
  const inside = (at: string, some: Files) => Object.entries(some).map(([file, value]) => [`${at}/${file}`, value])
  return {
    [`/sys/block/${name}`]: { link: folder },
    [`${folder}/device`]: { link: path },
    [`${folder}/size`]: '2048\n',
    [`${folder}/removable`]: '0\n',
    [`${folder}/ro`]: '0\n',
    ...Object.fromEntries([...inside(folder, facts), ...inside(path, device)]),
  }
}

/** An entry of udev's database. */
export function udev(number: string, properties: Readonly<Record<string, string>>): Files {
  const lines = Object.entries(properties).map(([key, value]) => `E:${key}=${value}\n`)
  return { [`/run/udev/data/b${number}`]: `S:disk/by-x/y\nI:12345\n${lines.join('')}G:systemd\n` }
}
