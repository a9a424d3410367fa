// Each RAID tool's text, cut to what matters: places, states and what they mean.

import { describe, expect, it } from 'vitest'
import { arcconfControllers, parseArcconf } from '../../../../src/hw/parse/arcconf.ts'
import { parseArecaCli } from '../../../../src/hw/parse/areca-cli.ts'
import { parseCcissVolStatus } from '../../../../src/hw/parse/cciss-vol-status.ts'
import { parseMegacli } from '../../../../src/hw/parse/megacli.ts'
import { parseMptStatus } from '../../../../src/hw/parse/mpt-status.ts'
import { parseMvcli } from '../../../../src/hw/parse/mvcli.ts'
import type { RaidReport } from '../../../../src/hw/parse/raid-report.ts'
import { parseSasIrcu } from '../../../../src/hw/parse/sas-ircu.ts'
import { parseStorcli } from '../../../../src/hw/parse/storcli.ts'
import { parseStorcli2 } from '../../../../src/hw/parse/storcli2.ts'
import { parseTwCli } from '../../../../src/hw/parse/tw-cli.ts'
import type { Reading } from '../../../../src/model/reading.ts'

function known(reading: Reading<RaidReport>): RaidReport {
  if (reading.kind !== 'known') throw new Error(JSON.stringify(reading))
  return reading.value
}

const states = ({ volumes, members }: RaidReport) =>
  [...volumes, ...members].map(({ name, state, health }) => `${name} = ${state}: ${health}`)

it('MegaCli: blocks of adapters, drives and volumes', () => {
  const text = `
Adapter 0 -- Virtual Drive Information:
Virtual Drive: 3 (Target Id: 3)
State               : Partially Degraded
Adapter #1

Enclosure Device ID: 252
Slot Number: 7
Media Error Count: 21
Other Error Count: 556475
Predictive Failure Count: 2
PD Type: SATA
Firmware state: Online, Spun Up
Inquiry Data:       MK0311YHGXHPPAHitachi HDS723030ALA640                 MKAOA5C0
Drive Temperature :34C (93.20 F)
Drive has flagged a S.M.A.R.T alert : Yes

Enclosure Device ID: N/A
Slot Number: 8
Firmware state: Failed
BBU status for Adapter: 1
  Battery Pack Missing         : No
  Battery Replacement required : Yes
`
  const report = known(parseMegacli(text))
  expect(states(report)).toEqual([
    'a0/v3 = Partially Degraded: degraded',
    'a1/e252/s7 = Online, Spun Up: ok',
    'a1/s8 = Failed: failed',
  ])
  expect(report.members[0]).toMatchObject({
    serial: 'MK0311YHGXHPPA',
    model: 'Hitachi HDS723030ALA640',
    mediaErrors: 21,
    predictedFailures: 2,
    isAlerting: true,
    temperatureC: 34,
  })
  expect(report.controllers).toMatchObject([{ name: 'a1', batteryFaults: ['Battery Replacement required: Yes'] }])
})

it('storcli: tables and details of one drive are one drive, with an address that the kernel knows', () => {
  const data = {
    Basics: { 'PCI Address': '00:3b:00:00', Model: 'X' },
    'VD LIST': [{ 'DG/VD': '0/12', TYPE: 'RAID6', State: 'OfLn' }, { 'DG/VD': '-' }],
    'PD LIST': [{ 'EID:Slt': ' :3', State: 'UBad' }, { 'EID:Slt': '32:1', State: 'Onln' }, { 'EID:Slt': 7 }],
    'Drive /c2/e32/s1': [{ State: 'Onln' }],
    'Drive /c2/e32/s1 - Detailed Information': { 'Drive /c2/e32/s1 State': { 'Media Error Count': 'N/A' } },
  }
  const json = { Controllers: [{ 'Command Status': { Controller: 2 }, 'Response Data': data }, null] }
  const report = known(parseStorcli(`a warning\n${JSON.stringify(json)}`))
  expect(states(report)).toEqual(['c2/v12 = OfLn: failed', 'c2/s3 = UBad: failed', 'c2/e32/s1 = Onln: ok'])
  expect(report.members[1]?.mediaErrors).toBeNull()
  expect(report.controllers[0]?.pciAddress).toBe('0000:3b:00.0')
})

it('storcli: a battery that needs attention has failed, one that learns has not', () => {
  const data = { Basics: {}, Cachevault_Info: [{ Model: 'CV', State: 'Dgd (Needs Attention)' }, { State: 'Learning' }] }
  const json = { Controllers: [{ 'Command Status': { Controller: 0 }, 'Response Data': data }] }
  expect(known(parseStorcli(JSON.stringify(json))).controllers[0]?.batteryFaults).toEqual(['CV: Dgd (Needs Attention)'])
})

describe('storcli2', () => {
  const answer = (data: object) =>
    JSON.stringify({ Controllers: [{ 'Command Status': { Controller: '3' }, 'Response Data': data }] })

  it.each([
    ['Conf', 'Online', 'ok'],
    ['UConf', 'Good', 'ok'],
    ['JBOD', 'Online', 'ok'],
    ['GHS', 'Good', 'ok'],
    ['Conf', 'Failed', 'failed'],
    ['Conf', 'Offline', 'failed'],
    ['UConf', 'Bad', 'failed'],
    ['Unusbl', 'Good', 'failed'],
    ['JBODDgrd', 'Online', 'failed'],
    ['Conf', 'Missing', 'missing'],
    ['Conf', 'Rebuild', 'busy'],
    ['Conf', 'Replace', 'busy'],
    ['ConfShld', 'Online', 'busy'],
    ['DHSSntz', 'Good', 'busy'],
    ['Various', 'Various', null],
    ['Conf', '-', null],
    ['Conf', undefined, null],
  ])('%s is what a drive is for, and %s how it is: %s', (State, Status, health) => {
    const { members } = known(parseStorcli2(answer({ 'PD LIST': [{ 'EID:Slt': '310:4', State, Status }] })))
    expect(members).toMatchObject([{ name: 'c3/e310/s4', health }])
  })

  it('has the facts of a controller in other places than storcli', () => {
    const { controllers, volumes } = known(
      parseStorcli2(
        answer({
          Basics: { 'Product Name': 'MegaRAID 96xx', 'Serial Number': 'C7' },
          HostInterface: { 'PCI Address': '00:a1:00:0' },
          Status: { 'Controller Status': 'Optimal', 'Memory Uncorrectable Errors': 2 },
          'Energy Pack Info': [{ Type: 'Supercap', SubType: 'FBU9', Status: 'Failed' }],
          'VD LIST': [{ 'DG/VD': '4/9', TYPE: 'RAID6', State: 'Pdgd' }],
        }),
      ),
    )
    expect(controllers).toEqual([
      {
        name: 'c3',
        model: 'MegaRAID 96xx',
        serial: 'C7',
        pciAddress: '0000:a1:00.0',
        state: 'Optimal',
        faults: ['Memory Uncorrectable Errors: 2'],
        batteryFaults: ['FBU9: Failed'],
      },
    ])
    expect(volumes).toMatchObject([{ name: 'c3/v9', level: 'RAID6', health: 'degraded' }])
  })

  it('tells of a drive in a table and in detail, which are one drive', () => {
    const row = { 'EID:Slt': '310:4', State: 'Conf', Status: 'Online', Model: 'X9   ' }
    const detail = {
      'Temperature(C)': 41,
      'Serial Number': 'S44',
      'LU/NS Properties': { 'Media Error Count': 6, 'Predictive Failure Count': 1 },
    }
    const drives = [{ 'Drive Information': row, 'Drive Detailed Information': detail }, 7]
    expect(known(parseStorcli2(answer({ 'PD LIST': [row], 'Drives List': drives }))).members).toEqual([
      {
        name: 'c3/e310/s4',
        state: 'Conf Online',
        health: 'ok',
        serial: 'S44',
        model: 'X9',
        mediaErrors: 6,
        predictedFailures: 1,
        isAlerting: null,
        temperatureC: 41,
      },
    ])
  })
})

it('arcconf: sections of three generations', () => {
  const bar = '-'.repeat(70)
  const text = [
    'Controllers found: 2',
    bar,
    'Controller information',
    bar,
    '   Controller Status                        : Degraded',
    '   Temperature                              : 92 C/ 197 F (Abnormal)',
    `   ${bar}`,
    '   Controller Battery Information',
    `   ${bar}`,
    '   Status                                   : Failed',
    'Logical Device number 4',
    '   RAID level                               : 5',
    '   Status of Logical Device                 : Suboptimal, Rebuilding',
    '      Device #0',
    '         Device is a Hard drive',
    '         State                              : Online',
    '         Reported Channel,Device(T:L)       : 0,8(8:0)',
    '         Serial number                      : S4',
    '         S.M.A.R.T. warnings                : 13',
    '      Device #1',
    '         Device is an Enclosure services device',
    '         State                              : Failed',
  ].join('\n')
  const report = known(parseArcconf(text, 2))
  expect(arcconfControllers(text)).toBe(2)
  expect(states(report)).toEqual([
    'controller 2/logical device 4 = Suboptimal, Rebuilding: rebuilding',
    'controller 2/device 0,8 = Online: ok',
  ])
  expect(report.members[0]).toMatchObject({ serial: 'S4', predictedFailures: 13 })
  expect(report.controllers).toMatchObject([
    {
      faults: ['Controller Status: Degraded', 'Temperature : 92 C/ 197 F (Abnormal)'],
      batteryFaults: ['status: Failed'],
    },
  ])
})

it('cciss_vol_status: a failed spare of a volume that is well', () => {
  const text = `/dev/sda: (Smart Array P410i) RAID 5 Volume 0 status: OK.   At least one spare drive has failed.
  Failed drives:
         connector 1I box 1 bay 4                 HP      EF0300FARMU                          6SJ8ND840000N5191GHP     HPD6
  Physical drives: 1
         connector 1I box 1 bay 1                 HP      EF0300FATFD                                      JXY1BLJN     HPDB OK
/dev/sda: (Smart Array P410i) Enclosure MSA70 (S/N: X) on Bus 3, Physical Port 1E status: Temperature problem.
`
  const report = known(parseCcissVolStatus(text))
  expect(states(report)).toEqual([
    '/dev/sda Volume 0 = OK: ok',
    '/dev/sda 1I:1:4 = Failed: failed',
    '/dev/sda 1I:1:1 = OK: ok',
  ])
  expect(report.controllers[0]?.faults).toEqual([
    'Enclosure MSA70 (S/N: X) on Bus 3, Physical Port 1E: Temperature problem',
  ])
})

it('sas2ircu, tw_cli, cli64, mpt-status and mvcli', () => {
  const ircu = `LSI Corporation SAS2 IR Configuration Utility.
IR volume 1
  Status of volume                        : Degraded (DGD)
Device is a Hard disk
  Enclosure #                             : 1
  Slot #                                  : 0
  State                                   : Failed (FLD)
`
  expect(states(known(parseSasIrcu(ircu, 0)))).toEqual([
    '0/IR volume 1 = Degraded (DGD): degraded',
    '0/1:0 = Failed (FLD): failed',
  ])
  const tw = `Unit  UnitType  Status         %RCmpl  %V/I/M  Stripe  Size(GB)  Cache  AVrfy
u0    RAID-1    DEGRADED       -       -       -       465.651   OFF    OFF
Port   Status           Unit   Size        Blocks        Serial
p0     ECC-ERROR        u0     465.76 GB   976773168     9QM1SHZY
p6     NOT-PRESENT      -      -           -             -
`
  expect(states(known(parseTwCli(tw, 'c0')))).toEqual(['/c0/u0 = DEGRADED: degraded', '/c0/p0 = ECC-ERROR: predicted'])
  const areca = ` #  Name             Disks TotalCap  FreeCap DiskChannels       State
 1  data                15 11250.0GB    0.0GB 123456789ABCDEF    Degraded
`
  expect(states(known(parseArecaCli(areca)))).toEqual(['raid set 1 data = Degraded: degraded'])
  const mpt =
    'ioc:0 vol_id:0 type:IM raidlevel:RAID-1 num_disks:2 size(GB):68 state: DEGRADED flags: ENABLED RESYNC_IN_PROGRESS\n'
  expect(states(known(parseMptStatus(mpt)))).toEqual(['ioc0 volume 0 = DEGRADED RESYNC_IN_PROGRESS: rebuilding'])
  const mv = 'Virtual Disk Information\nid:     0\nstatus:   degrade\nRAID mode: RAID1\n'
  expect(states(known(parseMvcli(mv)))).toEqual(['vd 0 = degrade: degraded'])
})
