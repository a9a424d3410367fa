// Recorded outputs about the box: sensors, management controllers, Redfish. What the probe or a look would run is parsed and
// held against the text itself; the rest is named with the reason why nobody reads it.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { lookAtHwmon } from '../../../src/hw/health/hwmon.ts'
import { lookAtBoardSensors } from '../../../src/hw/health/ipmi.ts'
import { parseIpmiLan } from '../../../src/hw/parse/bmc.ts'
import { parseIpmiSensors } from '../../../src/hw/parse/ipmi-sdr.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import { fakeMachine } from '../../support/fake-machine.ts'
import { findingsOf } from '../../support/health-bench.ts'
import { captureIndex, capturesMissing, withCapture } from './captures.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given', import.meta.url))
const folders = '{ipmi,sensors,bmc,redfish}'

const network = 'answers of a controller over the network, which an agent on the machine does not ask'

/** Outputs that nobody here reads, a reason each; a name may stand for a folder. */
const unread: Readonly<Record<string, string>> = {
  'ipmi/ralph/ipmi-IPMI_FRU_SAMPLE.txt': 'serials and parts of the board are in its SMBIOS tables, which need no tool',
  'ipmi/ironic-python-agent': 'addresses of the sixth version: `lan6 print` is not run, `lan print` is',
  'bmc/ralph': network,
  redfish: network,
}

if (!existsSync(folder)) {
  it('recorded outputs about the box are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const done = new Set<string>()
  const use = (path: string) => {
    done.add(path)
    return readFileSync(join(folder, path), 'utf8')
  }

  describe('ipmitool sdr', () => {
    const paths = ['ipmi/telegraf/ipmi_sensor_test-1.txt', 'ipmi/telegraf/ipmi_sensor_test-2.txt']
    const outputs = paths.map((path) => ({ path, text: use(path) }))

    it.each(outputs)('$path has a sensor a line, with state and reading', ({ text }) => {
      const reading = parseIpmiSensors(text)
      if (reading.kind !== 'known') throw new Error(reading.kind)
      const lines = text.split('\n').filter((line) => line.includes('|'))
      expect(reading.value).toHaveLength(lines.length)
      for (const [i, line] of lines.entries()) {
        const number = /\| +(-?[\d.]+) (RPM|degrees C|Volts|Amps|Watts|feet)/.exec(line)
        expect(reading.value[i]).toMatchObject({
          name: line.slice(0, line.indexOf('|')).trim(),
          state: /\| *ns\b/.test(line) ? 'absent' : 'ok',
          value: number === null ? null : Number(number[1]),
          unit: number === null ? null : number[2],
        })
      }
    })

    it('names the parts that sensors belong to, and the words beside a reading', () => {
      const reading = parseIpmiSensors(outputs[0]?.text ?? '')
      expect(reading).toMatchObject({ kind: 'known' })
      const supply = reading.kind === 'known' ? reading.value.at(-1) : null
      expect(supply).toEqual({
        name: 'Power Supply 1',
        state: 'ok',
        entity: '10.1',
        value: 110,
        unit: 'Watts',
        words: ['Presence detected'],
      })
    })

    it.each(outputs)('$path is of a board on which nothing is wrong', ({ text }) => {
      const source = fakeMachine({ '/dev/ipmi0': '' }, { 'ipmitool sdr elist': text })
      const look = findingsOf((bench) => void lookAtBoardSensors(bench), source)
      expect(look).toMatchObject({ symptoms: [], unchecked: [] })
    })

    it.each(outputs)('$path with a cut line or another word loses that sensor and no other', ({ text }) => {
      const whole = parseIpmiSensors(text)
      const count = whole.kind === 'known' ? whole.value.length : 0
      const other = parseIpmiSensors(text.replace(/\| ok\b/, '| gut '))
      const cut = parseIpmiSensors(text.replace(/\|[^|\n]*$/m, ''))
      for (const reading of [other, cut]) expect(reading.kind === 'known' && reading.value.length).toBe(count - 1)
    })
  })

  describe('ipmitool lan print', () => {
    it.each(['ipmi/hardware/ipmi_lan_info', 'ipmi/ralph/ipmi-IPMI_LAN_SAMPLE.txt'].map((path) => [path, use(path)]))(
      '%s has the address that it prints',
      (_, text) => {
        const line = (key: string) => new RegExp(`^${key} +: (.*?) *$`, 'm').exec(text as string)?.[1]
        expect(parseIpmiLan(text as string)).toEqual({
          kind: 'known',
          value: { address: line('IP Address'), mac: line('MAC Address')?.toLowerCase() },
        })
      },
    )
  })

  it('sensors: the chips that it names, as the kernel shows them, are not too hot', () => {
    const text = use('sensors/Sensors/sens-romed8.txt')
    const files: Record<string, string> = {}
    let sensors = 0
    for (const [i, block] of text.trim().split('\n\n').entries()) {
      const chip = `/sys/class/hwmon/hwmon${i}`
      files[`${chip}/name`] = /^(.+?)-pci-/.exec(block)?.[1] ?? ''
      for (const [j, row] of [
        ...block.matchAll(/^(\w+): +\+([\d.]+) C(?: +\(.*\n?.*crit = \+([\d.]+))?/gm),
      ].entries()) {
        sensors++
        files[`${chip}/temp${j + 1}_label`] = row[1] ?? ''
        files[`${chip}/temp${j + 1}_input`] = `${Math.round(Number(row[2]) * 1000)}`
        if (row[3] !== undefined) files[`${chip}/temp${j + 1}_crit`] = `${Math.round(Number(row[3]) * 1000)}`
      }
    }
    expect(sensors).toBe(10)
    const look = findingsOf((bench) => expect(lookAtHwmon(bench)).toBe(3), fakeMachine(files))
    expect(look.symptoms).toEqual([])
  })

  const captured = capturesMissing === null ? captureIndex().find((one) => one.file.includes('sys-fixture')) : undefined
  it('the sensor chips of a captured machine are well', (ctx) => {
    if (captured === undefined) return ctx.skip(capturesMissing ?? 'that machine is not here')
    withCapture(captured, (root) => {
      const source = sysrootSource(root)
      if (!source.ok) throw new Error(source.fault.message)
      const look = findingsOf((bench) => expect(lookAtHwmon(bench)).toBeGreaterThan(5), source.value)
      expect(look.symptoms).toEqual([])
    })
  })

  it('every recorded output is used, or named with its reason', () => {
    const files = globSync(`${folders}/*/*`, { cwd: folder })
    const isNamed = (path: string) => Object.keys(unread).some((name) => path === name || path.startsWith(`${name}/`))
    expect(files.filter((path) => !isNamed(path)).sort()).toEqual([...done].sort())
    for (const name of Object.keys(unread))
      expect(
        files.some((path) => path.startsWith(name)),
        name,
      ).toBe(true)
  })
}
