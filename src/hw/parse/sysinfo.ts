// /proc/sysinfo of s390: the machine, the logical partition of it, and the virtual machines stacked in that.

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseColonPairs } from './key-values.ts'

export type Sysinfo = {
  readonly vendor: string | null
  /** Type and model of the hardware: `2817-M32`. */
  readonly product: string | null
  readonly serial: string | null
  /** `LPAR 41`, and below it the names of virtual machines: `LPAR 47, R1745003`. */
  readonly partition: string | null
  readonly uuid: string | null
  /** What runs the innermost virtual machine: `KVM/Linux`, `z/VM 6.1.0`; null directly in a partition. */
  readonly controlProgram: string | null
}

/** A guest of a guest of a guest; the kernel prints no more than fifteen. */
const guestsMax = 16

export function parseSysinfo(text: string): Reading<Sysinfo> {
  const facts = parseColonPairs(text)
  const fact = (key: string) => clean(facts.get(key))
  const type = fact('Type')
  const sequence = fact('Sequence Code')
  if (type === null || sequence === null) return absent
  // The model's capacity identifier, and after it that of the hardware.
  const model = fact('Model')?.split(' ').at(-1) ?? null
  const partition = fact('LPAR Number')
  const guests: string[] = []
  let controlProgram: string | null = null
  let uuid: string | null = null
  for (let i = 0; i < guestsMax; i++) {
    const key = `VM${String(i).padStart(2, '0')}`
    const name = fact(`${key} Name`)
    const program = fact(`${key} Control Program`)
    if (name === null && program === null) break
    if (i === 0) {
      controlProgram = program
      uuid = fact(`${key} UUID`)
    }
    if (name !== null) guests.push(name)
  }
  const names = [...(partition === null ? [] : [`LPAR ${partition}`]), ...guests.reverse()]
  return known({
    vendor: fact('Manufacturer'),
    product: model === null ? type : `${type}-${model}`,
    serial: /^0+$/.test(sequence) ? null : sequence,
    partition: names.length === 0 ? null : names.join(', '),
    uuid: (controlProgram === null ? fact('LPAR UUID') : uuid)?.toLowerCase() ?? null,
    controlProgram,
  })
}

function clean(text: string | undefined): string | null {
  const trimmed = (text ?? '').trim().replace(/\s+/g, ' ')
  return trimmed === '' ? null : trimmed
}
