// The tables of Areca's cli64: `rsf info` (sets of drives, which hold the volumes) and `disk info`.

import { known, type Reading } from '../../model/reading.ts'
import { identityText } from './drive-report.ts'
import { implausible } from './numbers.ts'
import { linesOf, namedMember, type RaidMember, type RaidReport, type RaidVolume, volumeHealth } from './raid-report.ts'

const setRow = /^ *(\d{1,3}) +(\S.{0,20}?) +(\d{1,4}) +[\d.]{1,10}GB +[\d.]{1,10}GB +\S{1,40} +(\S.{0,40}?)\s*$/
const slotRow = /^ *\d{1,4} +(\d{2}) +(?:slot)[# ](\d{1,3}) +(\S.{0,40}?) +([\d.]{1,10})GB +(\S.{0,40}?)\s*$/i
const channelRow = /^ *\d{1,4} +(\d{1,3}) {1,2}(\S.{0,40}?) +([\d.]{1,10})GB +(\S.{0,40}?)\s*$/

/** What a drive is used for stands where others have a state: the name of its set, or that it failed. */
export function parseArecaCli(text: string): Reading<RaidReport> {
  if (!/^ *# +(Name +Disks|Ch# |Enc# )/m.test(text)) return implausible(text, 'not the tables of cli64')
  const volumes: RaidVolume[] = []
  const members: RaidMember[] = []
  const isSets = /^ *# +Name +Disks/m.test(text)
  for (const line of linesOf(text)) {
    const [, number, label, , state] = (isSets ? setRow.exec(line) : null) ?? []
    if (number !== undefined && state !== undefined) {
      volumes.push({ name: `raid set ${number} ${label}`, id: null, level: null, state, health: volumeHealth(state) })
    }
    const [, enclosure, slot, model, , usage] = (isSets ? null : slotRow.exec(line)) ?? []
    if (slot !== undefined)
      members.push(...memberOf(`enclosure ${Number(enclosure)} slot ${Number(slot)}`, model, usage))
    const [, channel, name, , use] = (isSets || slot !== undefined ? null : channelRow.exec(line)) ?? []
    if (channel !== undefined) members.push(...memberOf(`channel ${channel}`, name, use))
  }
  return known({ controllers: [], volumes, members })
}

function memberOf(place: string, model: string | undefined, usage = ''): readonly RaidMember[] {
  // An empty slot.
  if (model === 'N.A.') return []
  const isFailed = /^failed$/i.test(usage)
  return [{ ...namedMember(place, usage), health: isFailed ? 'failed' : 'ok', model: identityText(model) }]
}
