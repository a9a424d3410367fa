// Waits for a state, level-triggered and bounded: a test never sleeps a fixed time hoping that something happened.

const pollMs = 10

/** Resolves with the first value of `probe` that is neither null, undefined nor false; rejects after `timeoutMs`. */
export async function until<T>(
  claim: string,
  probe: () => T | Promise<T>,
  timeoutMs = 10_000,
): Promise<NonNullable<Exclude<T, false>>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await probe()
    if (value !== null && value !== undefined && value !== false) return value as NonNullable<Exclude<T, false>>
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${claim}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
