// Intel GPUs, described by the files of the drivers xe and i915. They say little: neither a name nor an id that stays,
// so that such a GPU is listed and not offered. Memory is said tile by tile where the driver says it at all.

import type { Gpu } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { parsePositive } from '../parse/numbers.ts'
import { type GpuFacts, isSuspended, powerCapWatts } from './gpu-facts.ts'
import { type Bench, listNames, listNumbered, readFact, settle } from './report.ts'

export function describeIntel(bench: Bench, onBus: readonly Gpu[]): GpuFacts {
  return { gpus: onBus.map((gpu) => described(bench, gpu)), firmware: [] }
}

function described(bench: Bench, gpu: Gpu): Gpu {
  if (gpu.driver !== 'xe' && gpu.driver !== 'i915') return gpu
  const folder = `/sys/bus/pci/devices/${gpu.pciAddress}`
  const files = new Set(settle(bench.report, bench.source.list(folder), folder) ?? [])
  const card = listNames(bench, `${folder}/drm`).find((name) => /^card\d+$/.test(name))
  const drm = card === undefined ? null : `${folder}/drm/${card}`
  const tiles = gpu.driver === 'xe' ? listNumbered(bench, folder, 'tile').map((tile) => `${folder}/tile${tile}`) : []
  const clock =
    gpu.driver === 'xe'
      ? tiles.map((tile) => `${tile}/gt0/freq0/rp0_freq`)
      : drm === null
        ? []
        : [`${drm}/gt_RP0_freq_mhz`]
  const isAwake = files.has('hwmon') && !isSuspended(bench, folder)
  return {
    ...gpu,
    memoryBytes: memoryOf(bench, tiles, drm),
    clockMaxMhz: clock[0] === undefined ? null : readFact(bench, clock[0], parsePositive),
    powerLimitWatts: isAwake ? powerCapWatts(bench, folder, 'power1_max') : null,
  }
}

/** All tiles or nothing: a part of the memory would read as the whole. */
function memoryOf(bench: Bench, tiles: readonly string[], drm: string | null): number | null {
  const sizes = tiles.map((tile) => readFact(bench, `${tile}/physical_vram_size_bytes`, parseTileSize))
  if (sizes.length > 0 && sizes.every((size) => size !== null)) return sizes.reduce((sum, size) => sum + size, 0)
  return drm === null ? null : readFact(bench, `${drm}/lmem_total_bytes`, parsePositive)
}

/** Tiles print hexadecimal with `0x`. */
function parseTileSize(text: string): Reading<number> {
  const clean = text.trim()
  if (!/^0x[0-9a-f]{1,12}$/i.test(clean)) return parsePositive(text)
  return Number(clean) > 0 ? known(Number(clean)) : absent
}
