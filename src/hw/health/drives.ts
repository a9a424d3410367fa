// Drives: what SMART, NVMe logs and RAID controllers say of them.
// It says what it sees at one look; what that means over time is the tracker's. A drive that cannot be asked is listed as
// unchecked and takes no other with it; a drive that sleeps is not woken.

import type { PartRef } from '../../model/health.ts'
import type { Disk } from '../../model/inventory.ts'
import { diskRef } from '../parts.ts'
import type { HealthBench } from './bench.ts'
import { settleAnswer } from './drive-answer.ts'
import { type DriveTools, driveTools } from './drive-tools.ts'
import { judgeTemperature } from './drive-verdict.ts'
import { lookBehindControllers } from './drives-behind.ts'
import { nvmeTemperatures } from './drives-hwmon.ts'
import { lookAtControllers } from './drives-raid.ts'
import { namesIn, textAt } from './files.ts'

export function lookAtDrives(bench: HealthBench): void {
  const tools = driveTools(bench.source)
  const asked = new Set<string>()
  for (const disk of bench.inventory.disks.filter(isPhysical)) {
    const part = diskRef(disk)
    lookAtPresence(bench, disk, part)
    // Namespaces of one NVMe drive share its log.
    const log = `${disk.serial} ${disk.pciAddress}`
    if (disk.serial !== null && disk.name.startsWith('nvme') && asked.has(log)) continue
    const serial = lookAtDisk(bench, tools, disk, part)
    if (serial !== null) asked.add(serial).add(log)
  }
  lookAtDeadControllers(bench)
  lookBehindControllers(bench, tools, asked)
  lookAtControllers(bench)
}

/**
 * Drives that can be asked: not a hypervisor's, not a controller's volume, not at the other end of a network. NVMe drives
 * of a hypervisor can: they have to have the log.
 */
export function isPhysical({ name, kind, transport, isRemovable }: Disk): boolean {
  if (kind === 'virtual' && transport === 'nvme') return true
  const isElsewhere = transport !== null && /^(virtio|fc|iscsi|mmc|pmem|nvme-)/.test(transport)
  const isNamed = /^(sd[a-z]+|hd[a-z]|nvme\d+n\d+)$/.test(name)
  return isNamed && !isElsewhere && isRemovable !== true && (kind === null || ['hdd', 'ssd', 'nvme'].includes(kind))
}

/** A drive that the kernel has given up, or whose size it could not learn. */
function lookAtPresence({ source, findings }: HealthBench, { name, sizeBytes }: Disk, part: PartRef): void {
  const path = `/sys/block/${name}/device/state`
  const state = textAt(source, path)
  if (/^(offline|transport-offline|blocked|dead)$/.test(state)) {
    findings.symptom('DISK_UNRESPONSIVE', part, { source: path, text: state })
  }
  const size = `/sys/block/${name}/size`
  if (sizeBytes === null && textAt(source, size) === '0') {
    findings.symptom('DISK_UNRESPONSIVE', part, { source: size, text: '0' })
  }
}

/** Controllers that answer no more have no namespaces, and so are no drives of the inventory. */
function lookAtDeadControllers({ source, findings }: HealthBench): void {
  for (const name of namesIn(source, '/sys/class/nvme')) {
    const folder = `/sys/class/nvme/${name}`
    if (!/^nvme\d{1,4}$/.test(name) || textAt(source, `${folder}/state`) !== 'dead') continue
    const serial = textAt(source, `${folder}/serial`)
    const part: PartRef = { kind: 'disk', name, id: serial === '' ? null : serial }
    findings.symptom('DISK_UNRESPONSIVE', part, { source: `${folder}/state`, text: 'dead' })
  }
}

/** Its serial, where it was asked and told one or the kernel knows it. */
function lookAtDisk(bench: HealthBench, tools: DriveTools, disk: Disk, part: PartRef): string | null {
  const answer = tools.ask(`/dev/${disk.name}`, null)
  const report = settleAnswer(bench, answer, part)
  if (report?.temperatureC == null || report.temperatureMaxC === null) {
    const found = disk.name.startsWith('nvme') ? nvmeTemperatures(bench.source, disk.name) : null
    if (found !== null) judgeTemperature({ findings: bench.findings, part, source: found.path }, found)
  }
  return disk.serial ?? report?.serial ?? null
}
