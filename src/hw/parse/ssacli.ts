// The text of ssacli, and of its older names hpssacli and hpacucli: `ctrl all show config detail`, `ctrl all show status`
// and the lists of drives. Names are those that the tool takes: `slot=0/1I:1:5`, `slot=0/ld 1`.

import { known, type Reading } from '../../model/reading.ts'
import { identityText } from './drive-report.ts'
import { implausible } from './numbers.ts'
import { normalisePciAddress } from './pci.ts'
import {
  celsiusOf,
  linesOf,
  memberHealth,
  namedController,
  namedMember,
  pairOf,
  type RaidController,
  type RaidMember,
  type RaidReport,
  type RaidVolume,
  volumeHealth,
} from './raid-report.ts'

type Place = { readonly kind: 'controller' | 'array' | 'volume' | 'member' | 'other'; readonly name: string }

/** Absent lists are an answer: a controller without volumes says so in words. */
export function parseSsacli(text: string): Reading<RaidReport> {
  const controllers: RaidController[] = []
  const volumes = new Map<string, RaidVolume>()
  const members = new Map<string, RaidMember>()
  let slot = ''
  let place: Place = { kind: 'other', name: '' }
  for (const line of linesOf(text)) {
    const box = /^(\S.{1,60}?) in (?:Slot (\S{1,30})|([A-Z][A-Z0-9 _-]{0,30}))(?: \(.{1,40}\)){0,2}\s*$/.exec(line)
    if (box !== null) {
      slot = `slot=${box[2] ?? box[3]?.trim()}`
      controllers.push({ ...namedController(slot), model: identityText(box[1]) })
      place = { kind: 'controller', name: slot }
      continue
    }
    if (slot === '') continue
    const here = heading(line, slot)
    if (here !== null) {
      place = here
      continue
    }
    for (const one of listed(line, slot)) {
      if ('serial' in one) members.set(one.name, { ...one, ...saidBefore(members.get(one.name)) })
      else volumes.set(one.name, one)
    }
    const pair = pairOf(line)
    if (pair !== null) note(pair, place, { controllers, volumes, members })
  }
  if (controllers.length === 0 && !/^[ \t]{0,20}Error: /m.test(text)) return implausible(text, 'not the text of ssacli')
  return known({ controllers, volumes: [...volumes.values()], members: [...members.values()] })
}

/** What a list says again of a drive must not hide what its own block said. */
function saidBefore(member: RaidMember | undefined): Partial<RaidMember> {
  return member === undefined ? {} : { serial: member.serial, model: member.model, temperatureC: member.temperatureC }
}

/** A line that begins a block: `Array: A`, `Logical Drive: 1`, `physicaldrive 1I:1:1` alone, a cage, a port. */
function heading(line: string, slot: string): Place | null {
  const text = line.trim()
  const array = /^Array: (\S{1,4})$/.exec(text)?.[1]
  if (array !== undefined) return { kind: 'array', name: `${slot}/array ${array}` }
  const volume = /^Logical Drive: (\d{1,4})$/.exec(text)?.[1]
  if (volume !== undefined) return { kind: 'volume', name: `${slot}/ld ${volume}` }
  const member = /^physicaldrive ([\w:]{3,20})$/.exec(text)?.[1]
  if (member !== undefined) return { kind: 'member', name: `${slot}/${member}` }
  return /^(Port Name: |(Internal|External) Drive Cage|Expander |SEP |Enclosure |Mirror Group|.{1,40} SEP \()/.test(
    text,
  )
    ? { kind: 'other', name: '' }
    : null
}

/** `logicaldrive 1 (838.3 GB, RAID 1, OK)`, `physicaldrive 1I:1:1 (port 1I:box 1:bay 1, SAS, 900.1 GB, OK)`, `array B (Failed)`. */
function listed(line: string, slot: string): readonly (RaidVolume | RaidMember)[] {
  const [, kind, name, inside] =
    /^\s*(logicaldrive|physicaldrive|array) ([\w:]{1,20}) \((.{1,150})\)\s*$/.exec(line) ?? []
  if (kind === undefined || name === undefined || inside === undefined) return []
  const parts = inside.split(', ')
  if (kind === 'array') return [arrayVolume(`${slot}/array ${name}`, inside)]
  if (kind === 'physicaldrive') return [namedMember(`${slot}/${name}`, parts[3] ?? parts.at(-1) ?? '')]
  const state = parts.slice(2).join(', ')
  return [{ name: `${slot}/ld ${name}`, id: null, level: parts[1] ?? null, state, health: volumeHealth(state) }]
}

/** An array is called failed when one of its drives has failed; whether data is lost is said of its volumes (FN-0055). */
function arrayVolume(name: string, state: string): RaidVolume {
  const health = volumeHealth(state)
  return { name, id: null, level: null, state, health: health === 'failed' ? 'degraded' : health }
}

type Found = {
  readonly controllers: RaidController[]
  readonly volumes: Map<string, RaidVolume>
  readonly members: Map<string, RaidMember>
}

function note([key, value]: readonly [string, string], { kind, name }: Place, found: Found): void {
  const controller = found.controllers.at(-1)
  if (kind === 'controller' && controller !== undefined) {
    found.controllers.splice(-1, 1, noteController(controller, key, value))
  } else if (kind === 'array' && key === 'Status') {
    found.volumes.set(name, arrayVolume(name, value))
  } else if (kind === 'volume') {
    const volume = found.volumes.get(name) ?? { name, id: null, level: null, state: '', health: null }
    if (key === 'Status') found.volumes.set(name, { ...volume, state: value, health: volumeHealth(value) })
    if (key === 'Fault Tolerance') found.volumes.set(name, { ...volume, level: `RAID ${value}` })
    if (key === 'Unique Identifier') found.volumes.set(name, { ...volume, id: identityText(value) })
  } else if (kind === 'member') {
    const member = found.members.get(name) ?? namedMember(name, '')
    if (key === 'Status') found.members.set(name, { ...member, state: value, health: memberHealth(value) })
    if (key === 'Serial Number') found.members.set(name, { ...member, serial: identityText(value) })
    if (key === 'Model') found.members.set(name, { ...member, model: identityText(value) })
    if (key === 'Current Temperature (C)') found.members.set(name, { ...member, temperatureC: celsiusOf(value) })
  }
}

function noteController(controller: RaidController, key: string, value: string): RaidController {
  if (key === 'Serial Number') return { ...controller, serial: identityText(value) }
  if (key.startsWith('PCI Address')) {
    // `PCI Address (Domain:Bus:Device.Function): 0000:03:00.0`: the key has colons of its own.
    return {
      ...controller,
      pciAddress: normalisePciAddress(/\S+$/.exec(value.slice(-20))?.[0] ?? ''),
    }
  }
  const isBad = /fail|degraded|error|replace|permanently disabled|not responding/i.test(value)
  if (key === 'Controller Status') {
    const faults = value === 'OK' ? [] : [`${key}: ${value}`]
    return { ...controller, state: value, faults: [...controller.faults, ...faults] }
  }
  if (key === 'Cache Status' && isBad) return { ...controller, faults: [...controller.faults, `${key}: ${value}`] }
  if (key === 'Battery/Capacitor Status' && isBad) return { ...controller, batteryFaults: [`${key}: ${value}`] }
  return controller
}
