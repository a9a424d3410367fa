// Small tools beside the probe: free, uname, systemd-detect-virt, findmnt.

import type { Inventory } from '../../../src/model/inventory.ts'
import { judge, notComparable, type Verdict } from '../verdicts.ts'
import { byName, judgeEach } from './compare.ts'

/** `free -b`. */
export function compareFree(text: string, { memory }: Inventory): readonly Verdict[] {
  const total = /^Mem:\s+(\d+)/m.exec(text)?.[1]
  return [judge('memory', total === undefined ? null : Number(total), memory.totalBytes)]
}

/** `uname -mnr`: name, release, architecture. */
export function compareUname(text: string, { cpu, os }: Inventory): readonly Verdict[] {
  const [name, release, architecture] = text.trim().split(' ')
  return [
    judge('name, kernel, architecture', [name, release, architecture], [os.hostname, os.kernel, cpu.architecture]),
  ]
}

/** `systemd-detect-virt --vm`: one word, names as systemd gives them. */
export function compareDetectVirt(text: string, { machine }: Inventory): readonly Verdict[] {
  const told = text.trim()
  const found = machine.virtualisation
  // systemd asks the processor itself, which says more than any file.
  if (told !== 'none' && found === null) return [notComparable('virtualisation', `${told}, by asking the processor`)]
  return [judge('virtualisation', told, found)]
}

type Mount = {
  readonly target: string
  readonly fstype: string
  readonly options: string
  readonly children?: readonly Mount[]
}

/** `findmnt -J --real -o TARGET,FSTYPE,OPTIONS`. */
export function compareFindmnt(text: string, { filesystems }: Inventory): readonly Verdict[] {
  const mounts = flat((JSON.parse(text) as { filesystems: readonly Mount[] }).filesystems)
  return judgeEach(
    'mount',
    byName(
      mounts,
      ({ target }) => target,
      ({ fstype, options }) => [fstype, options.split(',').includes('ro')],
    ),
    byName(
      filesystems,
      ({ mountPoint }) => mountPoint,
      ({ type, isReadOnly }) => [type, isReadOnly],
    ),
  )
}

function flat(mounts: readonly Mount[]): readonly Mount[] {
  return mounts.flatMap((mount) => [mount, ...flat(mount.children ?? [])])
}
