// Names and UUIDs of device mapper devices. The UUID's prefix says which program made the device and what of.

import type { Volume } from '../../model/inventory.ts'

export type MapperIdentity = {
  readonly kind: Extract<Volume['kind'], 'lvm' | 'crypt' | 'multipath' | 'dmraid' | 'dm'>
  /** What the maker gave, without the prefix; null where there is none. */
  readonly uuid: string | null
  readonly level: string | null
  /** A partition of another device mapper device: its number. */
  readonly partition: number | null
}

/** `LVM-<group><volume>`, `CRYPT-LUKS2-<uuid>-<name>`, `mpath-<wwid>`, `part1-mpath-<wwid>`, `DMRAID-<name>`. */
export function parseMapperUuid(uuid: string): MapperIdentity {
  const part = /^part(\d{1,4})-(.*)$/s.exec(uuid)
  if (part !== null) return { kind: 'dm', uuid, level: null, partition: Number(part[1]) }
  const at = uuid.indexOf('-')
  const rest = at === -1 ? null : uuid.slice(at + 1) || null
  const plain = { level: null, partition: null }
  switch (at === -1 ? '' : uuid.slice(0, at)) {
    case 'LVM':
      return { ...plain, kind: 'lvm', uuid: rest }
    case 'mpath':
      return { ...plain, kind: 'multipath', uuid: rest }
    case 'DMRAID':
      return { ...plain, kind: 'dmraid', uuid: rest }
    case 'CRYPT': {
      const luks = /^(LUKS[12]|PLAIN|VERITY|INTEGRITY|BITLK|TCRYPT|FVAULT2)-(?:([0-9a-f]{32})-)?/.exec(rest ?? '')
      return { kind: 'crypt', uuid: dashed(luks?.[2] ?? null), level: luks?.[1] ?? null, partition: null }
    }
    default:
      return { ...plain, kind: 'dm', uuid: uuid === '' ? null : uuid }
  }
}

/** LVM joins the names of group and volume by one hyphen and doubles those inside them: `my--vg-root`. */
export function parseLvmName(name: string): { readonly group: string; readonly volume: string } | null {
  const match = /^((?:[^-]|--)+)-((?:[^-]|--)+)$/.exec(name.slice(0, 300))
  if (match === null) return null
  const [group, volume] = [match[1] as string, match[2] as string].map((one) => one.replaceAll('--', '-'))
  return { group: group as string, volume: volume as string }
}

/**
 * 32 hexadecimal digits, with or without colons, in the usual form of a UUID; other text stays as it is. One of zeros is
 * none: udev has it for containers of arrays.
 */
export function dashed(uuid: string | null): string | null {
  const digits = uuid?.replaceAll(':', '').toLowerCase() ?? ''
  if (/^0+$/.test(digits)) return null
  if (!/^[0-9a-f]{32}$/.test(digits)) return uuid
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export type MapperRaid = {
  /** As the inventory calls an LVM volume: `data-root`. */
  readonly label: string
  readonly level: string
  /** A letter a device: `A` alive and in sync, `a` alive, `D` dead. */
  readonly health: string
  /** `idle`, `recover`, `resync`, `check` … */
  readonly action: string
}

/** `dmsetup status --target raid`: `data-root: 0 2097152 raid raid1 2 AA 2097152/2097152 idle 0 0 -`. */
export function parseRaidStatus(text: string): readonly MapperRaid[] {
  return text.split('\n').flatMap((line) => {
    const match = /^([^\s:]+): \d+ \d+ raid (\w+) (\d{1,4}) ([AaD]+) \d+\/\d+(?: ([a-z]+))?( |$)/.exec(line)
    if (match === null || match[4]?.length !== Number(match[3])) return []
    const [, name, level, , health, action = 'idle'] = match as unknown as string[]
    const lvm = parseLvmName(name as string)
    const label = lvm === null ? (name as string) : `${lvm.group}-${lvm.volume}`
    return [{ label, level: level as string, health: health as string, action }]
  })
}
