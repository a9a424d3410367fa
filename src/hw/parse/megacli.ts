// The text of MegaCli: `-LDInfo`, `-PDList`, `-LDPDInfo` and `-AdpBbuCmd`, over ten years of versions. A drive's or
// volume's block begins with its first line and ends where the next begins. "Other Error Count" is not read (FN-0054).

import { known, type Reading } from '../../model/reading.ts'
import { groupedCount, identityText } from './drive-report.ts'
import { implausible } from './numbers.ts'
import {
  celsiusOf,
  linesOf,
  memberHealth,
  namedController,
  namedMember,
  pairOf,
  type RaidMember,
  type RaidReport,
  type RaidVolume,
  volumeHealth,
} from './raid-report.ts'

export function parseMegacli(text: string): Reading<RaidReport> {
  const volumes: RaidVolume[] = []
  const members: RaidMember[] = []
  const batteryFaults = new Map<string, string[]>()
  let adapter = '0'
  let volume: string | null = null
  let block = new Map<string, string>()
  const close = () => {
    const member = memberOf(adapter, block)
    if (member !== null) members.push(member)
    block = new Map()
  }
  let isMegacli = false
  for (const line of linesOf(text)) {
    const head = /^(?:BBU status for )?Adapter:? ?#?(\d{1,3})\b/.exec(line)?.[1]
    if (head !== undefined) {
      close()
      isMegacli = true
      adapter = head
      volume = null
    }
    const pair = pairOf(line)
    if (pair === null) continue
    const [key, value] = pair
    if (/^Virtual (Drive|Disk)$/.test(key)) {
      close()
      volume = /^\d{1,4}/.exec(value)?.[0] ?? null
    } else if (key === 'Enclosure Device ID') {
      close()
      volume = null
    } else if (key === 'State' && volume !== null) {
      volumes.push({ name: `a${adapter}/v${volume}`, id: null, level: null, state: value, health: volumeHealth(value) })
      volume = null
    } else if (batteryTrouble.test(key) && value === 'Yes') {
      batteryFaults.set(adapter, [...(batteryFaults.get(adapter) ?? []), `${key}: ${value}`])
    }
    // The raw inquiry data begins with blanks that count.
    block.set(key, key === 'Inquiry Data' ? line.slice(line.indexOf(':') + 2) : value)
  }
  close()
  const controllers = [...batteryFaults].map(([name, faults]) => ({
    ...namedController(`a${name}`),
    batteryFaults: faults,
  }))
  if (!isMegacli) return implausible(text, 'not the text of MegaCli')
  return known({ controllers, volumes, members })
}

const batteryTrouble =
  /^(Battery Pack Missing|Battery Replacement required|Pack is about to fail & should be replaced)$/

function memberOf(adapter: string, block: ReadonlyMap<string, string>): RaidMember | null {
  const slot = block.get('Slot Number')
  const state = block.get('Firmware state')
  if (slot === undefined || state === undefined || !/^\d{1,4}$/.test(slot)) return null
  const enclosure = block.get('Enclosure Device ID') ?? ''
  const place = /^\d{1,5}$/.test(enclosure) ? `e${enclosure}/s${slot}` : `s${slot}`
  const alert = block.get('Drive has flagged a S.M.A.R.T alert')
  return {
    ...namedMember(`a${adapter}/${place}`, state),
    ...inquiry(block.get('Inquiry Data') ?? '', block.get('PD Type')),
    health: memberHealth(state),
    mediaErrors: groupedCount(block.get('Media Error Count') ?? ''),
    predictedFailures: groupedCount(block.get('Predictive Failure Count') ?? ''),
    isAlerting: alert === 'Yes' ? true : alert === 'No' ? false : null,
    temperatureC: celsiusOf(block.get('Drive Temperature') ?? ''),
  }
}

/** SATA: serial, model and firmware in 20, 40 and 8 characters. SAS: vendor 8, model 16, firmware 4, then the serial. */
function inquiry(data: string, type: string | undefined): Pick<RaidMember, 'model' | 'serial'> {
  if (type === 'SATA' && data.trimEnd().length > 60) {
    return { serial: identityText(data.slice(0, 20)), model: identityText(data.slice(20, 60)) }
  }
  // Drives with a vendor's own firmware write other things behind the model.
  if (type !== 'SAS' || data.startsWith('IBM') || data.length < 36) return { serial: null, model: null }
  const serial = data.slice(28).trim()
  return {
    serial: /^[A-Z0-9]{8,20}$/.test(serial) ? serial : null,
    model: identityText(data.slice(0, 24)),
  }
}
