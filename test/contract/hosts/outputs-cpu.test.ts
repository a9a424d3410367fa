// /proc/cpuinfo of real machines, against what regular expressions find in the same text.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseCpuinfo } from '../../../src/hw/parse/cpuinfo.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/cpuinfo', import.meta.url))

/** What no line says alone. The rest of the folder is what the tool lscpu printed, which the probe does not ask. */
const machines: Readonly<Record<string, { readonly architecture: string | null; readonly models: readonly string[] }>> =
  {
    'cadvisor/cpuinfo': { architecture: null, models: [] },
    'cadvisor/cpuinfo_arm': { architecture: 'arm', models: ['ARMv7 Processor rev 4 (v7l)'] },
    'cadvisor/cpuinfo_lower_case': {
      architecture: 'mips64',
      models: ['ICT Loongson-3A R3 (Loongson-3B3000) @ 1450MHz'],
    },
    'cadvisor/cpuinfo_onesocket_many_NUMAs': {
      architecture: 'x86_64',
      models: ['Intel(R) Xeon(R) Gold 5218R CPU @ 2.10GHz'],
    },
    'cadvisor/cpuinfo_upper_case': { architecture: 'mips64', models: ['Loongson-3A R4 (Loongson-3B4000)'] },
    'checkbox/aarch64.txt': { architecture: 'aarch64', models: ['X-Gene'] },
    'checkbox/amd64.txt': { architecture: 'x86_64', models: ['Intel(R) Core(TM) i7-4500U CPU @ 1.80GHz'] },
    'gopsutil/1037-cpuinfo': {
      architecture: 'arm',
      models: ['ARMv7 Processor rev 4 (v7l)', 'ARMv7 Processor rev 2 (v7l)'],
    },
    'gopsutil/1958-cpuinfo': { architecture: 'i686', models: ['Hygon C86-4G (OPN:5435)'] },
    'lxd/cpuinfo_amd64_intel_core_i7_1370p.txt': {
      architecture: 'x86_64',
      models: ['13th Gen Intel(R) Core(TM) i7-1370P'],
    },
    'lxd/cpuinfo_amd64_intel_xeon_e5_2683_v4.txt': {
      architecture: 'x86_64',
      models: ['Intel(R) Xeon(R) CPU E5-2683 v4 @ 2.10GHz'],
    },
    'lxd/cpuinfo_arm64_rpi5.txt': { architecture: 'aarch64', models: ['Cortex-A76'] },
    'lxd/cpuinfo_s390x_z13.txt': { architecture: 's390x', models: ['IBM/S390 machine 2964'] },
    'lxd/cpuinfo_s390x_z16.txt': { architecture: 's390x', models: ['IBM/S390 machine 3932'] },
    'pcp/cpuinfo-1cpu-g3ibook': { architecture: null, models: ['750FX'] },
    'pcp/cpuinfo-1cpu-ppc-cPCI405': { architecture: null, models: ['405GP'] },
    'pcp/cpuinfo-1cpu-ppc-pcippc2': { architecture: null, models: ['750'] },
    'pcp/cpuinfo-2cpu-s390x-linux-2.6.32': { architecture: 's390x', models: ['IBM/S390 machine 2827'] },
    'pcp/cpuinfo-2cpu-umax-s900dp': { architecture: null, models: ['604e'] },
    'pcp/cpuinfo-32cpu-4830': { architecture: 'x86_64', models: ['Intel(R) Xeon(R) CPU E7- 4830  @ 2.13GHz'] },
    'pcp/cpuinfo-8cpu-aarch64-linux-3.17.0': { architecture: 'aarch64', models: ['X-Gene'] },
  }

if (!existsSync(folder)) {
  it('recorded /proc/cpuinfo is understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const paths = globSync('{cadvisor,checkbox,gopsutil,lxd,pcp}/*', { cwd: folder }).sort()

  it('every recorded file is in the table', () => expect(paths).toEqual(Object.keys(machines).sort()))

  describe('/proc/cpuinfo', () => {
    it.each(paths)('%s', (path) => {
      const text = readFileSync(join(folder, path), 'utf8')
      const reading = parseCpuinfo(text)
      if (reading.kind !== 'known') throw new Error(JSON.stringify(reading))
      const { blocks, architecture } = reading.value
      const numbers = [...text.matchAll(/^processor\s*(?::\s*)?(\d+)(?:$|:)/gm)].map((match) => Number(match[1]))
      expect(blocks.map((block) => block.cpu)).toEqual(numbers.length === 0 ? [0] : numbers)
      const all = (key: string) =>
        [...text.matchAll(new RegExp(`^${key}\\s*: ?(.+?)\\s*$`, 'gm'))].map(([, value]) => value)
      expect(blocks.flatMap((block) => block.microcode ?? [])).toEqual(all('microcode'))
      expect(blocks.flatMap((block) => block.family ?? [])).toEqual(all('cpu family').map(Number))
      const models = [...new Set(blocks.flatMap((block) => block.model ?? []))]
      expect({ architecture, models }).toEqual(machines[path])
    })
  })
}
