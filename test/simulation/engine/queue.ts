// The one queue of events: ordered by virtual time, then by the order in which they were made. Everything that happens
// in a simulation happens in a function taken from here. It does not know what the functions do.

type Event = { readonly atMs: number; readonly order: number; readonly run: () => void }

export class EventQueue {
  readonly #heap: Event[] = []
  #order = 0
  #nowMs = 0

  /** Virtual milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Runs `run` after `delayMs` (0 is after everything that is already due). */
  after(delayMs: number, run: () => void): void {
    const event = { atMs: this.#nowMs + delayMs, order: this.#order++, run }
    const heap = this.#heap
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(event, heap[parent] as Event)) break
      heap[i] = heap[parent] as Event
      i = parent
    }
    heap[i] = event
  }

  /** Moves time to the next event and runs it; false when there is none. */
  runNext(): boolean {
    const heap = this.#heap
    const first = heap[0]
    if (first === undefined) return false
    const last = heap.pop() as Event
    if (heap.length > 0) sink(heap, last)
    this.#nowMs = first.atMs
    first.run()
    return true
  }
}

function sink(heap: Event[], event: Event): void {
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++
    if (!isBefore(heap[child] as Event, event)) break
    heap[i] = heap[child] as Event
    i = child
  }
  heap[i] = event
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
