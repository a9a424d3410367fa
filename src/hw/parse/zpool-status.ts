// `zpool status -P -L`: pools of ZFS with their devices. The kernel's own files say no more than a pool's state.
//
//   pool: tank
//  state: DEGRADED
//   scan: resilver in progress since …
// config:
//
//         NAME             STATE     READ WRITE CKSUM
//         tank             DEGRADED     0     0     0
//           mirror-0       DEGRADED     0     0     0
//             /dev/sda1    ONLINE       0     0     0

type ZpoolErrors = { readonly read: string; readonly write: string; readonly checksum: string }

export type ZpoolDevice = {
  /** `/dev/sda1`, `mirror-0`, or a number where the device is gone. */
  readonly name: string
  readonly state: string
  /** As printed, whole or in thousands (`1.2K`); null for spares, which have no counts. */
  readonly errors: ZpoolErrors | null
  /** A group of devices (mirror, raidz) or a heading (logs, spares), not a device. */
  readonly isGroup: boolean
}
export type Zpool = {
  readonly name: string
  readonly state: string
  readonly scan: string | null
  /** Of the pool as a whole: what no single device can be blamed for. */
  readonly errors: ZpoolErrors | null
  /** What it says of lost data: `No known data errors`, `3 data errors, use '-v' for a list`. */
  readonly data: string | null
  readonly devices: readonly ZpoolDevice[]
}

const poolsMax = 256
const devicesMax = 2000

export function parseZpoolStatus(text: string): readonly Zpool[] {
  type Pool = { -readonly [Key in keyof Zpool]: Zpool[Key] } & { devices: ZpoolDevice[] }
  const pools: Pool[] = []
  let isConfig = false
  for (const line of text.split('\n')) {
    const label = /^ *(pool|state|scan|config|errors): ?(.*)$/.exec(line)
    if (label !== null) {
      const [, key, value] = label as unknown as [string, string, string]
      if (key === 'pool' && pools.length < poolsMax)
        pools.push({ name: value.trim(), state: '', scan: null, errors: null, data: null, devices: [] })
      const pool = pools.at(-1)
      if (pool !== undefined && key === 'state') pool.state = value.trim()
      if (pool !== undefined && key === 'scan') pool.scan = value.trim()
      if (pool !== undefined && key === 'errors') pool.data = value.trim()
      isConfig = key === 'config'
      continue
    }
    const pool = pools.at(-1)
    const device = isConfig ? deviceOf(line) : null
    if (device === null || pool === undefined) continue
    if (device.name === pool.name) pool.errors = device.errors
    else if (pool.devices.length < devicesMax) pool.devices.push(device)
  }
  return pools.filter((pool) => pool.name !== '' && /^[A-Z]+$/.test(pool.state))
}

/** The row of a device, a group or the pool itself; null for other lines. */
function deviceOf(line: string): ZpoolDevice | null {
  const match = /^\t *(\S+) +([A-Z]+)(?: +([\d.]+[KMGTPE]?) +([\d.]+[KMGTPE]?) +([\d.]+[KMGTPE]?))?(?: |$)/.exec(line)
  if (match === null) return null
  const [, name, state, read, write, checksum] = match as unknown as [string, string, string, string?, string?, string?]
  if (name === 'NAME') return null
  const errors = read === undefined || write === undefined || checksum === undefined ? null : { read, write, checksum }
  const isGroup = /^(mirror|raidz\d?|draid\d?|spare|replacing|logs?|cache|special|dedup)(-|:|\d|$)/.test(name)
  return { name, state, errors, isGroup }
}
