import { expect, it } from 'vitest'
import { parseNvidiaTopo } from '../../../../src/hw/parse/nvidia-topo.ts'

const esc = '\u001b'

it('the matrix is read through underlines, NIC columns and a legend', () => {
  const text = [
    `\t${esc}[4mGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID${esc}[0m`,
    'GPU0\t X \tNV18\tPXB\t0-19\t0\t\tN/A',
    'GPU1\tNV18\t X \tSYS\t20-39\t1\t\tN/A',
    'NIC0\tPXB\tSYS\t X ',
    '',
    'Legend:',
    '  NV#  = Connection traversing a bonded set of # NVLinks',
  ].join('\n')
  expect(parseNvidiaTopo(text)).toEqual({
    kind: 'known',
    value: [
      { from: 0, to: 1, kind: 'nvlink', count: 18 },
      { from: 1, to: 0, kind: 'nvlink', count: 18 },
    ],
  })
})

it('a way over PCIe has no count', () => {
  const text = '        GPU0  GPU1  CPU Affinity\nGPU0  X   NODE  0-3\nGPU1 NODE  X   0-3\n'
  expect(parseNvidiaTopo(text)).toMatchObject({ kind: 'known', value: [{ kind: 'node', count: null }, {}] })
})

it('one GPU has no pair', () => {
  expect(parseNvidiaTopo('\tGPU0\tCPU Affinity\nGPU0\t X \t0-19\n')).toEqual({ kind: 'known', value: [] })
})

it('a cell that nobody knows makes the matrix implausible, and no text is absent', () => {
  expect(parseNvidiaTopo('\tGPU0\tGPU1\nGPU0\t X\tWARP\n').kind).toBe('implausible')
  expect(parseNvidiaTopo('\tGPU0\tGPU1\nGPU0\t X\n').kind).toBe('implausible')
  expect(parseNvidiaTopo('').kind).toBe('absent')
  expect(parseNvidiaTopo('Failed to initialize NVML').kind).toBe('implausible')
})
