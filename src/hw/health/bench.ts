// What every look at a part of the machine is given.

import type { Counter } from '../../model/health.ts'
import type { Inventory } from '../../model/inventory.ts'
import type { KernelLine, KernelLog } from '../parse/kernel-log.ts'
import type { Source } from '../source/source.ts'
import type { Findings } from './findings.ts'

export type HealthBench = {
  readonly source: Source
  readonly inventory: Inventory
  readonly findings: Findings
  /** What the kernel said since it started, oldest first; null where that could not be read. */
  readonly kernelLog: KernelLog | null
  /** How long ago the kernel said a line; what the log tells is evidence of that time and not of now. */
  readonly ageMs: (line: KernelLine) => number
}

/** A count that begins anew with the kernel. Where nobody says which boot this is, no growth can be told, and none is. */
export function countSinceBoot({ inventory, findings }: HealthBench, counter: Omit<Counter, 'epoch'>): void {
  const { bootId } = inventory.os
  if (bootId !== null) findings.counter({ ...counter, epoch: bootId })
}
