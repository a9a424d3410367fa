// RDMA devices of hardware and their ports. Devices made by software (rxe, siw) and virtual functions are left out.
// It does not know which port has a network interface; nics.ts does.

import type { RdmaDevice } from '../../model/inventory.ts'
import { parseGuid, parseIbRate, parseIbState } from '../parse/infiniband.ts'
import { parseLine } from '../parse/numbers.ts'
import { type Bench, listNames, listNumbered, readFact } from './report.ts'

const root = '/sys/class/infiniband'

export type RdmaPort = RdmaDevice & {
  /** The real path of the function that the device stands on; null where a capture does not tell. */
  readonly devicePath: string | null
}

/** Ports in the order of their devices' names. */
export function probeRdma(bench: Bench): readonly RdmaPort[] {
  return listNames(bench, root).flatMap((name) => portsOf(bench, name))
}

function portsOf(bench: Bench, name: string): readonly RdmaPort[] {
  const folder = `${root}/${name}`
  const { source } = bench
  if (source.linkText(folder)?.includes('/virtual/')) return []
  const devicePath = source.realPath(`${folder}/device`)
  if (devicePath !== null && isVirtualFunction(bench, devicePath)) return []
  const ports = listNumbered(bench, `${folder}/ports`, '')
  const firmware = readFact(bench, `${folder}/fw_ver`, parseLine)
  const nodeGuid = readFact(bench, `${folder}/node_guid`, parseGuid)
  return (ports.length === 0 ? [1] : ports).map((port) => {
    const at = `${folder}/ports/${port}`
    return {
      name,
      port,
      devicePath,
      firmware,
      nodeGuid,
      linkLayer: readFact(bench, `${at}/link_layer`, parseLine),
      rateGbps: readFact(bench, `${at}/rate`, parseIbRate),
      state: readFact(bench, `${at}/state`, parseIbState),
    }
  })
}

/** Virtual functions, and the scalable ones that Mellanox' driver cuts from a port. */
export function isVirtualFunction(bench: Bench, devicePath: string): boolean {
  return devicePath.includes('.sf.') || bench.source.exists(`${devicePath}/physfn`)
}
