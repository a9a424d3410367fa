// The firmware's own tables of the machine, read once for everybody who asks. Only root may read them.

import { andThen, known, type Reading, valueOr } from '../../model/reading.ts'
import { parseSmbios, parseSmbiosEntries, parseSmbiosEntryPoint, type Smbios } from '../parse/smbios.ts'
import { type Bench, listNames, settle } from './report.ts'

const root = '/sys/firmware/dmi'

/** More entries than any firmware has. */
const entriesMax = 1024

/** The tables, or null (with a problem when they exist and cannot be read). */
export function probeSmbios(bench: Bench): Smbios | null {
  const path = `${root}/tables/DMI`
  const table = bench.source.readBytes(path)
  if (table.kind === 'absent') return ofEntries(bench)
  const version = valueOr(
    andThen(bench.source.readBytes(`${root}/tables/smbios_entry_point`), parseSmbiosEntryPoint),
    null,
  )
  return settle(
    bench.report,
    andThen(table, (bytes) => parseSmbios(bytes, version)),
    path,
    ['memory.dimms'],
  )
}

/** Kernels before 4.2 and some captures have the structures in a folder each. */
function ofEntries(bench: Bench): Smbios | null {
  const raws = listNames(bench, `${root}/entries`)
    .slice(0, entriesMax)
    .map((name) => bench.source.readBytes(`${root}/entries/${name}/raw`))
  const unreadable = raws.find((raw): raw is Reading<never> => raw.kind === 'unreadable')
  if (unreadable !== undefined) return settle(bench.report, unreadable, `${root}/entries`, ['memory.dimms'])
  const found = raws.flatMap((raw) => (raw.kind === 'known' ? [raw.value] : []))
  return settle(bench.report, andThen(known(found), parseSmbiosEntries), `${root}/entries`)
}
