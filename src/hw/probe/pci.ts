// The PCI tree: every function of the bus but virtual ones.

import type { PciDevice } from '../../model/inventory.ts'
import type { NumaFacts } from './numa.ts'
import type { Bench } from './report.ts'

export function probePci(_bench: Bench, _numa: NumaFacts): readonly PciDevice[] {
  return []
}
