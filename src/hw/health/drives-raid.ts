// RAID controllers: the state of their volumes, of the drives behind them and of themselves, by their vendors' tools.
// A state in words that nobody knows is unchecked, never healthy.

import type { PartRef } from '../../model/health.ts'
import {
  isEmptyRaidReport,
  joinRaidReports,
  type RaidController,
  type RaidMember,
  type RaidReport,
  type RaidVolume,
} from '../parse/raid-report.ts'
import { joinMembers } from '../parse/storcli.ts'
import { pciRef } from '../parts.ts'
import type { HealthBench } from './bench.ts'
import { type Patient, say, tally } from './drive-words.ts'
import { isVolumeOf } from './drives-behind.ts'
import type { Findings } from './findings.ts'
import { askRaidTool, type RaidFamily, raidFamilies } from './raid-tools.ts'

const question = 'arrays of RAID controllers'

export function lookAtControllers(bench: HealthBench): void {
  for (const family of raidFamilies) {
    const controllers = bench.inventory.pci.filter((device) => isOfFamily(bench, family, device))
    const [first] = controllers
    if (first === undefined) continue
    const part = pciRef(first.address)
    if (!askFamily(bench, family, part)) {
      const names = family.tools.map(({ name }) => name).join(', ')
      bench.findings.unchecked(question, part, 'HW_TOOL_MISSING', `none of these is there: ${names}`)
    }
  }
}

function isOfFamily(
  { inventory }: HealthBench,
  family: RaidFamily,
  device: HealthBench['inventory']['pci'][number],
): boolean {
  if (device.driver === null || !family.drivers.includes(device.driver)) return false
  return !family.isVolumeNeeded || inventory.disks.some((disk) => isVolumeOf(disk, device))
}

/** Whether any tool of the family is installed. */
function askFamily({ source, inventory, findings }: HealthBench, family: RaidFamily, part: PartRef): boolean {
  for (const tool of family.tools) {
    const results = askRaidTool(source, tool, inventory)
    if (results === null) continue
    const report = joinRaidReports(results.flatMap((result) => (result.ok ? [result.value] : [])))
    judgeRaid(findings, tool.name, { ...report, members: joinMembers(report.members) })
    const failed = results.find((result) => !result.ok)
    if (failed !== undefined && !failed.ok) findings.unchecked(question, part, failed.fault.code, failed.fault.message)
    else if (isEmptyRaidReport(report)) {
      findings.unchecked(question, part, 'HW_TOOL_FAILED', `${tool.name} tells of no controller, volume or drive`)
    }
    return true
  }
  return false
}

/** `tool` is the evidence's source. */
export function judgeRaid(findings: Findings, tool: string, { controllers, volumes, members }: RaidReport): void {
  for (const controller of controllers) judgeController(findings, tool, controller)
  for (const volume of volumes) judgeVolume(findings, tool, volume)
  for (const member of members) judgeMember(findings, tool, member)
}

function judgeController(findings: Findings, tool: string, controller: RaidController): void {
  const { name, serial, pciAddress, faults, batteryFaults } = controller
  const part: PartRef = { kind: 'pci', name: pciAddress ?? `${tool} ${name}`, id: serial }
  const patient: Patient = { findings, part, source: tool }
  for (const fault of faults) say(patient, 'RAID_CONTROLLER_FAULT', fault)
  for (const fault of batteryFaults) say(patient, 'RAID_BATTERY_FAILED', fault)
}

function judgeVolume(findings: Findings, tool: string, { name, id, level, state, health }: RaidVolume): void {
  const part: PartRef = { kind: 'volume', name: `${tool} ${name}`, id }
  const patient: Patient = { findings, part, source: tool }
  const text = `${level === null ? '' : `${level}: `}${state}`
  if (health === null)
    findings.unchecked('state of an array', part, 'HW_UNKNOWN', `${tool} says ${JSON.stringify(state)}`)
  if (health === 'failed') say(patient, 'RAID_FAILED', text)
  if (health === 'degraded' || health === 'rebuilding') say(patient, 'RAID_DEGRADED', text)
  if (health === 'rebuilding' || health === 'busy') say(patient, 'RAID_REBUILDING', text)
}

function judgeMember(findings: Findings, tool: string, member: RaidMember): void {
  const { name, serial, state, health, mediaErrors, predictedFailures, isAlerting } = member
  const part: PartRef = { kind: 'disk', name: `${tool} ${name}`, id: serial }
  const patient: Patient = { findings, part, source: tool }
  const place = `${name}: ${state}`
  if (health === null)
    findings.unchecked('state of a drive', part, 'HW_UNKNOWN', `${tool} says ${JSON.stringify(state)}`)
  if (health === 'failed' || health === 'predicted') say(patient, 'DISK_FAILING', place)
  if (health === 'missing') say(patient, 'DISK_MISSING', place)
  if (isAlerting === true) say(patient, 'DISK_FAILING', `${name}: the drive has raised a SMART alert`)
  if (predictedFailures !== null && predictedFailures > 0) {
    say(patient, 'DISK_FAILING', `${name}: predictive failures: ${predictedFailures}`)
  }
  if (mediaErrors !== null && mediaErrors > 0)
    say(patient, 'DISK_MEDIA_ERRORS', `${name}: media errors: ${mediaErrors}`)
  tally(patient, 'DISK_MEDIA_ERRORS', 'media errors', mediaErrors)
}
