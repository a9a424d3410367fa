// The text of `sas2ircu N display` and `sas3ircu N display`: volumes and drives of LSI's HBAs with integrated RAID.
// `status` has the volumes alone, under another key.

import { known, type Reading } from '../../model/reading.ts'
import { identityText } from './drive-report.ts'
import { implausible } from './numbers.ts'
import {
  linesOf,
  namedMember,
  pairOf,
  type RaidMember,
  type RaidReport,
  type RaidVolume,
  volumeHealth,
} from './raid-report.ts'

export function parseSasIrcu(text: string, controller: number): Reading<RaidReport> {
  if (!/^(LSI|Avago|Broadcom).{0,40} SAS\d? ?IR Configuration Utility|^SAS\dIRCU: /m.test(text)) {
    return implausible(text, 'not the text of sas2ircu')
  }
  const volumes: RaidVolume[] = []
  const members: RaidMember[] = []
  let facts = new Map<string, string>()
  let head = ''
  const close = () => {
    const volume = volumeOf(controller, head, facts)
    if (volume !== null) volumes.push(volume)
    const member = memberOf(controller, head, facts)
    if (member !== null) members.push(member)
    facts = new Map()
    head = ''
  }
  for (const line of linesOf(text)) {
    if (/^(IR volume \d|Device is an? |-{20})/i.test(line)) {
      close()
      head = line.trim()
      continue
    }
    const pair = pairOf(line)
    if (pair !== null) facts.set(pair[0], pair[1])
  }
  close()
  return known({ controllers: [], volumes, members })
}

function volumeOf(controller: number, head: string, facts: ReadonlyMap<string, string>): RaidVolume | null {
  const number = /^IR volume (\d{1,3})/i.exec(head)?.[1]
  const state = facts.get('Status of volume') ?? facts.get('Volume state')
  if (number === undefined || state === undefined) return null
  const operation = facts.get('Current operation') ?? 'None'
  const words = operation === 'None' ? state : `${state}, ${operation}`
  return {
    name: `${controller}/IR volume ${number}`,
    id: identityText(facts.get('Volume wwid')),
    level: facts.get('RAID level') ?? null,
    state: words,
    health: volumeHealth(words),
  }
}

function memberOf(controller: number, head: string, facts: ReadonlyMap<string, string>): RaidMember | null {
  const state = facts.get('State')
  const slot = facts.get('Slot #')
  if (!/^Device is a Hard disk/i.test(head) || state === undefined || slot === undefined) return null
  return {
    ...namedMember(`${controller}/${facts.get('Enclosure #') ?? '?'}:${slot}`, state),
    serial: identityText(facts.get('Serial No')),
    model: identityText(facts.get('Model Number')),
  }
}
