// Which version runs on every part that has firmware, one line each, for whoever compares machines. Parts with a section
// of their own say it there too; GPUs are told by their probe.

import type { Bmc, Disk, FabricPort, Firmware, Nic } from '../../model/inventory.ts'
import { absent, known, type Reading } from '../../model/reading.ts'
import type { Cpuinfo } from '../parse/cpuinfo.ts'
import { cleanText, parseLine } from '../parse/numbers.ts'
import type { Smbios } from '../parse/smbios.ts'
import type { DmiFact } from './machine.ts'
import { type Bench, listNames, readFact } from './report.ts'

export type FirmwareParts = {
  readonly smbios: Smbios | null
  readonly cpuinfo: Cpuinfo | null
  readonly bmc: Bmc | null
  readonly bootloader: string | null
  readonly nics: readonly Nic[]
  readonly fabrics: readonly FabricPort[]
  readonly disks: readonly Disk[]
}

export function probeFirmware(bench: Bench, dmi: DmiFact, parts: FirmwareParts): readonly Firmware[] {
  const { smbios, bmc, nics, fabrics, disks } = parts
  const named = (kind: string, list: readonly { readonly name: string; readonly firmware: string | null }[]) =>
    list.flatMap(({ name, firmware }) => line(`${kind} ${name}`, firmware))
  return [
    ...bios(dmi, parts),
    ...line('ec', smbios === null ? dmi('ec_firmware_release') : (smbios.bios?.ecRelease ?? null)),
    ...line('bmc', bmc?.version ?? null),
    ...microcodes(bench, parts.cpuinfo).flatMap((version) => line('microcode', version)),
    ...tpm(bench, smbios),
    ...esrt(bench),
    ...named('nic', nics),
    ...named('fabric', fabrics),
    ...named('disk', disks),
  ]
}

function line(component: string, version: string | null, vendor: string | null = null): readonly Firmware[] {
  return version === null ? [] : [{ component, vendor, version, date: null }]
}

function bios(dmi: DmiFact, { smbios, bootloader }: FirmwareParts): readonly Firmware[] {
  const from = smbios?.bios ?? {
    vendor: dmi('bios_vendor'),
    version: dmi('bios_version'),
    date: dmi('bios_date'),
    release: dmi('bios_release'),
  }
  const { vendor, version, date, release } = from
  if (vendor === null && version === null && date === null) return line('bios', bootloader, 'U-Boot')
  return [{ component: 'bios', vendor, version, date, ...(release === null ? {} : { release }) }]
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

/** From SMBIOS; the driver of the older standard says it in a file. */
function tpm(bench: Bench, smbios: Smbios | null): readonly Firmware[] {
  if (smbios?.tpm) return line('tpm', smbios.tpm.version, smbios.tpm.vendor)
  if (!listNames(bench, '/sys/class/tpm').includes('tpm0')) return []
  return line('tpm', readFact(bench, '/sys/class/tpm/tpm0/device/caps', parseTpmCaps))
}

function parseTpmCaps(text: string): Reading<string> {
  const match = /^Firmware version: (\d+\.\d+)$/m.exec(text)
  return match === null ? absent : known(match[1] as string)
}

/** UEFI's table of updatable firmware (system and devices), by GUID. */
function esrt(bench: Bench): readonly Firmware[] {
  const root = '/sys/firmware/efi/esrt/entries'
  return listNames(bench, root).flatMap((name) => {
    const guid = readFact(bench, `${root}/${name}/fw_class`, parseLine)
    const version = readFact(bench, `${root}/${name}/fw_version`, parseVersion)
    return guid === null ? [] : line(`esrt ${guid.toLowerCase()}`, version)
  })
}

/** A number of 32 bits whose halves and bytes mean what the vendor likes. */
function parseVersion(text: string): Reading<string> {
  const clean = cleanText(text)
  return /^\d{1,10}$/.test(clean) && clean !== '0' ? known(clean) : absent
}
