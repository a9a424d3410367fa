// What tools and firmware of real machines printed, through the parsers: every recorded output is understood.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseCpuinfo } from '../../../src/hw/parse/cpuinfo.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given', import.meta.url))

if (!existsSync(folder)) {
  it('recorded outputs are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')

  describe('/proc/cpuinfo', () => {
    const paths = [...recorded('cpuinfo/{cadvisor,gopsutil,lxd,pcp}/*cpuinfo*')]
    it.each(paths)('%s', (path) => {
      const reading = parseCpuinfo(read(path))
      if (reading.kind !== 'known') throw new Error(JSON.stringify(reading))
      const numbered = read(path).match(/^processor\s*(:\s*\d+$|\d+:)/gim) ?? []
      expect(reading.value.blocks).toHaveLength(Math.max(numbered.length, 1))
    })
  })
}
