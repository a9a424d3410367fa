import { describe, expect, it } from 'vitest'
import { lookAtDrives } from '../../../../src/hw/health/drives.ts'
import { Findings } from '../../../../src/hw/health/findings.ts'
import type { ToolOutput } from '../../../../src/hw/source/source.ts'
import type { Disk, PciDevice } from '../../../../src/model/inventory.ts'
import { fail, ok, type Result } from '../../../../src/model/result.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { aDisk, anInventory, aPciDevice } from '../../../support/inventories.ts'

type Machine = {
  readonly disks: readonly Disk[]
  readonly pci?: readonly PciDevice[]
  readonly files?: Readonly<Record<string, FakeFile>>
  /** By command line; a text is an output with exit code 0. */
  readonly tools?: Readonly<Record<string, string | Partial<ToolOutput> | Result<never>>>
}

/** One look, and every command line that it ran. */
function look({ disks, pci = [], files = {}, tools = {} }: Machine) {
  const ran: string[] = []
  const run = (argv: readonly string[]): Result<ToolOutput> => {
    const line = argv.join(' ')
    ran.push(line)
    const output = tools[line]
    if (output === undefined) {
      // A tool that any command of is known is installed; what it was not told fails.
      const isThere = Object.keys(tools).some((one) => one.split(' ')[0] === argv[0])
      if (!isThere) return fail('HW_TOOL_MISSING', `${argv[0]} is not installed`)
      return ok({ stdout: '', stderr: 'what?', exitCode: 2 })
    }
    if (typeof output === 'string') return ok({ stdout: output, stderr: '', exitCode: 0 })
    return 'ok' in output ? output : ok({ stdout: '', stderr: '', exitCode: 0, ...output })
  }
  const findings = new Findings()
  const source = { ...fakeMachine(files), run }
  lookAtDrives({ source, inventory: anInventory({ disks, pci }), findings, kernelLog: null, ageMs: () => 0 })
  const { symptoms, counters, unchecked } = findings.look('boot')
  return {
    ran,
    counters,
    symptoms: symptoms.map(
      ({ code, part, evidence }) => `${code} ${part.name}: ${evidence.map(({ text }) => text).join('; ')}`,
    ),
    unchecked: unchecked.map(({ code, part, message }) => `${code} ${part?.name ?? '*'}: ${message}`),
    parts: [...symptoms, ...counters].map(({ part }) => part),
  }
}

const sata = (name: string, serial: string | null, facts: Partial<Disk> = {}) =>
  aDisk(name, serial, { kind: 'hdd', transport: 'sata', pciAddress: '0000:00:17.0', ...facts })

const ask = (name: string) => `smartctl -x -j -n standby /dev/${name}`

function controller(driver: string, address = '0000:03:00.0'): PciDevice {
  return aPciDevice(address, { class: '010400', vendorId: '1000', deviceId: '005d', driver })
}

const smart = (json: object) =>
  JSON.stringify({ smartctl: { exit_status: 0 }, smart_status: { passed: true }, ...json })

const attribute = (id: number, name: string, raw: number, more: object = {}) => ({
  id,
  name,
  value: 100,
  worst: 100,
  thresh: 10,
  when_failed: '',
  flags: { prefailure: true },
  raw: { value: raw, string: String(raw) },
  ...more,
})
const ata = (...table: readonly object[]) => smart({ device: { protocol: 'ATA' }, ata_smart_attributes: { table } })
const nvme = (log: object, passed = true) =>
  smart({ device: { protocol: 'NVMe' }, smart_status: { passed }, nvme_smart_health_information_log: log })

/** The findings about one drive that says this. */
const told = (json: string) => look({ disks: [sata('sda', 'S1')], tools: { [ask('sda')]: json } })

describe('a drive', () => {
  it('that is well has no symptom, and counters that belong to its serial', () => {
    const { symptoms, counters, unchecked } = told(
      ata(attribute(5, 'Reallocated_Sector_Ct', 0), attribute(199, 'UDMA_CRC_Error_Count', 8)),
    )
    expect([symptoms, unchecked]).toEqual([[], []])
    expect(counters.map(({ code, text, value, epoch, source }) => [code, text, value, epoch, source])).toEqual([
      ['DISK_MEDIA_ERRORS', 'reallocated sectors', 0, 'S1', 'smartctl'],
      ['DISK_LINK_ERRORS', 'damaged transfers', 8, 'S1', 'smartctl'],
    ])
  })

  it('that says that it fails is failing, and its attributes say why', () => {
    const failing = attribute(5, 'Reallocated_Sector_Ct', 1975, { value: 1, worst: 1, when_failed: 'now' })
    const json = {
      device: { protocol: 'ATA' },
      smart_status: { passed: false },
      ata_smart_attributes: { table: [failing] },
    }
    expect(told(smart(json)).symptoms).toEqual([
      'DISK_FAILING sda: overall health: FAILED; Reallocated_Sector_Ct (5): value 1, worst 1, threshold 10: failing now',
      'DISK_REMAPPED sda: Reallocated_Sector_Ct (5): 1975',
    ])
  })

  it('with sectors that cannot be read has media errors', () => {
    const rows = [
      attribute(197, 'Current_Pending_Sector', 8),
      attribute(198, 'Offline_Uncorrectable', 0),
      attribute(187, 'Reported_Uncorrect', 2),
    ]
    expect(told(ata(...rows)).symptoms).toEqual([
      'DISK_MEDIA_ERRORS sda: Current_Pending_Sector (197): 8; Reported_Uncorrect (187): 2',
    ])
  })

  it('that means something else by a number is not misread', () => {
    const rows = [
      attribute(197, 'Not_In_Use', 8),
      attribute(197, 'Current_Pending_ECC_Cnt', 1),
      attribute(5, 'Unknown_Attribute', 8),
      attribute(5, 'Reallocated_Sector_Ct', 0xffffffff),
    ]
    expect(told(ata(...rows))).toMatchObject({ symptoms: [], counters: [] })
  })

  it('past its design life is worn and not failing', () => {
    const old = { when_failed: 'now', flags: { prefailure: false } }
    expect(told(ata(attribute(202, 'Percent_Lifetime_Remain', 100, old))).symptoms[0]).toMatch(
      /^DISK_WORN sda: Percent_Lifetime_Remain/,
    )
    expect(told(nvme({ percentage_used: 100, critical_warning: 0 })).symptoms).toEqual([
      'DISK_WORN sda: endurance used: 100%',
    ])
    expect(told(nvme({ percentage_used: 99, critical_warning: 0 })).symptoms).toEqual([])
  })

  it.each([
    [1, 'DISK_SPARE_LOW'],
    [2, 'DISK_HOT'],
    [4, 'DISK_FAILING'],
    [8, 'DISK_READ_ONLY'],
    [16, 'DISK_MEMORY_FAILED'],
    [32, 'DISK_MEMORY_FAILED'],
  ])('with bit %i of the NVMe critical warning is %s and nothing else', (bit, code) => {
    const { symptoms } = told(nvme({ critical_warning: bit }, false))
    expect(symptoms.map((line) => line.split(' ')[0])).toEqual([code])
  })

  it.each([
    ['Hardware impending failure general hard drive failure', 'DISK_FAILING'],
    ['FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=10]', 'DISK_FAILING'],
    ['Warning - specified temperature exceeded', 'DISK_HOT'],
    ['Warning - high critical temperature limit exceeded', 'DISK_HOT'],
    ['Warning - background self-test failed', 'DISK_SELF_TEST_FAILED'],
    ['Warning - background medium scan detected medium error', 'DISK_MEDIA_ERRORS'],
    ['Warning - non-volatile cache now volatile', 'DISK_MEMORY_FAILED'],
    ['spare area exhaustion failure prediction threshold exceeded', 'DISK_SPARE_LOW'],
    ['Media impending failure endurance limit met', 'DISK_WORN'],
    ['Warning - low operating temperature limit exceeded', undefined],
    ['Failure prediction threshold exceeded (false)', undefined],
  ])('of SCSI that says "%s" is %s', (words, code) => {
    const json = { device: { protocol: 'SCSI' }, smart_status: { passed: false, scsi: { ie_string: words } } }
    expect(told(smart(json)).symptoms.map((line) => line.split(' ')[0])).toEqual(code === undefined ? [] : [code])
  })

  it('that does not pass for a reason that nobody knows is failing', () => {
    expect(told(nvme({ critical_warning: 64 }, false)).symptoms).toEqual(['DISK_FAILING sda: overall health: FAILED'])
  })

  it('with less spare than its threshold is low on spares; one without spares to count is not', () => {
    expect(told(nvme({ available_spare: 4, available_spare_threshold: 5 })).symptoms).toEqual([
      'DISK_SPARE_LOW sda: available spare 4%, threshold 5%',
    ])
    expect(told(nvme({ available_spare: 0, available_spare_threshold: 0 })).symptoms).toEqual([])
  })

  it('above its own limit is hot; without a limit it is not', () => {
    const at = (temperature: object) => told(smart({ device: { protocol: 'ATA' }, temperature })).symptoms
    expect(at({ current: 61, op_limit_max: 60 })).toEqual(['DISK_HOT sda: 61 °C, at most 60 °C'])
    expect(at({ current: 60, op_limit_max: 60 })).toEqual([])
    expect(at({ current: 85, drive_trip: 85 })).toEqual(['DISK_HOT sda: 85 °C, critical at 85 °C'])
    expect([at({ current: 90 }), at({ current: 30, op_limit_max: 20 })]).toEqual([[], []])
  })

  it('whose self-test failed has failed it until a full test passes', () => {
    const row = (kind: string, value: number) => ({
      type: { string: kind },
      status: { value, string: 'Completed: read failure' },
      lifetime_hours: 4,
    })
    const tests = (...table: readonly object[]) =>
      told(smart({ device: { protocol: 'ATA' }, ata_smart_self_test_log: { standard: { table } } })).symptoms
    const failed = ['DISK_SELF_TEST_FAILED sda: Short offline: Completed: read failure at 4 hours']
    expect(tests(row('Short offline', 0), row('Short offline', 121))).toEqual(failed)
    expect(tests(row('Extended offline', 25), row('Short offline', 121))).toEqual(failed)
    expect(tests(row('Extended offline', 0), row('Short offline', 121))).toEqual([])
  })

  it('of SCSI with errors that it could not correct has media errors, and grown defects are only told', () => {
    const log = { read: { total_uncorrected_errors: 3 }, write: { total_uncorrected_errors: 0 } }
    const json = { device: { protocol: 'SCSI' }, scsi_grown_defect_list: 56, scsi_error_counter_log: log }
    expect(told(smart(json)).symptoms).toEqual([
      'DISK_REMAPPED sda: elements in grown defect list: 56',
      'DISK_MEDIA_ERRORS sda: uncorrected errors reading: 3',
    ])
  })

  it('without a serial has no counters: another in its place would look like growth', () => {
    const found = look({
      disks: [sata('sda', null)],
      tools: { [ask('sda')]: nvme({ media_errors: 7, critical_warning: 0 }) },
    })
    expect(found).toMatchObject({
      counters: [],
      symptoms: ['DISK_MEDIA_ERRORS sda: media and data integrity errors: 7'],
    })
    const named = smart({
      device: { protocol: 'NVMe' },
      serial_number: 'S9',
      nvme_smart_health_information_log: { media_errors: 7 },
    })
    expect(look({ disks: [sata('sda', null)], tools: { [ask('sda')]: named } }).counters).toMatchObject([
      { epoch: 'S9', value: 7 },
    ])
  })
})

describe('a drive that does not tell', () => {
  const one = (output: string | Partial<ToolOutput> | Result<never>) =>
    look({ disks: [sata('sda', 'S1')], tools: { [ask('sda')]: output } })
  const message = (string: string) => JSON.stringify({ smartctl: { exit_status: 2, messages: [{ string }] } })

  it('because it sleeps is not woken and not well', () => {
    expect(one(message('Device is in STANDBY mode, exit(2)')).unchecked).toEqual([
      'HW_UNKNOWN sda: the drive sleeps and is not woken',
    ])
    expect(one(message('Device is in SLEEP mode, exit(2)')).unchecked).toEqual([
      'HW_UNKNOWN sda: the drive sleeps, or does not answer',
    ])
  })

  it('for want of a right is unchecked, once for all drives', () => {
    const denied = (name: string) => message(`Smartctl open device: /dev/${name} failed: Permission denied`)
    const tools = { [ask('sda')]: denied('sda'), [ask('sdb')]: denied('sdb') }
    const { unchecked, symptoms } = look({ disks: [sata('sda', 'S1'), sata('sdb', 'S2')], tools })
    expect(unchecked).toEqual([expect.stringMatching(/^HW_NEEDS_ROOT \*: smartctl needs root/)])
    expect(symptoms).toEqual([])
  })

  it('for want of a tool is unchecked, once for all drives, with the package', () => {
    const { unchecked, ran } = look({ disks: [sata('sda', 'S1'), aDisk('nvme0n1', 'S2')] })
    expect(unchecked).toEqual([expect.stringMatching(/^HW_TOOL_MISSING \*: .*smartmontools/)])
    expect(ran).toEqual([ask('sda'), ask('nvme0n1'), 'nvme smart-log -o json /dev/nvme0n1'])
  })

  it('because it gives input/output errors does not respond', () => {
    expect(one(message('Read Device Identity failed: Input/output error')).symptoms).toEqual([
      'DISK_UNRESPONSIVE sda: Read Device Identity failed: Input/output error',
    ])
  })

  it('in a way that nobody understands is unchecked in the words of the tool, and loses no other', () => {
    const tools = { [ask('sda')]: '{"smartctl":', [ask('sdb')]: nvme({ critical_warning: 8 }) }
    const { unchecked, symptoms } = look({ disks: [sata('sda', 'S1'), sata('sdb', 'S2')], tools })
    expect(unchecked).toEqual(['HW_TOOL_FAILED sda: smartctl ended with 0 and said: {"smartctl":'])
    expect(symptoms).toHaveLength(1)
  })

  it('because it hangs ends the look after a few', () => {
    const names = ['sda', 'sdb', 'sdc', 'sdd', 'sde']
    const hung = fail('HW_TOOL_FAILED', 'smartctl gave no answer in 15000 ms')
    const tools = Object.fromEntries(names.map((name) => [ask(name), hung]))
    const { ran, unchecked } = look({ disks: names.map((name) => sata(name, name)), tools })
    expect(ran).toHaveLength(3)
    expect(unchecked).toHaveLength(5)
  })

  it('and that the kernel has given up does not respond', () => {
    const files = { '/sys/block/sda/device/state': 'offline\n', '/sys/block/sda/size': '0\n' }
    const { symptoms } = look({ disks: [sata('sda', 'S1', { sizeBytes: null })], files })
    expect(symptoms).toEqual(['DISK_UNRESPONSIVE sda: offline; 0'])
  })

  it('because its NVMe controller is dead does not respond', () => {
    const files = {
      '/sys/class/nvme/nvme3/state': 'dead\n',
      '/sys/class/nvme/nvme3/serial': 'S3  \n',
      '/sys/class/nvme/nvme4/state': 'live\n',
    }
    expect(look({ disks: [], files }).symptoms).toEqual(['DISK_UNRESPONSIVE nvme3: dead'])
  })
})

describe('tools', () => {
  it('an old smartctl is asked for text, and only once whether it is old', () => {
    const refused = { stdout: "smartctl: invalid option -- 'j'\n", exitCode: 1 }
    const text =
      'smartctl 6.6 2017-11-05 r4594 [x] (local build)\nDevice Model:     X\nSMART overall-health self-assessment test result: FAILED!\n'
    const old = (name: string) => `smartctl -x -n standby /dev/${name}`
    const tools = { [ask('sda')]: refused, [old('sda')]: text, [old('sdb')]: text }
    const { ran, symptoms } = look({ disks: [sata('sda', 'S1'), sata('sdb', 'S2')], tools })
    expect(ran).toEqual([ask('sda'), old('sda'), old('sdb')])
    expect(symptoms).toEqual(['DISK_FAILING sda: overall health: FAILED', 'DISK_FAILING sdb: overall health: FAILED'])
  })

  it('nvme-cli answers where smartctl is missing', () => {
    const log = '{"critical_warning":{"value":8},"temperature":310,"media_errors":"2"}'
    const { symptoms } = look({
      disks: [aDisk('nvme0n1', 'S1')],
      tools: { 'nvme smart-log -o json /dev/nvme0n1': log },
    })
    expect(symptoms.map((line) => line.split(':')[0])).toEqual(['DISK_READ_ONLY nvme0n1', 'DISK_MEDIA_ERRORS nvme0n1'])
  })

  it.each(['hwmon4', 'hwmon/hwmon4', 'nvme1/hwmon4'])(
    'the kernel tells the temperature of an NVMe drive without any: %s',
    (place) => {
      const sensor = `/sys/block/nvme0n1/device/${place}`
      const files = {
        [`${sensor}/temp1_input`]: '86850\n',
        [`${sensor}/temp1_max`]: '81850\n',
        [`${sensor}/temp1_crit`]: '84850\n',
      }
      expect(look({ disks: [aDisk('nvme0n1', 'S1')], files }).symptoms).toEqual([
        'DISK_HOT nvme0n1: 87 °C, critical at 85 °C',
      ])
    },
  )

  it('are not asked about what is no drive of this machine', () => {
    const disks = [
      aDisk('vda', null, { kind: 'virtual', transport: 'virtio' }),
      aDisk('sdb', 'S', { kind: 'raid', transport: 'sas' }),
      aDisk('sdc', 'S', { kind: 'hdd', transport: 'iscsi' }),
      aDisk('nvme1n1', 'S', { transport: 'nvme-tcp' }),
      aDisk('mmcblk0', 'S', { kind: 'mmc', transport: 'mmc' }),
      aDisk('pmem0', null, { kind: 'pmem', transport: 'pmem' }),
      aDisk('sdd', 'S', { kind: 'ssd', transport: 'usb', isRemovable: true }),
    ]
    expect(look({ disks }).ran).toEqual([])
  })

  it('are asked once for the namespaces of one drive', () => {
    const disks = [aDisk('nvme0n1', 'S1'), aDisk('nvme0n2', 'S1')]
    expect(look({ disks, tools: { [ask('nvme0n1')]: nvme({ critical_warning: 0 }) } }).ran).toEqual([ask('nvme0n1')])
  })
})

describe('drives behind a controller', () => {
  const volume = sata('sda', null, { kind: 'raid', model: 'PERC H730 Mini', pciAddress: '0000:03:00.0' })

  it('of MegaRAID are found by smartctl and asked through it', () => {
    const scan = JSON.stringify({
      smartctl: {},
      devices: [
        { name: '/dev/sda', type: 'scsi' },
        { name: '/dev/bus/0', type: 'megaraid,5' },
      ],
    })
    const behind = smart({ device: { protocol: 'ATA' }, serial_number: 'S5', smart_status: { passed: false } })
    const tools = { 'smartctl --scan-open -j': scan, 'smartctl -x -j -n standby -d megaraid,5 /dev/bus/0': behind }
    const { symptoms, parts, unchecked } = look({ disks: [volume], pci: [controller('megaraid_sas')], tools })
    expect(symptoms).toEqual(['DISK_FAILING megaraid,5 on /dev/bus/0: overall health: FAILED'])
    expect(parts).toEqual([{ kind: 'disk', name: 'megaraid,5 on /dev/bus/0', id: 'S5' }])
    expect(unchecked).toEqual([
      expect.stringMatching(/^HW_TOOL_MISSING 0000:03:00.0: none of these is there: storcli64, /),
    ])
  })

  it('of MegaRAID that the kernel shows as well are told once', () => {
    const scan = JSON.stringify({ smartctl: {}, devices: [{ name: '/dev/bus/0', type: 'megaraid,5' }] })
    const same = smart({
      device: { protocol: 'NVMe' },
      serial_number: 'S1',
      nvme_smart_health_information_log: { media_errors: 1 },
    })
    const tools = {
      'smartctl --scan-open -j': scan,
      'smartctl -x -j -n standby -d megaraid,5 /dev/bus/0': same,
      [ask('sdb')]: same,
    }
    const { symptoms } = look({ disks: [sata('sdb', 'S1')], pci: [controller('megaraid_sas')], tools })
    expect(symptoms).toEqual(['DISK_MEDIA_ERRORS sdb: media and data integrity errors: 1'])
  })

  it('of HP are counted up until there is none', () => {
    const logical = sata('sda', null, { kind: 'raid', model: 'HP LOGICAL VOLUME', pciAddress: '0000:03:00.0' })
    const through = (n: number) => `smartctl -x -j -n standby -d cciss,${n} /dev/sda`
    const drive = (serial: string) =>
      smart({ device: { protocol: 'SCSI' }, serial_number: serial, scsi_grown_defect_list: 1 })
    const tools = { [through(0)]: drive('A'), [through(1)]: drive('B') }
    const { ran, symptoms } = look({ disks: [logical], pci: [controller('hpsa')], tools })
    expect(ran.filter((line) => line.startsWith('smartctl'))).toEqual([through(0), through(1), through(2)])
    expect(symptoms).toHaveLength(2)
  })

  it('and its arrays are told by the first of its tools that is there', () => {
    const config =
      'Smart Array P410 in Slot 1\n   Controller Status: OK\n   array B\n      logicaldrive 2 (2.2 TB, RAID 5, Failed)\n      physicaldrive 1I:1:4 (port 1I:box 1:bay 4, SAS, 900.1 GB, Predictive Failure)\n'
    const { symptoms, ran } = look({
      disks: [],
      pci: [controller('hpsa')],
      tools: { 'hpssacli ctrl all show config detail': config },
    })
    expect(ran).toEqual(['ssacli ctrl all show config detail', 'hpssacli ctrl all show config detail'])
    expect(symptoms).toEqual([
      'RAID_FAILED hpssacli slot=1/ld 2: RAID 5: Failed',
      'DISK_FAILING hpssacli slot=1/1I:1:4: slot=1/1I:1:4: Predictive Failure',
    ])
  })

  it('of MegaRAID have a state in one command and their errors in another', () => {
    const response = (data: object) =>
      JSON.stringify({ Controllers: [{ 'Command Status': { Controller: 0 }, 'Response Data': data }] })
    const all = response({
      Basics: { Model: 'PERC', 'PCI Address': '00:03:00:00', 'Serial Number': 'C1' },
      Status: { 'Controller Status': 'Needs Attention' },
      'VD LIST': [{ 'DG/VD': '0/1', TYPE: 'RAID5', State: 'Dgrd' }],
      'PD LIST': [{ 'EID:Slt': '32:4', State: 'Onln', Model: 'X' }],
      Cachevault_Info: [{ Model: 'CVPM02', State: 'Failed' }],
    })
    const drives = response({
      'Drive /c0/e32/s4': [{ 'EID:Slt': '32:4', State: 'Onln' }],
      'Drive /c0/e32/s4 - Detailed Information': {
        'Drive /c0/e32/s4 State': {
          'Media Error Count': 3,
          'Predictive Failure Count': 0,
          'S.M.A.R.T alert flagged by drive': 'Yes',
        },
        'Drive /c0/e32/s4 Device attributes': { SN: '   S4 ' },
      },
    })
    const tools = { 'storcli64 /cALL show all J nolog': all, 'storcli64 /cALL/eALL/sALL show all J nolog': drives }
    const { symptoms, counters, unchecked } = look({ disks: [], pci: [controller('megaraid_sas')], tools })
    expect(symptoms).toEqual([
      'RAID_CONTROLLER_FAULT 0000:03:00.0: Controller Status: Needs Attention',
      'RAID_BATTERY_FAILED 0000:03:00.0: CVPM02: Failed',
      'RAID_DEGRADED storcli64 c0/v1: RAID5: Dgrd',
      'DISK_FAILING storcli64 c0/e32/s4: c0/e32/s4: the drive has raised a SMART alert',
      'DISK_MEDIA_ERRORS storcli64 c0/e32/s4: c0/e32/s4: media errors: 3',
    ])
    expect(counters).toMatchObject([{ epoch: 'S4', value: 3 }])
    expect(unchecked.map((line) => line.split(' ')[0])).toEqual(['HW_TOOL_MISSING'])
  })

  it('of the generation after that are asked for by the next tool, which the one before does not see', () => {
    const { ran, unchecked } = look({ disks: [], pci: [controller('mpi3mr')], tools: {} })
    expect(ran.filter((line) => !line.startsWith('smartctl'))).toEqual([
      'storcli2 /cALL show all J nolog',
      'storcli2 /cALL/eALL/sALL show all J nolog',
      'perccli2 /cALL show all J nolog',
      'perccli2 /cALL/eALL/sALL show all J nolog',
    ])
    expect(unchecked).toEqual(['HW_TOOL_MISSING 0000:03:00.0: none of these is there: storcli2, perccli2'])
  })

  it('in a state that nobody knows are unchecked and not well', () => {
    const config = 'Smart Array P410 in Slot 1\n      logicaldrive 2 (2.2 TB, RAID 5, Perplexed)\n'
    const { unchecked } = look({
      disks: [],
      pci: [controller('hpsa')],
      tools: { 'ssacli ctrl all show config detail': config },
    })
    expect(unchecked).toEqual(['HW_UNKNOWN ssacli slot=1/ld 2: ssacli says "Perplexed"'])
  })

  it('whose tool wants a right are unchecked with that right', () => {
    const refused = { stderr: 'Error: You need to have administrator rights to continue.', exitCode: 1 }
    const { unchecked } = look({
      disks: [],
      pci: [controller('hpsa')],
      tools: { 'ssacli ctrl all show config detail': refused },
    })
    expect(unchecked).toEqual([expect.stringMatching(/^HW_NEEDS_ROOT 0000:03:00.0: ssacli needs root/)])
  })

  it('are not asked for behind a plain HBA', () => {
    const { ran } = look({
      disks: [sata('sda', 'S1', { pciAddress: '0000:03:00.0' })],
      pci: [controller('mpt3sas')],
      tools: { [ask('sda')]: nvme({ critical_warning: 0 }) },
    })
    expect(ran).toEqual([ask('sda')])
  })
})
