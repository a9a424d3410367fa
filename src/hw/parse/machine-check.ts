// What the kernel log says of hardware errors of processors and memory: machine checks (x86), reports of the firmware
// (ACPI APEI), uncorrected errors of EDAC, pages of bad memory. One line is one event; the firmware's reports have several
// lines, of which the one that names the section tells.
// Bits of IA32_MCi_STATUS: Intel 64 Software Developer's Manual vol. 3B, 16.3.2.2 and 16.9.2; the same at AMD.

import { normalisePciAddress } from './pci.ts'

export type HardwareEvent = {
  readonly kind: 'machine-check' | 'memory' | 'page' | 'pcie'
  readonly isCorrected: boolean
  /** The logical CPU that reported it. */
  readonly cpu: number | null
  /** A module as EDAC or the firmware names it, or the address of a PCI function. */
  readonly label: string | null
}

/** Null for a line that tells of no error, or only that there is one in the lines beside it. */
export function parseHardwareErrorLine(line: string): HardwareEvent | null {
  const check =
    /\[Hardware Error\]: CPU (\d{1,5}): Machine Check(?: Exception)?: [0-9a-f]+ Bank \d+: ([0-9a-f]{16})\b/.exec(line)
  if (check !== null) return { ...machineCheckOf(check[2] as string), cpu: Number(check[1]), label: null }
  // Some drivers have no words of their own between: `1 UE on mc#0csrow#0channel#1 (`.
  const edac = /^EDAC MC\d+: \d+ UE (?:.{0,80}? )?on (\S.{0,120}?) \(/.exec(line)?.[1]
  if (edac !== undefined) {
    const label = /^(any|unknown) memory$/.test(edac) ? null : edac
    return { kind: 'memory', isCorrected: false, cpu: null, label }
  }
  if (/^Memory failure: 0x[0-9a-f]+: (recovery action for|unhandlable page|Sending SIGBUS)/i.test(line)) {
    return { kind: 'page', isCorrected: false, cpu: null, label: null }
  }
  return null
}

/** Of a status register as 16 hexadecimal digits: whether hardware corrected it, and whether it was in memory. */
export function machineCheckOf(status: string): { kind: 'machine-check' | 'memory'; isCorrected: boolean } {
  const high = Number.parseInt(status.slice(0, 8), 16)
  const code = Number.parseInt(status.slice(12), 16)
  // 0000 0000 1MMM CCCC is an error of the memory controller; bit 12 only says that others like it are not told.
  const isMemory = (code & 0xef80) === 0x0080
  return { kind: isMemory ? 'memory' : 'machine-check', isCorrected: ((high >>> 29) & 1) === 0 }
}

/** Lines of the firmware's reports carry the report's number: `{3}[Hardware Error]: …`. */
export type FirmwareLine = { readonly report: number; readonly text: string }

export function parseFirmwareLine(line: string): FirmwareLine | null {
  const match = /^\{(\d{1,9})\}\[Hardware Error\]: *(.{0,300})/.exec(line)
  return match === null ? null : { report: Number(match[1]), text: (match[2] as string).trim() }
}

/** A report of the firmware from its lines in order; null where it is none of processor, memory or PCI, or corrected. */
export function firmwareEventOf(lines: readonly string[]): HardwareEvent | null {
  const severity = textAfter(lines, 'event severity:')
  if (severity === null || isHarmless(severity)) return null
  // A report tells of several errors, and is as severe as the worst.
  return sectionsOf(lines).reduce<HardwareEvent | null>((found, section) => found ?? eventOfSection(section), null)
}

function isHarmless(severity: string): boolean {
  return severity === 'corrected' || severity === 'info'
}

function textAfter(lines: readonly string[], key: string): string | null {
  const line = lines.find((one) => one.startsWith(key))
  return line?.slice(key.length).trim() ?? null
}

const sectionStart = /^Error \d{1,4}, type: (\S{1,20})$/

/** The lines of each error that is not corrected; all of them where they are not apart. */
function sectionsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const starts = lines.flatMap((line, i) => (sectionStart.test(line) ? [i] : []))
  if (starts.length === 0) return [lines]
  return starts
    .map((start, i) => lines.slice(start, starts[i + 1]))
    .filter(([head = '']) => !isHarmless(sectionStart.exec(head)?.[1] ?? ''))
}

function eventOfSection(lines: readonly string[]): HardwareEvent | null {
  const after = (key: string) => textAfter(lines, key)
  const section = after('section_type:') ?? ''
  if (section === 'memory error') {
    const location = after('DIMM location:')
    return { kind: 'memory', isCorrected: false, cpu: null, label: location === 'not present' ? null : location }
  }
  const address = normalisePciAddress(after('device_id:') ?? '')
  if (section === 'PCIe error' && address !== null) {
    return { kind: 'pcie', isCorrected: false, cpu: null, label: address }
  }
  if (/processor error$/.test(section)) return { kind: 'machine-check', isCorrected: false, cpu: null, label: null }
  return null
}
