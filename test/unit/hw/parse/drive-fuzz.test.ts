// What drives' and RAID tools print, cut, flipped, empty and huge: a parser answers, and it invents no number that the
// whole text did not have.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseArcconf } from '../../../../src/hw/parse/arcconf.ts'
import { parseArecaCli } from '../../../../src/hw/parse/areca-cli.ts'
import { parseCcissVolStatus } from '../../../../src/hw/parse/cciss-vol-status.ts'
import { parseMegacli } from '../../../../src/hw/parse/megacli.ts'
import { parseMptStatus } from '../../../../src/hw/parse/mpt-status.ts'
import { parseMvcli } from '../../../../src/hw/parse/mvcli.ts'
import { parseNvmeSmartLog } from '../../../../src/hw/parse/nvme-smart-log.ts'
import { parseSasIrcu } from '../../../../src/hw/parse/sas-ircu.ts'
import { parseSmartctlJson, parseSmartctlScan } from '../../../../src/hw/parse/smartctl-json.ts'
import { parseSmartctlText } from '../../../../src/hw/parse/smartctl-text.ts'
import { parseSsacli } from '../../../../src/hw/parse/ssacli.ts'
import { parseStorcli } from '../../../../src/hw/parse/storcli.ts'
import { parseStorcli2 } from '../../../../src/hw/parse/storcli2.ts'
import { parseTwCli } from '../../../../src/hw/parse/tw-cli.ts'
import type { Reading } from '../../../../src/model/reading.ts'

const smartctlText = `smartctl 7.1 2020-06-20 r5066 [x] (local build)
Device Model:     X
SMART overall-health self-assessment test result: PASSED
  5 Reallocated_Sector_Ct   PO--CK   001   001   036    NOW  4095
194 Temperature_Celsius     -O---K   030   044   000    -    31 (0 13 0 0 0)
# 1  Short offline       Completed without error       00%     11060         -
Current Temperature:                    30 Celsius
Power On Hours:                     16.467
read:   2147483647        0         0  2147483647          0      64396,534           7
`
const readers: readonly [string, (text: string) => Reading<unknown>, string][] = [
  ['parseSmartctlText', parseSmartctlText, smartctlText],
  [
    'parseSmartctlJson',
    parseSmartctlJson,
    '{"smartctl":{"messages":[]},"device":{"protocol":"NVMe"},"temperature":{"current":33},"nvme_smart_health_information_log":{"critical_warning":4,"media_errors":77}}',
  ],
  ['parseSmartctlScan', parseSmartctlScan, '{"smartctl":{},"devices":[{"name":"/dev/bus/0","type":"megaraid,8"}]}'],
  ['parseNvmeSmartLog', parseNvmeSmartLog, '{"critical_warning":{"value":4},"temperature":"310","avail_spare":99.0}'],
  [
    'parseStorcli',
    parseStorcli,
    '{"Controllers":[{"Command Status":{"Controller":0},"Response Data":{"Basics":{},"VD LIST":[{"DG/VD":"0/1","State":"Optl"}],"PD LIST":[{"EID:Slt":"252:3","State":"Onln"}]}}]}',
  ],
  [
    'parseStorcli2',
    parseStorcli2,
    '{"Controllers":[{"Command Status":{"Controller":"0"},"Response Data":{"Basics":{},"PD LIST":[{"EID:Slt":"306:3","State":"Conf","Status":"Online"}],"Drives List":[{"Drive Information":{"EID:Slt":"306:3","State":"Conf","Status":"Online"},"Drive Detailed Information":{"Temperature(C)":41}}]}}]}',
  ],
  [
    'parseMegacli',
    parseMegacli,
    'Adapter #0\n\nEnclosure Device ID: 252\nSlot Number: 7\nMedia Error Count: 21\nFirmware state: Online, Spun Up\nInquiry Data: SEAGATE ST3450857SS     ES643SK1NLYN\n',
  ],
  [
    'parseSsacli',
    parseSsacli,
    'Smart Array P410 in Slot 1\n   Controller Status: OK\n   array B (Failed)\n      logicaldrive 2 (2.2 TB, RAID 5, OK)\n      physicaldrive 1I:1:1\n         Status: OK\n',
  ],
  [
    'parseArcconf',
    (text) => parseArcconf(text, 1),
    'Controllers found: 1\nLogical device number 0\n   Status of logical device                 : Degraded\n      Device #0\n         Device is a Hard drive\n         State                              : Online\n         S.M.A.R.T. warnings                : 13\n',
  ],
  [
    'parseCcissVolStatus',
    parseCcissVolStatus,
    '/dev/sda: (Smart Array P410i) RAID 5 Volume 0 status: OK.\n  Failed drives:\n         connector 1I box 1 bay 4    HP      EF0300FARMU     6SJ8ND84     HPD6\n',
  ],
  [
    'parseSasIrcu',
    (text) => parseSasIrcu(text, 0),
    'LSI Corporation SAS2 IR Configuration Utility.\nIR volume 1\n  Status of volume : Okay (OKY)\nDevice is a Hard disk\n  Slot # : 1\n  State : Optimal (OPT)\n',
  ],
  [
    'parseTwCli',
    (text) => parseTwCli(text, 'c0'),
    'Unit  UnitType  Status\nu0    RAID-1    REBUILDING     98%     -       -       465.651   OFF    OFF\np0     DEGRADED         u0     465.76 GB   976773168     9QM1SHZY\n',
  ],
  [
    'parseArecaCli',
    parseArecaCli,
    '  # Ch# ModelName                       Capacity  Usage\n 16 16  WDC WD7502ABYS-05A6B0            750.2GB  Failed\n',
  ],
  [
    'parseMptStatus',
    parseMptStatus,
    'ioc0 vol_id 0 type IM, 2 phy, 136 GB, state OPTIMAL, flags ENABLED\nioc0 phy 0 scsi_id 0 IBM-ESXS X RXQN, 136 GB, state ONLINE, flags NONE\n',
  ],
  [
    'parseMvcli',
    parseMvcli,
    'Virtual Disk Information\nid:                  0\nstatus:              functional\nRAID mode:           RAID1\n',
  ],
]

function garbage(maxLength: number) {
  return fc.array(fc.nat(0xffff), { maxLength }).map((codes) => String.fromCharCode(...codes))
}

/** All numbers of a report, but for those that it counts itself. */
function numbersIn(value: unknown): readonly number[] {
  if (typeof value === 'number') return [value]
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(numbersIn) : []
}

const kinds = ['known', 'absent', 'unreadable', 'implausible']

describe('a parser of drive tools answers whatever it is given', () => {
  it.each(readers)('%s knows what it likes', (_, parse, good) => {
    const reading = parse(good)
    expect(reading.kind).toBe('known')
  })

  it.each(readers)('%s', (_, parse, good) => {
    const bad = fc.oneof(
      garbage(200),
      fc.nat(good.length).map((at) => good.slice(0, at)),
      fc
        .tuple(fc.nat(good.length), garbage(3))
        .map(([at, piece]) => good.slice(0, at) + piece + good.slice(at + piece.length)),
      fc.tuple(fc.nat(good.length - 1), fc.nat(7)).map(([at, bit]) => {
        return good.slice(0, at) + String.fromCharCode(good.charCodeAt(at) ^ (1 << bit)) + good.slice(at + 1)
      }),
      fc.nat(20).map((times) => good.repeat(times)),
      fc.json(),
    )
    fc.assert(fc.property(bad, (text) => kinds.includes(parse(text).kind)))
  })

  it.each(readers)('%s invents no number when a line is cut away', (_, parse, good) => {
    const whole = parse(good)
    const known = new Set(whole.kind === 'known' ? numbersIn(whole.value) : [])
    const lines = good.split('\n')
    for (const [i] of lines.entries()) {
      const reading = parse(lines.filter((_, at) => at !== i).join('\n'))
      if (reading.kind !== 'known') continue
      // A second source of the same fact may speak when the first is gone.
      expect(numbersIn(reading.value).filter((number) => !known.has(number) && number !== 31)).toEqual([])
    }
  })

  it.each(readers)('%s in good time on a huge text', (_, parse, good) => {
    for (const text of [good, 'x', ' ', '\n', '{', '[', '"', ':', '1', '# 1  a', 'p0 ', ' 1  1  a ', '/dev/', '- ']) {
      expect(kinds).toContain(parse(text.repeat(Math.ceil(200_000 / text.length))).kind)
    }
    for (const [key] of good.split('\n').map((line) => line.split(' ', 2))) {
      if (key !== undefined) expect(kinds).toContain(parse(`${good}\n${key}${' '.repeat(200_000)}`).kind)
    }
  })
})
