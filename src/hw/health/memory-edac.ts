// Error counts of memory controllers, as the kernel's EDAC drivers keep them since the kernel started. Three layouts: by
// module (`dimm*`, `rank*`), and on kernels before 3.6 by row and channel of a controller (`csrow*`).

import type { PartRef } from '../../model/health.ts'
import { isGuest } from '../identity.ts'
import { parseInteger } from '../parse/numbers.ts'
import { countSinceBoot, type HealthBench } from './bench.ts'
import { countAt, namesIn, textAt } from './files.ts'
import { modulePart } from './memory-parts.ts'

const edacRoot = '/sys/devices/system/edac/mc'

export function lookAtEdac(bench: HealthBench): void {
  const { source, inventory, findings } = bench
  const names = namesIn(source, edacRoot).filter((name) => /^mc\d{1,4}$/.test(name))
  for (const name of names) lookAtController(bench, name)
  if (names.length > 0 || isGuest(inventory.machine)) return
  const { dimms } = inventory.memory
  const isPlain = dimms.length > 0 && dimms.every((dimm) => dimm.isEcc === false)
  const message = isPlain
    ? 'the memory modules have no ECC: nothing can tell'
    : 'no EDAC driver counts memory errors of this machine'
  const about = ['MEMORY_CORRECTED_ERRORS', 'MEMORY_UNCORRECTED_ERRORS'] as const
  findings.unchecked('memory errors', null, 'HW_UNKNOWN', message, about)
}

function lookAtController(bench: HealthBench, name: string): void {
  const folder = `${edacRoot}/${name}`
  const names = namesIn(bench.source, folder)
  const modules = names.filter((one) => /^(dimm|rank)\d{1,4}$/.test(one))
  const count = (part: PartRef, path: string) => countAt(bench, part, path, parseInteger)
  let isByModule = false
  for (const module of modules) {
    const [corrected, uncorrected] = [`${folder}/${module}/dimm_ce_count`, `${folder}/${module}/dimm_ue_count`]
    const part = modulePart(bench.inventory, labelIn(bench, `${folder}/${module}/dimm_label`), `${name} ${module}`)
    const counts = { corrected: count(part, corrected), uncorrected: count(part, uncorrected) }
    if (counts.corrected === null && counts.uncorrected === null) continue
    isByModule = true
    tell(bench, part, { corrected, uncorrected, counts })
  }
  const isByRow = !isByModule && lookAtRows(bench, name, names)
  // With the modules told, only what could not be put to one of them is the controller's own.
  const own = isByModule || isByRow ? '_noinfo_count' : '_count'
  const [corrected, uncorrected] = [`${folder}/ce${own}`, `${folder}/ue${own}`]
  const part: PartRef = { kind: 'memory', name, id: null }
  tell(bench, part, {
    corrected,
    uncorrected,
    counts: { corrected: count(part, corrected), uncorrected: count(part, uncorrected) },
  })
}

/** Corrected errors are counted for each channel of a row, uncorrected ones for the row, which both channels share. */
function lookAtRows(bench: HealthBench, name: string, names: readonly string[]): boolean {
  const rows = names.filter((one) => /^csrow\d{1,4}$/.test(one))
  const count = (part: PartRef, path: string) => countAt(bench, part, path, parseInteger)
  for (const row of rows) {
    const folder = `${edacRoot}/${name}/${row}`
    const uncorrected = `${folder}/ue_count`
    const part: PartRef = { kind: 'memory', name: `${name} ${row}`, id: null }
    tell(bench, part, {
      corrected: '',
      uncorrected,
      counts: { corrected: null, uncorrected: count(part, uncorrected) },
    })
    for (const file of namesIn(bench.source, folder)) {
      const channel = /^(ch\d{1,3})_ce_count$/.exec(file)?.[1]
      if (channel === undefined) continue
      const corrected = `${folder}/${file}`
      const module = modulePart(
        bench.inventory,
        labelIn(bench, `${folder}/${channel}_dimm_label`),
        `${name} ${row} ${channel}`,
      )
      tell(bench, module, {
        corrected,
        uncorrected: '',
        counts: { corrected: count(module, corrected), uncorrected: null },
      })
    }
  }
  return rows.length > 0
}

type Told = {
  readonly corrected: string
  readonly uncorrected: string
  readonly counts: { readonly corrected: number | null; readonly uncorrected: number | null }
}

/** One uncorrected error is a symptom at once, as long as the kernel runs; of corrected ones the growth tells. */
function tell(bench: HealthBench, part: PartRef, { corrected, uncorrected, counts }: Told): void {
  if (counts.uncorrected !== null && counts.uncorrected > 0) {
    const text = `${counts.uncorrected} uncorrected errors since the kernel started`
    bench.findings.symptom('MEMORY_UNCORRECTED_ERRORS', part, { source: uncorrected, text })
  }
  if (counts.corrected === null || counts.corrected < 0) return
  const counter = { code: 'MEMORY_CORRECTED_ERRORS', part, source: corrected, text: 'corrected errors' } as const
  countSinceBoot(bench, { ...counter, value: counts.corrected, growthMin: 1 })
}

function labelIn({ source }: HealthBench, path: string): string | null {
  const label = textAt(source, path)
  return label === '' ? null : label
}
