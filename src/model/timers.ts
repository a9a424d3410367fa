// Deadlines of a state machine, by key: a binary heap with lazy removal, so that a tick costs what is due and not
// what exists, and memory what is set and not how often it was moved. It does not know any clock; `nowMs` comes in.

type Entry = { readonly atMs: number; readonly order: number; readonly key: string }

/** Moved and cleared entries that may wait in the heap beside as many as are set. */
const staleSpareMax = 64

export class Timers {
  #heap: Entry[] = []
  readonly #current = new Map<string, Entry>()
  #order = 0

  /** Sets or moves the deadline of `key`. */
  set(key: string, atMs: number): void {
    const entry = { atMs, order: this.#order++, key }
    this.#current.set(key, entry)
    this.#push(entry)
    if (this.#heap.length > 2 * this.#current.size + staleSpareMax) this.#dropAllStale()
  }

  /** Sets the deadline unless an earlier one stands. */
  setEarlier(key: string, atMs: number): void {
    const present = this.#current.get(key)
    if (present === undefined || atMs < present.atMs) this.set(key, atMs)
  }

  clear(key: string): void {
    this.#current.delete(key)
  }

  has(key: string): boolean {
    return this.#current.has(key)
  }

  /** The earliest deadline, or null when nothing waits. */
  nextMs(): number | null {
    this.#dropStale()
    return this.#heap[0]?.atMs ?? null
  }

  /**
   * Takes out every key whose deadline has come, earliest first. What is set meanwhile waits for the next call, even for
   * this very time: who does a long work in parts has the parts apart. To be walked to its end.
   */
  *due(nowMs: number): Generator<string> {
    const due: Entry[] = []
    for (;;) {
      this.#dropStale()
      const top = this.#heap[0]
      if (top === undefined || top.atMs > nowMs) break
      this.#pop()
      due.push(top)
    }
    for (const entry of due) {
      if (this.#current.get(entry.key) !== entry) continue
      this.#current.delete(entry.key)
      yield entry.key
    }
  }

  #dropStale(): void {
    for (let top = this.#heap[0]; top !== undefined && this.#current.get(top.key) !== top; top = this.#heap[0]) {
      this.#pop()
    }
  }

  /** A deadline that lies far ahead would otherwise stay until it comes, each time it is moved. */
  #dropAllStale(): void {
    // A sorted list is a heap.
    this.#heap = [...this.#current.values()].sort((a, b) => (isBefore(a, b) ? -1 : 1))
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!isBefore(entry, heap[parent] as Entry)) break
      heap[i] = heap[parent] as Entry
      i = parent
    }
    heap[i] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++
      if (!isBefore(heap[child] as Entry, last)) break
      heap[i] = heap[child] as Entry
      i = child
    }
    heap[i] = last
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
