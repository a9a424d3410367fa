// How long it takes to know the machine: our probe in this process, alone and with the look at its health, against
// `systeminformation` asked for the same facts in this process, and against lstopo where that is installed, which is a
// process of its own. In one run, alternating. Then what watching costs, tools included.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import * as systeminformation from 'systeminformation'
import { glance } from '../../src/hw/glance.ts'
import { lookAtHealth } from '../../src/hw/health/look.ts'
import { probeInventory } from '../../src/hw/inventory.ts'
import { KeptTools } from '../../src/hw/source/kept-tools.ts'
import { liveSource } from '../../src/hw/source/open.ts'
import { usualPace } from '../../src/hw/watch.ts'
import type { Inventory } from '../../src/model/inventory.ts'

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
    probeAndHealth: () => lookAtHealth(liveSource(), probed()),
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
  return {
    workload: 'probe',
    repeat,
    ...Object.fromEntries(rounded),
    ...(await watchingCost()),
    problems: probed().problems.length,
  }
}

function probed(): Inventory {
  const result = probeInventory(liveSource())
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

/**
 * What of the inventory systeminformation knows: it has no NUMA nodes, core sets, hugepages, PCI tree, device locality,
 * links, volumes' members or conditions.
 */
async function sameFacts(): Promise<void> {
  const { cpu, cpuCache, mem, memLayout, diskLayout, blockDevices, fsSize, networkInterfaces, graphics } =
    systeminformation
  const { bios, system, baseboard, chassis, osInfo, uuid } = systeminformation
  const hardware = [cpu(), cpuCache(), mem(), memLayout(), diskLayout(), blockDevices(), fsSize(), networkInterfaces()]
  await Promise.all([...hardware, graphics(), bios(), system(), baseboard(), chassis(), osInfo(), uuid()])
}

const glancesMeasured = 2000
const looksMeasured = 100

/** Processor time of a glance and of a whole look whose tools have been asked, ours and theirs; and the share of a core. */
async function watchingCost(): Promise<Record<string, number>> {
  const live = liveSource()
  const inventory = probed()
  const tools = new KeptTools()
  const source = { ...live, run: tools.run }
  const look = () => lookAtHealth(source, (probeInventory(source) as { value: Inventory }).value)
  const glanceMs = await cpuMs(glancesMeasured, () => glance(live, inventory))
  look()
  // A tool is asked again after minutes; here in every round, and then counted as often as it would be.
  const toolsMs = await cpuMs(looksMeasured / 10, async () => {
    look()
    await tools.refresh(Number.MAX_SAFE_INTEGER)
    await tools.refresh(0)
  })
  await tools.refresh(0)
  const lookMs = await cpuMs(looksMeasured, look)
  tools.close()
  const inMinute = (60_000 / usualPace.glanceEveryMs) * glanceMs + (60_000 / usualPace.lookEveryMs) * (lookMs + toolsMs)
  return {
    glanceCpuMs: round(glanceMs, 3),
    lookCpuMs: round(lookMs, 2),
    toolsCpuMs: round(toolsMs, 2),
    watchingPercentOfCore: round((inMinute / 60_000) * 100, 4),
  }
}

async function cpuMs(times: number, act: () => unknown): Promise<number> {
  const before = cpuTicks()
  for (let i = 0; i < times; i++) await act()
  return ((cpuTicks() - before) * 10) / times
}

/** Of this process and of its children that have ended, in hundredths of a second (proc(5), fields 14 to 17 of stat). */
function cpuTicks(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? []
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0)
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
