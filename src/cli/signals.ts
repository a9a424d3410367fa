// Ctrl-C and its relatives for a command that has something to end: the first request asks, the next one insists.
// It does not know what ends.

/**
 * A terminal sends Ctrl-C to npm and to us, and npm hands its own on: signals this close together are one request.
 * A person who insists is slower.
 */
const sameRequestMs = 400

export type EndSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** 128 and the signal's number, as shells report it. */
export const endSignalStatus: Readonly<Record<EndSignal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Calls `asked` with how often the process was asked to end; returns what stops listening. */
export function onEndRequest(asked: (signal: EndSignal, times: number) => void): () => void {
  let times = 0
  let lastMs = Number.NEGATIVE_INFINITY
  const listener = (signal: NodeJS.Signals) => {
    const nowMs = performance.now()
    if (nowMs - lastMs > sameRequestMs) asked(signal as EndSignal, ++times)
    lastMs = nowMs
  }
  const signals = Object.keys(endSignalStatus) as EndSignal[]
  for (const signal of signals) process.on(signal, listener)
  return () => {
    for (const signal of signals) process.off(signal, listener)
  }
}
