// Errors of processors and memory in the kernel log, and of PCI Express where the firmware keeps those to itself and reports
// them. A log tells what was: each symptom carries how long ago.

import type { ConditionCode } from '../../model/conditions.ts'
import { parseCpuList } from '../../model/cpu-set.ts'
import type { PartRef } from '../../model/health.ts'
import type { KernelLine } from '../parse/kernel-log.ts'
import {
  firmwareEventOf,
  type HardwareEvent,
  parseFirmwareLine,
  parseHardwareErrorLine,
} from '../parse/machine-check.ts'
import { packageRef, pciRef } from '../parts.ts'
import type { HealthBench } from './bench.ts'
import { allProcessors, modulePart, wholeMemory } from './memory-parts.ts'

/** The kernel numbers the firmware's reports; older ones than these are not put together. */
const reportsMax = 100

/** Of one report; what says how severe it is stands first. */
const reportLinesMax = 200

export function lookAtErrorLog(bench: HealthBench): void {
  const reports = new Map<number, { readonly last: KernelLine; readonly lines: readonly string[] }>()
  for (const line of bench.kernelLog ?? []) {
    const event = parseHardwareErrorLine(line.text)
    if (event !== null) tell(bench, event, line)
    const part = parseFirmwareLine(line.text)
    if (part === null) continue
    const before = reports.get(part.report)?.lines ?? []
    reports.set(part.report, { last: line, lines: [...before, part.text].slice(0, reportLinesMax) })
    if (reports.size > reportsMax) reports.delete(reports.keys().next().value as number)
  }
  for (const { last, lines } of reports.values()) {
    const event = firmwareEventOf(lines)
    if (event !== null) tell(bench, event, { ...last, text: `firmware: ${lines.join('; ').slice(0, 400)}` })
  }
}

function tell(bench: HealthBench, event: HardwareEvent, line: KernelLine): void {
  const code = codeOf(event)
  if (code !== null)
    bench.findings.symptom(code, partOf(bench, event), { source: 'dmesg', text: line.text }, bench.ageMs(line))
}

/** Corrected errors are counted elsewhere, and a few are ordinary. */
function codeOf({ kind, isCorrected }: HardwareEvent): ConditionCode | null {
  if (isCorrected) return null
  if (kind === 'page') return 'MEMORY_POISONED'
  if (kind === 'pcie') return 'PCIE_ERRORS'
  return kind === 'memory' ? 'MEMORY_UNCORRECTED_ERRORS' : 'CPU_MACHINE_CHECK'
}

function partOf(bench: HealthBench, { kind, cpu, label }: HardwareEvent): PartRef {
  if (kind === 'memory' && label !== null) return modulePart(bench.inventory, label, label)
  if (kind === 'pcie' && label !== null) return pciRef(label)
  if (kind !== 'machine-check') return wholeMemory
  const home = bench.inventory.cpu.packages.find((one) => cpu !== null && parseCpuList(one.cpus)?.includes(cpu))
  return home === undefined ? allProcessors : packageRef(home)
}
