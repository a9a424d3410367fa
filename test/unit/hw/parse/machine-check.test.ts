import { describe, expect, it } from 'vitest'
import {
  firmwareEventOf,
  machineCheckOf,
  parseFirmwareLine,
  parseHardwareErrorLine,
} from '../../../../src/hw/parse/machine-check.ts'

describe('a status register', () => {
  it.each([
    ['8800000000000080', 'memory', true],
    ['8000000010100080', 'memory', true],
    ['bd800000000000c0', 'memory', false],
    ['8c00004000010091', 'memory', true],
    ['8c00004000011091', 'memory', true],
    ['bd80000010100134', 'machine-check', false],
    ['9c00000000000e0b', 'machine-check', true],
    ['d400008000040150', 'machine-check', true],
  ])('%s', (status, kind, isCorrected) => expect(machineCheckOf(status)).toEqual({ kind, isCorrected }))
})

describe('a line of the kernel log', () => {
  it.each([
    ['EDAC MC1: 2 UE ie31200 UE on mc#1csrow#0channel#1 (csrow:0 channel:1 page:0x0)', 'mc#1csrow#0channel#1'],
    [
      'EDAC MC0: 1 UE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0 (channel:0)',
      'CPU_SrcID#0_MC#0_Chan#0_DIMM#0',
    ],
    [
      'EDAC MC3: 1 UE on mc#3csrow#2channel#5 (csrow:2 channel:5 page:0x1a offset:0x40 grain:64)',
      'mc#3csrow#2channel#5',
    ],
    ['EDAC MC0: 1 UE on any memory (page:0x0 offset:0x0 grain:32)', null],
    ['EDAC MC0: 1 UE memory scrubbing error on unknown memory (page:0x0)', null],
  ])('%s', (line, label) => {
    expect(parseHardwareErrorLine(line)).toEqual({ kind: 'memory', isCorrected: false, cpu: null, label })
  })

  it.each([
    'mce: CPU supports 29 MCE banks',
    'MCE: In-kernel MCE decoding enabled.',
    'EDAC MC0: Giving out device to module amd64_edac controller F19h_M10h: DEV 0000:00:18.3 (INTERRUPT)',
    'EDAC MC0: 1 CE memory read error on DIMM_A1 (channel:0)',
    'mce: [Hardware Error]: Machine check events logged',
    'mce: [Hardware Error]: CPU 2: Machine Check Exception: 5 Bank 1: bd80',
    'Memory failure: soft offline: 0x1234: page already poisoned',
    'systemd[1]: Machine Check Exception',
  ])('%s tells of no error', (line) => expect(parseHardwareErrorLine(line)).toBeNull())
})

describe('a report of the firmware', () => {
  it('is its lines with their number', () => {
    expect(parseFirmwareLine('{12}[Hardware Error]:   section_type: memory error')).toEqual({
      report: 12,
      text: 'section_type: memory error',
    })
    expect(parseFirmwareLine('mce: [Hardware Error]: x')).toBeNull()
  })

  it('is of its worst error, whatever stands before', () => {
    const first = ['Error 0, type: corrected', 'section_type: memory error', 'DIMM location: A1']
    const second = ['Error 1, type: fatal', 'section_type: general processor error']
    expect(firmwareEventOf(['event severity: fatal', ...first, ...second])).toMatchObject({ kind: 'machine-check' })
    expect(firmwareEventOf(['event severity: fatal', ...first])).toBeNull()
    expect(
      firmwareEventOf(['event severity: fatal', ...first, ...second.slice(0, 1), 'section_type: PCIe error']),
    ).toBeNull()
  })

  it('names a module or none', () => {
    const lines = ['event severity: recoverable', 'section_type: memory error']
    expect(firmwareEventOf(lines)).toMatchObject({ kind: 'memory', label: null })
    expect(firmwareEventOf([...lines, 'DIMM location: not present'])).toMatchObject({ label: null })
    expect(firmwareEventOf([...lines, 'DIMM location: A DIMM_1'])).toMatchObject({ label: 'A DIMM_1' })
    expect(firmwareEventOf(['section_type: memory error'])).toBeNull()
  })
})
