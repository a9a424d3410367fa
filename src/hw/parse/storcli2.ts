// The JSON of storcli2 and perccli2, which know MegaRAID controllers from the 9600 series on (driver mpi3mr). It looks like
// storcli's and is not: how a drive is lies in `Status`, beside a `State` that only says what it is used for (FN-0056).

import { known, type Reading } from '../../model/reading.ts'
import { identityText } from './drive-report.ts'
import { at, count, type Json, listOf, parseJsonObject, textOf } from './json-facts.ts'
import { implausible } from './numbers.ts'
import {
  celsiusOf,
  type MemberHealth,
  memberHealth,
  namedMember,
  type RaidController,
  type RaidMember,
  type RaidReport,
} from './raid-report.ts'
import { answersOf, batteryFaultsOf, type ControllerAnswer, joinMembers, pciAddressOf, volumesOf } from './storcli.ts'

/** `/cALL show all J` and `/cALL/eALL/sALL show all J`. */
export function parseStorcli2(text: string): Reading<RaidReport> {
  const reading = parseJsonObject(text)
  if (reading.kind !== 'known') return reading
  const answers = answersOf(reading.value)
  if (answers === null) return implausible(text, 'not the JSON of storcli2')
  return known({
    controllers: answers.flatMap(({ name, data }) => controllerOf(name, data) ?? []),
    volumes: answers.flatMap(volumesOf),
    members: joinMembers(answers.flatMap(membersOf)),
  })
}

function controllerOf(name: string, data: Json): RaidController | null {
  const status = at(data, 'Status')
  const state = textOf(at(status, 'Controller Status'))
  if (at(data, 'Basics') === undefined && state === null) return null
  const lost = count(at(status, 'Memory Uncorrectable Errors')) ?? 0
  return {
    name,
    model: identityText(textOf(at(data, 'Basics', 'Product Name'))),
    serial: identityText(textOf(at(data, 'Basics', 'Serial Number'))),
    pciAddress: pciAddressOf(textOf(at(data, 'HostInterface', 'PCI Address'))),
    state,
    faults: [
      ...(state === null || /^(optimal|ok)$/i.test(state.trim()) ? [] : [`Controller Status: ${state}`]),
      ...(lost > 0 ? [`Memory Uncorrectable Errors: ${lost}`] : []),
      ...(textOf(at(status, 'Controller has booted into safe mode')) === 'Yes' ? ['booted into safe mode'] : []),
    ],
    batteryFaults: listOf(at(data, 'Energy Pack Info')).flatMap((one) =>
      batteryFaultsOf(textOf(at(one, 'SubType')) ?? 'energy pack', textOf(at(one, 'Status')) ?? ''),
    ),
  }
}

function membersOf({ name, data }: ControllerAnswer): readonly RaidMember[] {
  const listed = listOf(at(data, 'PD LIST')).flatMap((row) => memberOf(name, row, undefined) ?? [])
  const detailed = listOf(at(data, 'Drives List')).flatMap(
    (one) => memberOf(name, at(one, 'Drive Information'), at(one, 'Drive Detailed Information')) ?? [],
  )
  return [...listed, ...detailed]
}

function memberOf(controller: string, row: Json, detail: Json): RaidMember | null {
  const [, enclosure, slot] = /^ *(\d{0,5}) *:(\d{1,4})$/.exec(textOf(at(row, 'EID:Slt')) ?? '') ?? []
  const use = textOf(at(row, 'State'))
  if (slot === undefined || use === null) return null
  const status = textOf(at(row, 'Status')) ?? ''
  const counters = at(detail, 'LU/NS Properties')
  const celsius = at(detail, 'Temperature(C)')
  return {
    ...namedMember(`${controller}/${enclosure === '' ? '' : `e${enclosure}/`}s${slot}`, `${use} ${status}`.trim()),
    health: healthOf(use, status),
    serial: identityText(textOf(at(detail, 'Serial Number'))),
    model: identityText(textOf(at(row, 'Model'))),
    mediaErrors: count(at(counters, 'Media Error Count')),
    predictedFailures: count(at(counters, 'Predictive Failure Count')),
    temperatureC: celsiusOf(`${count(celsius) ?? ''}`),
  }
}

/** Words of `Status` that storcli does not have, or has for something else. */
const statuses: ReadonlyMap<string, MemberHealth> = new Map([
  ['good', 'ok'],
  ['bad', 'failed'],
  ['unusable', 'failed'],
  ['replace', 'busy'],
])

/** A `State` may end in what goes on: `ConfShld` is being diagnosed, `JBODSntz` erased, `GHSDgrd` has lost some of itself. */
function healthOf(use: string, status: string): MemberHealth | null {
  const health = statuses.get(status.trim().toLowerCase()) ?? memberHealth(status)
  if (health !== 'ok') return health
  if (/(Dgrd|^Unusbl)$/i.test(use)) return 'failed'
  return /(Shld|Sntz)$/i.test(use) ? 'busy' : 'ok'
}
