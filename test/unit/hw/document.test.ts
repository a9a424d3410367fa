// Inventory documents that come from a file: an older version's, or nobody's.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changeText, diffInventories } from '../../../src/hw/diff.ts'
import { readDocument } from '../../../src/hw/document.ts'
import { aDimm, aDisk, aGpu, aNic, anInventory } from '../../support/inventories.ts'

const whole = anInventory({
  disks: [aDisk('nvme0n1', 'S1')],
  nics: [aNic('eth0')],
  gpus: [aGpu('0000:3b:00.0', 'GPU-1')],
  memory: { totalBytes: 1, installedBytes: null, hugepages: [], dimms: [aDimm('A1', '0A')] },
})

test('a document that was printed is read again as it was', () => {
  expect(readDocument(JSON.stringify(whole), 'old.json')).toEqual({ ok: true, value: whole })
})

test('a document of a version that knew less is no different in what it did not know', () => {
  const { pci: _pci, volumes: _volumes, fabrics: _fabrics, ...older } = whole
  const packages = older.cpu.packages.map(({ microcode: _microcode, ...one }) => one)
  const read = readDocument(JSON.stringify({ ...older, cpu: { ...older.cpu, packages } }), 'old.json')
  if (!read.ok) throw new Error(read.fault.message)
  expect(diffInventories(read.value, whole)).toEqual([])
})

test.each([
  ['', 'it is not JSON; `tepui probe --json` prints one'],
  ['[]', 'it is not an object'],
  ['{"schema":"x"}', 'its schema is "x"'],
  ['{}', 'its schema is missing'],
  ['{"schema":"tepui.inventory/1","disks":{}}', 'disks is not a list'],
  ['{"schema":"tepui.inventory/1","disks":[[]]}', 'disks is not an object'],
  ['{"schema":"tepui.inventory/1","cpu":{"packages":[{}]}}', 'cpu.packages.cpus is not a list of CPUs'],
])('%s is refused with the reason', (text, why) => {
  expect(readDocument(text, 'old.json')).toMatchObject({
    ok: false,
    fault: { code: 'HW_BAD_DOCUMENT', message: `old.json is no inventory document: ${why}` },
  })
})

test('a value that hides how it becomes text is as good as another', () => {
  const odd = (value: unknown) => ({ ...whole, nics: [{ ...whole.nics[0], name: value, permanentMac: value }] })
  const deep = JSON.stringify(odd('deep')).replaceAll('"deep"', '['.repeat(50_000) + ']'.repeat(50_000))
  for (const text of [
    JSON.stringify(odd({ toString: null })),
    JSON.stringify(odd([{ valueOf: 1, toString: 1 }])),
    deep,
  ]) {
    const read = readDocument(text, 'old.json')
    const changes = read.ok ? diffInventories(read.value, whole) : []
    expect(changes.map(changeText).join()).toBeTypeOf('string')
  }
})

test('whatever stands in a document, it is refused or compared, and nothing crashes', () => {
  const paths = pathsOf(whole)
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
      const read = readDocument(JSON.stringify(replaced(whole, path, value)), 'old.json')
      if (!read.ok) {
        expect(read.fault.code).toBe('HW_BAD_DOCUMENT')
        return
      }
      for (const change of [...diffInventories(read.value, whole), ...diffInventories(whole, read.value)]) {
        expect(changeText(change)).toBeTypeOf('string')
      }
    }),
    { numRuns: 2000 },
  )
})

function pathsOf(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [at]
  return [at, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...at, key]))]
}

function replaced(value: unknown, [first, ...rest]: readonly string[], by: unknown): unknown {
  if (first === undefined) return by
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>
  copy[first] = replaced(copy[first], rest, by)
  return copy
}
