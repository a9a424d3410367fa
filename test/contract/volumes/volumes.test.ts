// Persistent volumes on a real disk: where they lie, what is deleted and what never is, and what a life of the agent that
// was cut short leaves to the next.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { VolumeFailure, VolumePlace } from '../../../src/agent/core/types.ts'
import { emptyDirectory } from '../../../src/agent/volumes/emptying.ts'
import { linkVolumes } from '../../../src/agent/volumes/links.ts'
import { volumeDirectory } from '../../../src/agent/volumes/paths.ts'
import { createVolumes, type Volumes } from '../../../src/agent/volumes/volumes.ts'
import type { OperationUuid } from '../../../src/model/ids.ts'
import { until } from '../../support/until.ts'

const isRoot = process.geteuid?.() === 0

let base: string
let workDir: string
let mountRoot: string
let troubles: string[]
let opened: Volumes[]

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'tepui-volumes-'))
  workDir = join(base, 'work')
  mountRoot = join(base, 'disk')
  for (const directory of [workDir, mountRoot]) mkdirSync(directory)
  troubles = []
  opened = []
})

afterEach(async () => {
  for (const volumes of opened) await volumes.close()
  rmSync(base, { recursive: true, force: true })
})

const place = (role: string, id: string, source: VolumePlace['source'] = null): VolumePlace => ({ role, id, source })
const onMount = (id: string) => place('a', id, { type: 'MOUNT', root: mountRoot })
const onPath = (id: string) => place('a', id, { type: 'PATH', root: mountRoot })

type Open = {
  change: (make: readonly VolumePlace[], remove: readonly VolumePlace[]) => Promise<readonly VolumeFailure[]>
}

function open(): Open & { volumes: Volumes } {
  const heard = new Map<string, readonly VolumeFailure[]>()
  const volumes = createVolumes({
    workDir,
    changed: (operationUuid, failed) => heard.set(operationUuid, failed),
    troubled: (message, directory, reason) => troubles.push(`${message}: ${directory}: ${reason}`),
  })
  opened.push(volumes)
  let count = 0
  return {
    volumes,
    change: async (make, remove) => {
      const operationUuid = `o${count++}` as OperationUuid
      volumes.change(operationUuid, make, remove)
      return until(`${operationUuid} is done`, () => heard.get(operationUuid))
    },
  }
}

const at = (one: VolumePlace) => volumeDirectory(workDir, one)
const make = (...places: readonly VolumePlace[]) => open().change(places, [])
const remove = (...places: readonly VolumePlace[]) => open().change([], places)
const leftovers = () => existsSync(join(workDir, 'volumes', '.tepui-removed'))

function inside(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true }).map(String).sort()
}

describe('a volume', () => {
  test.each<[string, () => VolumePlace, () => string]>([
    ['of a role', () => place('a', 'v'), () => join(workDir, 'volumes/roles/a/v')],
    ['of a role below another', () => place('a/b', 'v'), () => join(workDir, 'volumes/roles/a b/v')],
    [
      'of a role with a very long name',
      () => place('x'.repeat(300), 'v'),
      () =>
        join(
          workDir,
          'volumes/hashed/',
          createHash('sha256')
            .update(`["${'x'.repeat(300)}","v"]`)
            .digest('hex'),
        ),
    ],
    ['on a PATH disk', () => onPath('v'), () => join(mountRoot, 'volumes/roles/a/v')],
    ['on a MOUNT disk', () => onMount('v'), () => mountRoot],
  ])('%s lies where an operator looks for it, for nobody else', async (_claim, one, directory) => {
    expect(await make(one())).toEqual([])
    expect(at(one())).toBe(directory())
    expect(statSync(directory()).isDirectory()).toBe(true)
    if (one().source?.type !== 'MOUNT') expect(statSync(directory()).mode & 0o777).toBe(0o750)
  })

  test.each([
    ['a', 'b', 'a/b', 'c'],
    ['a', 'b c', 'a/b', 'c'],
    ['a', 'c', 'a/b', 'c'],
  ])('%j of role %j shares nothing with %j of role %j', (role, id, otherRole, otherId) => {
    const [one, other] = [at(place(role, id)), at(place(otherRole, otherId))]
    expect(one).not.toBe(other)
    expect(`${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`)).toBe(false)
  })

  const long = `victim${'x'.repeat(300)}`
  const wide = 'é'.repeat(200)
  const shortened = (name: string) => `${name.slice(0, 32)}-${createHash('sha256').update(name).digest('hex')}`

  test.each<[string, readonly [string, string], readonly [string, string]]>([
    ['what a long role was shortened to', [long, 'v'], [shortened(long), 'v']],
    ['what a long id was shortened to', ['a', wide], ['a', shortened(wide)]],
    ['the directory of hashes', [long, 'v'], ['hashed', 'v']],
    ['a longer role', [`${long}/v`, 'v'], [long, 'v']],
    ['another id of a long role', [long, 'v'], [long, 'w']],
    ['other half a letter in the role', ['a\ud800', 'v'], ['a\ud801', 'v']],
    ['other half a letter in the id', ['a', 'v\ud800'], ['a', 'v\ud801']],
    ['the letter that stands for half a one', ['a\ud800', 'v'], ['a\ufffd', 'v']],
  ])('a name that is no file name cannot be made to meet %s', (_claim, one, other) => {
    const written = [one, other].map((names) => Buffer.from(at(place(...names))).toString())
    expect(written[0]).not.toBe(written[1])
  })

  test.each([
    ['long', long],
    ['with a zero', 'a\0b'],
  ])('of a role that is no file name (%s) is made and removed', async (_claim, role) => {
    expect(await make(place(role, 'v'))).toEqual([])
    expect(inside(at(place(role, 'v')))).toEqual([])
    expect(await remove(place(role, 'v'))).toEqual([])
    expect(existsSync(at(place(role, 'v')))).toBe(false)
  })

  test('of a name that no file may have has a place', async () => {
    const long = place('r'.repeat(300), '\u{1f3d4}'.repeat(100))
    expect(await make(long)).toEqual([])
    expect(existsSync(at(long))).toBe(true)
  })

  test('may be made again: what is in it is not touched, and is not taken for new', async () => {
    expect(await make(place('a', 'v'))).toEqual([])
    expect(await make(place('a', 'v'))).toEqual([])
    writeFileSync(join(at(place('a', 'v')), 'data'), 'kept')
    expect(await make(place('a', 'v'))).toMatchObject([{ place: { id: 'v' }, fault: { code: 'AGENT_VOLUME' } }])
    expect(readFileSync(join(at(place('a', 'v')), 'data'), 'utf8')).toBe('kept')
  })

  test('is not made on a disk that is not there', async () => {
    const gone = place('a', 'v', { type: 'PATH', root: join(base, 'nowhere') })
    expect(await make(gone)).toMatchObject([{ fault: { code: 'AGENT_VOLUME' } }])
    expect(existsSync(join(base, 'nowhere'))).toBe(false)
  })

  test('is not made on a MOUNT disk that holds data of nobody here', async () => {
    mkdirSync(join(mountRoot, 'lost+found'))
    expect(await make(onMount('v'))).toEqual([])
    writeFileSync(join(mountRoot, 'holiday.jpg'), '')
    expect(await make(onMount('v'))).toMatchObject([{ fault: { code: 'AGENT_VOLUME' } }])
  })

  test('that is destroyed is deleted with all that is in it, and nothing else is', async () => {
    await make(place('a', 'v'), place('a', 'w'))
    mkdirSync(join(at(place('a', 'v')), 'sub/sub'), { recursive: true })
    for (const name of ['x', 'sub/y', 'sub/sub/z']) writeFileSync(join(at(place('a', 'v')), name), name)
    writeFileSync(join(at(place('a', 'w')), 'data'), 'kept')
    expect(await remove(place('a', 'v'))).toEqual([])
    expect(existsSync(at(place('a', 'v')))).toBe(false)
    await until('it is deleted', () => !leftovers())
    expect(inside(join(workDir, 'volumes'))).toEqual(['roles', 'roles/a', 'roles/a/w', 'roles/a/w/data'])
    expect(await remove(place('a', 'v'))).toEqual([])
  })

  test('that is destroyed takes no role with it while others are in it, and leaves no empty one', async () => {
    await make(place('a', 'v'))
    await remove(place('a', 'v'))
    expect(existsSync(join(workDir, 'volumes/roles/a'))).toBe(false)
  })

  test('on a MOUNT disk is emptied before its end is told; the root stays', async () => {
    await make(onMount('v'))
    mkdirSync(join(mountRoot, 'lost+found'))
    mkdirSync(join(mountRoot, 'sub'))
    writeFileSync(join(mountRoot, 'sub/data'), '')
    expect(await remove(onMount('v'))).toEqual([])
    expect(readdirSync(mountRoot)).toEqual(['lost+found'])
  })

  test('on a MOUNT disk is gone before the next one is there', async () => {
    const { change } = open()
    await change([onMount('v')], [])
    for (let n = 0; n < 200; n++) writeFileSync(join(mountRoot, `file-${n}`), '')
    const [removed, made] = await Promise.all([change([], [onMount('v')]), change([onMount('w')], [])])
    expect([removed, made]).toEqual([[], []])
    expect(readdirSync(mountRoot)).toEqual([])
  })
})

describe('an agent that was killed', () => {
  test('has the directories of its volumes again', () => {
    open().volumes.recover([place('a', 'v')], [])
    expect(existsSync(at(place('a', 'v')))).toBe(true)
  })

  test('says which of its volumes are on a disk that is not there', () => {
    open().volumes.recover([place('a', 'v', { type: 'PATH', root: join(base, 'nowhere') })], [])
    expect(troubles).toHaveLength(1)
    expect(troubles[0]).toContain('a persistent volume is not there')
  })

  test('between moving a volume aside and deleting it, deletes it in its next life', async () => {
    const { change, volumes } = open()
    await change([place('a', 'v'), onPath('p')], [])
    for (const one of [place('a', 'v'), onPath('p')]) writeFileSync(join(at(one), 'data'), 'x')
    const removed = change([], [place('a', 'v'), onPath('p')])
    await removed
    await volumes.close()
    // As if nothing had been deleted yet.
    const asides = [join(workDir, 'volumes/.tepui-removed'), join(mountRoot, 'volumes/.tepui-removed')]
    for (const aside of asides) {
      mkdirSync(join(aside, 'x/y'), { recursive: true })
      writeFileSync(join(aside, 'x/y/data'), '')
    }
    open().volumes.recover([], [{ source: { type: 'PATH', root: mountRoot } }])
    await until('all is deleted', () => asides.every((aside) => !existsSync(aside)))
  })

  test('in the middle of emptying a MOUNT disk, empties it when it is told again', async () => {
    const { change, volumes } = open()
    await change([onMount('v')], [])
    mkdirSync(join(mountRoot, '.tepui-removed/half'), { recursive: true })
    writeFileSync(join(mountRoot, 'other'), '')
    await volumes.close()
    expect(await remove(onMount('v'))).toEqual([])
    expect(readdirSync(mountRoot)).toEqual([])
  })

  test('does nothing more once it is closed', async () => {
    const { volumes } = open()
    await volumes.close()
    volumes.change('late' as OperationUuid, [place('a', 'v')], [])
    await volumes.close()
    expect(existsSync(at(place('a', 'v')))).toBe(false)
  })
})

describe('deleting', () => {
  const target = () => join(base, 'target')
  const never = () => false

  beforeEach(() => mkdirSync(target()))

  test('goes through no link', async () => {
    writeFileSync(join(workDir, 'precious'), 'kept')
    symlinkSync(workDir, join(target(), 'link'))
    symlinkSync(join(workDir, 'precious'), join(target(), 'file-link'))
    mkdirSync(join(target(), 'sub'))
    symlinkSync('../..', join(target(), 'sub', 'up'))
    expect(await emptyDirectory(target(), never)).toBeNull()
    expect(readdirSync(target())).toEqual([])
    expect(readFileSync(join(workDir, 'precious'), 'utf8')).toBe('kept')
  })

  test('does not begin at a link', async () => {
    symlinkSync(workDir, join(base, 'link'))
    writeFileSync(join(workDir, 'precious'), 'kept')
    expect(await emptyDirectory(join(base, 'link'), never)).not.toBeNull()
    expect(existsSync(join(workDir, 'precious'))).toBe(true)
  })

  test('reaches what is deeper than any path may be long', async () => {
    // From the innermost outwards, for no path to it may be named.
    const [inner, outer] = [join(target(), 'inner'), join(target(), 'outer')]
    mkdirSync(inner)
    for (let depth = 0; depth < 100; depth++) {
      mkdirSync(outer)
      writeFileSync(join(outer, 'file'), '')
      renameSync(inner, join(outer, 'd'.repeat(100)))
      renameSync(outer, inner)
    }
    expect(await emptyDirectory(target(), never)).toBeNull()
    expect(readdirSync(target())).toEqual([])
  })

  test('takes what its owner may not change', async () => {
    mkdirSync(join(target(), 'sub/locked'), { recursive: true })
    writeFileSync(join(target(), 'sub/locked/file'), '')
    chmodSync(join(target(), 'sub/locked'), 0)
    chmodSync(join(target(), 'sub'), 0o500)
    expect(await emptyDirectory(target(), never)).toBeNull()
    expect(readdirSync(target())).toEqual([])
  })

  test('stops when it is told to', async () => {
    for (let n = 0; n < 20; n++) writeFileSync(join(target(), `f${n}`), '')
    let asked = 0
    expect(await emptyDirectory(target(), () => ++asked > 5)).not.toBeNull()
    expect(readdirSync(target())).toHaveLength(15)
  })

  test('stops at mounts, whatever is behind them', async (context) => {
    mkdirSync(join(target(), 'sub/mounted'), { recursive: true })
    writeFileSync(join(workDir, 'precious'), 'kept')
    try {
      execFileSync('mount', ['--bind', workDir, join(target(), 'sub/mounted')], { stdio: 'ignore' })
    } catch {
      context.skip('this process may not mount')
    }
    try {
      expect(await emptyDirectory(target(), never)).toContain('EBUSY')
      expect(existsSync(join(workDir, 'precious'))).toBe(true)
    } finally {
      execFileSync('umount', [join(target(), 'sub/mounted')])
    }
  })
})

describe('a task', () => {
  const sandbox = () => join(base, 'sandbox')
  beforeEach(async () => {
    mkdirSync(sandbox())
    await make(place('a', 'v'), place('a', 'w'))
  })

  const link = (...paths: readonly (readonly [string, string])[]) =>
    linkVolumes(
      workDir,
      sandbox(),
      paths.map(([id, path]) => ({ place: place('a', id), path })),
      null,
    )

  test('finds its volumes at their paths', () => {
    link(['v', 'data'], ['w', './deep//er/w/'])
    writeFileSync(join(sandbox(), 'deep/er/w/x'), 'written')
    expect(readFileSync(join(at(place('a', 'w')), 'x'), 'utf8')).toBe('written')
    expect(lstatSync(join(sandbox(), 'data')).isSymbolicLink()).toBe(true)
  })

  test.each<[string, readonly (readonly [string, string])[], string]>([
    [
      'within another',
      [
        ['v', 'data'],
        ['w', 'data/w'],
      ],
      'through another volume',
    ],
    [
      'where another is',
      [
        ['v', 'data'],
        ['w', 'data'],
      ],
      'is taken',
    ],
  ])('gets no volume %s', (_claim, paths, words) => {
    expect(() => link(...paths)).toThrow(words)
    expect(readdirSync(at(place('a', 'v')))).toEqual([])
  })

  test('gets no volume where its output goes, nor one that is gone', () => {
    writeFileSync(join(sandbox(), 'stdout'), '')
    expect(() => link(['v', 'stdout'])).toThrow('is taken')
    rmSync(at(place('a', 'w')), { recursive: true })
    expect(() => link(['w', 'w'])).toThrow('is not there')
  })

  test('owns a volume that nobody used before, and leaves it to its owner afterwards', (context) => {
    if (!isRoot) context.skip('only root may give files away')
    const one = [{ place: place('a', 'v'), path: 'data' }]
    linkVolumes(workDir, sandbox(), one, { uid: 12_345, gid: 12_345 })
    expect(statSync(at(place('a', 'v'))).uid).toBe(12_345)
    mkdirSync(join(base, 'second'))
    linkVolumes(workDir, join(base, 'second'), one, { uid: 23_456, gid: 23_456 })
    expect(statSync(at(place('a', 'v'))).uid).toBe(12_345)
  })
})
