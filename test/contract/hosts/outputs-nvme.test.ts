// What nvme-cli printed: the SMART logs are understood in all the ways in which its versions write them.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseNvmeSmartLog } from '../../../src/hw/parse/nvme-smart-log.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/nvme', import.meta.url))

/** Recorded with the others, and never read by the probe. */
const neverRead = [
  // Models, serials, sizes and paths of drives: the kernel's files say the same, without a tool and without a right.
  'netdata/testdata-nvme-list-empty.json',
  'netdata/v2.11-nvme-list.json',
  'netdata/v2.3-nvme-list.json',
  // What a drive can do, not how it is.
  'ironic-python-agent/hardware_samples-NVME_CLI_INFO_TEMPLATE_CRYPTO_SUPPORTED.txt',
]

if (!existsSync(folder)) {
  it('recorded outputs of nvme-cli are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const logs = globSync('*/*smart-log*', { cwd: folder }).sort()

  it('all recorded outputs are accounted for', () => {
    expect(globSync('*/*.{json,txt}', { cwd: folder }).sort()).toEqual([...logs, ...neverRead].sort())
  })

  describe('nvme smart-log -o json', () => {
    it.each(logs)('%s', (path) => {
      const text = readFileSync(join(folder, path), 'utf8')
      const number = (name: string) => Number(new RegExp(`"${name}": *"?(\\d+)`).exec(text)?.[1])
      const reading = parseNvmeSmartLog(text)
      if (reading.kind !== 'known') throw new Error(JSON.stringify(reading))
      expect(reading.value).toMatchObject({
        protocol: 'nvme',
        temperatureC: number('temperature') - 273,
        powerOnHours: number('power_on_hours'),
        endurancePercent: number('percent_used'),
        nvme: {
          criticalWarning: 0,
          sparePercent: number('avail_spare'),
          spareThresholdPercent: number('spare_thresh'),
          mediaErrors: number('media_errors'),
          errorLogEntries: number('num_err_log_entries'),
        },
      })
    })
  })
}
