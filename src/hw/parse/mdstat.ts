// /proc/mdstat: software RAID as the kernel lists it for people. The files of /sys/block/md*/md say the same and more;
// this is for machines (and captures) that lack them.

export type MdstatMember = { readonly name: string; readonly isFaulty: boolean; readonly isSpare: boolean }

export type MdstatArray = {
  readonly name: string
  readonly isActive: boolean
  readonly isReadOnly: boolean
  /** `raid1`, `linear`; null for an inactive array, which has none yet. */
  readonly level: string | null
  readonly members: readonly MdstatMember[]
  readonly sizeBytes: number | null
  /** `1.2`, `external:imsm`, `external:/md127/0`; null for the oldest format, which is not written. */
  readonly metadata: string | null
  /** Members that the array wants and that work; null for levels without redundancy. */
  readonly wanted: number | null
  readonly working: number | null
  /** `recovery`, `resync`, `check`, `reshape`; null when nothing goes on. */
  readonly action: string | null
}

/** More arrays than this are not kept; the kernel's own minor numbers end at 511 by default. */
const arraysMax = 1024

export function parseMdstat(text: string): readonly MdstatArray[] {
  const arrays: MdstatArray[] = []
  let lines: string[] = []
  const flush = () => {
    const array = lines.length === 0 || arrays.length >= arraysMax ? null : parseArray(lines)
    if (array !== null) arrays.push(array)
    lines = []
  }
  for (const line of text.split('\n')) {
    if (/^md[\w-]{1,32} : /.test(line)) {
      flush()
      lines = [line]
    } else if (line.startsWith(' ') && lines.length > 0) lines.push(line)
    else flush()
  }
  flush()
  return arrays
}

function parseArray([head = '', ...rest]: readonly string[]): MdstatArray | null {
  const match = /^(md[\w-]+) : (active|inactive|broken)((?: \((?:auto-)?read-only\))?)(?: (.*))?$/.exec(head.trimEnd())
  if (match === null) return null
  const [, name, state, readOnly, tail = ''] = match as unknown as [string, string, string, string, string | undefined]
  const words = tail.split(' ').filter((word) => word !== '')
  const level = words[0] !== undefined && !words[0].includes('[') ? words[0] : null
  const members = words.slice(level === null ? 0 : 1).flatMap((word) => {
    const member = /^([\w!.-]+)\[\d+\]((?:\([A-Z]\))*)$/.exec(word)
    if (member === null) return []
    const flags = member[2] as string
    return [{ name: member[1] as string, isFaulty: flags.includes('F'), isSpare: flags.includes('S') }]
  })
  const details = rest.join('\n')
  const blocks = /^\s*(\d{1,15}) blocks/.exec(details)
  const counts = /\[(\d{1,6})\/(\d{1,6})\]/.exec(details)
  return {
    name,
    isActive: state === 'active',
    isReadOnly: readOnly !== '',
    level,
    members,
    sizeBytes: blocks === null ? null : Number(blocks[1]) * 1024,
    metadata: /^\s*\d+ blocks super (\S+)/.exec(details)?.[1] ?? null,
    wanted: counts === null ? null : Number(counts[1]),
    working: counts === null ? null : Number(counts[2]),
    action: /\b(recovery|resync|reshape|check|repair) *=/.exec(details)?.[1] ?? null,
  }
}
