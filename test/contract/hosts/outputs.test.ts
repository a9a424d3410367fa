// What tools and firmware of real machines printed, through the parsers: every recorded output is understood.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseCpuinfo } from '../../../src/hw/parse/cpuinfo.ts'
import { parseSmbios } from '../../../src/hw/parse/smbios.ts'

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

  describe('SMBIOS tables', () => {
    type Decoded = {
      readonly BIOSInformation: { readonly Vendor: string; readonly Version: string; readonly ReleaseDate: string }
      readonly MemoryDevices: readonly { readonly Size: number; readonly PartNumber: string }[] | null
    }
    it.each(recorded('smbios/go-smbios/*.dmi'))('%s', (path) => {
      const reading = parseSmbios(readFileSync(join(folder, path)))
      if (reading.kind !== 'known') throw new Error(reading.kind)
      const decoded = JSON.parse(read(path.replace('.dmi', '.json'))) as Decoded
      const { Vendor: vendor, Version: version, ReleaseDate: date } = decoded.BIOSInformation
      expect(reading.value.bios).toEqual({ vendor, version, date })
      const filled = (decoded.MemoryDevices ?? []).filter((device) => device.Size > 0)
      expect(reading.value.dimms.map((dimm) => dimm.part)).toEqual(filled.map((device) => device.PartNumber.trim()))
    })
  })
}
