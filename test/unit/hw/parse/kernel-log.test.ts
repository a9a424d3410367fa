import { expect, it } from 'vitest'
import { parseGpuLogLine } from '../../../../src/hw/parse/gpu-log.ts'
import { parseKernelLog } from '../../../../src/hw/parse/kernel-log.ts'

it('lines of the kernel are read with priority and time, those of programs are not', () => {
  const text = '<6>[    0.000000] Linux\n<13>[    5.100000] a program\n<3>[12345.678901] bad\nnonsense\n<3>[x] y\n'
  expect(parseKernelLog(text)).toEqual([
    { priority: 6, atSeconds: 0, text: 'Linux' },
    { priority: 3, atSeconds: 12345.678901, text: 'bad' },
  ])
})

it('a message of several lines is one', () => {
  const text = [
    '<3>[   41.000001] NVRM: The NVIDIA GPU 0000:18:00.0',
    '                  NVRM: (PCI ID: 10de:2330) installed in this system has',
    '                  NVRM: fallen off the bus and is not responding to commands.',
    '<6>[   42.000000] next',
  ].join('\n')
  const [first, second] = parseKernelLog(text)
  expect(parseGpuLogLine(first?.text ?? '')).toMatchObject({ place: '0000:18:00', kind: 'off-the-bus' })
  expect(second?.text).toBe('next')
})

it('lines below that of a program belong to the program', () => {
  const text = '<6>[    1.000000] kernel\n<13>[    2.000000] program\n                  more of it\n'
  expect(parseKernelLog(text).map((line) => line.text)).toEqual(['kernel'])
})

it('a message of lines without end is cut', () => {
  const text = `<6>[    1.000000] x\n${'                  y\n'.repeat(1000)}`
  expect(parseKernelLog(text)[0]?.text).toBe(`x${' y'.repeat(16)}`)
})
