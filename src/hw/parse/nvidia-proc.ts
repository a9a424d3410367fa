// Files under /proc/driver/nvidia: what the driver says without its tool.

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseColonPairs } from './key-values.ts'

/** The NUMA node of a GPU's memory, from `gpus/<address>/numa_status`; absent where the memory is no node. */
export function parseNvidiaNumaStatus(text: string): Reading<number> {
  const node = parseColonPairs(text).get('Node') ?? ''
  return /^\d{1,6}$/.test(node) ? known(Number(node)) : absent
}

export type NvidiaInformation = {
  readonly model: string | null
  readonly uuid: string | null
  readonly videoBios: string | null
}

/** `gpus/<address>/information`. Until a GPU has been opened once, the driver prints question marks. */
export function parseNvidiaInformation(text: string): NvidiaInformation {
  const facts = parseColonPairs(text)
  const fact = (key: string) => {
    const value = facts.get(key)
    return value === undefined || value === '' || /^N\/A$/i.test(value) || value.includes('?') ? null : value
  }
  return {
    model: fact('Model'),
    uuid: fact('GPU UUID'),
    videoBios: fact('Video BIOS'),
  }
}
