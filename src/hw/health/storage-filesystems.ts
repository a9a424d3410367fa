// Mounted file systems: errors they have recorded, and those that went read-only.
//
// How a file system that went read-only by itself is told from one that was mounted so: `mount -o ro` and a remount by a
// person set the flag of the mount and of the file system, a kernel that gives up (`errors=remount-ro`, btrfs on a failed
// transaction) only that of the file system, so `rw` of the mount beside `ro` of the file system is its doing. Newer
// ext4 leaves both and says `emergency_ro` or `shutdown` instead; XFS says it in the kernel's log alone. Discs and images
// are read-only by nature, and so is what lies on a device that takes no writes.

import type { PartRef } from '../../model/health.ts'
import { valueOr } from '../../model/reading.ts'
import { isImageType, type Mount, parseMountinfo } from '../parse/mounts.ts'
import { parseXfsLine } from '../parse/xfs-log.ts'
import { distinctMounts } from '../probe/disk-use.ts'
import type { HealthBench } from './bench.ts'
import { namesIn, textAt } from './files.ts'

export function lookAtFilesystems(bench: HealthBench): void {
  const path = '/proc/self/mountinfo'
  const text = bench.source.readText(path)
  if (text.kind === 'unreadable') {
    bench.findings.unchecked('file systems that went read-only', null, text.fault.code, text.fault.message)
  }
  const mounts = distinctMounts(parseMountinfo(valueOr(text, '')))
  for (const mount of mounts) lookAtMount(bench, mount, path)
  lookAtShutdowns(bench, mounts)
  lookAtExt4(bench, mounts)
}

function partOf({ mountPoint }: Mount): PartRef {
  return { kind: 'filesystem', name: mountPoint, id: null }
}

function lookAtMount({ source, findings }: HealthBench, mount: Mount, path: string): void {
  const { type, options, superOptions, number, mountPoint } = mount
  const gaveUp = superOptions.find((one) => one === 'emergency_ro' || one === 'shutdown')
  const turned = options.includes('rw') && superOptions.includes('ro') && !isImageType(type)
  if (gaveUp === undefined && !turned) return
  if (gaveUp === undefined && number !== null && isReadOnlyDevice(source, number)) return
  const text = `${mountPoint} ${type} ${mount.source} is mounted rw and is ${gaveUp ?? 'ro'}`
  findings.symptom('FILESYSTEM_READ_ONLY', partOf(mount), { source: path, text })
}

function isReadOnlyDevice(source: HealthBench['source'], number: string): boolean {
  return textAt(source, `/sys/dev/block/${number}/ro`) === '1'
}

/** The log names a device, and is the only one to tell; a shutdown lasts until the file system is mounted again. */
function lookAtShutdowns(bench: HealthBench, mounts: readonly Mount[]): void {
  const { kernelLog, findings } = bench
  const down = new Map<string, string>()
  for (const { text } of kernelLog ?? []) {
    const event = parseXfsLine(text)
    if (event?.kind === 'shutdown') down.set(event.device, text)
    else if (event !== null) down.delete(event.device)
  }
  for (const [device, text] of down) {
    const mount = mountOf(bench, mounts, device)
    if (mount?.type === 'xfs') findings.symptom('FILESYSTEM_READ_ONLY', partOf(mount), { source: 'dmesg', text })
  }
}

/** The count lies on the device until the file system is checked, so that no boot begins it anew. */
function lookAtExt4(bench: HealthBench, mounts: readonly Mount[]): void {
  const { source, findings, inventory } = bench
  const parts = inventory.disks.flatMap((disk) => [disk, ...disk.partitions])
  for (const device of namesIn(source, '/sys/fs/ext4')) {
    if (device === 'features') continue
    const path = `/sys/fs/ext4/${device}/errors_count`
    const said = textAt(source, path)
    if (!/^\d{1,15}$/.test(said)) continue
    const mount = mountOf(bench, mounts, device)
    const part: PartRef = mount === undefined ? { kind: 'filesystem', name: device, id: null } : partOf(mount)
    const counter = { code: 'FILESYSTEM_ERRORS', part, source: path, text: 'errors', growthMin: 1 } as const
    // Names may mean another drive after a boot; what is on it has an identity.
    const uuid = parts.find((one) => one.name === device)?.content?.uuid
    const epoch = uuid ?? `${device} ${inventory.os.bootId}`
    findings.counter({ ...counter, value: Number(said), epoch })
    if (Number(said) > 0) findings.symptom('FILESYSTEM_ERRORS', part, { source: path, text: `${said} errors recorded` })
  }
}

/** `device` is the kernel's name, which need not be the one that was mounted. */
function mountOf({ source }: HealthBench, mounts: readonly Mount[], device: string): Mount | undefined {
  const number = textAt(source, `/sys/class/block/${device}/dev`)
  return mounts.find((one) => one.number === number || one.source === `/dev/${device}`)
}
