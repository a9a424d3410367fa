// A bench for one look at a part of a made-up machine, and what the look found.

import type { HealthBench } from '../../src/hw/health/bench.ts'
import { Findings } from '../../src/hw/health/findings.ts'
import type { KernelLine } from '../../src/hw/parse/kernel-log.ts'
import type { Source } from '../../src/hw/source/source.ts'
import type { HealthLook } from '../../src/model/health.ts'
import type { Inventory } from '../../src/model/inventory.ts'

type Options = {
  /** Parts that the look asks for; the rest is empty. */
  readonly inventory?: Partial<Inventory>
  readonly log?: readonly KernelLine[]
}

/** The running kernel is 1000 seconds old. */
export function findingsOf(
  look: (bench: HealthBench) => void,
  source: Source,
  { inventory = {}, log = [] }: Options = {},
): HealthLook {
  const findings = new Findings()
  const empty = { pci: [], disks: [], nics: [], gpus: [], machine: { virtualisation: null, bmc: null } }
  const os = { bootId: 'boot-1' }
  look({
    source,
    inventory: { ...empty, os, ...inventory } as unknown as Inventory,
    findings,
    kernelLog: log,
    ageMs: (line) => 1_000_000 - line.atSeconds * 1000,
  })
  return findings.look('boot-1')
}
