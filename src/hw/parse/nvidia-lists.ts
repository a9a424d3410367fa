// Small outputs of nvidia-smi that say what its XML leaves out: UUIDs and profiles of MIG instances (`-L`), the state and
// errors of NVLinks (`nvlink -s`, `nvlink -e`), compute capabilities (`--query-gpu=…`).

import { normalisePciAddress } from './pci.ts'

export type MigDevice = {
  readonly gpuUuid: string
  readonly index: number
  readonly profile: string
  readonly uuid: string
}

/** Lines of `nvidia-smi -L`: a GPU, then its instances. */
export function parseMigDevices(text: string): readonly MigDevice[] {
  const devices: MigDevice[] = []
  let gpuUuid: string | null = null
  for (const line of text.split('\n')) {
    const uuid = gpuLine(line)
    if (uuid !== null) gpuUuid = uuid
    const match = /^ {2}MIG (\S{1,40}) +Device +(\d{1,3}): \(UUID: (MIG-[\w/-]{1,80})\)\s*$/.exec(line)
    if (match === null || gpuUuid === null) continue
    devices.push({ gpuUuid, profile: match[1] as string, index: Number(match[2]), uuid: match[3] as string })
  }
  return devices
}

export type NvlinkStates = { readonly active: number; readonly inactive: readonly number[] }

/** `nvidia-smi nvlink -s` by UUID of the GPU; a GPU that prints no link is not there. */
export function parseNvlinkStates(text: string): ReadonlyMap<string, NvlinkStates> {
  const states = new Map<string, { active: number; inactive: number[] }>()
  eachGpuLine(text, (uuid, line) => {
    const match = /^\s+Link (\d{1,3}): (<inactive>|\d{1,5}(?:\.\d{1,6})? GB\/s)\s*$/.exec(line)
    if (match === null) return
    const state = states.get(uuid) ?? { active: 0, inactive: [] }
    states.set(uuid, state)
    if (match[2] === '<inactive>') state.inactive.push(Number(match[1]))
    else state.active++
  })
  return states
}

export type NvlinkErrors = { readonly replay: number; readonly recovery: number; readonly crc: number }

/** `nvidia-smi nvlink -e` by UUID of the GPU, all links together. */
export function parseNvlinkErrors(text: string): ReadonlyMap<string, NvlinkErrors> {
  const errors = new Map<string, { replay: number; recovery: number; crc: number }>()
  eachGpuLine(text, (uuid, line) => {
    const match = /^\s+Link \d{1,3}: (Replay|Recovery|CRC) Errors: (\d{1,15})\s*$/.exec(line)
    if (match === null) return
    const sums = errors.get(uuid) ?? { replay: 0, recovery: 0, crc: 0 }
    errors.set(uuid, sums)
    sums[(match[1] as string).toLowerCase() as 'replay' | 'recovery' | 'crc'] += Number(match[2])
  })
  return errors
}

/** `nvidia-smi --query-gpu=pci.bus_id,compute_cap --format=csv,noheader`, by PCI address: `9.0`. */
export function parseComputeCapabilities(text: string): ReadonlyMap<string, string> {
  const found = text.split('\n').flatMap((line) => {
    const match = /^([0-9A-Fa-f:.]{7,16}), *(\d{1,2}\.\d{1,2})\s*$/.exec(line)
    const address = match === null ? null : normalisePciAddress(match[1] as string)
    return match === null || address === null ? [] : [[address, match[2] as string] as const]
  })
  return new Map(found)
}

/** The address in `Unable to determine the device handle for GPU0: 0000:4F:00.0: GPU is lost.` and the like. */
export function parseLostGpus(text: string): ReadonlyMap<string, string> {
  const found = text.split('\n').flatMap((line) => {
    const match = /^Unable to determine the device handle for (?:gpu ?\d*:? ?)?([0-9a-f:]{5,16}\.[0-7]): /i.exec(line)
    const address = match === null ? null : normalisePciAddress(match[1] as string)
    return address === null ? [] : [[address, line.trim().slice(0, 200)] as const]
  })
  return new Map(found)
}

function eachGpuLine(text: string, see: (uuid: string, line: string) => void): void {
  let gpuUuid: string | null = null
  for (const line of text.split('\n')) {
    gpuUuid = gpuLine(line) ?? gpuUuid
    if (gpuUuid !== null) see(gpuUuid, line)
  }
}

function gpuLine(line: string): string | null {
  return /^GPU \d{1,3}: .{1,120} \(UUID: (GPU-[\w-]{1,64})\)\s*$/.exec(line)?.[1] ?? null
}
