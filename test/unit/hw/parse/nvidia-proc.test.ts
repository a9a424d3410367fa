import { expect, it } from 'vitest'
import {
  parseNvidiaInformation,
  parseNvidiaNumaStatus,
  parseNvidiaVersion,
} from '../../../../src/hw/parse/nvidia-proc.ts'

it('the node of a GPU is read, and is absent where its memory is none', () => {
  expect(parseNvidiaNumaStatus('Node: \t255\nStatus: online\n')).toEqual({ kind: 'known', value: 255 })
  expect(parseNvidiaNumaStatus('Node: -1\n').kind).toBe('absent')
  expect(parseNvidiaNumaStatus('').kind).toBe('absent')
})

it('the driver names its GPU', () => {
  const text =
    'Model: \t\t NVIDIA H100\nIRQ: 5\nGPU UUID: \t GPU-1\nVideo BIOS: \t 96.00.a5\nGPU Firmware: \t 590.48.01\nDevice Minor: \t 3\n'
  expect(parseNvidiaInformation(text)).toEqual({
    model: 'NVIDIA H100',
    uuid: 'GPU-1',
    videoBios: '96.00.a5',
    gspFirmware: '590.48.01',
    minor: 3,
  })
})

it('question marks of a driver that does not know yet are not facts', () => {
  const text =
    'Model: \t Unknown\nGPU UUID: \t GPU-????????-????\nVideo BIOS: \t ??.??.??.??.??\nGPU Firmware: \t N/A\n'
  const none = { uuid: null, videoBios: null, gspFirmware: null, minor: null }
  expect(parseNvidiaInformation(text)).toEqual({ model: null, ...none })
  expect(parseNvidiaInformation('Model: \t N/A\n')).toEqual({ model: null, ...none })
})

it.each([
  [
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  Tue Jun  6 22:20:39 UTC 2023\nGCC version:  gcc 12\n',
    '535.54.03',
  ],
  ['NVRM version: NVIDIA UNIX Open Kernel Module for aarch64  580.95.05  Release Build\n', '580.95.05'],
])('%s is version %s', (text, version) => {
  expect(parseNvidiaVersion(text)).toEqual({ kind: 'known', value: version })
})

it('a version that is not there is absent', () => {
  expect(parseNvidiaVersion('GCC version:  gcc 12.2.0\n').kind).toBe('absent')
})
