// What tools and drivers of real machines printed about GPUs, through the parsers, compared with an independent reading
// of the same text. Outputs that no probe reads are named with the reason.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseGpuLogLine } from '../../../src/hw/parse/gpu-log.ts'
import { parseComputeCapabilities, parseMigDevices, parseNvlinkStates } from '../../../src/hw/parse/nvidia-lists.ts'
import { type NvidiaGpu, parseNvidiaSmi } from '../../../src/hw/parse/nvidia-smi.ts'
import { parseNvidiaTopo } from '../../../src/hw/parse/nvidia-topo.ts'
import { parseRocmSmi } from '../../../src/hw/parse/rocm-smi.ts'
import { type PciDistance, pciDistance, pciTree } from '../../../src/hw/probe/pci-distance.ts'
import type { PciDevice } from '../../../src/model/inventory.ts'
import type { Reading } from '../../../src/model/reading.ts'
import { aPciDevice } from '../../support/inventories.ts'

const folder = fileURLToPath(new URL('../../../../shared/hw/outputs/given', import.meta.url))

/** Recorded, and never read by the project. */
const unread: Readonly<Record<string, string>> = {
  'nvidia-smi/gpud/lspci.nn.a100': 'lspci: the kernel’s own files say it',
  'nvidia-smi/insights-core/*': 'a CSV query fails as a whole where a driver lacks one field; the XML is asked instead',
  'hwloc-xml/*/*': 'the export of another program; its PCI trees check ours here',
  'gpu-topo/{aws-ofi-nccl,azhpc-images}/*': 'what an operator writes for NCCL; its PCI trees check ours here',
}

if (!existsSync(folder)) {
  it('recorded outputs are understood', (ctx) => ctx.skip(`no recorded outputs in ${folder}`))
} else {
  const recorded = (pattern: string) => globSync(pattern, { cwd: folder }).sort()
  const read = (path: string) => readFileSync(join(folder, path), 'utf8')

  function value<T>(reading: Reading<T>): T {
    if (reading.kind !== 'known') throw new Error(JSON.stringify(reading))
    return reading.value
  }

  describe('nvidia-smi -q -x of schema 10 to 13', () => {
    it.each(recorded('nvidia-smi/*/*.xml'))('%s', (path) => {
      const text = read(path)
      const [gpu, ...more] = value(parseNvidiaSmi(text)).gpus as [NvidiaGpu, ...NvidiaGpu[]]
      expect(more).toEqual([])
      const first = (pattern: RegExp) => pattern.exec(text)?.[1]?.trim() ?? null
      const number = (pattern: RegExp) => (first(pattern) === null ? null : Number(first(pattern)))
      const address = first(/<gpu id="0000(.*?)">/)
      const serial = first(/<serial>(\w+)<\/serial>/)
      const ecc = first(/<current_ecc>(\w+)<\/current_ecc>/)
      const limits = text.match(/<(?:power_limit|current_power_limit)>[\d.]+ W</g) ?? []
      const mebibytes = number(/<fb_memory_usage>\s*<total>(\d+) MiB</)
      expect(gpu).toMatchObject({
        pciAddress: address?.toLowerCase(),
        uuid: first(/<uuid>(GPU-[\w-]+)</),
        model: first(/<product_name>(.*?)</),
        serial: serial === null || /^0+$|^[A-Z]+$/.test(serial) ? null : serial,
        // A cut-down recording has no memory at all; it must not become 0.
        memoryBytes: mebibytes === null ? null : mebibytes * 1024 ** 2,
        vbios: first(/<vbios_version>([\dA-Fa-f.]+)</),
        gspFirmware: first(/<gsp_firmware_version>([\d.]+)</),
        isEccOn: ecc === 'Enabled' ? true : ecc === 'Disabled' ? false : null,
        powerLimitWatts: limits[0] === undefined ? null : Number(/[\d.]+/.exec(limits[0])?.[0]),
        clockMaxMhz: number(/<max_clocks>[\s\S]*?<sm_clock>(\d+) MHz/),
        memoryClockMaxMhz: number(/<max_clocks>[\s\S]*?<mem_clock>(\d+) MHz/),
        isMig: false,
        instances: [],
      })
      const hasCounts = /<volatile>[\s\S]*?uncorrectable\w*>0<[\s\S]*?<\/volatile>/.test(text)
      expect(gpu.health).toMatchObject({
        uncorrectedVolatile: hasCounts ? 0 : null,
        uncorrectedAggregate: hasCounts ? 0 : null,
        replays: text.includes('<replay_counter>') ? 0 : null,
        pending: [],
        failed: [],
        throttling: [],
        recoveryAction: null,
        fabric: [],
        lost: null,
      })
    })
  })

  it('an output of nvidia-smi that was cut off anywhere says nothing', () => {
    const text = read('nvidia-smi/telegraf/a10g.xml').trimEnd()
    const end = text.lastIndexOf('<')
    for (let at = 0; at <= end; at += 97) expect(parseNvidiaSmi(text.slice(0, at)).kind).toBe('implausible')
    expect(parseNvidiaSmi(text).kind).toBe('known')
  })

  describe('sections of whole captures of nvidia-smi', () => {
    const section = (text: string, argv: string) =>
      text
        .split(`# $ ${argv}\n`)[1]
        ?.replace(/^#+\n/, '')
        .split(/\n#{20,}\n/)[0] ?? ''

    it.each(recorded('nvidia-smi/nvidia_gpu_exporter/*.txt'))('%s', (path) => {
      const text = read(path)
      const topo = value(parseNvidiaTopo(section(text, 'nvidia-smi topo -m')))
      expect(topo).toEqual({ pairs: [], nics: [], memoryNodes: new Map() })

      const list = section(text, 'nvidia-smi -L')
      const instances = [...list.matchAll(/ MIG (\S+).*(MIG-[\w-]+)\)/g)].map(([, profile, uuid]) => ({
        profile,
        uuid,
      }))
      expect(parseMigDevices(list).map(({ profile, uuid }) => ({ profile, uuid }))).toEqual(instances)
      expect(instances.length > 0).toBe(path.includes('-mig__'))

      const states = [...parseNvlinkStates(section(text, 'nvidia-smi nvlink -s')).values()]
      const rates = section(text, 'nvidia-smi nvlink -s').match(/GB\/s/g) ?? []
      expect(states).toEqual(rates.length === 0 ? [] : [{ active: rates.length, inactive: [] }])
    })

    it.each(recorded('nvidia-smi/nvidia_gpu_exporter/*.txt'))('%s: compute capability', (path) => {
      const lines = read(path).split('\n')
      const at = lines.findIndex((line) => line.startsWith('timestamp, driver_version'))
      const names = (lines[at] ?? '').split(', ')
      const facts = (lines[at + 1] ?? '').split(', ')
      const fact = (name: string) => facts[names.indexOf(name)] ?? ''
      const found = parseComputeCapabilities(`${fact('pci.bus_id')}, ${fact('compute_cap')}\n`)
      expect([...found]).toEqual([[fact('pci.bus_id').slice(4).toLowerCase(), fact('compute_cap')]])
    })
  })

  it('nvidia-smi nvlink -s of eight GPUs', () => {
    const text = read('nvidia-smi/gpud/nvidia-smi.nvlink.status.a100')
    const uuids = [...text.matchAll(/UUID: (GPU-[\w-]+)/g)].map(([, uuid]) => uuid as string)
    expect(uuids).toHaveLength(8)
    expect([...parseNvlinkStates(text)]).toEqual(uuids.map((uuid) => [uuid, { active: 12, inactive: [] }]))
  })

  describe('nvidia-smi topo -m', () => {
    it.each(recorded('gpu-topo/ml-engineering/*.txt'))('%s', (path) => {
      const text = read(path)
      const { pairs, nics } = value(parseNvidiaTopo(text))
      const cells = [...text.matchAll(/\bNV(\d+)\b/g)].map(([, count]) => Number(count))
      expect(pairs.map((pair) => pair.count)).toEqual(cells)
      expect(new Set(pairs.map((pair) => pair.kind))).toEqual(new Set(['nvlink']))
      const gpus = new Set(pairs.map((pair) => pair.from)).size
      expect(pairs).toHaveLength(gpus * (gpus - 1))
      expect(nics).toEqual([])
    })

    it('gpu-topo/stelline: GPUs and NICs, which our own PCI tree agrees with', () => {
      const text = read(recorded('gpu-topo/stelline/*')[0] ?? '')
      const matrix = text.split('nvidia-smi topo -m\n')[1]?.split('```')[0] ?? ''
      const topo = value(parseNvidiaTopo(matrix))
      const rows = matrix.split('\n').filter((line) => /^GPU\d/.test(line))
      const expected = rows.flatMap((row, from) => {
        const [, ...words] = row.split(/\s+/)
        return words.slice(0, 8).map((word, column) => ({ from, column, kind: word.toLowerCase() }))
      })
      expect(topo.pairs.map(({ from, to, kind }) => ({ from, column: to, kind }))).toEqual(
        expected.filter(({ column, kind }) => column < 4 && kind !== 'x'),
      )
      expect(topo.nics.map(({ gpu, name, kind }) => ({ from: gpu, column: 4 + Number(name.slice(5)), kind }))).toEqual(
        expected.filter(({ column }) => column >= 4),
      )
      // Bus addresses from the tool's table; NUMA nodes from the affinities of its matrix.
      const places = ['01:00.0', '41:00.0', 'c1:00.0', 'e1:00.0', '21:00.0', '21:00.1', '81:00.0', '81:00.1']
      const tree = pciTree(
        places.flatMap((place, i): PciDevice[] => {
          const root = `0000:${(Number.parseInt(place, 16) & 0xe0).toString(16).padStart(2, '0')}`
          const numaNode = [0, 0, 1, 1, 0, 0, 1, 1][i] as number
          const port = { ...device(`${root}:01.1`), isBridge: true, root, numaNode }
          return [port, { ...device(`0000:${place}`), parent: port.address, root, numaNode }]
        }),
      )
      for (const { from, column, kind } of expected) {
        if (kind === 'x') continue
        const [a, b] = [`0000:${places[from]}`, `0000:${places[column]}`]
        expect([a, b, pciDistance(tree, a, b)]).toEqual([a, b, kind])
      }
    })
  })

  describe('distances on the PCI trees of machines that hwloc described', () => {
    // Worked out by hand from where the devices stand in the export.
    it.each<[string, readonly (readonly [string, string, PciDistance])[]]>([
      [
        'mpibind/coral-lassen.xml',
        [
          ['0004:04:00.0', '0004:05:00.0', 'pix'],
          ['0004:04:00.0', '0003:01:00.0', 'node'],
          ['0004:04:00.0', '0035:03:00.0', 'sys'],
        ],
      ],
      [
        'mpibind/eas-tioga.xml',
        [
          ['0000:d6:00.0', '0000:d5:00.0', 'phb'],
          ['0000:9a:00.0', '0000:9b:00.0', 'pix'],
          ['0000:9a:00.0', '0000:94:00.0', 'pxb'],
          ['0000:d1:00.0', '0000:d5:00.0', 'node'],
        ],
      ],
      [
        'mpibind/g4dnmetal.xml',
        [
          ['0000:18:00.0', '0000:19:00.0', 'phb'],
          ['0000:18:00.0', '0000:35:00.0', 'node'],
          ['0000:18:00.0', '0000:e7:00.0', 'sys'],
        ],
      ],
      [
        'mpibind/arm64-ulna-hwloc1.xml',
        [
          ['0000:16:00.0', '0000:16:00.1', 'pix'],
          ['0000:02:00.0', '0000:0a:00.0', 'phb'],
        ],
      ],
      [
        'flux-sched/amd_gpu-rsmi_corona240.xml',
        [
          ['0000:c3:00.0', '0000:c4:00.0', 'phb'],
          ['0000:03:00.0', '0000:27:00.0', 'node'],
          ['0000:03:00.0', '0000:83:00.0', 'sys'],
        ],
      ],
      [
        'flux-sched/multi_gpu_types-chimera.xml',
        [
          ['0000:04:00.0', '0000:06:00.0', 'pix'],
          ['0000:08:00.0', '0000:04:00.0', 'phb'],
          ['0000:08:00.0', '0000:44:00.0', 'sys'],
        ],
      ],
    ])('%s', (path, pairs) => {
      const tree = pciTree(treeOfHwloc(read(`hwloc-xml/${path}`)))
      expect(pairs.map(([a, b]) => [a, b, pciDistance(tree, a, b)])).toEqual(pairs)
    })
  })

  describe('distances on PCI trees written for NCCL', () => {
    it.each(recorded('gpu-topo/{aws-ofi-nccl,azhpc-images}/*.xml'))('%s', (path) => {
      const devices = treeOfNccl(read(path))
      const tree = pciTree(devices)
      const ends = devices.filter((one) => !one.isBridge)
      expect(ends.length).toBeGreaterThan(8)
      for (const a of ends) {
        for (const b of ends) {
          if (a === b) continue
          const near = a.parent !== null && a.parent === b.parent ? 'pix' : 'phb'
          expect(pciDistance(tree, a.address, b.address)).toBe(a.numaNode === b.numaNode ? near : 'sys')
        }
      }
    })
  })

  describe('rocm-smi', () => {
    it.each(recorded('amd-gpu/*/*.json'))('%s', (path) => {
      const { card0 } = JSON.parse(read(path)) as { card0: Record<string, string> }
      const name = card0['Device Name'] ?? card0['Card series'] ?? ''
      expect(value(parseRocmSmi(read(path)))).toEqual([
        {
          pciAddress: card0['PCI Bus'],
          model: name.startsWith('0x') ? null : name,
          serial: card0['Serial Number'] === 'N/A' ? null : card0['Serial Number'],
          uuid: card0['Unique ID'] === 'N/A' ? null : `GPU-${card0['Unique ID']?.slice(2).padStart(16, '0')}`,
          vbios: card0['VBIOS version'],
          memoryBytes: Number(card0['VRAM Total Memory (B)']),
        },
      ])
    })
  })

  describe('errors of GPUs in kernel logs', () => {
    it.each(recorded('ras/{gpud,hardware}/*dmesg*'))('%s', (path) => {
      const lines = read(path)
        .split('\n')
        .map((line) => line.replace(/^(<\d+>)?\[[^\]]*\] /, ''))
      const events = lines.flatMap((line) => parseGpuLogLine(line) ?? [])
      const xids = lines.flatMap((line) => /Xid \(PCI:([\da-f:]+)\): (\d+)/.exec(line)?.slice(1) ?? [])
      expect(events.flatMap((event) => [event.place, String(event.number)])).toEqual(xids)
    })
  })

  it('every recorded output about GPUs is read or named with the reason why not', () => {
    const all = recorded('{nvidia-smi,amd-gpu,gpu-topo,hwloc-xml}/*/*')
    const readHere = [
      ...recorded('nvidia-smi/*/*.xml'),
      ...recorded('nvidia-smi/nvidia_gpu_exporter/*.txt'),
      'nvidia-smi/gpud/nvidia-smi.nvlink.status.a100',
      ...recorded('amd-gpu/*/*.json'),
      ...recorded('gpu-topo/{ml-engineering,stelline}/*'),
    ]
    const named = Object.keys(unread).flatMap((pattern) => recorded(pattern))
    expect([...new Set([...readHere, ...named])].sort()).toEqual(all)
  })
}

/** A function of which only the address is told. */
function device(address: string): PciDevice {
  return aPciDevice(address, { root: null, numaNode: null, locality: 'unknown' })
}

/** Bridges and devices as they stand in each other; the nearest NUMA node or package around is taken for the node. */
function treeOfHwloc(text: string): readonly PciDevice[] {
  const devices: PciDevice[] = []
  const open: { bridge: string | null; root: string | null; node: number | null }[] = []
  for (const [tag, close, inside = '', selfClose] of text.matchAll(/<(\/)?object\b([^>]*?)(\/)?>/g)) {
    if (close !== undefined) {
      open.pop()
      continue
    }
    const fact = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(inside)?.[1] ?? null
    const above = open.at(-1) ?? { bridge: null, root: null, node: null }
    const type = fact('type')
    const address = fact('pci_busid')
    const here = { ...above }
    if (type === 'NUMANode' || type === 'Package') here.node = Number(fact('os_index'))
    if (type === 'Bridge' && fact('bridge_type') === '0-1') here.root = tag
    else if (type === 'Bridge' || type === 'PCIDev') {
      if (address === null) throw new Error(tag)
      const { bridge: parent, root, node: numaNode } = above
      devices.push({ ...device(address), isBridge: type === 'Bridge', parent, root, numaNode })
      here.bridge = address
    }
    if (selfClose === undefined) open.push(here)
  }
  return devices
}

/** All below one `<cpu>` hang under one host bridge; a `<pci>` in a `<pci>` is below a switch. */
function treeOfNccl(text: string): readonly PciDevice[] {
  const devices: PciDevice[] = []
  const open: string[] = []
  let numaNode = -1
  for (const [, close, name, address = '', selfClose] of text.matchAll(
    /<(\/)?(cpu|pci)(?: \w+="([^"]*)")?[^>]*?(\/)?>/g,
  )) {
    if (name === 'cpu') numaNode = Number(address)
    else if (close !== undefined) open.pop()
    else {
      const place = { isBridge: selfClose === undefined, parent: open.at(-1) ?? null, root: `cpu${numaNode}`, numaNode }
      devices.push({ ...device(address), ...place })
      if (selfClose === undefined) open.push(address)
    }
  }
  return devices
}
