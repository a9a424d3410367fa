// Archives in the format of the kernel's initial file systems (cpio "newc"): pure bytes, written entry by entry so that
// large files need not be in memory at once.

export type Entry = {
  /** Without a leading slash. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link' | 'character'
  readonly mode: number
  readonly bytes: number
  /** Major and minor number of a device. */
  readonly device?: readonly [number, number]
}

const kinds = { file: 0o100000, folder: 0o040000, link: 0o120000, character: 0o020000 } as const

const alignment = 4

/** What stands before an entry's bytes. `number` tells entries apart; the bytes follow, then `padding`. */
export function header({ path, kind, mode, bytes, device = [0, 0] }: Entry, number: number): Buffer {
  const name = Buffer.from(`${path}\0`)
  const fields = [number, kinds[kind] | mode, 0, 0, 1, 0, bytes, 0, 0, device[0], device[1], name.length, 0]
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  const head = Buffer.concat([Buffer.from(text), name])
  return Buffer.concat([head, padding(head.length)])
}

/** What follows `bytes` so that the next entry starts where it must. */
export function padding(bytes: number): Buffer {
  return Buffer.alloc((alignment - (bytes % alignment)) % alignment)
}

export function trailer(): Buffer {
  return header({ path: 'TRAILER!!!', kind: 'file', mode: 0, bytes: 0 }, 0)
}
