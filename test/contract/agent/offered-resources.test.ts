// What an operator says of resources, held against a machine: real directories, and disks of an inventory.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type HeldDisks,
  offeredDevices,
  offeredResources,
  type ResourceWords,
  readResourceText,
} from '../../../src/agent/offered-resources.ts'
import { toMessages } from '../../../src/mesos/resources.ts'
import type { Disk, Inventory } from '../../../src/model/inventory.ts'
import type { Resources } from '../../../src/model/resources.ts'
import type { Result } from '../../../src/model/result.ts'
import { aDisk, anInventory } from '../../support/inventories.ts'

let workDir: string
let realMegabytes: number

beforeEach(() => {
  workDir = realpathSync(mkdtempSync(join(tmpdir(), 'tepui-offered-')))
  for (const name of ['a', 'b']) mkdirSync(join(workDir, name))
  const { blocks, bsize } = statfsSync(workDir)
  realMegabytes = Math.floor((blocks * bsize) / 2 ** 20)
})

afterEach(() => rmSync(workDir, { recursive: true }))

const blank: Partial<Disk> = { isFree: true, usedBy: [], isReadOnly: false, isRemovable: false, kind: 'ssd' }
const machine = anInventory({
  disks: [
    aDisk('sda', 'ROOT', { ...blank, isFree: false, usedBy: ['partition table', 'mount /'], sizeBytes: 2 ** 40 }),
    aDisk('sdb', 'BLANK', { ...blank, sizeBytes: 2 ** 40 }),
    aDisk('sdc', 'OLD', { ...blank, isFree: false, sizeBytes: 2 ** 40 }),
  ],
})

type Question = Partial<ResourceWords> & { held?: HeldDisks; inventory?: Inventory; leftOut?: string[] }

function offer({ held = new Set(), inventory = machine, leftOut, ...words }: Question): Result<Resources> {
  return offeredResources({
    inventory,
    workDir,
    words: { resources: null, disks: 'none', defaultRole: null, ...words },
    held,
    leftOut: leftOut === undefined ? null : (reason) => leftOut.push(reason),
  })
}

const disk = (source: object, more: object = {}) => ({ name: 'disk', type: 'SCALAR', disk: { source }, ...more })
const path = (name: string) => ({ type: 'PATH', path: { root: join(workDir, name) } })
const mount = (name: string) => ({ type: 'MOUNT', mount: { root: join(workDir, name) } })
const amount = (value: number) => ({ scalar: { value } })
const list = (...items: readonly object[]) => ({ resources: JSON.stringify(items) })

function disksOf(question: Question) {
  const offered = offer(question)
  if (!offered.ok) throw new Error(offered.fault.message)
  return toMessages(offered.value, 'post').filter(({ name }) => name === 'disk')
}

const reason = (question: Question) => {
  const offered = offer(question)
  return offered.ok ? null : offered.fault.message
}

describe('a disk that is listed', () => {
  test('has the size of its file system where none is said', () => {
    expect(disksOf(list(disk(mount('a'))))).toMatchObject([{ scalar: { value: realMegabytes } }])
  })

  test('has the size that is said, and the role', () => {
    const offered = disksOf(list(disk(path('a'), { ...amount(10), role: 'eng' })))
    expect(offered).toMatchObject([{ scalar: { value: 10 }, reservations: [{ type: 'STATIC', role: 'eng' }] }])
  })

  test('may be a device, known by its name and offered by its own', () => {
    for (const id of ['sdb', '/dev/sdb', 'BLANK']) {
      expect(disksOf(list(disk({ type: 'BLOCK', id })))).toEqual([
        {
          name: 'disk',
          type: 'SCALAR',
          scalar: { value: 2 ** 20 },
          disk: { source: { type: 'BLOCK', id: 'BLANK', profile: 'ssd', vendor: 'A DRIVE' } },
        },
      ])
    }
  })

  test('may hold what nobody uses: its operator has said it', () => {
    expect(disksOf(list(disk({ type: 'RAW', id: 'OLD' })))).toHaveLength(1)
  })

  test.each<[string, () => Question, () => string]>([
    ['not there', () => list(disk(path('nowhere'))), () => 'is no directory'],
    ['not absolute', () => list(disk({ type: 'PATH', path: { root: 'a' } })), () => 'absolute'],
    ['larger than real', () => list(disk(path('a'), amount(1e9))), () => `has ${realMegabytes} MB`],
    [
      'larger than real with others',
      () => list(disk(path('a'), amount(realMegabytes - 1)), disk(path('b'), amount(2))),
      () => 'on one file system',
    ],
    [
      'larger than real with the ordinary one',
      () => list(disk(path('a'), amount(realMegabytes - 1)), { name: 'disk', type: 'SCALAR', ...amount(2) }),
      () => 'on one file system',
    ],
    ['said twice', () => list(disk(mount('a'), amount(1)), disk(mount('a'), amount(1))), () => 'only once'],
    ['a device that is not there', () => list(disk({ type: 'RAW', id: 'S9' })), () => `no disk 'S9'`],
    ['a device without a name', () => list(disk({ type: 'RAW' })), () => 'needs an id'],
    ['a device in use', () => list(disk({ type: 'RAW', id: 'sda' })), () => 'mount /'],
    [
      'a device larger than real',
      () => list(disk({ type: 'RAW', id: 'sdb' }, amount(2 ** 21))),
      () => 'has 1048576 MB',
    ],
    ['of no known kind', () => list(disk({ type: 'UNKNOWN' })), () => 'PATH, MOUNT, BLOCK or RAW'],
    [
      'a volume',
      () => list({ ...disk(path('a')), disk: { source: path('a'), persistence: { id: 'v' } } }),
      () => 'CREATE operation',
    ],
    [
      'reserved dynamically',
      () => list(disk(path('a'), { reservations: [{ type: 'DYNAMIC', role: 'a' }] })),
      () => 'RESERVE operation',
    ],
  ])('and is %s is refused', (_claim, question, words) => {
    expect(reason(question())).toContain(words())
  })

  test('and goes while the agent runs is left out then, and the rest stays', () => {
    const leftOut: string[] = []
    const offered = offer({
      ...list(disk({ type: 'RAW', id: 'S9' }), { name: 'cpus', type: 'SCALAR', ...amount(3) }),
      leftOut,
    })
    expect(leftOut).toHaveLength(1)
    expect(offered.ok && offered.value.map(({ name }) => name)).toEqual(['cpus', 'mem', 'ports', 'disk'].sort())
  })
})

describe('blank disks', () => {
  const ids = (question: Question) => disksOf(question).flatMap((item) => item.disk?.source?.id ?? [])

  test('are not given away unasked', () => {
    expect(ids({})).toEqual([])
  })

  test('are offered on demand, beside what is said', () => {
    expect(ids({ disks: 'free' })).toEqual(['BLANK'])
    expect(ids({ disks: 'free', resources: 'disk:100' })).toEqual(['BLANK'])
    expect(ids({ disks: 'free', ...list(disk({ type: 'BLOCK', id: 'BLANK' })) })).toEqual(['BLANK'])
  })

  test('stay offered while somebody has them, whatever he wrote on them', () => {
    expect(ids({ disks: 'free', held: new Set(['OLD']) })).toEqual(['BLANK', 'OLD'])
  })

  test('are known by the kernel’s names to tasks that get them', () => {
    const offered = offer({ disks: 'free' })
    expect(offered.ok && offeredDevices(machine, offered.value)).toEqual({ BLANK: 'sdb' })
  })
})

describe('a default role', () => {
  test('gets all that no role is said for', () => {
    const offered = offer({ resources: 'cpus:2;cpus(web):1;gpus(*):1', disks: 'free', defaultRole: 'eng' })
    if (!offered.ok) throw new Error(offered.fault.message)
    const roles = offered.value.map(({ name, reservations = [] }) => `${name} ${reservations[0]?.role ?? '*'}`)
    expect(roles.sort()).toEqual(['cpus eng', 'cpus web', 'disk eng', 'disk eng', 'gpus *', 'mem eng', 'ports eng'])
  })

  test('must be one', () => {
    expect(reason({ defaultRole: 'a//b' })).toContain('--default-role')
  })
})

test('resources may be in a file', () => {
  const file = join(workDir, 'list.json')
  writeFileSync(file, '[]')
  expect(readResourceText(`file://${file}`)).toEqual({ ok: true, value: '[]' })
  expect(readResourceText('cpus:1')).toEqual({ ok: true, value: 'cpus:1' })
  expect(readResourceText(null)).toEqual({ ok: true, value: null })
  for (const wrong of ['file:///dev/zero', `file://${file}.not`, 'file://elsewhere/x', `file://${workDir}`]) {
    expect(readResourceText(wrong)).toMatchObject({ ok: false, fault: { code: 'USAGE' } })
  }
})
