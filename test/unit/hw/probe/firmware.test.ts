import { expect, it } from 'vitest'
import { type FirmwareParts, probeFirmware } from '../../../../src/hw/probe/firmware.ts'
import { dmiFacts } from '../../../../src/hw/probe/machine.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const nothing: FirmwareParts = {
  smbios: null,
  cpuinfo: null,
  bmc: null,
  bootloader: null,
  nics: [],
  fabrics: [],
  disks: [],
}

function firmware(files: Readonly<Record<string, FakeFile>>, parts: Partial<FirmwareParts> = {}) {
  const report = new Report()
  const bench = { source: fakeMachine({ '/proc/version': 'x', ...files }), report }
  return { found: probeFirmware(bench, dmiFacts(bench), { ...nothing, ...parts }), problems: report.problems() }
}

it('of the board is what the kernel has kept of DMI', () => {
  const files = {
    '/sys/class/dmi/id/bios_vendor': 'Dell Inc.\n',
    '/sys/class/dmi/id/bios_version': '2.6.6\n',
    '/sys/class/dmi/id/bios_date': '01/13/2022\n',
    '/sys/class/dmi/id/bios_release': '2.6\n',
    '/sys/class/dmi/id/ec_firmware_release': '1.17\n',
  }
  expect(firmware(files).found).toEqual([
    { component: 'bios', vendor: 'Dell Inc.', version: '2.6.6', date: '01/13/2022', release: '2.6' },
    { component: 'ec', vendor: null, version: '1.17', date: null },
  ])
})

it('of a board without BIOS is what booted it', () => {
  expect(firmware({}, { bootloader: '2024.01' }).found).toEqual([
    { component: 'bios', vendor: 'U-Boot', version: '2024.01', date: null },
  ])
})

it('in the table of UEFI has a GUID and a number', () => {
  const entry = '/sys/firmware/efi/esrt/entries/entry0'
  const files = { [`${entry}/fw_class`]: 'DDC0EE61-E7F0-4E7D-ACC5-C070A398838E\n', [`${entry}/fw_version`]: '65586\n' }
  expect(firmware(files).found).toMatchObject([
    { component: 'esrt ddc0ee61-e7f0-4e7d-acc5-c070a398838e', version: '65586' },
  ])
})

it('that only root may read is a problem', () => {
  const entry = '/sys/firmware/efi/esrt/entries/entry0'
  const files = { [`${entry}/fw_class`]: { errno: 'EACCES' }, [`${entry}/fw_version`]: { errno: 'EACCES' } }
  const { found, problems } = firmware(files)
  expect(found).toEqual([])
  expect(problems.map((one) => one.code)).toEqual(['HW_NEEDS_ROOT', 'HW_NEEDS_ROOT'])
})

it('of an older TPM stands among its abilities', () => {
  const caps = 'Manufacturer: 0x49465800\nTCG version: 1.2\nFirmware version: 3.19\n'
  expect(firmware({ '/sys/class/tpm/tpm0/device/caps': caps }).found).toMatchObject([
    { component: 'tpm', version: '3.19' },
  ])
})

it('of processors that differ is told of each, and is a problem', () => {
  const block = { model: null, vendor: null, family: null }
  const blocks = ['0x1', '0x1', '0x2'].map((microcode, cpu) => ({ ...block, cpu, microcode }))
  const { found, problems } = firmware({}, { cpuinfo: { blocks, architecture: null, isVirtual: null } })
  expect(found.map((one) => one.version)).toEqual(['0x1', '0x2'])
  expect(problems).toMatchObject([{ code: 'HW_CONFLICT' }])
})
