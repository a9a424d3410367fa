// All that connects a machine with others: network ports, and ports of other fabrics.

import type { FabricPort, Nic } from '../../model/inventory.ts'
import { probeFabrics } from './fabrics.ts'
import { probeNics } from './nics.ts'
import type { NumaFacts } from './numa.ts'
import { probeRdma } from './rdma.ts'
import type { Bench } from './report.ts'

export type NetworkFacts = { readonly nics: readonly Nic[]; readonly fabrics: readonly FabricPort[] }

export function probeNetwork(bench: Bench, numa: NumaFacts): NetworkFacts {
  const rdma = probeRdma(bench)
  const nics = probeNics(bench, numa, rdma)
  return { nics, fabrics: probeFabrics(bench, numa, rdma, nics) }
}
