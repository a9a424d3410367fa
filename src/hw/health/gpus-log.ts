// What GPU drivers reported in the kernel log. A log tells what was: each symptom carries how long ago.

import type { ConditionCode } from '../../model/conditions.ts'
import type { PartRef } from '../../model/health.ts'
import { type GpuLogEvent, type GpuLogKind, parseGpuLogLine } from '../parse/gpu-log.ts'
import { withoutFunction } from '../parse/pci.ts'
import { gpuRef, pciRef } from '../parts.ts'
import type { HealthBench } from './bench.ts'
import { conditionOfXid, recoveryActionXid } from './xids.ts'

const codes: Readonly<Record<Exclude<GpuLogKind, 'xid'>, ConditionCode>> = {
  'switch-error': 'GPU_LINK_DOWN',
  'off-the-bus': 'GPU_FAILED',
  'not-started': 'GPU_FAILED',
  uncorrected: 'GPU_UNCORRECTED_ERRORS',
  'bad-pages-exceeded': 'GPU_REMAP_FAILED',
  reset: 'GPU_ERROR_REPORTED',
  'reset-failed': 'GPU_FAILED',
  wedged: 'GPU_FAILED',
  hang: 'GPU_APPLICATION_ERROR',
}

export function lookAtGpuLog(bench: HealthBench): void {
  const { kernelLog, findings, ageMs } = bench
  const told = new Set<string>()
  // Newest first: of evidence beyond its bound the old is left out.
  for (const line of [...(kernelLog ?? [])].reverse()) {
    const event = parseGpuLogLine(line.text)
    if (event === null) continue
    if (event.number === recoveryActionXid && event.kind === 'xid') {
      const isNews = !told.has(event.place)
      told.add(event.place)
      if (!isNews) continue
    }
    const code = codeOf(event)
    if (code !== null) findings.symptom(code, partAt(bench, event), { source: 'dmesg', text: line.text }, ageMs(line))
  }
}

function codeOf({ kind, number, isNonfatal }: GpuLogEvent): ConditionCode | null {
  if (kind === 'xid') return conditionOfXid(number ?? 0, isNonfatal)
  return kind === 'switch-error' && isNonfatal ? 'GPU_ERROR_REPORTED' : codes[kind]
}

/** The log leaves the function out, or names one that the GPU has no more. */
function partAt({ inventory }: HealthBench, { place, kind }: GpuLogEvent): PartRef {
  if (kind === 'switch-error') return pciRef(`${place}.0`)
  const gpu = inventory.gpus.find((one) => withoutFunction(one.pciAddress ?? '') === place)
  return gpu === undefined ? { kind: 'gpu', name: `${place}.0`, id: null } : gpuRef(gpu)
}
