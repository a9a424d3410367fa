// Software RAID: md by the files of /sys/block/md*/md (else /proc/mdstat), LVM's by dmsetup, which alone says it.

import type { PartRef } from '../../model/health.ts'
import type { Volume } from '../../model/inventory.ts'
import { valueOr } from '../../model/reading.ts'
import { parseRaidStatus } from '../parse/device-mapper.ts'
import { type MdstatArray, parseMdstat } from '../parse/mdstat.ts'
import { volumeRef } from '../parts.ts'
import { printed } from '../source/answers.ts'
import type { HealthBench } from './bench.ts'
import { namesIn, stateAt } from './files.ts'

const dmsetupTimeoutMs = 5000

export function lookAtArrays(bench: HealthBench): void {
  const arrays = bench.inventory.volumes.filter((volume) => volume.kind === 'md')
  const listed = arrays.length === 0 ? [] : mdstatOf(bench, arrays)
  for (const volume of arrays) {
    const facts = mdFacts(bench, volume, listed)
    if (facts !== null) judge(bench, volumeRef(volume), facts)
  }
  lookAtLvm(bench)
}

type ArrayFacts = {
  readonly source: string
  readonly level: string
  /** `clean`, `active`, `inactive`, `broken` … */
  readonly state: string
  readonly wanted: number | null
  /** Members that are missing; null where nothing says it. */
  readonly missing: number | null
  readonly faulty: readonly string[]
  /** `recover`, `resync`, `check` … with how far it is; null when nothing goes on. */
  readonly action: string | null
}

/** What goes on in an array that is not idle. `frozen` is a pause. */
const actions = new Set(['recover', 'recovery', 'resync', 'reshape', 'check', 'repair'])

function judge({ findings }: HealthBench, part: PartRef, facts: ArrayFacts): void {
  const { source, level, state, missing, faulty, wanted, action } = facts
  const lost = faulty.length > 0 ? `, faulty: ${faulty.join(', ')}` : ''
  const few = missing === 0 ? '' : `, ${missing ?? 'unknown number of'} of ${wanted ?? '?'} members missing`
  const said = `${level} ${state}${few}${lost}`
  const gone = Math.max(missing ?? 0, isRedundant(level) ? 0 : faulty.length)
  const isFailed = state === 'broken' || state === 'inactive' || gone > lossMax(level, wanted)
  if (isFailed) findings.symptom('RAID_FAILED', part, { source, text: said })
  else if (gone > 0) findings.symptom('RAID_DEGRADED', part, { source, text: said })
  else if (faulty.length > 0) {
    findings.symptom('RAID_MEMBER_FAILED', part, { source, text: `faulty: ${faulty.join(', ')}` })
  }
  if (action !== null && actions.has(action.split(' ')[0] as string)) {
    findings.symptom('RAID_REBUILDING', part, { source, text: action })
  }
}

function isRedundant(level: string): boolean {
  return /^raid(1|4|5|6|10)/.test(level)
}

/** How many members an array can lose. Of raid10 that depends on which: half of them at best, and the kernel says the rest. */
function lossMax(level: string, wanted: number | null): number {
  if (/^raid1($|[^0])/.test(level)) return (wanted ?? 2) - 1
  if (level.startsWith('raid10')) return Math.floor((wanted ?? 2) / 2)
  if (level.startsWith('raid6')) return 2
  return /^raid[45]/.test(level) ? 1 : 0
}

/** Null for what is no array: a container of arrays, and one that is cleared. */
function mdFacts(bench: HealthBench, volume: Volume, listed: readonly MdstatArray[]): ArrayFacts | null {
  const { name, level } = volume
  const folder = `/sys/block/${name}/md`
  const files = namesIn(bench.source, folder)
  const array = listed.find((one) => one.name === name)
  if (level === 'container') return null
  if (files.length === 0) return array === undefined ? null : mdstatFacts(array)
  const has = new Set(files)
  const text = (file: string) => stateAt(bench, volumeRef(volume), `${folder}/${file}`)
  const stateOf = (file: string) => text(`${file}/state`)
  const read = (file: string) => (has.has(file) ? text(file) : '')
  const number = (file: string) => (/^\d{1,6}$/.test(read(file)) ? Number(read(file)) : null)
  const state = read('array_state')
  if (state === 'clear' || state === '') return null
  const members = files.filter((file) => file.startsWith('dev-'))
  const states = members.map((file) => [file.slice('dev-'.length), stateOf(file)] as const)
  const faulty = states.filter(([, said]) => said.split(',').includes('faulty')).map(([member]) => member)
  const wanted = number('raid_disks')
  const present = members.length - faulty.length
  const absent = wanted === null || isRedundant(level ?? '') ? null : Math.max(wanted - present, 0)
  const action = read('sync_action')
  const completed = read('sync_completed')
  return {
    source: folder,
    level: level ?? '',
    state,
    wanted,
    missing: number('degraded') ?? absent,
    faulty,
    action: action === '' || action === 'idle' ? null : completed === 'none' ? action : `${action} ${completed}`.trim(),
  }
}

function mdstatOf({ source }: HealthBench, arrays: readonly Volume[]): readonly MdstatArray[] {
  const isFiled = arrays.every(({ name }) => source.exists(`/sys/block/${name}/md`))
  return isFiled ? [] : parseMdstat(valueOr(source.readText('/proc/mdstat'), ''))
}

function mdstatFacts({ isActive, level, wanted, working, members, action }: MdstatArray): ArrayFacts {
  return {
    source: '/proc/mdstat',
    level: level ?? '',
    state: isActive ? 'active' : 'inactive',
    wanted,
    missing: wanted === null || working === null ? null : wanted - working,
    faulty: members.filter((member) => member.isFaulty).map((member) => member.name),
    action,
  }
}

/** LVM's RAID volumes stand on hidden ones called `…_rimage_0`; which of them work only the device mapper's table says. */
function lookAtLvm({ source, findings, inventory }: HealthBench): void {
  const hidden = inventory.volumes.filter(({ kind, label }) => kind === 'lvm' && /_rimage_\d+$/.test(label ?? ''))
  if (hidden.length === 0) return
  const argv = ['dmsetup', 'status', '--target', 'raid']
  const text = printed(source, argv, { timeoutMs: dmsetupTimeoutMs })
  if (!text.ok) {
    findings.unchecked("redundancy of LVM's RAID volumes", null, text.fault.code, text.fault.message)
    return
  }
  for (const raid of parseRaidStatus(text.value)) {
    const volume = inventory.volumes.find((one) => one.kind === 'lvm' && one.label === raid.label)
    const part: PartRef = volume === undefined ? { kind: 'volume', name: raid.label, id: null } : volumeRef(volume)
    const evidence = { source: argv.join(' '), text: `${raid.level} ${raid.health} ${raid.action}` }
    const dead = [...raid.health].filter((one) => one === 'D').length
    if (dead > lossMax(raid.level, raid.health.length)) findings.symptom('RAID_FAILED', part, evidence)
    else if (dead > 0) findings.symptom('RAID_DEGRADED', part, evidence)
    if (actions.has(raid.action)) findings.symptom('RAID_REBUILDING', part, evidence)
  }
}
