// What XFS says of itself in the kernel log: `XFS (sda1): Filesystem has been shut down due to log error (0x2).`

/** `device` is the kernel's name. */
export type XfsEvent = { readonly kind: 'shutdown' | 'mounting'; readonly device: string }

/** Null for lines of others, and for those that change nothing. */
export function parseXfsLine(text: string): XfsEvent | null {
  const [, device, said = ''] = /^XFS \(([\w!.-]{1,64})\): (.{0,200})/.exec(text) ?? []
  if (device === undefined) return null
  if (/filesystem has been shut down|xfs_do_force_shutdown/i.test(said)) return { kind: 'shutdown', device }
  return /^Mounting (V\d )?Filesystem/.test(said) ? { kind: 'mounting', device } : null
}
