// The text of `mvcli info -o vd`: volumes of Marvell's controllers (boot mirrors on blades and cards).

import { known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'
import { linesOf, pairOf, type RaidReport, type RaidVolume, volumeHealth } from './raid-report.ts'

export function parseMvcli(text: string): Reading<RaidReport> {
  if (!/^Virtual Disk Information|^Total # of VD:/m.test(text)) return implausible(text, 'not the volumes of mvcli')
  const volumes: RaidVolume[] = []
  for (const line of linesOf(text)) {
    const [key, value] = pairOf(line) ?? []
    const last = volumes.at(-1)
    if (key === 'id' && value !== undefined && /^\d{1,3}$/.test(value)) {
      volumes.push({ name: `vd ${value}`, id: null, level: null, state: '', health: null })
    } else if (last !== undefined && value !== undefined) {
      if (key === 'status') volumes.splice(-1, 1, { ...last, state: value, health: volumeHealth(value) })
      if (key === 'RAID mode') volumes.splice(-1, 1, { ...last, level: value })
    }
  }
  return known({ controllers: [], volumes, members: [] })
}
