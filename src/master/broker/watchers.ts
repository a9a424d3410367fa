// Tells watchers the public state: what is there when they subscribe (with MQTT's retain flag), and changes after.
// A watcher that reads slowly is not sent every step but, once it can take more, the newest state of what changed:
// what waits for it is a set of names, never a queue of messages. Agents pay nothing for watchers that are not there.
// It does not know connections beyond what a watcher must offer.

import { type PublicFilter, publicTopic } from '../../wire/topics.ts'
import type { Outgoing } from './connection.ts'
import type { PublicState, StateName } from './public-state.ts'

/** More is not handed to a watcher's connection before it has taken what it has. */
export const watcherBacklogBytesMax = 256 * 1024

export type Watcher = {
  readonly backlogBytes: number
  publish(message: Outgoing, sent: () => void): void
}

type Watch = {
  /** By the filter as the watcher wrote it. */
  readonly filters: Map<string, string>
  /** What to tell by topic: the state's name, and whether it is told as kept state or as a change. */
  readonly due: Map<string, { readonly name: StateName; readonly isKept: boolean }>
}

export class Watchers<W extends Watcher> {
  readonly #state: PublicState
  readonly #watches = new Map<W, Watch>()
  /** Watchers by what their filters cover: `uid/part` with `+` for all. */
  readonly #byCover = new Map<string, Set<W>>()

  constructor(state: PublicState) {
    this.#state = state
  }

  subscribe(watcher: W, filterText: string, filter: PublicFilter): void {
    const watch = this.#watches.get(watcher) ?? { filters: new Map(), due: new Map() }
    this.#watches.set(watcher, watch)
    const cover = coverKey(filter.uid, filter.part)
    watch.filters.set(filterText, cover)
    const peers = this.#byCover.get(cover) ?? new Set()
    this.#byCover.set(cover, peers.add(watcher))
    for (const name of this.#state.matching(filter)) {
      watch.due.set(publicTopic(name.uid, name.part), { name, isKept: true })
    }
    this.#pump(watcher, watch)
  }

  unsubscribe(watcher: W, filterText: string): void {
    const watch = this.#watches.get(watcher)
    const cover = watch?.filters.get(filterText)
    if (watch === undefined || cover === undefined) return
    watch.filters.delete(filterText)
    if (![...watch.filters.values()].includes(cover)) this.#uncover(watcher, cover)
  }

  remove(watcher: W): void {
    const watch = this.#watches.get(watcher)
    this.#watches.delete(watcher)
    for (const cover of watch?.filters.values() ?? []) this.#uncover(watcher, cover)
  }

  /** A state has changed: everybody who covers it is told, each once. */
  changed(name: StateName): void {
    if (this.#watches.size === 0) return
    const topic = publicTopic(name.uid, name.part)
    for (const watcher of this.#covering(name)) {
      const watch = this.#watches.get(watcher)
      if (watch === undefined) continue
      // Told last as a change even if it waited as kept state: the newest comes once.
      watch.due.set(topic, { name, isKept: watch.due.get(topic)?.isKept ?? false })
      this.#pump(watcher, watch)
    }
  }

  #covering({ uid, part }: StateName): ReadonlySet<W> {
    const found = new Set<W>()
    for (const cover of [coverKey(uid, part), coverKey(uid, null), coverKey(null, part), coverKey(null, null)]) {
      for (const watcher of this.#byCover.get(cover) ?? []) found.add(watcher)
    }
    return found
  }

  #pump(watcher: W, watch: Watch): void {
    for (const [topic, { name, isKept }] of watch.due) {
      if (watcher.backlogBytes >= watcherBacklogBytesMax) return
      watch.due.delete(topic)
      const payload = this.#state.get(name)
      if (payload === undefined) continue
      watcher.publish({ topic, payload, qos: 0, retain: isKept }, () => {
        if (watch.due.size > 0 && this.#watches.get(watcher) === watch) this.#pump(watcher, watch)
      })
    }
  }

  #uncover(watcher: W, cover: string): void {
    const peers = this.#byCover.get(cover)
    peers?.delete(watcher)
    if (peers?.size === 0) this.#byCover.delete(cover)
  }
}

function coverKey(uid: string | null, part: string | null): string {
  return `${uid ?? '+'}/${part ?? '+'}`
}
