// AMD GPUs: error counts that their driver keeps by part of the chip (`ras/umc_err_count` …) and PCIe packets sent again.
// A GPU without such files has no error correction to tell of.

import type { Gpu } from '../../model/inventory.ts'
import { parseColonPairs } from '../parse/key-values.ts'
import { parseInteger } from '../parse/numbers.ts'
import { gpuRef } from '../parts.ts'
import { countSinceBoot, type HealthBench } from './bench.ts'
import { namesIn, textAt, valueAt } from './files.ts'
import { countReplays } from './gpus-replays.ts'

/** `gpus` are those of amdgpu. */
export function lookAtAmd(bench: HealthBench, gpus: readonly Gpu[]): void {
  for (const gpu of gpus) if (gpu.pciAddress !== null) lookAtOne(bench, gpu, `/sys/bus/pci/devices/${gpu.pciAddress}`)
}

function lookAtOne(bench: HealthBench, gpu: Gpu, folder: string): void {
  const { source, findings } = bench
  const part = gpuRef(gpu)
  const files = new Set(namesIn(source, folder))
  if (files.has('power') && textAt(source, `${folder}/power/runtime_status`) === 'suspended') {
    findings.unchecked('errors of the GPU', part, 'HW_UNKNOWN', 'it sleeps, and reading its counts would wake it')
    return
  }
  const counts = files.has('ras') ? namesIn(source, `${folder}/ras`) : []
  for (const name of [...counts].sort()) {
    if (!name.endsWith('_err_count')) continue
    const path = `${folder}/ras/${name}`
    const text = source.readText(path)
    const count = text.kind === 'known' ? parseColonPairs(text.value).get('ue') : undefined
    if (text.kind === 'unreadable') {
      const fault = text.fault
      findings.unchecked('errors of the GPU', part, fault.code, fault.message)
    }
    if (count === undefined || !/^\d{1,15}$/.test(count)) continue
    const value = Number(count)
    if (value > 0) findings.symptom('GPU_UNCORRECTED_ERRORS', part, { source: path, text: `ue: ${value}` })
    const what = `uncorrectable errors of ${name.replace('_err_count', '')}`
    countSinceBoot(bench, { code: 'GPU_UNCORRECTED_ERRORS', part, source: path, text: what, value, growthMin: 1 })
  }
  if (!files.has('pcie_replay_count')) return
  const path = `${folder}/pcie_replay_count`
  const replays = valueAt(source, path, parseInteger)
  if (replays !== null && replays >= 0) countReplays(bench, gpu, path, replays)
}
