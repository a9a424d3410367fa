// /proc/cpuinfo of every architecture: a block of `key : value` lines a CPU, and facts of the whole machine around them.
// It does not know which CPUs are online elsewhere.

import { absent, known, type Reading } from '../../model/reading.ts'
import { armPartName } from './arm-parts.ts'

export type CpuBlock = {
  readonly cpu: number
  readonly model: string | null
  readonly vendor: string | null
  /** x86 only, decimal as printed. */
  readonly family: number | null
  readonly microcode: string | null
}

export type Cpuinfo = {
  readonly blocks: readonly CpuBlock[]
  /** What `uname -m` would say, from the keys that only one architecture prints. */
  readonly architecture: string | null
  /** x86 only: the processor says that a hypervisor runs it. */
  readonly isVirtual: boolean | null
}

/** The flags of a processor are the longest, about 2500; a longer value is no property. */
const valueCharactersMax = 16_384

/** Absent when no CPU is described (an empty or foreign text). */
export function parseCpuinfo(text: string): Reading<Cpuinfo> {
  const blocks: Map<string, string>[] = []
  const common = new Map<string, string>()
  let current: Map<string, string> | null = null
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':')
    if (colon === -1) continue
    const key = line.slice(0, colon).trim()
    const value = line.slice(colon + 1).trim()
    if (value.length > valueCharactersMax) continue
    const start = blockStart(key, value)
    if (start !== null) {
      current = new Map([['cpu number', start.cpu], ...start.facts])
      blocks.push(current)
    } else {
      const target: Map<string, string> = current ?? common
      if (!target.has(key)) target.set(key, value)
      if (!common.has(key)) common.set(key, value)
    }
  }
  // Old kernels for one POWER processor do not number it.
  if (blocks.length === 0 && common.has('cpu')) blocks.push(new Map([...common, ['cpu number', '0']]))
  const described = blocks.flatMap((facts) => block(facts, common) ?? [])
  if (described.length === 0) return absent
  return known({ blocks: described, architecture: architectureOf(common), isVirtual: isVirtual(common) })
}

/** `processor : 3` everywhere, `processor 3: version = FF, …` on s390. Old 32-bit ARM prints `Processor : ARMv7` first. */
function blockStart(key: string, value: string): { cpu: string; facts: [string, string][] } | null {
  if (key === 'processor' && /^\d+$/.test(value)) return { cpu: value, facts: [] }
  const s390 = /^processor (\d+)$/.exec(key)
  if (s390 === null) return null
  const machine = /machine = (\w+)/.exec(value)
  return { cpu: s390[1] as string, facts: machine === null ? [] : [['s390 machine', machine[1] as string]] }
}

function block(facts: ReadonlyMap<string, string>, common: ReadonlyMap<string, string>): CpuBlock | null {
  const cpu = Number(facts.get('cpu number'))
  if (!Number.isSafeInteger(cpu) || cpu > 65535) return null
  const fact = (key: string) => nonEmpty(facts.get(key))
  // Old ARM kernels describe the core once, below all processors.
  const core = facts.has('CPU part') ? facts : common
  const family = fact('cpu family')
  return {
    cpu,
    model: modelOf(facts, core) ?? nonEmpty(common.get('Hardware')),
    vendor: fact('vendor_id') ?? nonEmpty(common.get('vendor_id')),
    family: family !== null && /^\d{1,4}$/.test(family) ? Number(family) : null,
    microcode: fact('microcode'),
  }
}

function modelOf(facts: ReadonlyMap<string, string>, core: ReadonlyMap<string, string>): string | null {
  const named = facts.get('model name') ?? facts.get('Model Name') ?? facts.get('cpu') ?? facts.get('uarch')
  if (named !== undefined && named !== '') return named
  const arm = armPartName(core.get('CPU implementer') ?? '', core.get('CPU part') ?? '')
  if (arm !== null) return arm
  const s390 = facts.get('s390 machine')
  return s390 === undefined ? null : `IBM/S390 machine ${s390}`
}

function architectureOf(facts: ReadonlyMap<string, string>): string | null {
  const has = (key: string) => facts.has(key)
  if (has('flags')) {
    if (facts.get('vendor_id')?.startsWith('IBM/S390')) return 's390x'
    return ` ${facts.get('flags')} `.includes(' lm ') ? 'x86_64' : 'i686'
  }
  // Kernels before 3.19 write the name instead of the number.
  if (has('CPU implementer')) return /^(8|AArch64)$/.test(facts.get('CPU architecture') ?? '') ? 'aarch64' : 'arm'
  if (facts.get('vendor_id')?.startsWith('IBM/S390')) return 's390x'
  const isa = facts.get('isa') ?? ''
  if (isa.startsWith('rv')) return isa.startsWith('rv32') ? 'riscv32' : 'riscv64'
  if (isa.startsWith('mips')) return isa.includes('mips64') ? 'mips64' : 'mips'
  if (has('Loongson') || /loongson/i.test(facts.get('CPU Family') ?? facts.get('Model Name') ?? ''))
    return 'loongarch64'
  if (has('arch') && /ia-?64/i.test(facts.get('arch') ?? '')) return 'ia64'
  return null
}

function isVirtual(facts: ReadonlyMap<string, string>): boolean | null {
  const flags = facts.get('flags')
  if (flags === undefined || facts.get('vendor_id')?.startsWith('IBM/S390')) return null
  return ` ${flags} `.includes(' hypervisor ')
}

function nonEmpty(text: string | undefined): string | null {
  return text === undefined || text === '' ? null : text
}
