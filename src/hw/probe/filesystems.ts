// Mounted file systems that keep data: on block devices and over networks. Each is listed once, at the mount that shows
// the whole of it; bind mounts and containers' views are left out. Images of programs (squashfs and the like on a loop
// device) keep nothing.

import type { Filesystem } from '../../model/inventory.ts'
import { isImageType } from '../parse/mounts.ts'
import { distinctMounts, type Uses } from './disk-use.ts'
import type { Bench } from './report.ts'

/** More file systems than this are not listed; a problem says so. */
const filesystemsMax = 500

export function probeFilesystems({ report }: Bench, { mounts }: Uses): readonly Filesystem[] {
  const found = distinctMounts(mounts).filter(({ type, source }) => !(isImageType(type) && /^\/dev\/loop/.test(source)))
  if (found.length > filesystemsMax) {
    const message = `${found.length - filesystemsMax} more file systems are mounted`
    report.add({ code: 'HW_UNREADABLE', where: '/proc/self/mountinfo', message })
  }
  return found.slice(0, filesystemsMax).map(({ mountPoint, type, source, options, superOptions }) => ({
    mountPoint,
    type,
    source,
    isReadOnly: options.includes('ro') || superOptions.includes('ro'),
    options: [...new Set([...options, ...superOptions])],
  }))
}
