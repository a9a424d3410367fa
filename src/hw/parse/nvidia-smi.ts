// The output of `nvidia-smi -q -x`. XML and not `--query-gpu`: a field that this driver does not have is missing from the
// XML alone, while one unknown field makes a CSV query fail as a whole. Names and units have moved between schema
// versions 11, 12 and 13, so every field is optional and every unit is read.

import { absent, known, type Reading, valueOr } from '../../model/reading.ts'
import { normalisePciAddress } from './pci.ts'
import { parseXml, type XmlElement, xmlText } from './xml.ts'

export type NvidiaGpu = {
  readonly uuid: string | null
  readonly model: string | null
  readonly pciAddress: string | null
  readonly memoryBytes: number | null
  readonly vbios: string | null
  /** Cut into instances: tasks get those and not the whole. */
  readonly isMig: boolean
}

export type NvidiaSmi = {
  readonly driverVersion: string | null
  /** In the order of the tool's own numbering. */
  readonly gpus: readonly NvidiaGpu[]
}

/** Implausible when the text is not the tool's XML. */
export function parseNvidiaSmi(text: string): Reading<NvidiaSmi> {
  const xml = parseXml(text)
  if (xml.kind !== 'known') return xml
  const { value: log } = xml
  if (log.name !== 'nvidia_smi_log') return { kind: 'implausible', raw: log.name, why: 'not the XML of nvidia-smi' }
  return known({
    driverVersion: fact(xmlText(log, 'driver_version')),
    gpus: log.children.filter((child) => child.name === 'gpu').map(gpu),
  })
}

function gpu(element: XmlElement): NvidiaGpu {
  const address = xmlText(element, 'pci', 'pci_bus_id') ?? element.id
  return {
    uuid: fact(xmlText(element, 'uuid')),
    model: fact(xmlText(element, 'product_name')),
    pciAddress: address === null ? null : normalisePciAddress(address),
    memoryBytes: valueOr(parseNvidiaSize(xmlText(element, 'fb_memory_usage', 'total') ?? ''), null),
    vbios: fact(xmlText(element, 'vbios_version')),
    isMig: xmlText(element, 'mig_mode', 'current_mig') === 'Enabled',
  }
}

/** `81559 MiB`; absent for `N/A` and `[N/A]`. */
export function parseNvidiaSize(text: string): Reading<number> {
  const match = /^(\d{1,9}) (MiB|MB|KiB|GiB)$/.exec(text.trim())
  if (match === null) return absent
  const factor = { KiB: 1024, MiB: 1024 ** 2, MB: 1024 ** 2, GiB: 1024 ** 3 }[match[2] as 'MiB']
  return match[1] === '0' ? absent : known(Number(match[1]) * factor)
}

function fact(text: string | null): string | null {
  return text === null || text === '' || /^\[?(N\/A|Not Supported|Unknown( Error)?|Requested .*)\]?$/i.test(text)
    ? null
    : text
}
