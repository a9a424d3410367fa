// Sets of CPU or NUMA node numbers in the kernel's list format (`0-3,8`), as in Documentation/core-api/kernel-api
// "bitmap list". Sets are sorted arrays without repetition. It does not know where a list was read.

export type CpuSet = readonly number[]

/** More CPUs than any Linux kernel is built for (NR_CPUS max 8192); a larger number in a list is nonsense. */
export const cpuNumberMax = 65535

/** Longer texts are no list of such numbers: 65536 of them take 380 thousand characters. */
const listCharactersMax = 512 * 1024

/** The set written as `0-3,8` or with strides `0-31:2/4`; null when the text is not a list. Empty text is the empty set. */
export function parseCpuList(text: string): CpuSet | null {
  const trimmed = cutAtNul(text).trim()
  if (trimmed === '' || trimmed === '(null)') return []
  if (trimmed.length > listCharactersMax) return null
  const cpus: number[] = []
  let isAscending = true
  for (const part of trimmed.split(',')) {
    const match = /^(\d{1,6})(?:-(\d{1,6})(?::(\d{1,6})\/(\d{1,6}))?)?$/.exec(part.trim())
    if (match === null) return null
    const first = Number(match[1])
    const last = match[2] === undefined ? first : Number(match[2])
    const used = match[3] === undefined ? 1 : Number(match[3])
    const group = match[4] === undefined ? 1 : Number(match[4])
    if (last < first || last > cpuNumberMax || group < 1 || used > group) return null
    isAscending &&= cpus.length === 0 || first > (cpus.at(-1) as number)
    for (let cpu = first; cpu <= last; cpu++) if ((cpu - first) % group < used) cpus.push(cpu)
    // Numbers that repeat without end are nonsense, and would take as long as they please.
    if (cpus.length > 2 * (cpuNumberMax + 1)) return null
  }
  return isAscending ? cpus : [...new Set(cpus)].sort((a, b) => a - b)
}

/** The set of a hexadecimal mask: words of up to 32 bits, most significant first; null when the text is no mask. */
export function parseCpuMask(text: string): CpuSet | null {
  const trimmed = cutAtNul(text).trim()
  if (trimmed === '') return []
  const words = trimmed.split(',')
  if (words.length * 32 > cpuNumberMax + 1) return null
  const cpus: number[] = []
  for (let i = words.length - 1, base = 0; i >= 0; i--, base += 32) {
    const word = (words[i] as string).replace(/^0x/, '')
    if (!/^[0-9a-fA-F]{1,8}$/.test(word)) return null
    const bits = Number.parseInt(word, 16)
    if (bits === 0) continue
    for (let bit = 0; bit < 32; bit++) if ((bits >>> bit) & 1) cpus.push(base + bit)
  }
  return cpus
}

export function formatCpuList(cpus: CpuSet): string {
  const parts: string[] = []
  for (let i = 0; i < cpus.length; ) {
    const first = cpus[i] as number
    let last = first
    while (i + 1 < cpus.length && cpus[i + 1] === last + 1) last = cpus[++i] as number
    parts.push(first === last ? `${first}` : `${first}-${last}`)
    i++
  }
  return parts.join(',')
}

/** In one walk along both: many sets are cut with all CPUs of the machine. */
export function intersect(a: CpuSet, b: CpuSet): CpuSet {
  const both: number[] = []
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [cpu, other] = [a[i] as number, b[j] as number]
    if (cpu === other) both.push(cpu)
    if (cpu <= other) i++
    if (other <= cpu) j++
  }
  return both
}

export function union(a: CpuSet, b: CpuSet): CpuSet {
  return [...new Set([...a, ...b])].sort((x, y) => x - y)
}

export function subtract(a: CpuSet, b: CpuSet): CpuSet {
  const inB = new Set(b)
  return a.filter((cpu) => !inB.has(cpu))
}

export function isSubset(a: CpuSet, b: CpuSet): boolean {
  const inB = new Set(b)
  return a.every((cpu) => inB.has(cpu))
}

/** Some kernels end these files with a NUL byte (FN-0001). */
function cutAtNul(text: string): string {
  const nul = text.indexOf('\0')
  return nul === -1 ? text : text.slice(0, nul)
}
