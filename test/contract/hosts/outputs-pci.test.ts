// Recorded outputs of lspci. The probe never runs it, since the kernel's files say the same; here each text is turned back
// into such files, and what the probe and the look at links make of them is held against the text itself.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { lookAtPci } from '../../../src/hw/health/pci.ts'
import { probePci } from '../../../src/hw/probe/pci.ts'
import { Report } from '../../../src/hw/probe/report.ts'
import type { NumaNode, PciDevice } from '../../../src/model/inventory.ts'
import { fakeMachine } from '../../support/fake-machine.ts'
import { findingsOf } from '../../support/health-bench.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given/pci', import.meta.url))

/** Outputs that hold nothing for the probe, a reason each. */
const unread: Readonly<Record<string, string>> = {
  'jc/lspci-mmv.out': 'names from a list of ids instead of ids',
  'jc/lspci-mmv.json': 'names from a list of ids instead of ids',
  'python-hwinfo/single_network_device_lspci_vv': 'names instead of ids, and no bridge above',
}

const numa = {
  nodes: [0, 1].map((id) => ({ id, isGpuMemory: false }) as NumaNode),
  distances: null,
  sets: new Map([
    [0, [0]],
    [1, [1]],
  ]),
}

type Files = Record<string, string>

/** Functions by path below /sys/devices. */
function probe(functions: ReadonlyMap<string, Files>): readonly PciDevice[] {
  const all: Record<string, string | { link: string }> = {}
  for (const [path, files] of functions) {
    all[`/sys/bus/pci/devices/${path.slice(path.lastIndexOf('/') + 1)}`] = { link: `../../../devices/${path}` }
    for (const [name, text] of Object.entries(files)) all[`/sys/devices/${path}/${name}`] = text
  }
  const report = new Report()
  const pci = probePci({ source: fakeMachine(all), report }, numa)
  expect(report.problems()).toEqual([])
  return pci
}

if (!existsSync(folder)) {
  it('recorded outputs of lspci agree with the probe', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')
  const done = new Set(Object.keys(unread))
  const use = (path: string) => {
    done.add(path)
    return read(path)
  }

  describe.each(['nmmv', 'nnmmv'])('lspci -%s', (form) => {
    type Row = Readonly<Record<'slot' | 'class_id' | 'vendor_id' | 'device_id', string>> &
      Readonly<Record<'svendor_id' | 'sdevice_id' | 'rev' | 'progif', string | undefined>>
    const text = use(`jc/lspci-${form}.out`)
    const rows = JSON.parse(use(`jc/lspci-${form}.json`)) as Row[]

    it('has the ids that the probe finds', () => {
      const functions = new Map<string, Files>()
      for (const block of text.split('\n\n').filter((one) => one.trim() !== '')) {
        const id = (key: string) => new RegExp(`^${key}:\\s.*?([0-9a-f]{2,4})\\]?$`, 'm').exec(block)?.[1] ?? ''
        const kind = `${id('Class')}${id('ProgIf') || '00'}`.replace(/^0+/, '')
        const subsystem = `${id('SVendor') || '0000'}:${id('SDevice') || '0000'}`
        const uevent = `PCI_CLASS=${kind}\nPCI_ID=${id('Vendor')}:${id('Device')}\nPCI_SUBSYS_ID=${subsystem}\n`
        const slot = /^Slot:\s(.*)$/m.exec(block)?.[1]
        const revision: Files = id('Rev') === '' ? {} : { revision: `0x${id('Rev')}\n` }
        functions.set(`pci0000:00/${fullAddress(slot ?? '')}`, { uevent: uevent.toUpperCase(), ...revision })
      }
      const found = probe(functions)
      expect(found).toHaveLength(rows.length)
      for (const row of rows) {
        expect(found.find((one) => one.address === fullAddress(row.slot))).toMatchObject({
          class: `${row.class_id}${row.progif ?? '00'}`,
          vendorId: row.vendor_id,
          deviceId: row.device_id,
          subsystemVendorId: row.svendor_id ?? null,
          subsystemId: row.sdevice_id ?? null,
          revision: row.rev ?? null,
          isBridge: row.class_id === '0604',
        })
      }
    })
  })

  it('lspci -n has the ids that the probe finds', () => {
    const lines = use('python-hwinfo/lspci_n').trim().split('\n')
    const functions = new Map<string, Files>()
    const expected: string[] = []
    for (const line of lines) {
      const [address = '', kind = '', ids = ''] = line.replace(/:( |$)/, '$1').split(/:? /)
      functions.set(`pci0000:00/0000:${address}`, { uevent: `PCI_CLASS=${kind.replace(/^0+/, '')}00\nPCI_ID=${ids}\n` })
      expected.push(`0000:${address} ${kind}00 ${ids}`)
    }
    const found = probe(functions).map((one) => `${one.address} ${one.class} ${one.vendorId}:${one.deviceId}`)
    expect(found).toEqual(expected)
    expect(found.length).toBeGreaterThan(50)
  })

  describe('lspci -vvv of a machine with eight GPUs behind switches', () => {
    const functions = parseVerbose(use('gpud/lspci-vvv-8xH100-XE9680.txt'))
    const pci = probe(new Map([...functions.values()].map((one) => [pathOf(functions, one), one.files])))
    const parentOf = (one: Verbose) => functions.get(bridgeTo(functions, one) ?? '')

    it('has bridges, nodes and places where the probe finds them', () => {
      expect(pci.map((one) => one.address)).toEqual([...functions.keys()].sort())
      expect(pci.length).toBeGreaterThan(200)
      for (const one of pci) {
        const said = functions.get(one.address) as Verbose
        expect(one, one.address).toMatchObject({
          parent: bridgeTo(functions, said),
          numaNode: said.numaNode,
          slot: said.label,
        })
      }
    })

    it('has a link at each end that faces up, as wide and fast as it says, and the best of both ends', () => {
      let links = 0
      for (const one of pci) {
        const said = functions.get(one.address) as Verbose
        const above = parentOf(said)
        const isLower = said.now !== null && said.now.width > 0 && /Endpoint|Upstream Port|Bridge/.test(said.port ?? '')
        if (!isLower || said.port === 'Root Complex Integrated Endpoint') {
          expect(one.link, `${one.address} ${said.port}`).toBeNull()
          continue
        }
        links++
        const best = (kind: 'width' | 'speed') => {
          // The first function on a bus speaks for the link of all (FN-0023).
          const first = [...functions.values()].find((other) => other.address.slice(0, 7) === one.address.slice(0, 7))
          const least = Math.min(first?.most?.[kind] ?? 0, above?.most?.[kind] ?? 0)
          return least >= (said.now?.[kind] ?? 0) ? least : null
        }
        expect(one.link, one.address).toEqual({
          speedGtps: said.now?.speed,
          widthLanes: said.now?.width,
          speedMaxGtps: best('speed'),
          widthMaxLanes: best('width'),
        })
      }
      expect(links).toBeGreaterThan(50)
    })

    it('has no link that the look calls degraded: of those that read narrow, one end cannot do more', () => {
      const narrow = [...functions.values()].filter((one) => one.now && one.most && one.now.width < one.most.width)
      expect(narrow.map((one) => one.address)).toEqual(['0000:01:00.0', '0000:01:00.1', '0000:80:01.0', '0000:81:00.1'])
      const look = (devices: readonly PciDevice[]) =>
        findingsOf(lookAtPci, fakeMachine({}), { inventory: { pci: devices } }).symptoms.map((one) => one.part.name)
      expect(look(pci)).toEqual([])
      // One device of sixteen lanes with half of them.
      const halved = (one: PciDevice) => one.link && { ...one, link: { ...one.link, widthLanes: 8 } }
      const wide = pci.filter((one) => one.link?.widthMaxLanes === 16 && !one.isBridge).map((one) => one.address)
      expect(wide.length).toBeGreaterThan(8)
      const [device] = wide
      expect(look(pci.map((one) => (one.address === device && halved(one)) || one))).toEqual([device])
    })
  })

  it('every recorded output is used, or named with its reason', () => {
    expect([...done].sort()).toEqual(globSync('*/*', { cwd: folder }).sort())
  })
}

/** One address of these is with a short domain. */
function fullAddress(slot: string): string {
  const parts = slot.trim().split(':')
  return [(parts.length === 3 ? (parts[0] as string) : '').padStart(4, '0'), ...parts.slice(-2)].join(':')
}

type Rate = { readonly speed: number; readonly width: number }
type Verbose = {
  readonly address: string
  /** `Endpoint`, `Root Port`, `Upstream Port` …; null for what is not PCI Express. */
  readonly port: string | null
  readonly secondary: string | null
  readonly now: Rate | null
  readonly most: Rate | null
  readonly numaNode: number | null
  readonly label: string | null
  readonly files: Files
}

function parseVerbose(text: string): ReadonlyMap<string, Verbose> {
  const found = new Map<string, Verbose>()
  for (const block of text.split(/\n(?=[0-9a-f]{2}:[0-9a-f]{2}\.[0-7] )/)) {
    const first = (pattern: RegExp) => pattern.exec(block)?.[1] ?? null
    const rate = (name: string): Rate | null => {
      const match = new RegExp(`${name}:.*?Speed ([\\d.]+)GT/s.*?Width x(\\d+)`).exec(block)
      return match === null ? null : { speed: Number(match[1]), width: Number(match[2]) }
    }
    const secondary = first(/Bus: primary=\w+, secondary=(\w\w)/)
    const [now, most, node, label] = [
      rate('LnkSta'),
      rate('LnkCap'),
      first(/NUMA node: (\d+)/),
      first(/DeviceName: (.+)/),
    ]
    const address = `0000:${block.slice(0, 7)}`
    found.set(address, {
      address,
      port: first(/Capabilities: \[\w+\] Express \(v\d\) ([A-Z][\w/ -]*\w)/),
      secondary,
      now,
      most,
      numaNode: node === null ? null : Number(node),
      label,
      files: {
        uevent: `PCI_CLASS=${secondary === null ? '20000' : '60400'}\nPCI_ID=8086:0001\n`,
        numa_node: node ?? '-1',
        ...(label === null ? {} : { label }),
        ...(now === null
          ? {}
          : { current_link_speed: `${now.speed.toFixed(1)} GT/s PCIe`, current_link_width: `${now.width}` }),
        ...(most === null
          ? {}
          : { max_link_speed: `${most.speed.toFixed(1)} GT/s PCIe`, max_link_width: `${most.width}` }),
      },
    })
  }
  return found
}

/** The address of the bridge behind which a function's bus lies. */
function bridgeTo(functions: ReadonlyMap<string, Verbose>, one: Verbose): string | null {
  const bus = one.address.slice(5, 7)
  return [...functions.values()].find((bridge) => bridge.secondary === bus)?.address ?? null
}

function pathOf(functions: ReadonlyMap<string, Verbose>, one: Verbose): string {
  const bridge = functions.get(bridgeTo(functions, one) ?? '')
  const above = bridge === undefined ? `pci0000:${one.address.slice(5, 7)}` : pathOf(functions, bridge)
  return `${above}/${one.address}`
}
