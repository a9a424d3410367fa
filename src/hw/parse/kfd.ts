// AMD's kernel driver for computing: the files `properties` under /sys/class/kfd/kfd/topology/nodes.
// Ids there need 64 bits, so they stay text. A GPU in several partitions is several nodes at one place on the bus
// (FN-0032).

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseSpacePairs } from './key-values.ts'

export type KfdGpu = {
  /** Domain, bus and device; partitions differ only in the function, which is not here. */
  readonly place: string
  /** Number of the partition: the function of its place on the bus. */
  readonly part: number
  /** `GPU-` and 16 hexadecimal digits, as AMD's runtime prints it; null on boards without one. */
  readonly uuid: string | null
  /** `gfx942`, the instruction set by which programs are compiled; null from kernels before 5.14. */
  readonly target: string | null
  readonly computeUnits: number | null
  /** The set of GPUs that XGMI links with each other; null where there is no XGMI. */
  readonly hive: string | null
  readonly clockMaxMhz: number | null
}

/** Absent for a node that is a processor. */
export function parseKfdNode(properties: string): Reading<KfdGpu> {
  const facts = parseSpacePairs(properties)
  const number = (key: string) => (/^\d{1,10}$/.test(facts.get(key) ?? '') ? Number(facts.get(key)) : null)
  const location = number('location_id')
  const simds = number('simd_count')
  if (simds === null || simds === 0 || location === null) return absent
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  const place = `${hex(number('domain') ?? 0, 4)}:${hex((location >> 8) & 0xff, 2)}:${hex((location >> 3) & 0x1f, 2)}`
  const perUnit = number('simd_per_cu')
  return known({
    place,
    part: location & 7,
    uuid: amdUuid(facts.get('unique_id') ?? ''),
    target: targetOf(number('gfx_target_version')),
    computeUnits: perUnit === null || perUnit === 0 || simds % perUnit !== 0 ? null : simds / perUnit,
    hive: /^[1-9]\d{0,19}$/.test(facts.get('hive_id') ?? '') ? (facts.get('hive_id') as string) : null,
    clockMaxMhz: number('max_engine_clk_fcompute') || null,
  })
}

/** The decimal id as AMD's runtime prints it. */
function amdUuid(id: string): string | null {
  if (!/^[1-9]\d{0,19}$/.test(id)) return null
  const hex = BigInt(id).toString(16)
  return hex.length > 16 ? null : `GPU-${hex.padStart(16, '0')}`
}

/** The file `unique_id` of the PCI device, the same id in hexadecimal. */
export function parseAmdUniqueId(text: string): Reading<string> {
  const match = /^(?:0x)?([0-9a-f]{1,16})\s*$/i.exec(text)
  if (match === null || /^0+$/.test(match[1] as string)) return absent
  return known(`GPU-${(match[1] as string).toLowerCase().padStart(16, '0')}`)
}

/** 90402 is 9.4.2, which compilers call gfx942; the stepping is hexadecimal (90010 is gfx90a). */
function targetOf(version: number | null): string | null {
  if (version === null || version < 10000 || version > 999999) return null
  const [major, minor, stepping] = [Math.floor(version / 10000), Math.floor(version / 100) % 100, version % 100]
  return minor > 9 || stepping > 15 ? null : `gfx${major}${minor}${stepping.toString(16)}`
}

export type KfdBank = { readonly sizeBytes: number; readonly clockMaxMhz: number | null }

/** One memory bank; absent for one of no size, and for the machine's own memory, which an APU shows as well. */
export function parseKfdBank(properties: string): Reading<KfdBank> {
  const facts = parseSpacePairs(properties)
  const size = facts.get('size_in_bytes') ?? ''
  const clock = facts.get('mem_clk_max') ?? ''
  if (!/^[1-9]\d{0,14}$/.test(size) || facts.get('heap_type') === '0') return absent
  return known({ sizeBytes: Number(size), clockMaxMhz: /^[1-9]\d{0,5}$/.test(clock) ? Number(clock) : null })
}
