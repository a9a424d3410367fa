import { expect, it } from 'vitest'
import { parseNvidiaInformation, parseNvidiaNumaStatus } from '../../../../src/hw/parse/nvidia-proc.ts'

it('the driver names a GPU without its tool', () => {
  const text =
    'Model: \t\t Tesla V100\nIRQ:   \t\t 72\nGPU UUID: \t GPU-2\nVideo BIOS: \t 88.00\nGPU Firmware: \t N/A\n'
  expect(parseNvidiaInformation(text)).toEqual({ model: 'Tesla V100', uuid: 'GPU-2', videoBios: '88.00' })
})

it('question marks are not a UUID', () => {
  const text =
    'Model: \t\t Unknown\nGPU UUID: \t GPU-????????-????-????-????-????????????\nVideo BIOS: ??.??.??.??.??\n'
  expect(parseNvidiaInformation(text)).toMatchObject({ uuid: null, videoBios: null })
})

it('the memory of a GPU may be a NUMA node', () => {
  expect(parseNvidiaNumaStatus('Node: \t 255\nStatus: online\n')).toEqual({ kind: 'known', value: 255 })
  expect(parseNvidiaNumaStatus('Node: N/A').kind).toBe('absent')
})
