// What the tools of RAID controllers printed: each recorded output is parsed, and the states of volumes and drives are
// counted against a plain search of the raw text.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { judgeRaid } from '../../../src/hw/health/drives-raid.ts'
import { Findings } from '../../../src/hw/health/findings.ts'
import { parseArcconf } from '../../../src/hw/parse/arcconf.ts'
import { parseArecaCli } from '../../../src/hw/parse/areca-cli.ts'
import { parseCcissVolStatus } from '../../../src/hw/parse/cciss-vol-status.ts'
import { parseMegacli } from '../../../src/hw/parse/megacli.ts'
import { parseMptStatus } from '../../../src/hw/parse/mpt-status.ts'
import { parseMvcli } from '../../../src/hw/parse/mvcli.ts'
import type { RaidReport } from '../../../src/hw/parse/raid-report.ts'
import { parseSasIrcu } from '../../../src/hw/parse/sas-ircu.ts'
import { parseSmartctlText } from '../../../src/hw/parse/smartctl-text.ts'
import { parseSsacli } from '../../../src/hw/parse/ssacli.ts'
import { parseStorcli } from '../../../src/hw/parse/storcli.ts'
import { parseTwCli } from '../../../src/hw/parse/tw-cli.ts'
import type { Reading } from '../../../src/model/reading.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/raid', import.meta.url))

/** Recorded with the others, and never read by the probe. */
const neverRead: readonly (readonly [RegExp, string])[] = [
  [/\/lsscsi__|__lsscsi/, 'which drive is which SCSI device is in /sys'],
  [/\/mdadm__/, 'the state of software RAID is in /sys/block/md*/md'],
  [/\/mdstat__/, 'software RAID: read by whoever looks at volumes'],
  [/\/gdth__/, '/proc/scsi/gdth of ICP controllers, whose driver left Linux with 5.18'],
  [/cciss0(\.out)?$/, '/proc/driver/cciss of a driver that left Linux with 4.14; it has no state'],
  [/\/dmraid__/, 'the answer that there is nothing; fake RAID is seen as device mapper'],
  [/arcconf__issue90__a$/, 'a help text'],
  [/mvcli__.*(smart|blk)/, 'attributes of single drives without thresholds that mean anything, and block ids'],
  [/adaptecraid-config\.json$/, 'the settings of a collector'],
]

type Row = {
  readonly pattern: RegExp
  readonly parse: (text: string) => Reading<RaidReport>
  /** Plain searches for the state of each volume and of each drive. */
  readonly volumes: RegExp
  readonly members: RegExp
}

const rows: readonly Row[] = [
  {
    pattern: /\/megacli/,
    parse: parseMegacli,
    volumes: /^State *: *(.*?)\s*$/gm,
    members: /^Firmware state: *(.*?)\s*$/gm,
  },
  {
    pattern: /\/(hpacucli__|hpssa-)/,
    parse: parseSsacli,
    volumes:
      /^\s*(?:logicaldrive \d+ \(.*, |array \w+ \()(.*)\)$|^ *(?:Array|Logical Drive): \w+\s[\s\S]*?^ *Status: (.*?)$/gm,
    members: /^\s*physicaldrive \S+ \(port [^,]*, [^,]*, [^,]*, (\w+)/gm,
  },
  {
    pattern: /\/(arcconf__|adaptecraid-getconfig)/,
    parse: (text) => parseArcconf(text, 1),
    volumes: /^ *Status of logical (?:device|drive) *: *(.*?)\s*$/gim,
    members: /Device is a Hard drive\s+State *: *(.*?)\s*$/gm,
  },
  {
    pattern: /vol_status|cciss-1/,
    parse: parseCcissVolStatus,
    volumes: /Volume \d+ status: (.*?)\./g,
    members: /bay \d+ .* (OK)$/gm,
  },
  {
    pattern: /\/sas2ircu/,
    parse: (text) => parseSasIrcu(text, 0),
    volumes: /^ *(?:Status of volume|Volume state) *: (.*?)\s*$/gm,
    members: /Hard disk\n.*\n.*\n.*\n *State *: (.*?)\s*$/gm,
  },
  {
    pattern: /\/tw_cli/,
    parse: (text) => parseTwCli(text, 'c0'),
    volumes: /^u\d+ +\S+ +(\S+)/gm,
    members: /^p\d+ +(?!NOT-PRESENT)(\S+)/gm,
  },
  {
    pattern: /\/areca/,
    parse: parseArecaCli,
    volumes: /^ *\d+ .* (Normal|Initializing|Rebuilding|Degraded)\s*$/gm,
    members: /^ *\d+ +\d+ +(?!.*N\.A\.).*GB {2}(.*?)\s*$/gm,
  },
  {
    pattern: /\/mpt__/,
    parse: parseMptStatus,
    volumes: /(?:vol_id.*state:? |log_id \d )(\w+)/g,
    members: /(?: (?:phy|phys_id)[: ]\d+ .*?[ ,]state:? |^phys_id \d )(\w+)/gm,
  },
  { pattern: /info\.vd$/, parse: parseMvcli, volumes: /^status: *(.*)$/gm, members: /^never$/gm },
]

function value<T>(reading: Reading<T>): T {
  if (reading.kind !== 'known') throw new Error(JSON.stringify(reading).slice(0, 300))
  return reading.value
}

function symptomsOf(report: RaidReport): readonly string[] {
  const findings = new Findings()
  judgeRaid(findings, 'tool', report)
  const look = findings.look(null)
  return [...look.symptoms, ...look.unchecked].map((one) => `${'code' in one ? one.code : ''} ${one.part?.name}`).sort()
}

if (!existsSync(folder)) {
  it('recorded outputs of RAID tools are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = globSync('*/*', { cwd: folder })
    .map((path) => `/${path}`)
    .sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const left = recorded.filter((path) => !neverRead.some(([pattern]) => pattern.test(path)))

  it('all recorded outputs are read or named with the reason', () => {
    const read = left.filter((path) => !rows.some(({ pattern }) => pattern.test(path)) && !/storcli/.test(path))
    expect(read).toEqual(['/nagios-plugin-check_raid/cciss__issue83__smartctl.out'])
    expect([recorded.length, left.length]).toEqual([196, 161])
  })

  describe('a recorded output has the states that its text has', () => {
    for (const { pattern, parse, volumes, members } of rows) {
      it.each(left.filter((path) => pattern.test(path)))('%s', (path) => {
        const text = read(path).replaceAll('\r', '')
        const report = value(parse(text))
        const states = (search: RegExp) => [...text.matchAll(search)].map((match) => match[1] ?? match[2] ?? '')
        const [seen, expected] = [report.volumes.map(({ state }) => state), states(volumes)]
        expect(seen).toHaveLength(expected.length)
        for (const [i, state] of seen.entries()) expect(state).toContain(expected[i])
        // Drives listed twice are one; those of the list of failed ones have no word of their own.
        const own = report.members.filter(({ state }) => state !== 'replacement' && !/vol_status/.test(path))
        if (/vol_status/.test(path)) {
          const fine = report.members.filter(({ state }) => state === 'OK').length
          expect(fine).toBe(new Set(text.match(/connector .* OK$/gm)).size)
        } else if (/ssacli/.test(path)) {
          expect(own.length).toBe(new Set([...text.matchAll(/physicaldrive (\S+) \(/g)].map((match) => match[1])).size)
        } else {
          expect(own).toHaveLength(states(members).length)
          for (const [i, { state }] of own.entries()) expect(state).toContain(states(members)[i])
        }
        expect([...report.volumes, ...report.members].filter(({ health }) => health === null)).toEqual([])
      })
    }
  })

  describe('storcli', () => {
    it.each(left.filter((path) => /storcli/.test(path)))('%s', (path) => {
      const text = read(path)
      const report = value(parseStorcli(text))
      const slots = new Set([...text.matchAll(/"EID:Slt": "(\d+):(\d+)"/g)].map(([, e, s]) => `c0/e${e}/s${s}`))
      expect(new Set(report.members.map(({ name }) => name))).toEqual(slots)
      expect(report.members.every(({ health }) => health === 'ok')).toBe(true)
      expect(report.controllers.every(({ faults, batteryFaults }) => faults.length + batteryFaults.length === 0)).toBe(
        true,
      )
    })

    it('tells serial, temperature and errors of a drive in detail', () => {
      const [first] = value(parseStorcli(read('/netdata/storcli-megaraid-drives-info.json'))).members
      expect(first).toMatchObject({
        serial: 'ZL2PVFA8',
        temperatureC: 28,
        mediaErrors: 0,
        predictedFailures: 0,
        isAlerting: false,
      })
    })
  })

  const bad: readonly (readonly [string, (text: string) => Reading<RaidReport>, readonly string[]])[] = [
    ['megacli__3__pdlist', parseMegacli, ['DISK_FAILING tool a0/e15/s10']],
    ['megacli__issue39__batteries.bbustatus', parseMegacli, ['RAID_BATTERY_FAILED tool a0']],
    ['megacli__issue39__batteries.bbustatus.1', parseMegacli, []],
    // Charging after it was learned anew.
    ['megacli__issue39__batteries.bbustatus.3', parseMegacli, []],
    // 556475 other errors, which are none.
    ['megacli__pr74__pdlist', parseMegacli, []],
    ['hpacucli__issue98__logical.status', parseSsacli, ['RAID_DEGRADED tool slot=1/array B']],
    ['hpacucli__hpacucli.interim_recovery_mode.show', parseSsacli, ['RAID_DEGRADED tool slot=0/ld 1']],
    ['hpacucli__PR193__ctrl-status', parseSsacli, []],
    [
      'arcconf__86__arcconf-getconfig.out',
      (text) => parseArcconf(text, 1),
      ['DISK_FAILING tool controller 1/device 0,1', 'RAID_DEGRADED tool controller 1/logical device 0'],
    ],
    ['cciss__issue100__vol_status_1.10', parseCcissVolStatus, ['DISK_FAILING tool /dev/sda 1I:1:4']],
    ['cciss__cciss_vol_status.c1', parseCcissVolStatus, ['RAID_CONTROLLER_FAULT tool /dev/cciss/c1d0']],
    ['cciss__cciss_vol_status.argos2', parseCcissVolStatus, ['RAID_BATTERY_FAILED tool /dev/cciss/c0d0']],
    [
      'tw_cli__lumpy__unitstatus',
      (text) => parseTwCli(text, 'c0'),
      ['RAID_DEGRADED tool /c0/u0', 'RAID_REBUILDING tool /c0/u0'],
    ],
    ['tw_cli__lumpy__drivestatus', (text) => parseTwCli(text, 'c0'), ['DISK_FAILING tool /c0/p0']],
    [
      'tw_cli__tw_cli,info,c0,unitstatus',
      (text) => parseTwCli(text, 'c0'),
      ['RAID_REBUILDING tool /c0/u0', 'RAID_REBUILDING tool /c0/u2'],
    ],
    ['areca__cli64.disk.info-16', parseArecaCli, ['DISK_FAILING tool channel 16']],
    [
      'mpt__mpt-syncing-n',
      parseMptStatus,
      ['DISK_FAILING tool ioc0 phy 1', 'RAID_DEGRADED tool ioc0 volume 0', 'RAID_REBUILDING tool ioc0 volume 0'],
    ],
  ]

  it.each(bad)('%s is judged by what it says', (name, parse, expected) => {
    const report = value(parse(read(`/nagios-plugin-check_raid/${name}`)))
    expect(symptomsOf(report).map((line) => line)).toEqual(expected)
  })

  it('a smartctl of 2011 says of drives behind a controller that they are fine, and of others that there are none', () => {
    const runs = read('/nagios-plugin-check_raid/cciss__issue83__smartctl.out')
      .split(/(?=^smartctl \d)/m)
      .slice(1)
    const verdicts = runs.map((run) => value(parseSmartctlText(run)).isPassed)
    expect(verdicts.slice(0, 4)).toEqual([true, true, true, null])
    expect(verdicts).toHaveLength(runs.length)
  })
}
