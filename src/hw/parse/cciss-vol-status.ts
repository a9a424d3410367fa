// The text of `cciss_vol_status -V`: volumes, drives, enclosures and cache of HP Smart Array controllers, from 1.0 to 1.12.

import { known, type Reading } from '../../model/reading.ts'
import { identityText } from './drive-report.ts'
import { implausible } from './numbers.ts'
import {
  linesOf,
  memberHealth,
  namedController,
  namedMember,
  type RaidController,
  type RaidMember,
  type RaidReport,
  type RaidVolume,
  volumeHealth,
} from './raid-report.ts'

const volumeRow = /^(\/dev\/\S{1,40}): \((.{1,40}?)\) (RAID \S{1,10}) (Volume \d{1,4}) status: (.{1,120}?)\.(?:\s|$)/
const enclosureRow = /^(\/dev\/\S{1,40}): \((.{1,40}?)\) (Enclosure .{1,100}) status: (.{1,60}?)\.\s*$/

/** A version alone, or a controller without volumes, is an answer with nothing in it. */
export function parseCcissVolStatus(text: string): Reading<RaidReport> {
  if (!/^(\/dev\/\S+: \(|cciss_vol_status version|Controller: )/m.test(text)) {
    return implausible(text, 'not the text of cciss_vol_status')
  }
  const controllers = new Map<string, RaidController>()
  const volumes: RaidVolume[] = []
  const members = new Map<string, RaidMember>()
  let device = ''
  let list = ''
  const noteFault = (kind: 'faults' | 'batteryFaults', fault: string) => {
    const controller = controllers.get(device)
    if (controller !== undefined) controllers.set(device, { ...controller, [kind]: [...controller[kind], fault] })
  }
  for (const line of linesOf(text)) {
    const [, path, model, level = '', name, state = ''] = volumeRow.exec(line) ?? enclosureRow.exec(line) ?? []
    if (path !== undefined) {
      device = path
      if (!controllers.has(path)) controllers.set(path, { ...namedController(path), model: identityText(model) })
      if (level.startsWith('RAID')) {
        volumes.push({ name: `${path} ${name}`, id: null, level, state, health: volumeHealth(state) })
      } else if (name !== 'OK') {
        noteFault('faults', `${level}: ${name}`)
      }
    }
    list = /^\s{2,4}(Failed|Physical|'Replacement') drives:/.exec(line)?.[1] ?? list
    const member = memberOf(line, device, list)
    if (member !== null && !members.has(member.name)) members.set(member.name, member)
    if (/^battery packs are at/.test(line))
      noteFault('batteryFaults', 'write cache disabled: battery packs are too low')
  }
  return known({ controllers: [...controllers.values()], volumes, members: [...members.values()] })
}

/**
 * `connector 1I box 1 bay 4   HP  EF0300FARMU   6SJ8ND840000N5191GHP  HPD6 OK`. The list of failed drives comes first and
 * has no state; a replacement's state is garbage in some versions.
 */
function memberOf(line: string, device: string, list: string): RaidMember | null {
  const row = /^\s+(?:b\d+t\d+ )?connector (\w{1,4}) box (\d{1,3}) bay (\d{1,3})\s+(.{1,200})$/.exec(line)
  if (row === null) return null
  const [, port, box, bay, rest = ''] = row
  const [vendor = '', model = '', serial, , ...words] = rest.trim().split(/\s+/)
  const state = list === 'Failed' ? 'Failed' : list === "'Replacement'" ? 'replacement' : words.join(' ')
  return {
    ...namedMember(`${device} ${port}:${box}:${bay}`, state),
    health: list === "'Replacement'" ? 'busy' : memberHealth(state),
    serial: identityText(serial),
    model: identityText(`${vendor} ${model}`),
  }
}
