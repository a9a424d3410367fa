// SMBIOS tables as /sys/firmware/dmi/tables/DMI has them, or its entries one by one: BIOS (0), system (1), board (2),
// chassis (3), processors (4), memory (16, 17), IPMI (38), TPM (43). Fields are those of DMTF DSP0134 3.7.
// Fillers ("Default string") are absent; see dmi.ts.

import type { BoardIdentity, ChassisIdentity, Dimm } from '../../model/inventory.ts'
import { absent, known, type Reading, valueOr } from '../../model/reading.ts'
import { parseDmiUuid } from './dmi.ts'
import { dimmsOf } from './smbios-memory.ts'
import { byteAt, doubleWordAt, type Structure, structuresOf, textAt } from './smbios-structures.ts'

export type SmbiosBios = {
  readonly vendor: string | null
  readonly version: string | null
  readonly date: string | null
  /** `2.6`: the vendor's count beside the version's name. */
  readonly release: string | null
  readonly ecRelease: string | null
  /** True where the firmware says that it is a virtual machine's; it does not say the contrary. */
  readonly isVirtual: boolean
}
export type SmbiosSystem = {
  readonly vendor: string | null
  readonly product: string | null
  readonly serial: string | null
  readonly uuid: string | null
  readonly sku: string | null
}
export type Smbios = {
  readonly bios: SmbiosBios | null
  readonly system: SmbiosSystem | null
  readonly board: BoardIdentity | null
  readonly chassis: (ChassisIdentity & { readonly vendor: string | null }) | null
  /** Sockets with a processor in them. */
  readonly processors: readonly { readonly socket: string | null; readonly model: string | null }[]
  readonly dimms: readonly Dimm[]
  /** `2.0`; null where no interface to a management controller is described. */
  readonly ipmiVersion: string | null
  readonly tpm: { readonly vendor: string | null; readonly version: string | null } | null
}

/** Absent when the bytes hold no structure at all. `version` is that of the entry point; null is taken for a current one. */
export function parseSmbios(table: Uint8Array, version: SmbiosVersion | null = null): Reading<Smbios> {
  return smbiosOf(structuresOf(table), version)
}

/** From structures that lie in files of their own (`/sys/firmware/dmi/entries/17-0/raw`). */
export function parseSmbiosEntries(raws: readonly Uint8Array[]): Reading<Smbios> {
  return smbiosOf(
    raws.flatMap((raw) => structuresOf(raw).slice(0, 1)),
    null,
  )
}

export type SmbiosVersion = { readonly major: number; readonly minor: number }

/** /sys/firmware/dmi/tables/smbios_entry_point of either width. */
export function parseSmbiosEntryPoint(bytes: Uint8Array): Reading<SmbiosVersion> {
  const anchor = String.fromCharCode(...bytes.subarray(0, 5))
  const at = anchor === '_SM3_' ? 7 : anchor.startsWith('_SM_') ? 6 : null
  const major = at === null ? undefined : bytes[at]
  const minor = at === null ? undefined : bytes[at + 1]
  return major === undefined || minor === undefined ? absent : known({ major, minor })
}

function smbiosOf(structures: readonly Structure[], version: SmbiosVersion | null): Reading<Smbios> {
  if (structures.length === 0) return absent
  const of = (type: number) => structures.filter((one) => one.type === type)
  const [bios] = of(0)
  const [system] = of(1)
  const [chassis] = of(3)
  const [ipmi] = of(38)
  const [tpm] = of(43)
  const board = mainBoard(of(2))
  return known({
    bios: bios === undefined ? null : biosOf(bios),
    system: system === undefined ? null : systemOf(system, version),
    board:
      board === null
        ? null
        : { vendor: textAt(board, 4), product: textAt(board, 5), version: textAt(board, 6), serial: textAt(board, 7) },
    chassis: chassis === undefined ? null : chassisOf(chassis),
    processors: of(4).flatMap((one) => (isProcessor(one) ? [{ socket: textAt(one, 4), model: textAt(one, 16) }] : [])),
    dimms: dimmsOf(structures),
    ipmiVersion: ipmi === undefined ? null : ipmiVersionOf(ipmi),
    tpm: tpm === undefined ? null : tpmOf(tpm),
  })
}

function biosOf(one: Structure): SmbiosBios {
  const release = (at: number) => {
    const major = byteAt(one, at)
    const minor = byteAt(one, at + 1)
    return major === null || minor === null || major === 255 || minor === 255 ? null : `${major}.${minor}`
  }
  return {
    vendor: textAt(one, 4),
    version: textAt(one, 5),
    date: textAt(one, 8),
    release: release(20),
    ecRelease: release(22),
    isVirtual: ((byteAt(one, 19) ?? 0) & 0x10) !== 0,
  }
}

function systemOf(one: Structure, version: SmbiosVersion | null): SmbiosSystem {
  return {
    vendor: textAt(one, 4),
    product: textAt(one, 5),
    serial: textAt(one, 7),
    uuid: uuidAt(one, 8, version),
    sku: textAt(one, 25),
  }
}

function chassisOf(one: Structure): Smbios['chassis'] {
  return {
    vendor: textAt(one, 4),
    type: chassisTypeName((byteAt(one, 5) ?? 0) & 0x7f),
    serial: textAt(one, 7),
    assetTag: textAt(one, 8),
  }
}

/** The motherboard (type 10) of several boards, else the first. */
function mainBoard(boards: readonly Structure[]): Structure | null {
  return boards.find((one) => byteAt(one, 13) === 10) ?? boards[0] ?? null
}

/** A central processor, in its socket. A table too short to say so describes one. */
function isProcessor(one: Structure): boolean {
  const status = byteAt(one, 24)
  return (byteAt(one, 5) ?? 3) === 3 && (status === null || (status & 0x40) !== 0)
}

/** Two decimal digits in the halves of a byte. */
function ipmiVersionOf(one: Structure): string | null {
  const revision = byteAt(one, 5)
  return revision === null || revision === 0 || revision === 255 ? null : `${revision >> 4}.${revision & 15}`
}

/** Of a TPM 2.0 the halves of the first version word (§7.44); older ones count in bytes. */
function tpmOf(one: Structure): Smbios['tpm'] {
  const vendor = String.fromCharCode(...one.data.subarray(4, 8)).replace(/[^ -~]/g, '')
  const major = byteAt(one, 8)
  const word = doubleWordAt(one, 10)
  const version =
    word === null || word === 0
      ? null
      : major === 2
        ? `${Math.floor(word / 65536)}.${word % 65536}`
        : `${one.data[12]}.${one.data[13]}`
  return { vendor: vendor.trim() === '' ? null : vendor.trim(), version }
}

/**
 * Since version 2.6 the first three fields are little-endian; before, all bytes stand as they are read. The kernel
 * decides the same way, so that /sys/class/dmi/id/product_uuid and the table agree.
 */
function uuidAt(one: Structure, at: number, version: SmbiosVersion | null): string | null {
  if (one.data.length < at + 16) return null
  const isOld = version !== null && (version.major < 2 || (version.major === 2 && version.minor < 6))
  const order = isOld ? inOrder : [3, 2, 1, 0, 5, 4, 7, 6, ...inOrder.slice(8)]
  const hex = order.map((i) => (one.data[at + i] as number).toString(16).padStart(2, '0')).join('')
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)]
  return valueOr(parseDmiUuid(parts.join('-')), null)
}

const inOrder = Array.from({ length: 16 }, (_, i) => i)

/** Table 17 of DSP0134. Null for Other, Unknown and numbers without a name. */
export function chassisTypeName(type: number): string | null {
  return chassisTypes[type - 3] ?? null
}

const chassisTypes = [
  'Desktop',
  'Low Profile Desktop',
  'Pizza Box',
  'Mini Tower',
  'Tower',
  'Portable',
  'Laptop',
  'Notebook',
  'Hand Held',
  'Docking Station',
  'All In One',
  'Sub Notebook',
  'Space-saving',
  'Lunch Box',
  'Main Server Chassis',
  'Expansion Chassis',
  'Sub Chassis',
  'Bus Expansion Chassis',
  'Peripheral Chassis',
  'RAID Chassis',
  'Rack Mount Chassis',
  'Sealed-case PC',
  'Multi-system',
  'CompactPCI',
  'AdvancedTCA',
  'Blade',
  'Blade Enclosing',
  'Tablet',
  'Convertible',
  'Detachable',
  'IoT Gateway',
  'Embedded PC',
  'Mini PC',
  'Stick PC',
]
