// Resources and attributes as text, and the summaries of the classic endpoints.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  attributesSummary,
  formatAttributes,
  formatResources,
  parseAttributes,
  parseResources,
  resourcesSummary,
} from '../../../src/mesos/resource-text.ts'
import type { Resources } from '../../../src/model/resources.ts'

function parsed(text: string): Resources {
  const result = parseResources(text)
  if (!result.ok) throw new Error(result.fault.message)
  return result.value
}

describe('resources', () => {
  test.each([
    ['cpus:8;mem:4096', 'cpus:8; mem:4096'],
    [' cpus : 8 ;\n mem:4096; ', 'cpus:8; mem:4096'],
    ['cpus:8;cpus:2.5', 'cpus:10.5'],
    ['ports:[31000-32000, 1-2]', 'ports:[1-2,31000-32000]'],
    ['bugs(ubuntu):{a, b}', 'bugs(ubuntu):{a,b}'],
    ['cpus(web){REV}:1', 'cpus(web){REV}:1'],
    ['cpus(*):1', 'cpus:1'],
    ['', ''],
    ['[{"name":"cpus","type":"SCALAR","scalar":{"value":2}}]', 'cpus:2'],
    ['[{"name":"cpus","type":"SCALAR","scalar":{"value":2},"role":"r"}]', 'cpus(r):2'],
    [
      '[{"name":"mem","type":"SCALAR","scalar":{"value":2},"reservations":[{"type":"STATIC","role":"a"},{"type":"DYNAMIC","role":"a/b"}]}]',
      'mem[STATIC a][DYNAMIC a/b]:2',
    ],
  ])('%s', (text, formatted) => {
    expect(formatResources(parsed(text))).toBe(formatted)
  })

  test.each([
    ['cpus', 'not name:value'],
    [':8', 'not name:value'],
    ['cpus(:8', 'not name:value'],
    ['cpus:', 'neither a number'],
    ['cpus:eight', 'neither a number'],
    ['ports:[1-2', 'neither a number'],
    ['ports:[1-2,]', 'neither a number'],
    ['ports:[a-b]', 'neither a number'],
    ['set:{a,,b}', 'neither a number'],
    ['cpus:-1', 'negative'],
    ['cpus:1e400', 'finite'],
    ['cpus(a b):1', 'white space'],
    ['gpus:1.5', 'whole numbers'],
    ['[', 'not JSON'],
    ['[1]', 'must be an object'],
    ['[{"name":"cpus"}]', 'resource.type is required'],
  ])('%j is refused: %s', (text, complaint) => {
    expect(parseResources(text)).toMatchObject({
      ok: false,
      fault: { code: 'API_MALFORMED', message: expect.stringContaining(complaint) },
    })
  })

  test('what is formatted can be parsed again', () => {
    const name = fc.constantFrom('cpus', 'mem', 'x.y')
    const role = fc.constantFrom('', '(a)', '(a/b)')
    const value = fc.oneof(
      fc.integer({ min: 1, max: 10 ** 9 }).map((milli) => `${milli / 1000}`),
      fc.tuple(fc.nat(1000), fc.nat(1000)).map(([begin, size]) => `[${begin}-${begin + size}]`),
    )
    const items = fc.array(fc.tuple(name, role, value).map(([n, r, v]) => `${n}${r}:${v}`))
    fc.assert(
      fc.property(items, (texts) => {
        const all = parsed(texts.join(';'))
        expect(parsed(formatResources(all))).toEqual(all)
      }),
    )
  })

  test('no text throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof parseResources(text).ok).toBe('boolean')
        expect(typeof parseAttributes(text).ok).toBe('boolean')
      }),
    )
  })
})

describe('the summary of resources', () => {
  test('always has the four well-known scalars', () => {
    expect(resourcesSummary([])).toEqual({ cpus: 0, gpus: 0, mem: 0, disk: 0 })
  })

  test('adds up over reservations, keeps revocable ones apart, writes ranges and sets as text', () => {
    const all = parsed('cpus:1;cpus(r):2.5;cpus{REV}:4;ports:[1-2];ports(r):[3-4,7-8];s:{b};s(r):{a}')
    expect(resourcesSummary(all)).toEqual({
      cpus: 3.5,
      cpus_revocable: 4,
      gpus: 0,
      mem: 0,
      disk: 0,
      ports: '[1-4, 7-8]',
      s: '{a, b}',
    })
  })
})

describe('attributes', () => {
  test('are numbers, ranges or text', () => {
    const result = parseAttributes('rack:r1; zone:[1-3];x:2;url:http://h:80')
    expect(result).toEqual({
      ok: true,
      value: [
        { name: 'rack', type: 'TEXT', text: { value: 'r1' } },
        { name: 'zone', type: 'RANGES', ranges: { range: [{ begin: 1, end: 3 }] } },
        { name: 'x', type: 'SCALAR', scalar: { value: 2 } },
        { name: 'url', type: 'TEXT', text: { value: 'http://h:80' } },
      ],
    })
    const attributes = result.ok ? result.value : []
    expect(formatAttributes(attributes)).toBe('rack:r1;zone:[1-3];x:2;url:http://h:80')
    expect(attributesSummary(attributes)).toEqual({ rack: 'r1', zone: '[1-3]', x: 2, url: 'http://h:80' })
  })

  test.each(['rack', 'rack:', ':r1', 'rack:{a,b}'])('%j is refused', (text) => {
    expect(parseAttributes(text)).toMatchObject({ ok: false, fault: { code: 'API_MALFORMED' } })
  })
})
