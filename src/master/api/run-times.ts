// How long the newest runs of something took, as Mesos shows timers: count, least, most and percentiles in milliseconds.

/** Runs that percentiles are of. */
const runsKeptMax = 1_000
const percentiles = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p999: 0.999 } as const

export class RunTimes {
  readonly #ms: number[] = []
  #count = 0

  add(ms: number): void {
    this.#ms[this.#count % runsKeptMax] = ms
    this.#count++
  }

  /** `NAME/count`, and the rest once there was a run; NAME itself is the newest. */
  values(name: string): Record<string, number> {
    const last = this.#ms[(this.#count - 1) % runsKeptMax]
    if (last === undefined) return { [`${name}/count`]: 0 }
    const sorted = [...this.#ms].sort((a, b) => a - b)
    const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] as number
    const parts = Object.entries(percentiles).map(([label, part]) => [`${name}/${label}`, at(part)])
    return {
      [name]: last,
      [`${name}/count`]: this.#count,
      [`${name}/min`]: sorted[0] as number,
      [`${name}/max`]: sorted.at(-1) as number,
      ...Object.fromEntries(parts),
    }
  }
}
