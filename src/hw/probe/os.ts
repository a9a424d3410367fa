// The operating system: kernel, distribution, name, how it was booted.

import type { OsSection } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import { parseAssignments } from '../parse/key-values.ts'
import { parseLine } from '../parse/numbers.ts'
import { captureNote } from './capture-notes.ts'
import { type Bench, readFact } from './report.ts'

export function probeOs(bench: Bench): OsSection {
  const isUefi = bootedByUefi(bench)
  return {
    kernel:
      readFact(bench, '/proc/sys/kernel/osrelease', parseLine) ??
      readFact(bench, '/proc/version', parseVersion) ??
      captureNote(bench, 'OSRelease'),
    distribution:
      readFact(bench, '/etc/os-release', parseRelease) ?? readFact(bench, '/usr/lib/os-release', parseRelease),
    hostname:
      readFact(bench, '/proc/sys/kernel/hostname', parseLine) ??
      readFact(bench, '/etc/hostname', parseLine) ??
      captureNote(bench, 'HostName'),
    bootId: readFact(bench, '/proc/sys/kernel/random/boot_id', parseLine),
    isUefi,
    secureBoot: isUefi === false ? false : isUefi === true ? secureBoot(bench) : null,
    cgroup: cgroupVersion(bench),
  }
}

/** The kernel makes the folder when UEFI has called it. Captures often lack all of /sys/firmware. */
function bootedByUefi({ source }: Bench): boolean | null {
  const firmware = source.list('/sys/firmware')
  if (firmware.kind !== 'known') return null
  if (firmware.value.includes('efi')) return true
  // Every kernel has one of these of its own accord; where neither is, somebody copied a part.
  return ['memmap', 'acpi', 'fdt'].some((name) => firmware.value.includes(name)) ? false : null
}

/** Variable of UEFI's global vendor: four bytes of attributes, one of value. */
function secureBoot({ source }: Bench): boolean | null {
  const path = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c'
  const bytes = source.readBytes(path)
  if (bytes.kind !== 'known' || bytes.value.length !== 5) return null
  const value = bytes.value[4]
  return value === 0 || value === 1 ? value === 1 : null
}

function cgroupVersion({ source }: Bench): OsSection['cgroup'] {
  const list = source.list('/sys/fs/cgroup')
  if (list.kind !== 'known') return null
  const names = new Set(list.value)
  if (names.has('cgroup.controllers')) return 'v2'
  if (!['cpu', 'memory', 'cpuset', 'devices', 'cpu,cpuacct'].some((name) => names.has(name))) return null
  return names.has('unified') ? 'hybrid' : 'v1'
}

function parseRelease(text: string): Reading<string> {
  const facts = parseAssignments(text)
  const name = facts.get('PRETTY_NAME') ?? facts.get('NAME')
  return name === undefined || name === '' ? absent : known(name)
}

function parseVersion(text: string): Reading<string> {
  const match = /^Linux version (\S+)/.exec(text)
  return match === null ? absent : known(match[1] as string)
}
