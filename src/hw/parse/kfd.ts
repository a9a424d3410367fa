// AMD's kernel driver for computing: the files `properties` under /sys/class/kfd/kfd/topology/nodes.
// Ids there need 64 bits, so they stay text. A GPU in several partitions is several nodes at one place on the bus.

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseSpacePairs } from './key-values.ts'

export type KfdGpu = {
  /** Domain, bus and device; partitions differ only in the function, which is not here. */
  readonly place: string
  /** `GPU-` and 16 hexadecimal digits, as AMD's runtime prints it; null on boards without one. */
  readonly uuid: string | null
}

/** Absent for a node that is a processor. */
export function parseKfdNode(properties: string): Reading<KfdGpu> {
  const facts = parseSpacePairs(properties)
  const number = (key: string) => (/^\d{1,10}$/.test(facts.get(key) ?? '') ? Number(facts.get(key)) : null)
  const location = number('location_id')
  if (number('simd_count') === 0 || number('simd_count') === null || location === null) return absent
  const hex = (value: number, digits: number) => value.toString(16).padStart(digits, '0')
  const place = `${hex(number('domain') ?? 0, 4)}:${hex((location >> 8) & 0xff, 2)}:${hex((location >> 3) & 0x1f, 2)}`
  const id = facts.get('unique_id') ?? ''
  const uuid = /^[1-9]\d{0,19}$/.test(id) ? `GPU-${BigInt(id).toString(16).padStart(16, '0')}` : null
  return known({ place, uuid })
}

export type KfdLink = { readonly to: number; readonly kind: 'xgmi' | 'pcie' | 'other' }

/** `node_to` is the number of another kfd node, never of a NUMA node. */
export function parseKfdLink(properties: string): Reading<KfdLink> {
  const facts = parseSpacePairs(properties)
  const to = facts.get('node_to') ?? ''
  if (!/^\d{1,6}$/.test(to)) return absent
  const type = facts.get('type')
  return known({ to: Number(to), kind: type === '11' ? 'xgmi' : type === '2' ? 'pcie' : 'other' })
}

/** Bytes of one memory bank; absent for one of no size. */
export function parseKfdBank(properties: string): Reading<number> {
  const size = parseSpacePairs(properties).get('size_in_bytes') ?? ''
  return /^[1-9]\d{0,15}$/.test(size) ? known(Number(size)) : absent
}
