// What kernels, EDAC drivers and the tests of mcelog have of memory and processor errors, through the parsers and the look.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { lookAtMemory } from '../../../src/hw/health/memory.ts'
import { parseKernelLog } from '../../../src/hw/parse/kernel-log.ts'
import { machineCheckOf, parseFirmwareLine, parseHardwareErrorLine } from '../../../src/hw/parse/machine-check.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { fakeMachine } from '../../support/fake-machine.ts'
import { findingsOf } from '../../support/health-bench.ts'
import { captureIndex, capturesMissing, withCapture } from './captures.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/ras', import.meta.url))

const inventory = {
  cpu: { packages: [], cores: [] },
  numa: { nodes: [] },
  memory: { dimms: [] },
} as unknown as Partial<Inventory>

if (!existsSync(folder)) {
  it('recorded errors are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')

  describe('kernel logs of machines whose memory and processors are well', () => {
    it.each([...recorded('gpud/*'), 'hardware/dmesg'])('%s', (path) => {
      const text = read(path)
      const lines = parseKernelLog(text)
      // Facility 0 is the kernel; recordings in another form than the one that is asked for have none.
      expect(lines).toHaveLength((text.match(/^<[0-7]>\[ *\d+\.\d{6}\] .*$/gm) ?? []).length)
      const bare = text.split('\n').map((line) => line.replace(/^(<\d+>)?\[[^\]]*\] |^\d+,\d+,\d+,[^;]*;/, ''))
      expect(bare.filter((line) => parseHardwareErrorLine(line) !== null || parseFirmwareLine(line) !== null)).toEqual(
        [],
      )
    })
  })

  describe('status registers that mcelog is tested with', () => {
    // Bit 61 says that the hardware did not correct it; errors of memory controllers have codes 0080 to 00ff.
    it.each(recorded('mcelog/*').filter((path) => /^STATUS 0x[0-9a-f]{16}$/m.test(read(path))))('%s', (path) => {
      const status = /^STATUS 0x([0-9a-f]{16})$/m.exec(read(path))?.[1] as string
      const bits = BigInt(`0x${status}`)
      const isMemory = (bits & 0xffffn) >= 0x80n && (bits & 0xffffn) <= 0xffn
      expect(machineCheckOf(status)).toEqual({
        kind: isMemory ? 'memory' : 'machine-check',
        isCorrected: (bits & (1n << 61n)) === 0n,
      })
    })

    it('the one of a hypervisor calls itself correctable', () => {
      const [, status] = /Bank 2: ([0-9a-f]{16})/.exec(read('mcelog/xen')) as unknown as [string, string]
      expect(read('mcelog/xen')).toMatch(/correctable/)
      expect(machineCheckOf(status)).toEqual({ kind: 'machine-check', isCorrected: true })
    })
  })

  it('modules that count nothing leave memory errors to their controller, and odd folders are none', () => {
    const files = Object.fromEntries(
      recorded('cadvisor/*').map((path) => [
        `/sys/devices/system/edac/${path.replace('cadvisor/', '').replaceAll('__', '/')}`,
        read(path),
      ]),
    )
    expect(Object.keys(files)).toHaveLength(10)
    const mc = '/sys/devices/system/edac/mc'
    const look = findingsOf(lookAtMemory, fakeMachine({ ...files, [`${mc}/mc0/ue_count`]: '1' }), { inventory })
    expect(look.symptoms.map(({ code, part }) => [code, part.name])).toEqual([['MEMORY_UNCORRECTED_ERRORS', 'mc0']])
    expect([look.counters, look.unchecked]).toEqual([[], []])
  })
}

it('a recorded memory controller has the errors that its files say', (ctx) => {
  const entry = captureIndexOrNone().find((one) => one.file === 'node_exporter/sys-fixture.tar.gz')
  if (entry === undefined) return ctx.skip(capturesMissing ?? 'no such capture')
  const look = withCapture(entry, (root) => {
    const source = sysrootSource(root)
    if (!source.ok) throw new Error(source.fault.message)
    return findingsOf(lookAtMemory, source.value, { inventory })
  })
  const errors = look.symptoms.map(({ part, evidence }) => `${part.name}: ${evidence[0]?.text.split(' ')[0]}`)
  expect(errors).toEqual(['mc0 csrow0: 4', 'mc0 csrow1: 4', 'mc0 csrow2: 5', 'mc0: 6'])
  expect(look.counters.map(({ part, value }) => `${part.name}: ${value}`)).toEqual([
    'mc0csrow0channel0: 0',
    'mc0csrow0channel1: 0',
    'mc0csrow1channel0: 0',
    'mc0csrow1channel1: 0',
    'mc0csrow2channel0: 0',
    'mc0csrow2channel1: 0',
    'mc0: 2',
  ])
})

function captureIndexOrNone() {
  return capturesMissing === null ? captureIndex() : []
}
