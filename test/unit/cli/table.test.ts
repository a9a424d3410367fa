import { expect, test } from 'vitest'
import { type Column, formatTable } from '../../../src/cli/table.ts'

type Row = { readonly name: string; readonly id: string; readonly size: number }

const columns: readonly Column<Row>[] = [
  { title: 'NAME', text: (row) => row.name, cut: 'end' },
  { title: 'ID', text: (row) => row.id, cut: 'start' },
  { title: 'SIZE', text: (row) => `${row.size}`, isNumber: true },
]

const rows: readonly Row[] = [
  { name: 'a-rather-long-name', id: '0123456789abcdef-S0', size: 7 },
  { name: 'b', id: '0123456789abcdef-S11', size: 1024 },
]

test('columns are as wide as their widest text and numbers end together', () => {
  expect(formatTable(columns, rows, null)).toBe(
    [
      'NAME                ID                    SIZE',
      'a-rather-long-name  0123456789abcdef-S0      7',
      'b                   0123456789abcdef-S11  1024',
    ].join('\n'),
  )
})

test('a narrow terminal cuts names at their end and ids at their start, and nothing else', () => {
  expect(formatTable(columns, rows, 32).split('\n')).toEqual([
    'NAME          ID            SIZE',
    'a-rather-lo…  …89abcdef-S0     7',
    'b             …9abcdef-S11  1024',
  ])
})

test('what people copy is cut last', () => {
  const copied = columns.map((column) => (column.title === 'NAME' ? { ...column, isCutLast: true } : column))
  expect(formatTable(copied, rows, 38).split('\n')[1]).toBe('a-rather-long-name  …89abcdef-S0     7')
})

test('an optional column is left out where cutting is not enough, and only there', () => {
  const optional = columns.map((column) => (column.title === 'SIZE' ? { ...column, isOptional: true } : column))
  expect(formatTable(optional, rows, 20).split('\n')[1]).toBe('a-rat…  …ef-S0     7')
  expect(formatTable(optional, rows, 17).split('\n')[1]).toBe('a-rath…  …cdef-S0')
})

test('a terminal that is far too narrow gets the narrowest table, not an endless loop', () => {
  const lines = formatTable(columns, rows, 5).split('\n')
  expect(lines[1]).toBe('a-rat…  …ef-S0     7')
})

test('control characters in a name cannot steer the terminal', () => {
  expect(formatTable(columns, [{ name: '\u001b[2Jx\n', id: 'i', size: 1 }], null)).toContain('?[2Jx?')
})
