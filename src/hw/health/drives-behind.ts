// Drives that a RAID controller hides from the kernel, asked through it by smartctl. Which there are is found by smartctl
// itself for MegaRAID, and by counting up for HP and Microchip until there is none.
// Drives behind Adaptec, 3ware and Areca controllers are known from their controller's tool alone (drives-raid.ts).

import type { PartRef } from '../../model/health.ts'
import type { Disk, PciDevice } from '../../model/inventory.ts'
import { valueOr } from '../../model/reading.ts'
import { parseSmartctlScan } from '../parse/smartctl-json.ts'
import type { HealthBench } from './bench.ts'
import { settleAnswer } from './drive-answer.ts'
import { type DriveTools, driveAgeMaxMs } from './drive-tools.ts'

const scanTimeoutMs = 15_000

/** As many drives as the largest shelves hold behind one controller. */
const hiddenMax = 256

/** `asked` are the serials of drives that the kernel shows: one in pass-through is found a second time here. */
export function lookBehindControllers(bench: HealthBench, tools: DriveTools, asked: ReadonlySet<string>): void {
  const { pci, disks } = bench.inventory
  if (pci.some(({ driver }) => driver === 'megaraid_sas')) lookBehindMegaraid(bench, tools, asked)
  for (const controller of pci.filter(({ driver }) => driver === 'hpsa' || driver === 'smartpqi')) {
    const volume = disks.find((disk) => isVolumeOf(disk, controller))
    if (volume !== undefined) lookBehindCciss(bench, tools, asked, volume.name)
  }
}

/** What the controller shows as a drive; a controller that shows only whole drives hides none. */
export function isVolumeOf({ pciAddress, kind, model }: Disk, { address }: PciDevice): boolean {
  return pciAddress === address && (kind === 'raid' || /logical volume|^LOGICAL/i.test(model ?? ''))
}

function lookBehindMegaraid(bench: HealthBench, tools: DriveTools, asked: ReadonlySet<string>): void {
  const done = bench.source.run(['smartctl', '--scan-open', '-j'], {
    timeoutMs: scanTimeoutMs,
    maxAgeMs: driveAgeMaxMs,
  })
  const found = done.ok ? valueOr(parseSmartctlScan(done.value.stdout), []) : []
  const hidden = found.filter(({ type }) => /^(sat\+)?megaraid,\d{1,4}$/.test(type)).slice(0, hiddenMax)
  if (hidden.length === 0) {
    const code = done.ok ? 'HW_NEEDS_ROOT' : done.fault.code
    const message = done.ok ? 'smartctl finds drives behind MegaRAID controllers as root' : done.fault.message
    bench.findings.unchecked('drives behind MegaRAID controllers', null, code, message)
  }
  for (const { device, type } of hidden) askHidden(bench, tools, asked, device, type)
}

function lookBehindCciss(bench: HealthBench, tools: DriveTools, asked: ReadonlySet<string>, volume: string): void {
  for (let number = 0; number < hiddenMax; number++) {
    if (!askHidden(bench, tools, asked, `/dev/${volume}`, `cciss,${number}`)) return
  }
}

/** Whether there is such a drive. One that cannot be asked is only said for the first: the others fail alike. */
function askHidden(
  bench: HealthBench,
  tools: DriveTools,
  asked: ReadonlySet<string>,
  device: string,
  type: string,
): boolean {
  const answer = tools.ask(device, type)
  const isCounted = type.startsWith('cciss,')
  if (isCounted && answer.kind !== 'report' && type !== 'cciss,0') return false
  if (answer.kind === 'report' && answer.report.serial !== null && asked.has(answer.report.serial)) return true
  const part: PartRef = { kind: 'disk', name: `${type} on ${device}`, id: null }
  settleAnswer(bench, answer, part)
  return answer.kind === 'report'
}
