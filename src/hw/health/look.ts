// One look at everything that can tell what is wrong with a machine. It decides nothing about time: one look gives
// symptoms and counters, and the tracker makes conditions of several.

import type { HealthLook } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import { valueOr } from '../../model/reading.ts'
import { type KernelLog, parseKernelLog } from '../parse/kernel-log.ts'
import { printed } from '../source/answers.ts'
import type { Source } from '../source/source.ts'
import type { HealthBench } from './bench.ts'
import { lookAtBox } from './box.ts'
import { lookAtDrives } from './drives.ts'
import { Findings } from './findings.ts'
import { lookAtGpus } from './gpus.ts'
import { lookAtMemory } from './memory.ts'
import { lookAtNetwork } from './network.ts'
import { lookAtPci } from './pci.ts'
import { lookAtStorage } from './storage.ts'

const kernelLogTimeoutMs = 5000
/** It costs little, and is the first to tell of most faults. */
const kernelLogAgeMaxMs = 30_000

/** `inventory` is that of the same source, taken just before. Blocks while tools run. */
export function lookAtHealth(source: Source, inventory: Inventory): HealthLook {
  const findings = new Findings()
  const uptimeMs = uptimeOf(source)
  const bench: HealthBench = {
    source,
    inventory,
    findings,
    kernelLog: kernelLogOf(source, findings),
    ageMs: (line) => Math.max(0, uptimeMs - line.atSeconds * 1000),
  }
  lookAtDrives(bench)
  lookAtStorage(bench)
  lookAtMemory(bench)
  lookAtPci(bench)
  lookAtNetwork(bench)
  lookAtGpus(bench)
  lookAtBox(bench)
  return findings.look(inventory.os.bootId)
}

/** Milliseconds since the kernel started; 0, which makes every line of its log new, where nobody says. */
function uptimeOf(source: Source): number {
  const seconds = Number(valueOr(source.readText('/proc/uptime'), '').split(' ')[0])
  return Number.isFinite(seconds) ? seconds * 1000 : 0
}

/** The log starts anew with each boot and forgets its oldest lines when it is full. */
function kernelLogOf(source: Source, findings: Findings): KernelLog | null {
  const text = printed(source, ['dmesg', '--raw'], { timeoutMs: kernelLogTimeoutMs, maxAgeMs: kernelLogAgeMaxMs })
  if (text.ok) return parseKernelLog(text.value)
  const { code, message } = text.fault
  const right = code === 'HW_NEEDS_ROOT' ? ': root or CAP_SYSLOG may' : ''
  findings.unchecked('errors in the kernel log', null, code, `${message}${right}`)
  return null
}
