// What smartctl printed of real drives, as JSON and as text: each recorded output is parsed, its facts are those that a
// plain search of the raw text finds, and what is made of them is what the drive itself says.

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { judgeDrive } from '../../../src/hw/health/drive-verdict.ts'
import { Findings } from '../../../src/hw/health/findings.ts'
import type { DriveReport } from '../../../src/hw/parse/drive-report.ts'
import { parseSmartctlJson, parseSmartctlScan } from '../../../src/hw/parse/smartctl-json.ts'
import { parseSmartctlText } from '../../../src/hw/parse/smartctl-text.ts'
import { type ConditionCode, conditionRules } from '../../../src/model/conditions.ts'
import type { Reading } from '../../../src/model/reading.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given', import.meta.url))

/** Recorded with the others, and not what the probe reads. */
const neverRead: Readonly<Record<string, string>> = {
  'smartctl/scrutiny/smartctl_info_sata_smart_support_bool.json':
    'an invented fragment of `smartctl -i`, which is not asked',
  'smartctl/scrutiny/smartctl_info_sata_smart_support_object.json': 'an invented fragment of `smartctl -i`',
}

function value<T>(reading: Reading<T>): T {
  if (reading.kind !== 'known') throw new Error(JSON.stringify(reading).slice(0, 300))
  return reading.value
}

function symptomsOf(report: DriveReport): ConditionCode[] {
  const findings = new Findings()
  judgeDrive({ findings, part: { kind: 'disk', name: 'sda', id: 'S' }, source: 'smartctl -x /dev/sda' }, report)
  return findings.look(null).symptoms.map(({ code }) => code)
}

const severityOf = (code: ConditionCode) => conditionRules[code].severity

/** The first group as a number; null where the pattern is not there. */
function found(text: string, pattern: RegExp): number | null {
  const digits = pattern.exec(text)?.[1]
  return digits === undefined ? null : Number(digits.replace(/\D/g, ''))
}

const counted = [5, 187, 197, 198, 199]

if (!existsSync(folder)) {
  it('recorded outputs of smartctl are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const json = recorded('smartctl/*/*.json').filter((path) => !(path in neverRead))
  const scans = json.filter((path) => /scan/.test(path))
  const drives = json.filter((path) => !scans.includes(path))
  const texts = recorded('smartctl-text/{EnterpriseDrive,hardware,insights-core}/*')

  it('all recorded outputs are accounted for', () => {
    expect([scans.length, drives.length, texts.length]).toEqual([7, 124, 121])
    // What is left are scripts' expectations and arguments, and archives, which are looked into below.
    const rest = recorded('smartctl/*/*').filter((path) => !json.includes(path) && !(path in neverRead))
    expect(rest.every((path) => /telegraf\/testcases_.*(expected\.out|-device|-deviceType)$/.test(path))).toBe(true)
    expect(recorded('smartctl-text/*/*').filter((path) => !texts.includes(path))).toHaveLength(6)
  })

  describe('smartctl -j', () => {
    it.each(drives)('%s', (path) => {
      const text = read(path)
      const report = value(parseSmartctlJson(text))
      const passed = /"smart_status":\s*\{[\s\S]{0,80}?"passed":\s*(true|false)/.exec(text)?.[1]
      expect(report.isPassed).toBe(passed === undefined ? null : passed === 'true')
      expect(report.temperatureC).toBe(found(text, /^\s*"temperature":\s*\{\s*"current":\s*(\d+)/m))
      expect(report.powerOnHours).toBe(found(text, /"power_on_time":\s*\{\s*"hours":\s*(\d+)/))
      for (const id of counted) {
        const raw = new RegExp(`"id":\\s*${id},\\s*"name"[\\s\\S]*?"raw":\\s*\\{[^}]*"string":\\s*"(\\d+)`)
        expect([id, report.ata?.attributes.find((one) => one.id === id)?.raw ?? null]).toEqual([id, found(text, raw)])
      }
      if (report.protocol === 'nvme') {
        expect(report.nvme?.mediaErrors).toBe(found(text, /"media_errors":\s*(\d+)/))
        expect(report.nvme?.criticalWarning).toBe(found(text, /"critical_warning":\s*(\d+)/))
        expect(report.endurancePercent).toBe(found(text, /"percentage_used":\s*(\d+)/))
      }
      if (report.protocol === 'scsi') {
        expect(report.scsi?.grownDefects).toBe(found(text, /"scsi_grown_defect_list":\s*(\d+)/))
      }
    })

    it.each(drives)('%s: what fails is critical and what passes is not', (path) => {
      const report = value(parseSmartctlJson(read(path)))
      const severities = symptomsOf(report).map(severityOf)
      expect(severities.includes('critical')).toBe(report.isPassed === false)
    })

    it('the one drive that failed is known by what it says itself', () => {
      const report = value(parseSmartctlJson(read('smartctl/scrutiny/smart-fail2.json')))
      expect(symptomsOf(report).sort()).toEqual([
        'DISK_FAILING',
        'DISK_MEDIA_ERRORS',
        'DISK_REMAPPED',
        'DISK_SELF_TEST_FAILED',
      ])
    })

    it('a drive that could not be opened has a complaint and no facts', () => {
      const report = value(parseSmartctlJson(read('smartctl/scrutiny/smart-fail.json')))
      expect(report).toMatchObject({ isPassed: null, ata: null, nvme: null, scsi: null, temperatureC: null })
      expect(report.complaints.join()).toMatch(/open device.* failed/)
    })

    it.each(drives.filter((path) => /"ata_smart_attributes"/.test(read(path))))(
      '%s: the same attributes as text',
      (path) => {
        const report = value(parseSmartctlJson(read(path)))
        expect(value(parseSmartctlText(asText(read(path)))).ata?.attributes).toEqual(report.ata?.attributes)
      },
    )
  })

  describe('smartctl --scan -j', () => {
    it.each(scans)('%s', (path) => {
      const found = value(parseSmartctlScan(read(path)))
      const types = [...read(path).matchAll(/"type": "([^"]+)"/g)].map((match) => match[1])
      expect(found.map(({ type }) => type)).toEqual(types)
    })
  })

  describe('smartctl -x and -a as text', () => {
    it.each(texts)('%s', (path) => {
      const text = read(path)
      const report = value(parseSmartctlText(text))
      const verdict = /(?:test result|Health Status): (PASSED|OK|FAILED)/.exec(text)?.[1]
      expect(report.isPassed).toBe(verdict === undefined ? null : verdict !== 'FAILED')
      for (const id of counted) {
        const row = new RegExp(`^ {0,2}${id} \\S+ +\\S+ +\\d{3} +\\d{3} +\\S+ .*?(\\d+)(?: \\([\\d ]+\\))?$`, 'm')
        expect([id, report.ata?.attributes.find((one) => one.id === id)?.raw ?? null]).toEqual([id, found(text, row)])
      }
      if (report.protocol === 'nvme') {
        expect(report.temperatureC).toBe(found(text, /^Temperature: +(\d+) Celsius/m))
        expect(report.powerOnHours).toBe(found(text, /^Power On Hours: +([\d,.]+)$/m))
        expect(report.nvme?.mediaErrors).toBe(found(text, /^Media and Data Integrity Errors: +([\d,]+)$/m))
        expect(report.endurancePercent).toBe(found(text, /^Percentage Used: +(\d+)%$/m))
        expect(report.nvme?.sparePercent).toBe(found(text, /^Available Spare: +(\d+)%$/m))
      } else {
        const told = found(text, /^Current (?:Drive )?Temperature: +(\d+) C/m)
        const sensor = /^(?:194|190) \S*Temperature\S* .*?(\d+)(?: \(.*\))?$/m
        expect(report.temperatureC).toBe(plausible(told) ?? plausible(found(text, sensor)))
        expect(report.powerOnHours).toBe(found(text, /^ {2}9 Power_On_Hours.* (\d+)(?:h\+.*)?(?: \(.*\))?$/m))
      }
    })

    it.each(texts)('%s: what fails is critical and what passes is not', (path) => {
      const report = value(parseSmartctlText(read(path)))
      const isFailed = basename(path).startsWith('FAILED_')
      expect(report.isPassed === false).toBe(isFailed)
      expect(symptomsOf(report).map(severityOf).includes('critical')).toBe(isFailed)
    })

    it('drives that fail say why in the words of their kind', () => {
      const codes = (name: string) => {
        const [path = ''] = texts.filter((one) => one.includes(name))
        return symptomsOf(value(parseSmartctlText(read(path)))).sort()
      }
      expect(codes('FAILED_NVMe_Transcend')).toEqual(['DISK_MEDIA_ERRORS', 'DISK_READ_ONLY', 'DISK_SPARE_LOW'])
      expect(codes('FAILED_NVMe_Crucial')).toEqual(['DISK_FAILING', 'DISK_WORN'])
      expect(codes('FAILED_SSD_Micron_1100')).toEqual(['DISK_FAILING', 'DISK_WORN'])
      expect(codes('FAILED_HDD_HGST_HUH728080ALN600')).toEqual(['DISK_FAILING'])
      expect(codes('SSD_Micron_1100_SATA_256GB')).toContain('DISK_WARNED_BEFORE')
    })

    it('drives that pass are not hot and not worn, but for what they say', () => {
      const loud = texts.filter((path) => !basename(path).startsWith('FAILED_'))
      const codes = loud.flatMap((path) => symptomsOf(value(parseSmartctlText(read(path)))))
      expect(codes.filter((code) => code === 'DISK_HOT')).toEqual([])
    })
  })

  describe('archives of smartctl runs', () => {
    const archives = recorded('smartctl-text/pcp/smart-root-*.tgz')
    it.each(archives)('%s', (path) => {
      const tar = (...args: readonly string[]) =>
        spawnSync('tar', [...args.slice(0, 1), join(folder, path), ...args.slice(1)], { encoding: 'utf8' }).stdout
      const members = tar('-tzf')
        .split('\n')
        .filter((name) => /\.(info|data|power|error)$/.test(name))
      expect(members.length).toBeGreaterThan(0)
      for (const member of members) {
        const text = tar('-xzOf', member)
        const report = value(parseSmartctlText(text))
        const verdict = /test result: (PASSED|FAILED)/.exec(text)?.[1]
        expect(report.isPassed).toBe(verdict === undefined ? null : verdict === 'PASSED')
        expect(report.temperatureMaxC).toBe(found(text, /^Warning +Comp\. Temp\. Threshold: +(\d+)/m))
        expect(report.serial).toBe(/^Serial Number: +(\S+)$/m.exec(text)?.[1] ?? null)
        expect(symptomsOf(report).map(severityOf)).not.toContain('critical')
      }
    })

    it('the FARM log of Seagate is not asked for: its numbers are repeated by attributes and logs that all drives have', () => {
      expect(recorded('smartctl-text/pcp/farm-root-*.tgz')).toHaveLength(1)
    })
  })
}

function plausible(celsius: number | null): number | null {
  return celsius === null || celsius === 0 || celsius > 120 ? null : celsius
}

/** The attributes of a JSON output in the layout of `smartctl -x`. */
function asText(json: string): string {
  type Row = {
    readonly id: number
    readonly name: string
    readonly value: number
    readonly worst: number
    readonly thresh?: number
    readonly when_failed?: string
    readonly flags: { readonly string: string }
    readonly raw: { readonly string: string }
  }
  const { ata_smart_attributes } = JSON.parse(json) as {
    readonly ata_smart_attributes: { readonly table: readonly Row[] }
  }
  const three = (number: number | undefined) => (number === undefined ? '---' : String(number).padStart(3, '0'))
  const when = (word: string | undefined) => (word === 'now' ? 'NOW' : word === 'past' ? 'Past' : '-')
  const rows = ata_smart_attributes.table.map((row) =>
    [
      `${String(row.id).padStart(3)} ${row.name.padEnd(23)} ${row.flags.string.trim().padEnd(8)}`,
      ` ${three(row.value)}   ${three(row.worst)}   ${three(row.thresh)}    ${when(row.when_failed).padEnd(5)}${row.raw.string}`,
    ].join(''),
  )
  return ['smartctl 6.6 2017-11-05 r4594 [x] (local build)', 'Device Model:     X', ...rows, ''].join('\n')
}
