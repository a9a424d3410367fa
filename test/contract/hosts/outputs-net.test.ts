// What ethtool printed of real ports, through the parsers.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import {
  parseEthtoolFirmware,
  parseEthtoolPermanentAddress,
  parseEthtoolSpeedsMax,
} from '../../../src/hw/parse/ethtool.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/net', import.meta.url))

if (!existsSync(folder)) {
  it('recorded answers of ethtool are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const files = recorded('**/*').filter((path) => /\.(txt|out)$/.test(path) || path.endsWith('tin2'))

  describe('the firmware is the line that says so, and nothing where there is none', () => {
    it.each(files)('%s', (path) => {
      const line = /^firmware-version:[ \t]*(.*)$/m.exec(read(path))?.[1] ?? ''
      expect(parseEthtoolFirmware(read(path))).toEqual(
        line === '' ? { kind: 'absent' } : { kind: 'known', value: line },
      )
    })
  })

  describe('the fastest mode is the largest number before `base` among the supported ones', () => {
    it.each(files)('%s', (path) => {
      const text = read(path)
      const modes = /Supported link modes:(.*?)Supported pause/s.exec(text)?.[1] ?? ''
      const fastest = Math.max(0, ...[...modes.matchAll(/(\d+)base/g)].map((match) => Number(match[1])))
      const name = /Settings for (\w+):/.exec(text)?.[1]
      const expected = name === undefined || fastest === 0 ? [] : [[name, fastest]]
      expect([...parseEthtoolSpeedsMax(text)]).toEqual(expected)
    })
  })

  it.each(files)('%s names no burnt-in address', (path) => {
    expect(parseEthtoolPermanentAddress(read(path)).kind).toBe('implausible')
  })
}
