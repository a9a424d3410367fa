// The tables of tw_cli (3ware): `info`, `info cN unitstatus`, `info cN drivestatus`, or all of them by `/cN show all`.

import { known, type Reading } from '../../model/reading.ts'
import { identityText } from './drive-report.ts'
import { implausible } from './numbers.ts'
import {
  linesOf,
  namedController,
  namedMember,
  type RaidController,
  type RaidMember,
  type RaidReport,
  type RaidVolume,
  volumeHealth,
} from './raid-report.ts'

/** Rows of units and drives do not name their controller; who asked knows it (`c0`). Empty ports are no drives. */
export function parseTwCli(text: string, controller: string): Reading<RaidReport> {
  const controllers: RaidController[] = []
  const volumes: RaidVolume[] = []
  const members: RaidMember[] = []
  const batteryFaults: string[] = []
  let hasSerials = false
  for (const line of linesOf(text)) {
    if (/^V?Port +Status/.test(line)) hasSerials = /Serial/.test(line)
    const words = line.trim().split(/\s+/)
    const [name = '', second = '', third = ''] = words
    if (/^c\d{1,2}$/.test(name) && words.length >= 7) {
      controllers.push({ ...namedController(name), model: identityText(second) })
    } else if (/^u\d{1,3}$/.test(name) && words.length >= 5) {
      // A percentage without an operation in the state would be an operation that the state hides.
      volumes.push({
        name: `/${controller}/${name}`,
        id: null,
        level: second,
        state: third,
        health: volumeHealth(third),
      })
    } else if (/^p\d{1,3}$/.test(name) && words.length >= 5 && second !== 'NOT-PRESENT') {
      const member = namedMember(`/${controller}/${name}`, second)
      members.push(hasSerials ? { ...member, serial: identityText(words.at(-1)) } : member)
    } else if (name === 'bbu' && words.length >= 5 && /fail|error|fault|weak|replace/i.test(words[3] ?? '')) {
      batteryFaults.push(line.trim().replace(/\s+/g, ' '))
    }
  }
  if (!/^(Ctl +Model|Unit +UnitType|V?Port +Status|Name +OnlineState|\/c\d+ Driver Version|Encl +)/m.test(text)) {
    return implausible(text, 'not the text of tw_cli')
  }
  const battery = batteryFaults.length > 0 ? [{ ...namedController(controller), batteryFaults }] : []
  return known({ controllers: [...controllers, ...battery], volumes, members })
}
