// Quantities as people write them. Pure.

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** `64 KiB`, `23.5 GiB`, and `0`. */
export function humanBytes(bytes: number): string {
  if (bytes === 0) return '0'
  let amount = bytes
  let unit = 0
  while (amount >= 1024 && unit < units.length - 1) {
    amount /= 1024
    unit++
  }
  return `${shortNumber(amount)} ${units[unit]}`
}

export function humanMebibytes(mebibytes: number): string {
  return humanBytes(mebibytes * 1024 * 1024)
}

/** At most one decimal, and none where it says nothing; thousandths below one are kept. */
export function shortNumber(amount: number): string {
  return `${Number(amount.toFixed(amount < 1 ? 3 : 1))}`
}

/** `5s`, `3m`, `2h`, `4d`: the largest unit that fits. */
export function humanAge(ageMs: number): string {
  const seconds = Math.max(0, Math.floor(ageMs / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** `1 core`, `2 cores`. */
export function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** Without what is null or empty. */
export function present(parts: readonly (string | number | null | false | undefined)[]): readonly string[] {
  return parts.flatMap((part) => (typeof part === 'string' && part !== '' ? [part] : []))
}

/** Each value once, in order, with how often it occurs. */
export function countEach(values: readonly string[]): readonly (readonly [string, number])[] {
  return [...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length])
}
