import { describe, expect, it } from 'vitest'
import { parseCpuinfo } from '../../../../src/hw/parse/cpuinfo.ts'
import { dmiFacts, probeMachine } from '../../../../src/hw/probe/machine.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import { probeSmbios } from '../../../../src/hw/probe/smbios.ts'
import { valueOr } from '../../../../src/model/reading.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { encodeTable, printedStructures } from '../../../support/smbios-encoder.ts'

type Files = Readonly<Record<string, FakeFile>>

function machine(files: Files, tools: Readonly<Record<string, string | number>> = {}) {
  const report = new Report()
  const bench = { source: fakeMachine({ '/proc/version': 'x', ...files }, tools), report }
  const cpuinfo = valueOr(parseCpuinfo(valueOr(bench.source.readText('/proc/cpuinfo'), '')), null)
  const smbios = probeSmbios(bench)
  const found = probeMachine(bench, dmiFacts(bench), { smbios, cpuinfo, nics: [] })
  return { ...found, problems: report.problems() }
}

function dmi(strings: Readonly<Record<string, string | { readonly errno: string }>>): Files {
  return Object.fromEntries(Object.entries(strings).map(([name, text]) => [`/sys/class/dmi/id/${name}`, text]))
}

const dell = dmi({
  sys_vendor: 'Dell Inc.\n',
  product_name: 'PowerEdge R7525\n',
  product_serial: '8XYZ123\n',
  product_uuid: '4c4c4544-0053-5210-8038-c8c04f583034\n',
  product_sku: 'SKU=0900;ModelName=PowerEdge R7525\n',
  board_vendor: 'Dell Inc.\n',
  board_name: '0590KW\n',
  board_version: 'A02\n',
  board_serial: '.8XYZ123.CNFCP0012A00AB.\n',
  chassis_type: '23\n',
  chassis_serial: '8XYZ123\n',
  chassis_asset_tag: 'Default string\n',
})

const table = encodeTable(
  printedStructures(`Handle 0x0100, DMI type 1, 27 bytes
System Information
	Manufacturer: Dell Inc.
	Product Name: PowerEdge R7525
	Serial Number: 8XYZ123
	SKU Number: SKU=0900;ModelName=PowerEdge R7525

Handle 0x0200, DMI type 2, 8 bytes
Base Board Information
	Manufacturer: Dell Inc.
	Product Name: 0590KW
	Version: A02
	Serial Number: .8XYZ123.CNFCP0012A00AB.

Handle 0x0300, DMI type 3, 22 bytes
Chassis Information
	Manufacturer: Dell Inc.
	Type: Rack Mount Chassis
	Serial Number: 8XYZ123
`),
)

const x86 = (flags: string): Files => ({
  '/proc/cpuinfo': `processor : 0\nvendor_id : AuthenticAMD\nflags : lm ${flags}\n`,
})

describe('the machine', () => {
  it('is called what the kernel has kept of DMI', () => {
    expect(machine({ ...dell, ...x86('') }).machine).toEqual({
      id: expect.stringMatching(/^machine-[0-9a-f]{32}$/),
      idFrom: ['machine.uuid', 'machine.board.serial'],
      vendor: 'Dell Inc.',
      product: 'PowerEdge R7525',
      serial: '8XYZ123',
      uuid: '4c4c4544-0053-5210-8038-c8c04f583034',
      sku: 'SKU=0900;ModelName=PowerEdge R7525',
      partition: null,
      board: { vendor: 'Dell Inc.', product: '0590KW', version: 'A02', serial: '.8XYZ123.CNFCP0012A00AB.' },
      chassis: { type: 'Rack Mount Chassis', serial: '8XYZ123', assetTag: null },
      virtualisation: 'none',
      bmc: null,
    })
  })

  it('is the same from the tables as from the kernel', () => {
    const uuid = { '/sys/class/dmi/id/product_uuid': '4c4c4544-0053-5210-8038-c8c04f583034\n' }
    const fromTables = machine({ ...uuid, ...x86(''), '/sys/firmware/dmi/tables/DMI': table })
    expect(fromTables.machine).toEqual(machine({ ...dell, ...x86('') }).machine)
  })

  it('that may not be read has no identity, and says which facts', () => {
    const secret = { errno: 'EACCES' }
    const hidden = dmi({ product_serial: secret, product_uuid: secret, board_serial: secret, chassis_serial: secret })
    const found = machine({ ...dell, ...hidden, '/sys/firmware/dmi/tables/DMI': secret })
    expect(found.machine).toMatchObject({ id: null, idFrom: [], serial: null, uuid: null, product: 'PowerEdge R7525' })
    expect(found.problems.filter((one) => one.code === 'HW_NEEDS_ROOT')).toHaveLength(5)
    expect(found.problems).toContainEqual({
      code: 'HW_UNKNOWN',
      where: 'machine.id',
      message: 'unknown without machine.uuid and machine.board.serial and machine.serial, which could not be read',
    })
  })

  it('whose name cannot be read is not called after its board', () => {
    const board = { board_name: '0590KW\n', board_vendor: 'Another Inc.\n' }
    const files = dmi({ ...board, product_name: { errno: 'EIO' }, sys_vendor: { errno: 'EIO' } })
    const { machine: found, problems } = machine(files)
    expect([found.product, found.vendor, found.board?.product]).toEqual([null, null, '0590KW'])
    expect(problems.map((one) => one.where)).toEqual(
      expect.arrayContaining(['/sys/class/dmi/id/product_name', '/sys/class/dmi/id/sys_vendor']),
    )
  })

  it('without a name of its own is called after its board', () => {
    const strings = { sys_vendor: 'To Be Filled By O.E.M.', board_vendor: 'ASRockRack', board_name: 'X570D4U' }
    expect(machine(dmi(strings)).machine).toMatchObject({ vendor: 'ASRockRack', product: 'X570D4U' })
  })
})

describe('a machine without DMI', () => {
  it('is what its device tree says', () => {
    const files = {
      '/proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.4\0',
      '/proc/device-tree/serial-number': '10000000abcdef01\0',
      '/proc/device-tree/chosen/u-boot,version': '2024.01\0',
    }
    const found = machine(files)
    expect(found.machine).toMatchObject({
      idFrom: ['machine.serial'],
      product: 'Raspberry Pi 4 Model B Rev 1.4',
      serial: '10000000abcdef01',
      virtualisation: null,
    })
    expect(found.bootloader).toBe('2024.01')
  })

  it.each<[string, Files, string | null]>([
    ['a guest of KVM', { '/proc/device-tree/hypervisor/compatible': 'linux,kvm\0' }, 'kvm'],
    ['a guest of something else', { '/proc/device-tree/hypervisor/compatible': 'acme,hv\0' }, 'other'],
    ['a board of QEMU', { '/proc/device-tree/model': 'linux,dummy-virt\0' }, 'qemu'],
    ['a partition of PowerVM', { '/proc/device-tree/ibm,partition-name': 'gcc\0' }, 'powervm'],
    ['POWER on the metal', { '/proc/device-tree/ibm,opal/x': '' }, 'none'],
    ['a board that does not say', { '/proc/device-tree/model': 'StarFive VisionFive 2\0' }, null],
  ])('is %s', (_, files, expected) => {
    expect(machine(files).machine.virtualisation).toBe(expected)
  })

  it('is what s390 says', () => {
    const text = 'Manufacturer: IBM\nType: 2964\nModel: 703 N96\nSequence Code: 00000000000829E7\nLPAR Number: 71\n'
    expect(machine({ '/proc/sysinfo': text }).machine).toMatchObject({
      vendor: 'IBM',
      product: '2964-N96',
      partition: 'LPAR 71',
      virtualisation: 'pr/sm',
      idFrom: ['machine.vendor', 'machine.serial', 'machine.partition'],
    })
  })
})

describe('what runs the machine', () => {
  const clock = '/sys/devices/system/clocksource/clocksource0/available_clocksource'
  it.each<[string, Files, string | null]>([
    ['KVM, by its clock', { ...dmi({ sys_vendor: 'QEMU' }), ...x86('hypervisor'), [clock]: 'kvm-clock tsc' }, 'kvm'],
    ['QEMU alone, without one', { ...dmi({ sys_vendor: 'QEMU' }), ...x86('hypervisor'), [clock]: 'tsc hpet' }, 'qemu'],
    ['KVM without DMI', { ...x86('hypervisor'), [clock]: 'tsc kvm-clock' }, 'kvm'],
    ['something nameless', x86('hypervisor'), 'other'],
    ['VMware', { ...dmi({ sys_vendor: 'VMware, Inc.' }), ...x86('hypervisor') }, 'vmware'],
    ['Hyper-V', dmi({ sys_vendor: 'Microsoft Corporation', product_name: 'Virtual Machine' }), 'hyper-v'],
    ['nothing, on a tablet of the same maker', { ...dmi({ sys_vendor: 'Microsoft Corporation' }), ...x86('') }, 'none'],
    ['a cloud', { ...dmi({ sys_vendor: 'Amazon EC2' }), ...x86('hypervisor') }, 'kvm'],
    ['nothing, on a bare machine of a cloud', { ...dmi({ sys_vendor: 'Amazon EC2' }), ...x86('') }, 'none'],
    ['Xen', { ...x86('hypervisor'), [clock]: 'xen tsc', '/sys/hypervisor/type': 'xen' }, 'xen'],
    [
      "nothing but itself, in Xen's first domain",
      { ...x86('hypervisor'), '/sys/hypervisor/type': 'xen\n', '/proc/xen/capabilities': 'control_d\n' },
      'none',
    ],
    ['nothing anybody could tell', dmi({ sys_vendor: 'Ampere' }), null],
    [
      'nothing: it has a management controller',
      { '/sys/devices/platform/ipmi_bmc.0/firmware_revision': '1.2' },
      'none',
    ],
  ])('%s', (_, files, expected) => {
    expect(machine(files).machine.virtualisation).toBe(expected)
  })
})

describe('the management controller', () => {
  const info = 'Firmware Revision : 6.10\nIPMI Version : 2.0\nManufacturer ID : 674\n'
  const lan = 'IP Address : 10.1.2.3\nMAC Address : d0:94:66:00:00:01\n'
  const tools = { 'ipmitool mc info': info, 'ipmitool lan print': lan }

  it('is read from the kernel, and asked only for its address', () => {
    const files = {
      '/dev/ipmi0': '',
      '/sys/devices/platform/ipmi_bmc.0/firmware_revision': '7.0\n',
      '/sys/devices/platform/ipmi_bmc.0/ipmi_version': '2.0\n',
      '/sys/devices/platform/ipmi_bmc.0/manufacturer_id': '0x0002a2\n',
    }
    const bmc = { version: '7.0', ipmiVersion: '2.0', manufacturerId: '0x0002a2' }
    expect(machine(files, tools).machine.bmc).toEqual({ ...bmc, address: '10.1.2.3', mac: 'd0:94:66:00:00:01' })
  })

  it('without a file is asked', () => {
    expect(machine({ '/dev/ipmi0': '' }, tools).machine.bmc).toMatchObject({
      version: '6.10',
      manufacturerId: '0x0002a2',
    })
  })

  it('is not asked where it has no device', () => {
    expect(machine({}, tools).machine.bmc).toBeNull()
  })

  it('that cannot be asked is a problem', () => {
    const { problems } = machine({ '/dev/ipmi0': '' })
    expect(problems).toContainEqual({
      code: 'HW_TOOL_MISSING',
      where: 'ipmitool',
      message: 'ipmitool is not installed',
    })
  })
})
