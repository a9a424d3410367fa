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

/** 32 hexadecimal digits, with or without colons, in the usual form of a UUID; other text stays as it is. */
export function dashed(uuid: string | null): string | null {
  const digits = uuid?.replaceAll(':', '').toLowerCase() ?? ''
  if (!/^[0-9a-f]{32}$/.test(digits)) return uuid
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
