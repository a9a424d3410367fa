// AMD GPUs: error counts that their driver keeps by part of the chip (`ras/umc_err_count` …) and PCIe packets sent again.
// A GPU without such files has no error correction to tell of.

import type { Gpu } from '../../model/inventory.ts'
import { parseColonPairs } from '../parse/key-values.ts'
import { parseInteger } from '../parse/numbers.ts'
import type { HealthBench } from './bench.ts'
import { gpuPart, replayGrowthMin } from './gpus-part.ts'

/** `gpus` are those of amdgpu. */
export function lookAtAmd(bench: HealthBench, gpus: readonly Gpu[]): void {
  for (const gpu of gpus) if (gpu.pciAddress !== null) lookAtOne(bench, gpu, `/sys/bus/pci/devices/${gpu.pciAddress}`)
}

function lookAtOne({ source, findings, inventory }: HealthBench, gpu: Gpu, folder: string): void {
  const part = gpuPart(gpu)
  const epoch = inventory.os.bootId ?? 'boot'
  const list = source.list(folder)
  const files = new Set(list.kind === 'known' ? list.value : [])
  const status = files.has('power') ? source.readText(`${folder}/power/runtime_status`) : null
  if (status?.kind === 'known' && status.value.trim() === 'suspended') {
    findings.unchecked('errors of the GPU', part, 'HW_UNKNOWN', 'it sleeps, and reading its counts would wake it')
    return
  }
  const counts = files.has('ras') ? source.list(`${folder}/ras`) : null
  for (const name of counts?.kind === 'known' ? [...counts.value].sort() : []) {
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
    findings.counter({ code: 'GPU_UNCORRECTED_ERRORS', part, source: path, text: what, value, epoch, growthMin: 1 })
  }
  if (!files.has('pcie_replay_count')) return
  const path = `${folder}/pcie_replay_count`
  const text = source.readText(path)
  const replays = text.kind === 'known' ? parseInteger(text.value) : null
  if (replays?.kind !== 'known' || replays.value < 0) return
  const counter = { code: 'PCIE_CORRECTED_ERRORS', part, source: path, text: 'packets sent again' } as const
  findings.counter({ ...counter, value: replays.value, epoch, growthMin: replayGrowthMin })
}
