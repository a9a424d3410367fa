// What is written into the files of a cpuset, in directories that look like groups of either version.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cpusetGroup, effectiveCpus, writeCpuset } from '../../../../src/agent/containers/cpuset-files.ts'

let own: string
let group: string

beforeEach(() => {
  own = mkdtempSync(join(tmpdir(), 'tepui-cpuset-'))
  group = join(own, 'tepui', 'hash', 'container')
  mkdirSync(group, { recursive: true })
})

afterEach(() => rmSync(own, { recursive: true, force: true }))

const put = (directory: string, files: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
}
const get = (directory: string, name: string) => readFileSync(join(directory, name), 'utf8')
const levels = () => [own, join(own, 'tepui'), join(own, 'tepui', 'hash'), group]
const shared = { cpus: '1-3', isAlone: false, memoryNodes: '0' }

describe('version 2', () => {
  beforeEach(() => put(group, { 'cgroup.controllers': 'cpuset\n', 'cpuset.cpus': '\n', 'cpuset.mems': '\n' }))

  test('takes both lists, and an empty line for all', () => {
    writeCpuset(group, shared)
    expect([get(group, 'cpuset.cpus'), get(group, 'cpuset.mems')]).toEqual(['1-3\n', '0\n'])
    writeCpuset(group, { cpus: null, isAlone: false, memoryNodes: null })
    expect([get(group, 'cpuset.cpus'), get(group, 'cpuset.mems')]).toEqual(['\n', '\n'])
  })

  test.each([
    ['a pool of which a CPU is off is kept to the rest', false, '1-2', null],
    ['CPUs alone of which one is off are refused', true, '1-2', 'cpuset.cpus is 1-2 and not 1-3'],
    ['a kernel that gives other CPUs is not believed', false, '0-7', 'cpuset.cpus is 0-7 and not 1-3'],
    ['a kernel that gives what was asked is believed', true, '1-3', null],
  ])('%s', (_claim, isAlone, effective, why) => {
    put(group, { 'cpuset.cpus.effective': `${effective}\n` })
    const write = () => writeCpuset(group, { ...shared, isAlone })
    if (why === null) expect(write).not.toThrow()
    else expect(write).toThrow(why)
  })
})

describe('version 1', () => {
  beforeEach(() => {
    for (const level of levels()) put(level, { 'cpuset.cpus': '\n', 'cpuset.mems': '\n' })
    put(own, { 'cpuset.cpus': '0-7\n', 'cpuset.mems': '0-1\n' })
  })

  test('takes both lists', () => {
    writeCpuset(group, shared)
    expect([get(group, 'cpuset.cpus'), get(group, 'cpuset.mems')]).toEqual(['1-3', '0'])
  })

  test('fills the groups between, which begin with nothing, when all is asked for', () => {
    writeCpuset(group, { cpus: null, isAlone: false, memoryNodes: null })
    expect(levels().map((level) => get(level, 'cpuset.cpus').trim())).toEqual(Array(4).fill('0-7'))
    expect(levels().map((level) => get(level, 'cpuset.mems').trim())).toEqual(Array(4).fill('0-1'))
  })

  test('looks at the name that version 1 gives to what is in effect', () => {
    put(group, { 'cpuset.effective_cpus': '1,3\n' })
    expect(effectiveCpus(group)).toEqual([1, 3])
    expect(() => writeCpuset(group, { ...shared, isAlone: true })).toThrow('is 1,3 and not 1-3')
  })

  test('says which list cannot be written', () => {
    for (const level of levels()) rmSync(join(level, 'cpuset.mems'))
    rmSync(group, { recursive: true })
    expect(() => writeCpuset(group, shared)).toThrow('cpuset.cpus cannot be 1-3')
  })
})

test('the cpuset of a container is the one of its groups that has the files', () => {
  put(group, { 'cpuset.cpus': '' })
  expect(cpusetGroup([own, group])).toBe(group)
  expect(cpusetGroup([own])).toBeNull()
})
