// Memory and processors: corrected and uncorrected memory errors, bad pages, machine checks, throttling, microcode.
// It says what it sees at one look; what that means over time is the tracker's. Nothing that counts errors is not the same
// as no errors: it is told as unchecked.

import { parseCpuList } from '../../model/cpu-set.ts'
import type { CpuPackage } from '../../model/inventory.ts'
import { andThen, valueOr } from '../../model/reading.ts'
import { isGuest } from '../identity.ts'
import { parseInterruptRow } from '../parse/interrupts.ts'
import { parseHardwareCorrupted } from '../parse/memory-files.ts'
import { parseInteger } from '../parse/numbers.ts'
import { numaNodeRef, packageRef } from '../parts.ts'
import { countSinceBoot, type HealthBench } from './bench.ts'
import { valueAt } from './files.ts'
import { lookAtEdac } from './memory-edac.ts'
import { lookAtErrorLog } from './memory-log.ts'
import { allProcessors, wholeMemory } from './memory-parts.ts'

const nodeRoot = '/sys/devices/system/node'
const cpuRoot = '/sys/devices/system/cpu'

/** Errors that a processor corrects are what its checks are for; fewer between two looks are not worth a word. */
const correctedGrowthMin = 10

export function lookAtMemory(bench: HealthBench): void {
  lookAtEdac(bench)
  lookAtPages(bench)
  lookAtNodes(bench)
  lookAtMachineChecks(bench)
  lookAtThrottling(bench)
  lookAtMicrocode(bench)
  lookAtErrorLog(bench)
}

/** Pages that the kernel has given up since it started. */
function lookAtPages({ source, inventory, findings }: HealthBench): void {
  const path = '/proc/meminfo'
  const bytes = valueAt(source, path, parseHardwareCorrupted) ?? 0
  if (bytes > 0) {
    findings.symptom('MEMORY_POISONED', wholeMemory, { source: path, text: `HardwareCorrupted: ${bytes / 1024} kB` })
  }
  for (const node of inventory.numa.nodes) {
    const total = `${nodeRoot}/node${node.id}/memory_failure/total`
    const count = valueAt(source, total, parseInteger) ?? 0
    if (count <= 0) continue
    findings.symptom('MEMORY_POISONED', numaNodeRef(node), { source: total, text: `${count} pages with bad memory` })
  }
}

/** A processor without memory of its own beside one that has some. A node that spans several is memory of each. */
function lookAtNodes(bench: HealthBench): void {
  const { inventory, findings } = bench
  if (isGuest(inventory.machine) || inventory.cpu.packages.length < 2) return
  const near = inventory.numa.nodes
    .filter((node) => !node.isGpuMemory && node.memoryBytes !== 0)
    .map((node) => new Set(parseCpuList(node.localCpus) ?? []))
  const hasMemory = ({ cpus }: CpuPackage) => (parseCpuList(cpus) ?? []).some((cpu) => near.some((set) => set.has(cpu)))
  const bare = inventory.cpu.packages.filter((one) => !hasMemory(one))
  if (bare.length === inventory.cpu.packages.length) return
  for (const one of bare) {
    const text = `no NUMA node with memory is near the CPUs ${one.cpus}`
    findings.symptom('MEMORY_NODE_EMPTY', packageRef(one), { source: nodeRoot, text })
  }
}

/**
 * Machine check exceptions go to all CPUs at once, so the highest column counts them. The row MCP is no error: it counts
 * how often the kernel went to look. THR are corrected errors, DFR (AMD) uncorrected ones that nothing has used yet.
 */
function lookAtMachineChecks(bench: HealthBench): void {
  const { source, findings } = bench
  const path = '/proc/interrupts'
  const text = source.readText(path)
  const row = (name: string) =>
    valueOr(
      andThen(text, (table) => parseInterruptRow(table, name)),
      null,
    )
  const part = allProcessors
  for (const [name, what] of [['MCE', 'machine check exceptions'] as const, ['DFR', 'deferred errors'] as const]) {
    const count = Math.max(0, ...(row(name) ?? []))
    if (count > 0) findings.symptom('CPU_MACHINE_CHECK', part, { source: path, text: `${name}: ${count} ${what}` })
  }
  const corrected = row('THR')
  if (corrected === null) return
  const value = corrected.reduce((sum, count) => sum + count, 0)
  const counter = { code: 'CPU_CORRECTED_ERRORS', part, source: path, text: 'interrupts for corrected errors' } as const
  countSinceBoot(bench, { ...counter, value, growthMin: correctedGrowthMin })
}

/** The count of a package is the same on all its CPUs, and that of a core on its threads: never their sum. */
function lookAtThrottling(bench: HealthBench): void {
  const { source, inventory, findings } = bench
  const { cores, packages } = inventory.cpu
  if (isGuest(inventory.machine)) return
  let counting = 0
  for (const one of packages) {
    const counts = cores
      .filter((core) => core.package === one.id)
      .map((core) => {
        const folder = `${cpuRoot}/cpu${parseCpuList(core.cpus)?.[0]}/thermal_throttle`
        const count = (file: string) => valueAt(source, `${folder}/${file}`, parseInteger)
        const ofPackage = count('package_throttle_count')
        return ofPackage === null ? null : { ofPackage, ofCore: count('core_throttle_count') ?? 0 }
      })
      .filter((found) => found !== null)
    if (counts.length === 0) continue
    counting++
    const counter = { code: 'CPU_THROTTLED', part: packageRef(one), growthMin: 1 } as const
    const where = `${cpuRoot}/cpu*/thermal_throttle`
    const whole = Math.max(...counts.map((found) => found.ofPackage))
    const single = counts.reduce((sum, found) => sum + found.ofCore, 0)
    countSinceBoot(bench, {
      ...counter,
      source: `${where}/package_throttle_count`,
      text: 'times too hot',
      value: whole,
    })
    countSinceBoot(bench, {
      ...counter,
      source: `${where}/core_throttle_count`,
      text: 'times a core was too hot',
      value: single,
    })
  }
  if (counting > 0 || packages.length === 0) return
  const message = 'the kernel does not count how often these processors slow down'
  findings.unchecked('throttling of processors', null, 'HW_UNKNOWN', message, ['CPU_THROTTLED'])
}

function lookAtMicrocode({ inventory, findings }: HealthBench): void {
  const { packages } = inventory.cpu
  const versions = new Set(packages.flatMap((one) => one.microcode))
  if (versions.size < 2) return
  for (const one of packages) {
    const text = `package ${one.id}: ${one.microcode.join(', ')}`
    findings.symptom('MICROCODE_MIXED', allProcessors, { source: '/proc/cpuinfo', text })
  }
}
