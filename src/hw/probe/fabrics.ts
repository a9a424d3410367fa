// Ports of fabrics that are no network interfaces: RDMA ports that none stands on, and Fibre Channel hosts.

import type { FabricPort, Nic } from '../../model/inventory.ts'
import { parseFcSpeed, parseWwn } from '../parse/infiniband.ts'
import { parseLine } from '../parse/numbers.ts'
import { pciAddressInPath } from '../parse/pci.ts'
import { numaNodeOf } from './locality.ts'
import type { NumaFacts } from './numa.ts'
import type { RdmaPort } from './rdma.ts'
import { type Bench, listNames, readFact } from './report.ts'

const fcRoot = '/sys/class/fc_host'

export function probeFabrics(
  bench: Bench,
  numa: NumaFacts,
  rdma: readonly RdmaPort[],
  nics: readonly Nic[],
): readonly FabricPort[] {
  const shown = new Set(nics.flatMap(({ rdma: one }) => (one === null ? [] : [`${one.name}/${one.port}`])))
  // A port of RoCE or iWARP is its network interface, even where that is not told.
  const alone = rdma.filter((port) => !shown.has(`${port.name}/${port.port}`) && port.linkLayer !== 'Ethernet')
  return [
    ...alone.map((port) => rdmaPort(bench, numa, port)),
    ...listNames(bench, fcRoot).map((name) => fcPort(bench, numa, name)),
  ]
}

/** Named as `rdma link` does: `mlx5_0/1`. */
function rdmaPort(bench: Bench, numa: NumaFacts, one: RdmaPort): FabricPort {
  return {
    name: `${one.name}/${one.port}`,
    kind: 'infiniband',
    id: one.nodeGuid === null ? null : `${one.nodeGuid}/${one.port}`,
    state: one.state,
    rateGbps: one.state === 'ACTIVE' ? one.rateGbps : null,
    firmware: one.firmware,
    numaNode: one.devicePath === null ? null : numaNodeOf(bench, numa, one.devicePath),
    pciAddress: one.devicePath === null ? null : pciAddressInPath(one.devicePath),
  }
}

function fcPort(bench: Bench, numa: NumaFacts, name: string): FabricPort {
  const folder = `${fcRoot}/${name}`
  const path = bench.source.realPath(`${folder}/device`)
  const scsi = `/sys/class/scsi_host/${name}`
  return {
    name,
    kind: 'fibre-channel',
    id: readFact(bench, `${folder}/port_name`, parseWwn),
    state: readFact(bench, `${folder}/port_state`, parseLine),
    rateGbps: readFact(bench, `${folder}/speed`, parseFcSpeed),
    // The two drivers that most hosts have call it differently.
    firmware: readFact(bench, `${scsi}/fw_version`, parseLine) ?? readFact(bench, `${scsi}/fwrev`, parseLine),
    numaNode: path === null ? null : numaNodeOf(bench, numa, path),
    pciAddress: path === null ? null : pciAddressInPath(path),
  }
}
