// The output of `nvidia-smi -q -x`. XML and not `--query-gpu`: a field that this driver does not have is missing from the
// XML alone, while one unknown field makes a CSV query fail as a whole. Names and units have moved between schema
// versions 10 to 13 (FN-0030), so every field is optional, every unit is read, and a text in the place of a number
// (`N/A`, `[N/A]`, `Requested functionality has been deprecated`, `GPU is lost`) is unknown.

import { absent, known, type Reading, valueOr } from '../../model/reading.ts'
import { implausible } from './numbers.ts'
import { type NvidiaHealth, nvidiaHealth } from './nvidia-health.ts'
import { normalisePciAddress } from './pci.ts'
import { parseXml, type XmlElement, xmlText } from './xml.ts'

export type NvidiaGpu = {
  readonly uuid: string | null
  readonly serial: string | null
  readonly model: string | null
  readonly pciAddress: string | null
  readonly memoryBytes: number | null
  readonly vbios: string | null
  readonly gspFirmware: string | null
  readonly inforom: string | null
  /** Null where the GPU has no ECC that could be switched. */
  readonly isEccOn: boolean | null
  readonly powerLimitWatts: number | null
  readonly clockMaxMhz: number | null
  readonly memoryClockMaxMhz: number | null
  /** Cut into instances: tasks get those and not the whole. */
  readonly isMig: boolean
  readonly instances: readonly NvidiaInstance[]
  readonly health: NvidiaHealth
}

export type NvidiaInstance = {
  /** Its place in the tool's own list of this GPU's instances. */
  readonly index: number | null
  readonly gpuInstanceId: number | null
  readonly computeInstanceId: number | null
  readonly multiprocessors: number | null
  readonly memoryBytes: number | null
}

export type NvidiaSmi = {
  readonly driverVersion: string | null
  /** In the order of the tool's own numbering. */
  readonly gpus: readonly NvidiaGpu[]
}

/** More GPUs, or instances of one, than any machine has. */
const gpusMax = 256

/** Implausible when the text is not the tool's XML. */
export function parseNvidiaSmi(text: string): Reading<NvidiaSmi> {
  const xml = parseXml(text)
  if (xml.kind !== 'known') return xml
  const { value: log } = xml
  if (log.name !== 'nvidia_smi_log') return implausible(log.name, 'not the XML of nvidia-smi')
  // What was cut off may have said that a GPU is in instances, or lost.
  if (!log.isWhole) return implausible(text.slice(-60), 'the output was cut off')
  const gpus = log.children.filter((child) => child.name === 'gpu')
  if (gpus.length > gpusMax) return implausible(`${gpus.length} GPUs`, 'too many GPUs')
  return known({ driverVersion: matching(log, /^\d[\d.]{2,30}$/, 'driver_version'), gpus: gpus.map(gpu) })
}

function gpu(element: XmlElement): NvidiaGpu {
  const address = xmlText(element, 'pci', 'pci_bus_id') ?? element.id
  const serial = matching(element, /^(?=.*\d)[0-9A-Z]{6,20}$/i, 'serial')
  return {
    uuid: matching(element, /^GPU-[\w-]{1,64}$/, 'uuid'),
    // Some boards carry zeros in the place of a serial number.
    serial: serial === null || /^0+$/.test(serial) ? null : serial,
    model: fact(xmlText(element, 'product_name')),
    pciAddress: address === null ? null : normalisePciAddress(address),
    memoryBytes: memory(element),
    vbios: matching(element, /^[0-9A-F]{1,4}(\.[0-9A-F]{1,4}){2,6}$/i, 'vbios_version'),
    gspFirmware: matching(element, /^\d[\d.]{2,30}$/, 'gsp_firmware_version'),
    inforom: matching(element, /^[0-9A-Z]+(\.[0-9A-Z]+){1,4}$/i, 'inforom_version', 'img_version'),
    isEccOn: switched(xmlText(element, 'ecc_mode', 'current_ecc')),
    powerLimitWatts: powerLimit(element),
    clockMaxMhz: quantity(xmlText(element, 'max_clocks', 'sm_clock'), 'MHz'),
    memoryClockMaxMhz: quantity(xmlText(element, 'max_clocks', 'mem_clock'), 'MHz'),
    isMig: switched(xmlText(element, 'mig_mode', 'current_mig')) === true,
    instances: instances(element),
    health: nvidiaHealth(element),
  }
}

function instances(element: XmlElement): readonly NvidiaInstance[] {
  const list = element.children.find((child) => child.name === 'mig_devices')?.children ?? []
  return list
    .filter((child) => child.name === 'mig_device')
    .slice(0, gpusMax)
    .map((one) => ({
      index: count(xmlText(one, 'index')),
      gpuInstanceId: count(xmlText(one, 'gpu_instance_id')),
      computeInstanceId: count(xmlText(one, 'compute_instance_id')),
      multiprocessors: count(xmlText(one, 'device_attributes', 'shared', 'multiprocessor_count')),
      memoryBytes: memory(one),
    }))
}

function memory(element: XmlElement): number | null {
  return valueOr(parseNvidiaSize(xmlText(element, 'fb_memory_usage', 'total') ?? ''), null)
}

/** What it is held to now; before schema 12.2 the whole group had another name. */
function powerLimit(element: XmlElement): number | null {
  const places = [
    ['gpu_power_readings', 'current_power_limit'],
    ['power_readings', 'enforced_power_limit'],
    ['power_readings', 'power_limit'],
  ] as const
  for (const place of places) {
    const watts = quantity(xmlText(element, ...place), 'W')
    if (watts !== null) return watts
  }
  return null
}

/** `81559 MiB`; absent for `N/A` and `[N/A]`. */
export function parseNvidiaSize(text: string): Reading<number> {
  const match = /^(\d{1,9}) (MiB|MB|KiB|GiB)$/.exec(text.trim())
  if (match === null) return absent
  const factor = { KiB: 1024, MiB: 1024 ** 2, MB: 1024 ** 2, GiB: 1024 ** 3 }[match[2] as 'MiB']
  return match[1] === '0' ? absent : known(Number(match[1]) * factor)
}

/** `350.00 W`, `2100 MHz`; a limit of 0 is none. */
function quantity(text: string | null, unit: 'W' | 'MHz'): number | null {
  const match = /^(\d{1,6}(?:\.\d{1,3})?) (\w{1,3})$/.exec(text ?? '')
  return match === null || match[2] !== unit || Number(match[1]) === 0 ? null : Number(match[1])
}

function count(text: string | null): number | null {
  return /^\d{1,6}$/.test(text ?? '') ? Number(text) : null
}

function switched(text: string | null): boolean | null {
  return text === 'Enabled' ? true : text === 'Disabled' ? false : null
}

/** A name in the tool's own words; what says that there is none is no name. */
function fact(text: string | null): string | null {
  const isNone =
    text === null ||
    text === '' ||
    text.length > 120 ||
    !/^[\x20-\x7e]+$/.test(text) ||
    /^\[?(N\/A|None|ERR!?|Not (Supported|Available|Found)|Unknown( Error)?|GPU is lost.*|Requested .*|Insufficient .*)\]?$/i.test(
      text,
    )
  return isNone ? null : text
}

function matching(element: XmlElement, pattern: RegExp, ...path: readonly string[]): string | null {
  const text = fact(xmlText(element, ...path))
  return text !== null && pattern.test(text) ? text : null
}
