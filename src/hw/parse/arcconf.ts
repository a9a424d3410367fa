// The text of `arcconf getconfig N al` for Adaptec and Microchip controllers, from ServeRAID 8k ("logical drive") to
// SmartRAID ("Logical Device"). The text does not name its controller; who asked knows the number.

import { known, type Reading } from '../../model/reading.ts'
import { groupedCount, identityText } from './drive-report.ts'
import { implausible } from './numbers.ts'
import {
  celsiusOf,
  linesOf,
  namedController,
  namedMember,
  type RaidController,
  type RaidMember,
  type RaidReport,
  type RaidVolume,
  volumeHealth,
} from './raid-report.ts'

/** How many controllers there are, as the first line of each answer says; null where it does not. */
export function arcconfControllers(text: string): number | null {
  const digits = /^Controllers found: (\d{1,2})\s*$/m.exec(text)?.[1]
  return digits === undefined ? null : Number(digits)
}

export function parseArcconf(text: string, controller: number): Reading<RaidReport> {
  if (arcconfControllers(text) === null && !/^Logical device information$/im.test(text)) {
    return implausible(text, 'not the text of arcconf')
  }
  const name = `controller ${controller}`
  const blocks = blocksOf(linesOf(text))
  const about = blocks.filter(({ kind }) => kind === 'controller')
  return known({
    controllers: about.length === 0 ? [] : [controllerOf(name, about)],
    volumes: blocks.flatMap((block) => (block.kind === 'volume' ? (volumeOf(name, block) ?? []) : [])),
    members: blocks.flatMap((block) => (block.kind === 'device' ? (memberOf(name, block) ?? []) : [])),
  })
}

type Block = {
  readonly kind: 'controller' | 'volume' | 'device'
  /** The title of the section inside: `Controller Battery Information`. */
  readonly title: string
  readonly lines: string[]
  readonly facts: Map<string, string>
}

function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = []
  const open = (kind: Block['kind'], title: string) => blocks.push({ kind, title, lines: [], facts: new Map() })
  lines.forEach((line, i) => {
    const text = line.trim()
    const isTitle = /^-{20,}$/.test(lines[i - 1]?.trim() ?? '') && /^-{20,}$/.test(lines[i + 1]?.trim() ?? '')
    const last = blocks.at(-1)
    if (isTitle && /^Controller information$/i.test(text)) open('controller', text)
    else if (isTitle && last?.kind === 'controller') open('controller', text)
    else if (/^Logical (device|drive) number \d{1,4}$/i.test(text)) open('volume', /\d+$/.exec(text)?.[0] ?? '')
    else if (/^Device #\d{1,4}$/.test(text)) open('device', text)
    else if (last !== undefined) {
      last.lines.push(text)
      // Keys have colons of their own, so the one that counts has a blank before it.
      const [, key = '', value = ''] = /^(\S.{0,60}?) +:(?: +(.*))?$/.exec(text) ?? []
      if (key !== '' && !last.facts.has(key.toLowerCase())) last.facts.set(key.toLowerCase(), value)
    }
  })
  return blocks
}

function controllerOf(name: string, blocks: readonly Block[]): RaidController {
  const fact = (key: string) => blocks.map(({ facts }) => facts.get(key)).find((value) => value !== undefined)
  const state = fact('controller status') ?? null
  const abnormal = blocks.flatMap(({ lines }) =>
    lines.filter((line) => /^Temperature\b.*\((?!Normal)\w+\)$/i.test(line)),
  )
  const backup = blocks.filter(({ title }) => /battery|backup|zmm/i.test(title)).flatMap(({ facts }) => [...facts])
  const failed = backup.filter(([key, value]) => /status$/.test(key) && /fail|degraded|replace|missing/i.test(value))
  return {
    ...namedController(name),
    model: identityText(fact('controller model')),
    serial: identityText(fact('controller serial number')),
    state,
    faults: [
      ...(state === null || /^(optimal|okay|ok)$/i.test(state) ? [] : [`Controller Status: ${state}`]),
      ...abnormal.map((line) => line.replace(/\s+/g, ' ')),
    ],
    batteryFaults: failed.map(([key, value]) => `${key}: ${value}`),
  }
}

function volumeOf(controller: string, { title, facts }: Block): RaidVolume | null {
  const state = facts.get('status of logical device') ?? facts.get('status of logical drive')
  if (state === undefined) return null
  const level = facts.get('raid level')
  return {
    name: `${controller}/logical device ${title}`,
    id: null,
    level: level === undefined ? null : `RAID ${level}`,
    state,
    health: volumeHealth(state),
  }
}

/** Devices that are no drives (enclosures, tapes) say what they are in their first line. */
function memberOf(controller: string, { title, lines, facts }: Block): RaidMember | null {
  const state = facts.get('state')
  if (state === undefined || !lines.some((line) => /^Device is a (hard drive|solid state)/i.test(line))) return null
  const location = facts.get('reported location')?.replace(/\(.*\)$/, '')
  const channel = facts.get('reported channel,device(t:l)') ?? facts.get('reported channel,device')
  const place = location ?? (channel === undefined ? title : `device ${channel.replace(/\(.*$/, '')}`)
  const warnings = groupedCount(facts.get('s.m.a.r.t. warnings') ?? '')
  const alarm = facts.get('pfa')
  return {
    ...namedMember(`${controller}/${place}`, state),
    serial: identityText(facts.get('serial number')),
    model: identityText(facts.get('model')),
    predictedFailures: warnings,
    isAlerting: alarm === 'Yes' ? true : alarm === 'No' ? false : null,
    temperatureC: celsiusOf(facts.get('temperature') ?? facts.get('current temperature') ?? ''),
  }
}
