// What lldpcli printed of real switches' frames, through the parser. The same neighbours were printed in other forms as
// well (keyvalue, xml), which are read here by pattern to compare.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseLldpNeighbours } from '../../../src/hw/parse/lldp.ts'
import type { LldpNeighbour } from '../../../src/model/inventory.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/lldp/lldpd', import.meta.url))

if (!existsSync(folder)) {
  it('recorded neighbours are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const neighbours = (path: string): Readonly<Record<string, readonly LldpNeighbour[]>> => {
    const reading = parseLldpNeighbours(read(path))
    if (reading.kind !== 'known') throw new Error(JSON.stringify(reading))
    return Object.fromEntries(reading.value)
  }

  describe('json0 and json say what the XML says', () => {
    it.each(recorded('*.json{0,}'))('%s', (path) => {
      const said = ofXml(read(path.replace(/json0?$/, 'xml')))
      expect(Object.values(said).flat().length).toBeGreaterThan(0)
      expect(neighbours(path)).toEqual(said)
    })
  })

  describe('json0 says what the lines of keys and values say', () => {
    it.each(recorded('*.keyvalue'))('%s', (path) => {
      const text = read(path)
      const value = (pattern: RegExp) => pattern.exec(text)?.[1]?.trim() ?? null
      const [neighbour] = neighbours(path.replace('keyvalue', 'json0')).vt0 ?? []
      expect(neighbour).toEqual({
        chassisId: value(/^lldp\.vt0\.chassis\.(?:mac|local|ip|ifname)=(.*)$/m),
        chassisName: value(/^lldp\.vt0\.chassis\.name=(.*)$/m),
        portId: value(/^lldp\.vt0\.port\.(?:mac|local|ifname)=(.*)$/m),
        portDescription: value(/^lldp\.vt0\.port\.descr=(.*)$/m),
        vlanId: null,
      })
    })
  })
}

/** The interfaces of the XML form, by pattern. */
function ofXml(text: string): Record<string, LldpNeighbour[]> {
  const found: Record<string, LldpNeighbour[]> = {}
  for (const [, name = '', body = ''] of text.matchAll(/<interface [^>]*name="(\w+)"[^>]*>(.*?)<\/interface>/gs)) {
    const part = (tag: string) => new RegExp(`<${tag} [^>]*>(.*?)</${tag}>`, 's').exec(body)?.[1] ?? ''
    const value = (inside: string, tag: string) =>
      new RegExp(`<${tag} [^>]*>(.*?)</${tag}>`, 's').exec(inside)?.[1] ?? null
    const vlan = /<vlan [^>]*vlan-id="(\d+)"[^>]*pvid="yes"/.exec(body)?.[1]
    const neighbour = {
      chassisId: value(part('chassis'), 'id'),
      chassisName: value(part('chassis'), 'name'),
      portId: value(part('port'), 'id'),
      portDescription: value(part('port'), 'descr'),
      vlanId: vlan === undefined ? null : Number(vlan),
    }
    found[name] = [...(found[name] ?? []), neighbour]
  }
  return found
}
