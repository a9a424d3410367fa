// lscpu of util-linux beside the probe: CPUs and their sets, names, caches.

import { formatCpuList, parseCpuList } from '../../../src/model/cpu-set.ts'
import type { Inventory } from '../../../src/model/inventory.ts'
import { judge, notComparable, type Verdict } from '../verdicts.ts'
import { groupBy, judgeKnown } from './compare.ts'

type Field = { readonly field: string; readonly data: string | null; readonly children?: readonly Field[] }

/** `lscpu -J`: what it says of the whole. */
export function compareLscpu(text: string, { cpu }: Inventory): readonly Verdict[] {
  const fields = flat((JSON.parse(text) as { lscpu: readonly Field[] }).lscpu)
  const said = (name: string) => fields.find(({ field }) => field === `${name}:`)?.data ?? null
  const list = (name: string) => {
    const set = said(name)
    return set === null ? null : formatCpuList(parseCpuList(set) ?? [])
  }
  const models = new Set(fields.flatMap(({ field, data }) => (field === 'Model name:' && data !== '-' ? [data] : [])))
  const found = [...new Set(cpu.packages.map(({ model }) => model))].filter((model) => model !== null)
  return [
    judgeKnown('architecture', said('Architecture'), cpu.architecture),
    judgeKnown('CPUs online', list('On-line CPU(s) list'), cpu.online),
    judge('CPUs offline', list('Off-line CPU(s) list') ?? '', cpu.offline ?? ''),
    models.size > 1
      ? notComparable('processor name', 'lscpu names kinds of cores')
      : judgeKnown('processor name', [...models][0] ?? null, found[0] ?? null),
  ]
}

type Row = {
  readonly cpu: number | string
  readonly core: number | string | null
  readonly socket: number | string | null
  readonly node: number | string | null
  readonly online: boolean | string
}

/** `lscpu -J -e=CPU,CORE,SOCKET,NODE,ONLINE`: its sets; the numbers it gives them are its own. */
export function compareLscpuTable(text: string, { cpu, numa }: Inventory): readonly Verdict[] {
  const rows = (JSON.parse(text) as { cpus: readonly Row[] }).cpus.filter(({ online }) => isYes(online))
  const sets = (label: (row: Row) => string) =>
    groupBy(rows, label).map((group) => formatCpuList(group.map((row) => Number(row.cpu)).sort((a, b) => a - b)))
  const has = (key: 'core' | 'socket' | 'node') => rows.every((row) => row[key] !== null && row[key] !== '-')
  return [
    has('socket')
      ? judge('packages', sorted(sets((row) => `${row.socket}`)), sorted(cpu.packages.map((one) => one.cpus)))
      : notComparable('packages', 'lscpu names no sockets'),
    has('core')
      ? judge('cores', sorted(sets((row) => `${row.socket} ${row.core}`)), sorted(cpu.cores.map((one) => one.cpus)))
      : notComparable('cores', 'lscpu names no cores'),
    has('node')
      ? judge(
          'CPUs of nodes',
          sorted(sets((row) => `${row.node}`)),
          sorted(numa.nodes.map((one) => one.cpus).filter((cpus) => cpus !== '')),
        )
      : notComparable('CPUs of nodes', 'lscpu names no nodes'),
  ]
}

type CacheRow = {
  readonly name: string
  readonly 'one-size': string | number | null
  readonly level: number
  readonly type: string
  readonly 'coherency-size': number | null
}

/** `lscpu -J -B -C=…`: one row a level and type. */
export function compareLscpuCaches(text: string, { cpu }: Inventory): readonly Verdict[] {
  return (JSON.parse(text) as { caches: readonly CacheRow[] }).caches.map((row) => {
    const ours = cpu.caches.filter(({ level, type }) => level === row.level && type === row.type.toLowerCase())
    const found = [...new Set(ours.map(({ sizeBytes, lineBytes }) => `${sizeBytes} bytes, lines of ${lineBytes}`))]
    // lscpu takes what the first CPU has for all.
    if (found.length > 1) return notComparable(`cache ${row.name}`, 'there are several sizes')
    return judge(`cache ${row.name}`, `${row['one-size']} bytes, lines of ${row['coherency-size']}`, found[0] ?? null)
  })
}

function flat(fields: readonly Field[]): readonly Field[] {
  return fields.flatMap((field) => [field, ...flat(field.children ?? [])])
}

function sorted(sets: readonly string[]): readonly string[] {
  return [...sets].sort()
}

function isYes(value: boolean | string): boolean {
  return value === true || value === 'yes' || value === 'Y'
}
