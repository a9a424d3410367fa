// What tools print, redacted: no serial number is left that another search finds, and programs still read it.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { redact } from '../../../src/hw/redaction/redact.ts'
import type { RecordedRun } from '../../../src/hw/source/recording.ts'
import { FileTree } from '../../../src/hw/source/tree.ts'
import type { HealthLook } from '../../../src/model/health.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { ok } from '../../../src/model/result.ts'

const folder = join(import.meta.dirname, '../../../../shared/hw/outputs/given')
const missing = existsSync(folder) ? null : `no tool outputs in ${folder}`
const bytesMax = 2_000_000

const nothing = {
  tree: new FileTree(),
  notes: { isRedacted: false, listings: new Map(), contentless: new Map(), cut: new Map(), absent: new Set<string>() },
}
// The outputs are of many machines; there is no document of any of them.
const noDocument = { inventory: {} as Inventory, look: {} as HealthLook, salt: new Uint8Array(32).fill(5) }

function redactTexts(texts: readonly string[]): readonly string[] {
  const runs = texts.map((stdout): RecordedRun => ({ argv: ['x'], result: ok({ stdout, stderr: '', exitCode: 0 }) }))
  const { recording } = redact({ ...nothing, runs }, noDocument)
  return recording.runs.map(({ result }) => (result.ok ? result.value.stdout : ''))
}

describe('all given outputs', () => {
  const before: [string, string][] = []
  let after: readonly string[] = []
  beforeAll(() => {
    if (missing !== null) return
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, name)
      if (!statSync(path).isFile() || statSync(path).size > bytesMax || name.endsWith('.tsv')) continue
      const bytes = readFileSync(path)
      if (!bytes.includes(0)) before.push([name, bytes.toString('utf8')])
    }
    after = redactTexts(before.map(([, text]) => text))
  })

  it.for([
    ['serial numbers', /serial(?:[ _-]?(?:number|num|no))?["']?\s*[:=>]\s*["']?([A-Z0-9-]{6,30})(?=["'<\s])/gi],
    ['MAC addresses', /(?<![0-9a-f:])((?:[0-9a-f]{2}:){5}[0-9a-f]{2})(?![0-9a-f:])/gi],
    ['UUIDs of GPUs and file systems', /(?:GPU-|FS_UUID=)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/gi],
    ['world-wide names', /(?:naa\.|0x|wwn-0x)(5[0-9a-f]{15})(?![0-9a-f])/gi],
  ] as const)('have none of their %s', ([what, look], ctx) => {
    if (missing !== null) return ctx.skip(missing)
    const left: string[] = []
    let count = 0
    for (const [i, [name, text]] of before.entries()) {
      const redacted = (after[i] ?? '').toLowerCase()
      for (const [, value = ''] of text.matchAll(look)) {
        const isFiller = !/\d/.test(value) || /^(0x)?[0f:-]+$/i.test(value) || /^0?1234567890?/.test(value)
        if (isFiller) continue
        count++
        if (redacted.includes(value.toLowerCase())) left.push(`${name}: ${value}`)
      }
    }
    expect(left, what).toEqual([])
    expect(count).toBeGreaterThan(20)
  })

  it('are as long as they were, and JSON is JSON', (ctx) => {
    if (missing !== null) return ctx.skip(missing)
    for (const [i, [name, text]] of before.entries()) {
      const redacted = after[i] ?? ''
      expect(redacted.split('\n').length, name).toBe(text.split('\n').length)
      if (name.endsWith('.json') && isJson(text)) expect(isJson(redacted), name).toBe(true)
    }
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('decimal parts of identities', () => {
  it('have the pseudonyms of the whole', () => {
    const [json = '', text = ''] = redactTexts([
      '{"wwn":{"naa":5,"oui":3152,"id":2362969832}}',
      `LU WWN Device Id: 5 000c50 ${(2362969832).toString(16).padStart(9, '0')}`,
    ])
    const { wwn } = JSON.parse(json) as { wwn: { naa: number; oui: number; id: number } }
    expect(wwn).toMatchObject({ naa: 5, oui: 3152 })
    expect(wwn.id).not.toBe(2362969832)
    expect(text).toBe(`LU WWN Device Id: 5 000c50 ${wwn.id.toString(16).padStart(9, '0')}`)
  })

  it('of ids above 2^53 are exact', () => {
    const [text = ''] = redactTexts(['unique_id 15188982192727901047\nhive_id 15188982192727901047\n'])
    const [, unique, hive] = /^unique_id (\d+)\nhive_id (\d+)\n$/.exec(text) ?? []
    expect(unique).toBe(hive)
    expect(unique).not.toBe('15188982192727901047')
  })
})

it('a text made to be slow is not', () => {
  const size = 1_000_000
  const texts = ['a', ' ', 'class', 'serial: ', ':', '1.', '0:', '-', '/sys/bus/wmi/', 't10.a '].map((one) =>
    one.repeat(Math.floor(size / one.length)),
  )
  const startMs = performance.now()
  redactTexts(texts)
  expect(performance.now() - startMs).toBeLessThan(30_000)
})
