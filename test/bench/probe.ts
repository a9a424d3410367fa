// How long it takes to know the machine: our probe in this process, against `systeminformation` asked for the same facts
// in this process, and against lstopo where that is installed, which is a process of its own. In one run, alternating.

import { spawnSync } from 'node:child_process'
import * as systeminformation from 'systeminformation'
import { probeInventory } from '../../src/hw/inventory.ts'
import { liveSource } from '../../src/hw/source/open.ts'

export type ProbeBenchOptions = {
  /** Measured repetitions; the median and the least are told. */
  readonly repeat?: number
}

const repeatDefault = 15

/** Figures in milliseconds; those of a tool that is not installed are absent. */
export async function run({
  repeat = repeatDefault,
}: ProbeBenchOptions = {}): Promise<Record<string, number | string>> {
  const lstopo = ['lstopo-no-graphics', 'lstopo'].find((tool) => spawnSync(tool, ['--version']).error === undefined)
  const candidates: Record<string, () => unknown> = {
    probe: () => probeInventory(liveSource()),
    systeminformation: sameFacts,
    nodeStart: () => spawnSync(process.execPath, ['-e', '0']),
    ...(lstopo === undefined ? {} : { lstopo: () => spawnSync(lstopo, ['--whole-io', '--of', 'xml', '-']) }),
  }
  const times = new Map(Object.keys(candidates).map((name) => [name, [] as number[]]))
  for (let round = -1; round < repeat; round++) {
    for (const [name, measured] of Object.entries(candidates)) {
      const startMs = performance.now()
      await measured()
      // The first round only warms up.
      if (round >= 0) times.get(name)?.push(performance.now() - startMs)
    }
  }
  const figures = [...times].flatMap(([name, taken]) => [
    [`${name}Ms`, median(taken)],
    [`${name}MinMs`, Math.min(...taken)],
  ])
  const rounded = figures.map(([name, ms]) => [name, Math.round((ms as number) * 10) / 10])
  const problems = probeInventory(liveSource())
  return {
    workload: 'probe',
    repeat,
    ...Object.fromEntries(rounded),
    problems: problems.ok ? problems.value.problems.length : 0,
  }
}

/** What of the inventory systeminformation knows: it has no NUMA nodes, core sets, hugepages or device locality. */
async function sameFacts(): Promise<void> {
  const { cpu, mem, memLayout, diskLayout, networkInterfaces, graphics, bios, system, osInfo } = systeminformation
  await Promise.all([
    cpu(),
    mem(),
    memLayout(),
    diskLayout(),
    networkInterfaces(),
    graphics(),
    bios(),
    system(),
    osInfo(),
  ])
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
