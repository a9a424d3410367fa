// Numbers and lists in sentences for persons. It does not know what the sentences are about.

const listMax = 8

/** `GPU-0, GPU-1 and 6 more`; `none`. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none'
  if (names.length <= listMax) return names.join(', ')
  return `${names.slice(0, listMax).join(', ')} and ${names.length - listMax} more`
}

export function gibibytes(bytes: number): string {
  const amount = bytes / 1024 ** 3
  return `${amount >= 10 ? Math.floor(amount) : Math.floor(amount * 100) / 100} GiB`
}

export function cpusOfMilli(milli: number): string {
  const cpus = Math.max(0, milli) / 1000
  return cpus === 1 ? '1 cpu' : `${cpus} cpus`
}

export function counted(count: number, one: string): string {
  return count === 1 ? `1 ${one}` : `${count} ${one}s`
}
