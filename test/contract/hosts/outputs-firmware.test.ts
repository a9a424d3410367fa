// What management controllers said of themselves by ipmitool, through the parsers.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseIpmiInfo, parseIpmiLan } from '../../../src/hw/parse/bmc.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given', import.meta.url))

if (!existsSync(folder)) {
  it('recorded management controllers are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')

  describe('the address of a controller is what the line says', () => {
    it.each(recorded('ipmi/**/*').filter((path) => /\.txt$|_info$/.test(path)))('%s', (path) => {
      const text = read(path)
      const ip = /^IP Address\s+: (\S+)$/m.exec(text)?.[1]
      const mac = /^MAC Address\s+: (\S+)$/m.exec(text)?.[1]
      const reading = parseIpmiLan(text)
      if (ip === undefined && mac === undefined) expect(reading.kind).toBe('implausible')
      else expect(reading).toEqual({ kind: 'known', value: { address: ip ?? null, mac: mac ?? null } })
    })
  })

  describe('what is no controller names no firmware', () => {
    it.each(recorded('{ipmi,firmware,bmc}/*/*'))('%s', (path) => {
      expect(parseIpmiInfo(read(path)).kind).toBe('implausible')
    })
  })
}
