// The text of mpt-status (LSI's Fusion MPT controllers before SAS2), in its three forms: plain, `-n` (more, with colons)
// and `-s` (only states).

import { known, type Reading } from '../../model/reading.ts'
import { implausible } from './numbers.ts'
import { linesOf, namedMember, type RaidMember, type RaidReport, type RaidVolume, volumeHealth } from './raid-report.ts'

const volumeRow =
  /^ioc:?(\d{1,2}) vol_id[: ](\d{1,3}) type[: ](\w{1,10}),?.{0,120}?state:? (\w{1,20}),? flags:? (.{1,80})$/
const memberRow =
  /^ioc:?(\d{1,2}) (?:phy|phys_id)[: ](\d{1,3}) .{1,150}?state:? (\w{1,20}),? flags:? (.{1,60}?)(?: sync_state:.{0,150})?$/
const alarm = /SMART ASC\/ASCQ:0x5d\//

export function parseMptStatus(text: string): Reading<RaidReport> {
  const volumes: RaidVolume[] = []
  const members: RaidMember[] = []
  let isMptStatus = false
  for (const line of linesOf(text)) {
    const row = line.trim()
    isMptStatus ||= /^(ioc:?\d|log_id \d|phys_id \d|Checking for SCSI ID|Found SCSI id)/.test(row)
    const [, ioc, id, level = null, state, flags = ''] = volumeRow.exec(row) ?? []
    const short = /^(log|phys)_id (\d{1,3}) (\w{1,20})$/.exec(row)
    if (state !== undefined) {
      const words = `${state} ${flags.replace(/(ENABLED|NONE) ?/, '')}`.trim()
      volumes.push({ name: `ioc${ioc} volume ${id}`, id: null, level, state: words, health: volumeHealth(words) })
    } else if (short?.[1] === 'log') {
      const words = short[3] ?? ''
      volumes.push({
        name: `ioc0 volume ${short[2]}`,
        id: null,
        level: null,
        state: words,
        health: volumeHealth(words),
      })
    } else if (short !== null) {
      members.push(namedMember(`ioc0 phy ${short[2]}`, short[3] ?? ''))
    } else {
      const [, unit, phy, said, more] = memberRow.exec(row) ?? []
      if (said === undefined) continue
      const member = namedMember(`ioc${unit} phy ${phy}`, more === 'NONE' ? said : `${said} ${more}`)
      // Additional sense code 5Dh: failure prediction threshold exceeded (SPC).
      members.push({ ...member, isAlerting: /SMART ASC/.test(row) ? alarm.test(row) : null })
    }
  }
  return isMptStatus ? known({ controllers: [], volumes, members }) : implausible(text, 'not the text of mpt-status')
}
