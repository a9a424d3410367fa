// Files under /proc/driver/nvidia: what the driver says without its tool.

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseColonPairs } from './key-values.ts'

/** The NUMA node of a GPU's memory, from `gpus/<address>/numa_status`; absent where the memory is no node. */
export function parseNvidiaNumaStatus(text: string): Reading<number> {
  const node = parseColonPairs(text).get('Node') ?? ''
  return /^\d{1,6}$/.test(node) ? known(Number(node)) : absent
}

/** The driver's version, from `version`: `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  Tue …`. */
export function parseNvidiaVersion(text: string): Reading<string> {
  const version = /^NVRM version: .{0,120}? {2}(\d{1,5}(?:\.\d{1,5}){1,3})(?:\s|$)/m.exec(text)?.[1]
  return version === undefined ? absent : known(version)
}

export type NvidiaInformation = {
  readonly model: string | null
  readonly uuid: string | null
  readonly videoBios: string | null
  readonly gspFirmware: string | null
  /** Number of its device file. */
  readonly minor: number | null
}

/** `gpus/<address>/information`. Until a GPU has been opened once, the driver prints question marks. */
export function parseNvidiaInformation(text: string): NvidiaInformation {
  const facts = parseColonPairs(text)
  const fact = (key: string, pattern: RegExp) => {
    const value = facts.get(key)
    return value !== undefined && pattern.test(value) && !/^(N\/A|Unknown)$/i.test(value) ? value : null
  }
  const minor = fact('Device Minor', /^\d{1,4}$/)
  return {
    model: fact('Model', /^[^?]{1,120}$/),
    uuid: fact('GPU UUID', /^GPU-[\w-]{1,64}$/),
    videoBios: fact('Video BIOS', /^[0-9a-f]{1,4}(\.[0-9a-f]{1,4}){1,6}$/i),
    gspFirmware: fact('GPU Firmware', /^\d[\d.]{2,30}$/),
    minor: minor === null ? null : Number(minor),
  }
}
