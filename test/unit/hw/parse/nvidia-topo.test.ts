import { expect, it } from 'vitest'
import { parseNvidiaTopo } from '../../../../src/hw/parse/nvidia-topo.ts'

const esc = '\u001b'

it('the matrix is read through underlines, NIC columns and a legend', () => {
  const text = [
    `\t${esc}[4mGPU0\tGPU1\tNIC0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID${esc}[0m`,
    'GPU0\t X \tNV18\tPXB\t0-19,40-59\t0\t\tN/A',
    'GPU1\tNV18\t X \tSYS\t20-39\t1\t\t3',
    'NIC0\tPXB\tSYS\t X ',
    '',
    'Legend:',
    '  NV#  = Connection traversing a bonded set of # NVLinks',
    '',
    'NIC Legend:',
    '  NIC0: mlx5_bond_0',
  ].join('\n')
  expect(parseNvidiaTopo(text)).toEqual({
    kind: 'known',
    value: {
      pairs: [
        { from: 0, to: 1, kind: 'nvlink', count: 18 },
        { from: 1, to: 0, kind: 'nvlink', count: 18 },
      ],
      nics: [
        { gpu: 0, name: 'mlx5_bond_0', kind: 'pxb' },
        { gpu: 1, name: 'mlx5_bond_0', kind: 'sys' },
      ],
      memoryNodes: new Map([[1, 3]]),
    },
  })
})

it('older drivers name the NIC in the header', () => {
  const text = '\tGPU0\tmlx5_0\tCPU Affinity\nGPU0\t X \tPIX\t0-3\nmlx5_0\tPIX\t X \n'
  expect(parseNvidiaTopo(text)).toMatchObject({ value: { pairs: [], nics: [{ gpu: 0, name: 'mlx5_0', kind: 'pix' }] } })
})

it('a way over PCIe has no count', () => {
  const text = '        GPU0  GPU1  CPU Affinity\nGPU0  X   NODE  0-3\nGPU1 NODE  X   0-3\n'
  expect(parseNvidiaTopo(text)).toMatchObject({ kind: 'known', value: { pairs: [{ kind: 'node', count: null }, {}] } })
})

it('one GPU has no pair', () => {
  expect(parseNvidiaTopo('\tGPU0\tCPU Affinity\nGPU0\t X \t0-19\n')).toMatchObject({
    kind: 'known',
    value: { pairs: [] },
  })
})

it('where a word of a row is missing, no node is guessed', () => {
  const text = '\tGPU0\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID\nGPU0\t X \t\t0\t3\n'
  expect(parseNvidiaTopo(text)).toMatchObject({ value: { memoryNodes: new Map() } })
})

it.each([
  ['an unknown cell', '\tGPU0\tGPU1\nGPU0\t X\tWARP\n'],
  ['a cell that was cut off', '\tGPU0\tGPU1\nGPU0\t X\n'],
  ['a row that stands twice', '\tGPU0\nGPU0\t X\nGPU0\t X\n'],
  ['a diagonal in the wrong place', '\tGPU0\tGPU1\nGPU0\tPIX\t X\nGPU1\tPIX\t X\n'],
  ['no matrix', 'Failed to initialize NVML'],
])('%s makes the matrix implausible', (_, text) => {
  expect(parseNvidiaTopo(text).kind).toBe('implausible')
})

it('no text is absent', () => {
  expect(parseNvidiaTopo('').kind).toBe('absent')
})
