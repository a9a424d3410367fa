// Captured topologies of AMD's driver for computing, which have nothing else of their machine in them, through the probe.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeGpus } from '../../../src/hw/probe/gpus.ts'
import { probePci } from '../../../src/hw/probe/pci.ts'
import { Report } from '../../../src/hw/probe/report.ts'
import { type FakeFile, fakeMachine } from '../../support/fake-machine.ts'
import { captureIndex, capturesMissing, withCapture } from './captures.ts'

const numa = { nodes: [], distances: null, sets: new Map() }

/** The capture's files where the kernel has them, and GPUs at the given places on the bus. */
function probe(root: string, places: readonly string[]) {
  const top = existsSync(join(root, 'topology')) ? root : join(root, '..')
  const files: Record<string, FakeFile> = {}
  for (const path of globSync('topology/nodes/*/{properties,name,mem_banks/*/properties}', { cwd: top })) {
    files[`/sys/class/kfd/kfd/${path}`] = readFileSync(join(top, path))
  }
  for (const place of places) {
    const folder = `/sys/devices/pci0000:00/${place}`
    files[`/sys/bus/pci/devices/${place}`] = { link: `../../../devices/pci0000:00/${place}` }
    files[`${folder}/class`] = '0x120000\n'
    files[`${folder}/vendor`] = '0x1002\n'
    files[`${folder}/driver`] = { link: '../../../bus/pci/drivers/amdgpu' }
  }
  const bench = { source: fakeMachine(files), report: new Report() }
  const facts = probeGpus(bench, { numa, pci: probePci(bench, numa), nics: [], disks: [] })
  const links = globSync('topology/nodes/*/io_links/*/properties', { cwd: top }).map((path) => read(join(top, path)))
  const nodes = globSync('topology/nodes/*/properties', { cwd: top }).map((path) => ({
    number: path.split('/')[2] as string,
    facts: read(join(top, path)),
  }))
  return { ...facts, links, nodes }
}

function read(path: string): ReadonlyMap<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n')
  return new Map(lines.map((line) => line.split(' ') as [string, string]))
}

const entry = (name: string) => {
  const found = captureIndex().find(({ file }) => file.includes(name))
  if (found === undefined) throw new Error(`no capture ${name}`)
  return found
}

describe('topologies of kfd', () => {
  it('eight GPUs in eight partitions each, one partition missing, are eight GPUs', (ctx) => {
    if (capturesMissing !== null) return ctx.skip(capturesMissing)
    const buses = ['05', '27', '47', '65', '85', 'a7', 'c7', 'e5']
    const places = buses.map((bus) => `0000:${bus}:00.0`)
    const { gpus, nodes, links } = withCapture(entry('mi300-cpx'), (root) => probe(root, places))
    const cards = nodes.filter((node) => node.facts.get('simd_count') !== '0')
    const byId = Map.groupBy(cards, (node) => node.facts.get('unique_id'))
    expect(cards).toHaveLength(63)
    expect(gpus.map((gpu) => gpu.instances.length)).toEqual([8, 8, 8, 8, 8, 8, 8, 7])
    for (const gpu of gpus) {
      const own = byId.get(BigInt(`0x${gpu.uuid?.slice(4)}`).toString())
      expect(own?.length).toBe(gpu.instances.length)
      expect(gpu.instances.map((one) => one.gpuInstanceId)).toEqual(own?.map((_, part) => part))
      expect(new Set(gpu.instances.map((one) => one.multiprocessors))).toEqual(new Set([152 / 4]))
      expect(gpu).toMatchObject({ computeCapability: 'gfx942', clockMaxMhz: 2100, isUsable: false, memoryBytes: null })
      expect(gpu.links.filter((link) => link.kind === 'xgmi').map((link) => link.to)).toEqual(
        gpus.filter((other) => other !== gpu).map((other) => other.uuid),
      )
    }
    // What the hive says, every link file of the kernel says too, and nothing else.
    const hiveOf = new Map(cards.map((node) => [node.number, node.facts.get('hive_id')]))
    const xgmi = links.filter((link) => link.get('type') === '11')
    expect(xgmi).toHaveLength(63 * 62)
    expect(
      xgmi.every((link) => hiveOf.get(link.get('node_from') ?? '') === hiveOf.get(link.get('node_to') ?? '')),
    ).toBe(true)
  })

  it('a GPU that is whole has no instances, even where its node stands there twice', (ctx) => {
    if (capturesMissing !== null) return ctx.skip(capturesMissing)
    const { gpus } = withCapture(entry('topology-parsing'), (root) => probe(root, ['0000:19:00.0']))
    expect(gpus).toMatchObject([
      {
        uuid: `GPU-${14073402507705256556n.toString(16)}`,
        memoryBytes: 17163091968,
        instances: [],
        partitioning: null,
        isUsable: true,
        clockMaxMhz: 1500,
        computeCapability: null,
      },
    ])
  })
})
