// What `rocm-smi … --json` prints: an object of cards. All values are text, and their names change with every minor version
// (FN-0033), so each is looked for under all its names. The tool is slow and says little that the kernel's files do not:
// it is asked for the names of cards that nobody else knows.

import { absent, known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'
import { normalisePciAddress } from './pci.ts'

export type RocmCard = {
  readonly pciAddress: string
  readonly model: string | null
  readonly serial: string | null
  readonly uuid: string | null
  readonly vbios: string | null
  readonly memoryBytes: number | null
}

/** More cards than any machine has. */
const cardsMax = 256

export function parseRocmSmi(text: string): Reading<readonly RocmCard[]> {
  if (text.trim() === '') return absent
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return implausible(text, 'not the JSON of rocm-smi')
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return implausible(text, 'no cards')
  const cards = Object.entries(document).filter(([name]) => /^card\d{1,3}$/.test(name))
  return known(cards.slice(0, cardsMax).flatMap(([, facts]) => card(facts) ?? []))
}

function card(facts: unknown): RocmCard | null {
  const record = typeof facts === 'object' && facts !== null ? (facts as Readonly<Record<string, unknown>>) : {}
  const fact = (...names: readonly string[]) => {
    for (const name of names) {
      const value = Object.hasOwn(record, name) ? record[name] : undefined
      if (
        typeof value === 'string' &&
        value.length <= 120 &&
        !/^(|N\/A|unknown|0x[0-9a-f]{1,4})$/i.test(value.trim())
      ) {
        return value.trim()
      }
    }
    return null
  }
  const pciAddress = normalisePciAddress(fact('PCI Bus') ?? '')
  if (pciAddress === null) return null
  const memory = fact('VRAM Total Memory (B)') ?? ''
  const serial = fact('Serial Number') ?? ''
  const id = /^0x([0-9a-f]{5,16})$/i.exec(fact('Unique ID') ?? '')
  return {
    pciAddress,
    // Old versions print the device id in the place of the model; the series is then the name.
    model: fact('Device Name', 'Card Series', 'Card series', 'Card Model', 'Card model'),
    // Boards without one print zeros.
    serial: /^0*$/.test(serial) ? null : serial,
    uuid: id === null ? null : `GPU-${(id[1] as string).toLowerCase().padStart(16, '0')}`,
    vbios: fact('VBIOS version'),
    memoryBytes: /^[1-9]\d{0,14}$/.test(memory) ? Number(memory) : null,
  }
}
