// The JSON of storcli and perccli: `/cALL show all J` and `/cALL/eALL/sALL show all J`. MegaRAID controllers list volumes
// and drives in tables; HBAs (mpt3sas) give the drives alone, in the form of the second command.

import { known, type Reading } from '../../model/reading.ts'
import { identityText } from './drive-report.ts'
import { at, count, entriesOf, type Json, listOf, parseJsonObject, textOf } from './json-facts.ts'
import { implausible } from './numbers.ts'
import {
  celsiusOf,
  namedMember,
  type RaidController,
  type RaidMember,
  type RaidReport,
  volumeHealth,
} from './raid-report.ts'

/** A drive may be in a table and in detail; `joinMembers` makes one of both. */
export function parseStorcli(text: string): Reading<RaidReport> {
  const reading = parseJsonObject(text)
  if (reading.kind !== 'known') return reading
  const asked = answersOf(reading.value)
  if (asked === null) return implausible(text, 'not the JSON of storcli')
  return known({
    controllers: asked.flatMap(({ name, data }) => controllerOf(name, data) ?? []),
    volumes: asked.flatMap(volumesOf),
    members: joinMembers(asked.flatMap(({ name, data }) => [...listedMembers(name, data), ...detailedMembers(data)])),
  })
}

const controllersMax = 64

/** What one controller answered. */
export type ControllerAnswer = { readonly name: string; readonly data: Json }

/** Null where the JSON is none of storcli's. */
export function answersOf(json: Json): readonly ControllerAnswer[] | null {
  const controllers = at(json, 'Controllers')
  if (!Array.isArray(controllers)) return null
  return controllers.slice(0, controllersMax).flatMap((one) => {
    const number = count(at(one, 'Command Status', 'Controller'))
    const data = at(one, 'Response Data')
    return number === null || data === undefined ? [] : [{ name: `c${number}`, data }]
  })
}

export function volumesOf({ name, data }: ControllerAnswer): RaidReport['volumes'] {
  return listOf(at(data, 'VD LIST')).flatMap((row) => volumeOf(name, row) ?? [])
}

function controllerOf(name: string, data: Json): RaidController | null {
  const status = at(data, 'Status')
  const state = textOf(at(status, 'Controller Status'))
  if (at(data, 'Basics') === undefined && state === null) return null
  const lost = count(at(status, 'Memory Uncorrectable Errors')) ?? 0
  const batteries = [...listOf(at(data, 'BBU_Info')), ...listOf(at(data, 'Cachevault_Info'))]
  return {
    name,
    model: identityText(textOf(at(data, 'Basics', 'Model'))),
    serial: identityText(textOf(at(data, 'Basics', 'Serial Number'))),
    pciAddress: pciAddressOf(textOf(at(data, 'Basics', 'PCI Address'))),
    state,
    faults: [
      ...(state === null || /^(optimal|ok)$/i.test(state.trim()) ? [] : [`Controller Status: ${state}`]),
      ...(lost > 0 ? [`Memory Uncorrectable Errors: ${lost}`] : []),
    ],
    batteryFaults: batteries.flatMap((one) =>
      batteryFaultsOf(textOf(at(one, 'Model')) ?? 'BBU', textOf(at(one, 'State')) ?? ''),
    ),
  }
}

/** Of a battery or capacitor; `Dgd (Needs Attention)` is one that holds too little. Learning and charging are no faults. */
export function batteryFaultsOf(name: string, state: string): readonly string[] {
  return /fail|degraded|\bdgd\b|attention|missing|dead|replace|bad/i.test(state) ? [`${name}: ${state}`] : []
}

/** `00:0a:00:00`: domain, bus, device, function. */
export function pciAddressOf(text: string | null): string | null {
  const [, domain, bus, device, fn] =
    /^([\da-f]{2,4}):([\da-f]{2}):([\da-f]{2}):0?([0-7])$/i.exec(text?.trim() ?? '') ?? []
  return domain === undefined ? null : `${domain.padStart(4, '0')}:${bus}:${device}.${fn}`.toLowerCase()
}

function volumeOf(controller: string, row: Json): RaidReport['volumes'][number] | null {
  const number = /^\S*\/(\d{1,4})$/.exec(textOf(at(row, 'DG/VD')) ?? '')?.[1]
  const state = textOf(at(row, 'State'))
  if (number === undefined || state === null) return null
  const level = textOf(at(row, 'TYPE'))
  return { name: `${controller}/v${number}`, id: null, level, state, health: volumeHealth(state) }
}

function listedMembers(controller: string, data: Json): readonly RaidMember[] {
  return listOf(at(data, 'PD LIST')).flatMap((row) => {
    const [, enclosure, slot] = /^ *(\d{0,5}) *:(\d{1,4})$/.exec(textOf(at(row, 'EID:Slt')) ?? '') ?? []
    const state = textOf(at(row, 'State'))
    if (slot === undefined || state === null) return []
    const place = enclosure === '' ? `s${slot}` : `e${enclosure}/s${slot}`
    return [{ ...namedMember(`${controller}/${place}`, state), model: identityText(textOf(at(row, 'Model'))) }]
  })
}

/** Keys `Drive /c0/e252/s0` and `Drive /c0/e252/s0 - Detailed Information`, at the top or in their own section. */
function detailedMembers(data: Json): readonly RaidMember[] {
  const sections = [...entriesOf(data), ...entriesOf(at(data, 'Physical Device Information'))]
  const details = new Map(sections)
  return sections.flatMap(([key, rows]) => {
    const place = /^Drive \/(c\d{1,3}(?:\/e\d{1,5})?\/s\d{1,4})$/.exec(key)?.[1]
    const state = textOf(at(listOf(rows)[0], 'State'))
    if (place === undefined || state === null) return []
    const detail = details.get(`${key} - Detailed Information`)
    const counters = at(detail, `${key} State`)
    const identity = at(detail, `${key} Device attributes`)
    const alert = textOf(at(counters, 'S.M.A.R.T alert flagged by drive'))
    return [
      {
        ...namedMember(place, state),
        serial: identityText(textOf(at(identity, 'SN'))),
        model: identityText(textOf(at(identity, 'Model Number'))),
        mediaErrors: count(at(counters, 'Media Error Count')),
        predictedFailures: count(at(counters, 'Predictive Failure Count')),
        isAlerting: alert === 'Yes' ? true : alert === 'No' ? false : null,
        temperatureC: celsiusOf(textOf(at(counters, 'Drive Temperature')) ?? ''),
      },
    ]
  })
}

/** One member a place; of two the later, which is the one in detail. */
export function joinMembers(members: readonly RaidMember[]): readonly RaidMember[] {
  return [...new Map(members.map((one) => [one.name, one])).values()]
}
