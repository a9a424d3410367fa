// What the machine is called, what firmware it carries, which memory modules are in it, and its operating system.
// The kernel's DMI strings come first; the raw SMBIOS tables, which need root, know more; boards without either say it in
// their device tree.

import type { Dimm, Firmware, MachineIdentity, OsSection } from '../../model/inventory.ts'
import { absent, andThen, known, type Reading } from '../../model/reading.ts'
import type { Cpuinfo } from '../parse/cpuinfo.ts'
import { parseDmiString, parseDmiUuid } from '../parse/dmi.ts'
import { parseAssignments } from '../parse/key-values.ts'
import { cleanText } from '../parse/numbers.ts'
import { parseSmbios, type Smbios } from '../parse/smbios.ts'
import { captureNote } from './capture-notes.ts'
import { type Bench, listNames, readFact, settle } from './report.ts'

const dmi = '/sys/class/dmi/id'
const tables = '/sys/firmware/dmi/tables/DMI'

/** The tables, or null (with a problem when they exist and cannot be read). */
export function probeSmbios(bench: Bench): Smbios | null {
  return settle(bench.report, andThen(bench.source.readBytes(tables), parseSmbios), tables, ['memory.dimms'])
}

export function probeMachine(bench: Bench, smbios: Smbios | null): MachineIdentity {
  const fact = (file: string, name: string) => readFact(bench, `${dmi}/${file}`, parseDmiString, [`machine.${name}`])
  const vendor = fact('sys_vendor', 'vendor') ?? smbios?.system?.vendor ?? fact('board_vendor', 'vendor')
  const product = fact('product_name', 'product') ?? smbios?.system?.product ?? fact('board_name', 'product')
  return {
    vendor: vendor ?? smbios?.board?.vendor ?? null,
    product: product ?? smbios?.board?.product ?? readFact(bench, '/proc/device-tree/model', parseDmiString),
    serial:
      fact('product_serial', 'serial') ??
      smbios?.system?.serial ??
      readFact(bench, '/proc/device-tree/serial-number', parseDmiString),
    id: null,
    sku: null,
    board: null,
    chassis: null,
    virtualisation: null,
    bmc: null,
    uuid: readFact(bench, `${dmi}/product_uuid`, parseDmiUuid, ['machine.uuid']) ?? smbios?.system?.uuid ?? null,
  }
}

export function probeFirmware(bench: Bench, smbios: Smbios | null, cpuinfo: Cpuinfo | null): readonly Firmware[] {
  const fact = (path: string) => readFact(bench, path, parseDmiString)
  const bios: Firmware = {
    component: 'bios',
    vendor: fact(`${dmi}/bios_vendor`) ?? smbios?.bios?.vendor ?? null,
    version: fact(`${dmi}/bios_version`) ?? smbios?.bios?.version ?? null,
    date: fact(`${dmi}/bios_date`) ?? smbios?.bios?.date ?? null,
  }
  const found: Firmware[] = bios.vendor === null && bios.version === null && bios.date === null ? [] : [bios]
  const add = (component: string, version: string | null, vendor: string | null = null) => {
    if (version !== null) found.push({ component, vendor, version, date: null })
  }
  add('ec', fact(`${dmi}/ec_firmware_release`))
  for (const name of listNames(bench, '/sys/devices/platform')) {
    if (name.startsWith('ipmi_bmc.')) add('bmc', fact(`/sys/devices/platform/${name}/firmware_revision`))
  }
  for (const version of microcodes(bench, cpuinfo)) add('microcode', version)
  return found
}

/** Each version in use; more than one means a replaced processor or a half-done update. */
function microcodes(bench: Bench, cpuinfo: Cpuinfo | null): readonly string[] {
  const versions = [...new Set((cpuinfo?.blocks ?? []).flatMap((block) => block.microcode ?? []))]
  if (versions.length > 1) {
    const message = `the CPUs run different microcode: ${versions.slice(0, 8).join(', ')}`
    bench.report.add({ code: 'HW_CONFLICT', where: '/proc/cpuinfo', message })
  }
  return versions
}

export function probeDimms(smbios: Smbios | null): readonly Dimm[] {
  return smbios?.dimms ?? []
}

export function probeOs(bench: Bench): OsSection {
  const release = (text: string): Reading<string> => {
    const facts = parseAssignments(text)
    const name = facts.get('PRETTY_NAME') ?? facts.get('NAME')
    return name === undefined || name === '' ? absent : known(name)
  }
  return {
    kernel:
      readFact(bench, '/proc/sys/kernel/osrelease', parseLine) ??
      readFact(bench, '/proc/version', parseVersion) ??
      captureNote(bench, 'OSRelease'),
    distribution: readFact(bench, '/etc/os-release', release) ?? readFact(bench, '/usr/lib/os-release', release),
    hostname:
      readFact(bench, '/proc/sys/kernel/hostname', parseLine) ??
      readFact(bench, '/etc/hostname', parseLine) ??
      captureNote(bench, 'HostName'),
    bootId: readFact(bench, '/proc/sys/kernel/random/boot_id', parseLine),
    isUefi: null,
    secureBoot: null,
    cgroup: null,
  }
}

function parseLine(text: string): Reading<string> {
  const line = cleanText(text)
  return line === '' || line === '(none)' ? absent : known(line)
}

function parseVersion(text: string): Reading<string> {
  const match = /^Linux version (\S+)/.exec(text)
  return match === null ? absent : known(match[1] as string)
}
