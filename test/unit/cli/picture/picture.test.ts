import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../../../src/cli/letters.ts'
import { drawMachine, layOut } from '../../../../src/cli/picture/picture.ts'
import { renderTree } from '../../../../src/cli/probe-tree.ts'
import type { Health } from '../../../../src/model/health.ts'
import type { Inventory } from '../../../../src/model/inventory.ts'
import { aGpuServer } from '../../../support/gpu-server.ts'
import { aDimm, aDisk, aGpu, aNic, anInventory } from '../../../support/inventories.ts'
import { layoutFaults, xmlFaults } from '../../../support/pictures.ts'

const healthy: Health = { schema: 'tepui.health/1', conditions: [], unchecked: [] }

/** All texts that are shown, hints left out. */
function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, line = '']) => line)
}

function nothingWrong(inventory: Inventory, health: Health = healthy) {
  expect(layoutFaults(layOut(inventory, health))).toEqual([])
  const { svg } = drawMachine(inventory, health)
  expect(xmlFaults(svg)).toEqual([])
  return svg
}

describe('a machine with a great deal in it', () => {
  const { inventory, health } = aGpuServer()
  const svg = nothingWrong(inventory, health)
  const texts = textsOf(svg)

  it('shows every CPU once', () => {
    const numbers = texts.filter((text) => /^\d{2,3}$/.test(text)).map(Number)
    // Numbers of two and more digits are in the table of distances too.
    const cpus = Array.from({ length: 192 - 22 }, (_, i) => i + 22)
    for (const cpu of cpus) expect(numbers.filter((number) => number === cpu)).toHaveLength(1)
  })

  it.each([
    'Supermicro SYS-821GE-TNHR',
    '2 × Intel(R) Xeon(R) Platinum 8468 · each core L1d 48 KiB, L2 2 MiB',
    'NUMA node 3',
    'GPU 7',
    'MIG: 7 × 1g.10gb',
    '400 Gb/s',
    'nvme5n1',
    'GPU links',
    'NV18',
    'NUMA distances',
    'memory modules',
    'scratch',
  ])('shows %s', (text) => expect(texts).toContain(text))

  it('tells conditions first and at the part that has them, in the colour of their severity', () => {
    expect(texts.filter((text) => text === 'GPU failed')).toHaveLength(2)
    expect(texts.filter((text) => text === 'PCIe link degraded')).toHaveLength(2)
    expect(texts).toContain('Xid 79: GPU has fallen off the bus')
    const framed = (color: string) => svg.split(`stroke="${color}" stroke-width="2"`).length - 1
    expect([framed('#cf2a2a'), framed('#c8760a')]).toEqual([1, 5])
  })

  it('tells what a link could be', () => expect(texts).toContain('link could be ×16'))
})

describe('machines with little in them', () => {
  const base = anInventory()

  it('one of which nothing is known', () => {
    const cpu = { ...base.cpu, architecture: null, online: null, allowed: null, packages: [], cores: [] }
    const svg = nothingWrong({
      ...base,
      cpu,
      memory: { ...base.memory, totalBytes: null },
      machine: { ...base.machine, vendor: null, product: null, serial: null, virtualisation: null },
    })
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['unknown machine', 'CPUs unknown · memory unknown']))
  })

  it('is green only where every question was answered', () => {
    const question = { question: 'the clock', part: null, code: 'HW_UNKNOWN', message: '', about: [] } as const
    const color = (health: Health) =>
      /fill="(#\w+)" font-weight="bold">nothing wrong seen/.exec(nothingWrong(base, health))?.[1]
    expect(color(healthy)).not.toBe(color({ ...healthy, unchecked: [question] }))
  })

  it('names no device at a place that is not known', () => {
    const svg = nothingWrong({ ...base, disks: [aDisk('sda', null, { numaNode: null })] })
    expect(textsOf(svg)).toEqual(expect.arrayContaining(['devices', 'sda']))
  })

  it('many drives of one sort are one card, but for a sick one', () => {
    const disks = Array.from({ length: 60 }, (_, i) => aDisk(`sd${i}`, `S${i}`, { numaNode: null }))
    const part = { kind: 'disk', name: 'sd7', id: 'S7' } as const
    const sick = { code: 'DISK_FAILING', part, severity: 'critical', sinceMs: null, evidence: [] } as const
    const texts = textsOf(nothingWrong({ ...base, disks }, { ...healthy, conditions: [sick] }))
    expect(texts).toEqual(expect.arrayContaining(['59 drives', 'sd7']))
    expect(texts).not.toContain('sd8')
  })

  it('a great many conditions are counted', () => {
    const conditions = Array.from({ length: 40 }, (_, i) => {
      const part = { kind: 'fan', name: `Fan ${i}`, id: null } as const
      return { code: 'FAN_FAILED', part, severity: 'warning', sinceMs: null, evidence: [] } as const
    })
    expect(textsOf(nothingWrong(base, { ...healthy, conditions }))).toContain('and 28 conditions more')
  })
})

describe('whatever firmware calls its parts', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.constantFrom(
      '</text><script>',
      '"&<>\'',
      '\u0000\u001b[2J',
      'x'.repeat(5000),
      '𝕏'.repeat(40),
      '漢字'.repeat(99),
      ']]>',
      '\ud800',
    ),
  )
  const machine = fc.record({ a: hostile, b: hostile, c: hostile, d: hostile })

  function inventoryOf({ a, b, c, d }: { a: string; b: string; c: string; d: string }): Inventory {
    const base = anInventory()
    return {
      ...base,
      cpu: { ...base.cpu, packages: base.cpu.packages.map((one, i) => ({ ...one, model: i === 0 ? a : b })) },
      memory: { ...base.memory, dimms: [aDimm(c, a, { manufacturer: d })] },
      gpus: [aGpu(b, c, { model: a, driver: d }), aGpu('0000:01:00.0', a, { numaNode: 0, partitioning: c })],
      disks: [aDisk(a, b, { model: c, usedBy: [`mount ${d}`] })],
      nics: [
        aNic(b, {
          driver: a,
          lldp: [{ chassisId: null, chassisName: c, portId: d, portDescription: null, vlanId: null }],
        }),
      ],
      volumes: [
        { name: a, kind: 'lvm', label: b, uuid: null, level: c, sizeBytes: 1, state: d, members: [c], usedBy: [d] },
      ],
      firmware: [{ component: 'bios', vendor: a, version: b, date: c }],
      machine: { ...base.machine, vendor: a, product: b, serial: c },
      os: { ...base.os, hostname: d, kernel: a },
    }
  }

  it('pictures stay whole and trees within their columns', () => {
    fc.assert(
      fc.property(machine, (names) => {
        const inventory = inventoryOf(names)
        const part = { kind: 'disk', name: names.a, id: null } as const
        const evidence = [{ source: names.b, text: names.c }]
        const condition = { code: 'DISK_WORN', part, severity: 'warning', sinceMs: null, evidence } as const
        const health = { ...healthy, conditions: [condition] }
        nothingWrong(inventory, health)
        const lines = renderTree(inventory, health, { width: 80, color: false }).split('\n')
        expect(lines.filter((line) => columnsOf(line) > 80)).toEqual([])
      }),
      { numRuns: 20 },
    )
  })
})
