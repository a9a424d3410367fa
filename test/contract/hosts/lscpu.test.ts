// Other tools' pictures of the captured machines: the tables of lscpu, and the inventory that cadvisor made on the machine.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { probeCpu } from '../../../src/hw/probe/cpu.ts'
import { probeNuma } from '../../../src/hw/probe/numa.ts'
import { Report } from '../../../src/hw/probe/report.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import { formatCpuList } from '../../../src/model/cpu-set.ts'
import { type CaptureEntry, captureFolder, captureIndex, capturesMissing, withCapture } from './captures.ts'

/** Columns in which we differ from lscpu on purpose, and why. */
const differences: Readonly<Record<string, readonly string[]>> = {
  // A compute unit is two cores (FN-0002).
  vmware_fpe: ['Core'],
  // lscpu goes by the numbers of cores, which begin anew in each cluster, and calls what has no DMI one socket.
  'arm-A510-A710-A715-X3': ['Core', 'Socket'],
}

function probe(entry: CaptureEntry, more: (root: string) => string = () => '') {
  return withCapture(entry, (root) => {
    const source = sysrootSource(root)
    if (!source.ok) throw new Error(source.fault.message)
    const bench = { source: source.value, report: new Report() }
    const cpu = probeCpu(bench)
    return { cpu: cpu.section, numa: probeNuma(bench, cpu.online), more: more(root) }
  })
}

const sets = (list: readonly { readonly cpus: string }[]) => list.map((one) => one.cpus).sort()

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('other tools see the captured machines as we do', (ctx) => ctx.skip(reason))
} else {
  const index = captureIndex()

  describe('the table of lscpu groups the CPUs as our document does', () => {
    it.each(index.filter((entry) => entry.file.startsWith('util-linux-lscpu/')))('$file', (entry) => {
      const name = entry.file.replace(/^.*\/(.*)\.tar\.gz$/, '$1')
      const text = readFileSync(join(captureFolder, 'util-linux-lscpu/expected', `lscpu-${name}`), 'utf8')
      const { cpu, numa } = probe(entry)
      const theirs = tableOf(text)
      const cache = (column: string) => {
        const [, level, letter] = /^L(\d)(.?)$/.exec(column) as unknown as [string, string, string]
        const type = { d: 'data', i: 'instruction', '': 'unified' }[letter]
        return sets(cpu.caches.filter((one) => one.level === Number(level) && one.type === type))
      }
      for (const [column, groups] of theirs) {
        if (differences[name]?.includes(column)) continue
        // Without sockets or nodes in the kernel's files lscpu prints one of each.
        const ours = {
          Core: () => sets(cpu.cores),
          Socket: () => (cpu.packages.length === 0 ? groups : sets(cpu.packages)),
          Node: () => sets(numa.nodes.filter((node) => node.cpus !== '')),
        }[column]
        expect([column, ours?.() ?? cache(column)]).toEqual([column, groups])
      }
      expect(theirs.size).toBeGreaterThan(1)
    })
  })

  describe('cadvisor on the machine saw the same nodes, cores and caches', () => {
    const entries = index.filter((entry) => entry.file.startsWith('openshift-sysinfo/'))
    it.each(entries)('$file', (entry) => {
      const { cpu, numa, more } = probe(entry, (root) => readFileSync(join(root, 'machineinfo.json'), 'utf8'))
      const { topology } = JSON.parse(more) as { topology: readonly CadvisorNode[] }
      const threads = (core: CadvisorCore) => formatCpuList([...core.thread_ids].sort((a, b) => a - b))
      expect(numa.nodes.map((node) => [node.id, node.memoryBytes])).toEqual(
        topology.map((node) => [node.node_id, node.memory]),
      )
      const theirs = topology.flatMap((node) =>
        node.cores.map((core) => `${core.core_id} ${core.socket_id} ${threads(core)}`),
      )
      expect(cpu.cores.map((core) => `${core.id} ${core.package} ${core.cpus}`).sort()).toEqual(theirs.sort())
      const own = topology.flatMap((node) =>
        node.cores.flatMap((core) =>
          core.caches.map((one) => `L${one.level} ${one.type.toLowerCase()} ${one.size} ${threads(core)}`),
        ),
      )
      const ours = cpu.caches.map((one) => `L${one.level} ${one.type} ${one.sizeBytes} ${one.cpus}`)
      expect(ours.filter((one) => !one.startsWith('L3')).sort()).toEqual(
        own.filter((one) => !one.startsWith('L3')).sort(),
      )
    })
  })
}

type CadvisorCore = {
  readonly core_id: number
  readonly socket_id: number
  readonly thread_ids: readonly number[]
  readonly caches: readonly { readonly size: number; readonly type: string; readonly level: number }[]
}
type CadvisorNode = { readonly node_id: number; readonly memory: number; readonly cores: readonly CadvisorCore[] }

/** The first table of lscpu's parsable format: sets of CPUs with one number in a column. */
function tableOf(text: string): ReadonlyMap<string, readonly string[]> {
  const [, header, rows] = /^# (CPU,.*)\n((?:\d.*\n)+)/m.exec(text) as unknown as [string, string, string]
  const cells = rows
    .trim()
    .split('\n')
    .map((row) => row.split(','))
  const columns = new Map<string, readonly string[]>()
  for (const [at, column] of header.split(',').entries()) {
    if (at === 0 || column === '') continue
    const groups = Map.groupBy(
      cells.filter((row) => (row[at] ?? '') !== ''),
      (row) => row[at],
    )
    const lists = [...groups.values()].map((group) =>
      formatCpuList(group.map((row) => Number(row[0])).sort((a, b) => a - b)),
    )
    if (lists.length > 0) columns.set(column, lists.sort())
  }
  return columns
}
