// The parsers of storage, and the probe as a whole, on texts that no kernel would print. They answer; they never throw,
// and never take long.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseLvmName, parseMapperUuid, parseRaidStatus } from '../../../../src/hw/parse/device-mapper.ts'
import { parseMdstat } from '../../../../src/hw/parse/mdstat.ts'
import { parseMountinfo, parseMounts, parseSwapDevices } from '../../../../src/hw/parse/mounts.ts'
import { decodeUdev, parseUdevEntry } from '../../../../src/hw/parse/udev-db.ts'
import { parseVpdAta, parseVpdAtaModel, parseVpdName, parseVpdSerial } from '../../../../src/hw/parse/vpd.ts'
import { parseZpoolStatus } from '../../../../src/hw/parse/zpool-status.ts'
import { drive, storageOf } from '../../../support/storage-bench.ts'

/** Each parser with a text that it likes, from which bad ones are made. */
const parsers: readonly [string, (text: string) => unknown, string][] = [
  [
    'parseMountinfo',
    parseMountinfo,
    '36 35 8:2 /r\\040t /mnt rw,noatime shared:1 - ext4 /dev/sda2 rw,errors=continue\n',
  ],
  ['parseMounts', parseMounts, '/dev/sda2 / btrfs rw,subvol=/@ 0 0\n'],
  ['parseSwapDevices', parseSwapDevices, '/dev/sda3   partition\t2098152\t0\t-1\n'],
  ['parseUdevEntry', parseUdevEntry, 'S:a\nE:ID_MODEL_ENC=a\\x20b\nE:ID_FS_TYPE=ext4\n'],
  ['decodeUdev', decodeUdev, 'a\\x20\\xc3\\xb6'],
  ['parseMapperUuid', parseMapperUuid, 'CRYPT-LUKS2-00112233445566778899aabbccddeeff-x'],
  ['parseLvmName', parseLvmName, 'my--vg-lv--x'],
  ['parseRaidStatus', parseRaidStatus, 'vg-lv: 0 2097152 raid raid1 2 AA 2097152/2097152 idle 0 0 -\n'],
  [
    'parseMdstat',
    parseMdstat,
    'md0 : active raid1 sdb1[1](F) sda1[0]\n      10 blocks super 1.2 [2/1] [U_]\n      [=>.]  resync = 8.5%\n',
  ],
  [
    'parseZpoolStatus',
    parseZpoolStatus,
    '  pool: t\n state: ONLINE\nconfig:\n\n\tNAME STATE READ WRITE CKSUM\n\tt ONLINE 0 0 0\n\t  /dev/a ONLINE 0 0 1\n',
  ],
]

function garbage(maxLength: number) {
  return fc.array(fc.nat(0xffff), { maxLength }).map((codes) => String.fromCharCode(...codes))
}

function spoiled(good: string) {
  return fc.oneof(
    garbage(200),
    fc.nat(good.length).map((at) => good.slice(0, at)),
    fc
      .tuple(fc.nat(good.length), garbage(3))
      .map(([at, piece]) => good.slice(0, at) + piece + good.slice(at + piece.length)),
    fc.nat(20).map((times) => good.repeat(times)),
  )
}

describe('a parser of storage', () => {
  it.each(parsers)('%s answers whatever it is given', (_, parse, good) => {
    fc.assert(fc.property(spoiled(good), (text) => parse(text) !== undefined))
  })

  it.each(parsers)('%s answers in good time on a huge text', (_, parse, good) => {
    const started = performance.now()
    for (const text of [
      good,
      'x',
      ' ',
      '\n',
      '\t',
      '-',
      '--',
      'a-',
      '\\x',
      'E:',
      'md0 : ',
      '[1]',
      ' - ',
      ',subvol=',
      'A',
    ]) {
      parse(text.repeat(Math.ceil(200_000 / text.length)))
    }
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it('answers on any bytes', () => {
    const kinds = ['known', 'absent', 'implausible']
    const pages = fc.uint8Array({ maxLength: 700 })
    fc.assert(
      fc.property(pages, fc.constantFrom(0x80, 0x83, 0x89), (bytes, code) => {
        if (bytes.length > 1) bytes[1] = code
        return [parseVpdSerial, parseVpdName, parseVpdAta, parseVpdAtaModel].every((parse) =>
          kinds.includes(parse(bytes).kind),
        )
      }),
    )
  })
})

describe('the probe of storage', () => {
  const sata = '/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0'

  it('survives any content of any file, and never says a size of 0 or less', () => {
    const facts = [
      'size',
      'dev',
      'uevent',
      'removable',
      'ro',
      'queue/rotational',
      'sda1/uevent',
      'sda1/size',
      'sda1/partition',
    ]
    const device = ['vendor', 'model', 'rev', 'wwid', 'vpd_pg80', 'vpd_pg83', 'vpd_pg89', 'raid_level', 'state']
    const others = [
      '/proc/self/mountinfo',
      '/proc/swaps',
      '/proc/mdstat',
      '/run/udev/data/b8:0',
      '/sys/block/dm-0/dm/name',
      '/sys/block/dm-0/dm/uuid',
      '/sys/block/md0/md/level',
      '/sys/block/md0/md/degraded',
    ]
    const texts = fc.array(
      fc.oneof(garbage(60), fc.constantFrom('8:0\n', '-5\n', '1e99', '\0', 'MAJOR=8\nMINOR=0\n')),
      {
        minLength: 26,
        maxLength: 26,
      },
    )
    fc.assert(
      fc.property(texts, (contents) => {
        const take = (names: readonly string[], from: number) =>
          Object.fromEntries(names.map((name, i) => [name, contents[(from + i) % contents.length] as string]))
        const files = {
          ...drive('sda', sata, take(facts, 0), take(device, facts.length)),
          ...take(others, facts.length + device.length),
        }
        const { disks, volumes } = storageOf(files)
        const sizes = [...disks, ...volumes, ...disks.flatMap((disk) => disk.partitions)].map((one) => one.sizeBytes)
        return sizes.every((size) => size === null || size > 0)
      }),
      { numRuns: 60 },
    )
  })

  it('ends where devices stand on each other in a circle', () => {
    const files = {
      '/sys/block/dm-0/dm/uuid': 'part1-mpath-x',
      '/sys/block/dm-0/slaves/dm-1/x': '',
      '/sys/block/dm-0/holders/dm-1/x': '',
      '/sys/block/dm-1/dm/uuid': 'part1-mpath-x',
      '/sys/block/dm-1/slaves/dm-0/x': '',
      '/sys/block/dm-1/holders/dm-0/x': '',
    }
    expect(storageOf(files).volumes.map((one) => one.name)).toEqual(['dm-0', 'dm-1'])
  })
})
