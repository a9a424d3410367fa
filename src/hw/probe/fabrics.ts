// Ports of fabrics other than Ethernet.

import type { FabricPort } from '../../model/inventory.ts'
import type { NumaFacts } from './numa.ts'
import type { Bench } from './report.ts'

export function probeFabrics(_bench: Bench, _numa: NumaFacts): readonly FabricPort[] {
  return []
}
