// The newest public state of every agent, as bytes, for watchers who come later. Bounded by agents and bytes: agents
// that have been gone longest are forgotten first, and where all are here a new one is not kept.
// It does not know who watches.

import type { AgentUid } from '../../model/ids.ts'
import { decodeStatus } from '../../wire/decode.ts'
import { encodeStatus } from '../../wire/encode.ts'
import { type PublicFilter, type PublicPart, publicParts } from '../../wire/topics.ts'

export const agentsMax = 65_536
export const stateBytesMax = 768 * 1024 * 1024

type AgentState = Partial<Record<PublicPart, Uint8Array>>

export type StateName = { readonly uid: AgentUid; readonly part: PublicPart }

export class PublicState {
  readonly #agentsMax: number
  readonly #bytesMax: number
  readonly #agents = new Map<AgentUid, AgentState>()
  /** Agents without a connection, the one that left first first. */
  readonly #gone = new Set<AgentUid>()
  #bytes = 0

  constructor(bounds: { readonly agentsMax: number; readonly bytesMax: number }) {
    this.#agentsMax = bounds.agentsMax
    this.#bytesMax = bounds.bytesMax
  }

  get agentCount(): number {
    return this.#agents.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get(name: StateName): Uint8Array | undefined {
    return this.#agents.get(name.uid)?.[name.part]
  }

  /** Keeps a copy; false when there is no room, even after forgetting all who are gone. */
  put(name: StateName, bytes: Uint8Array): boolean {
    this.#gone.delete(name.uid)
    return this.#store(name, bytes)
  }

  /** The agent has no connection any more. Its status, now offline, or null where it never told one. */
  markGone(uid: AgentUid): Uint8Array | null {
    const known = this.get({ uid, part: 'status' })
    if (this.#agents.has(uid)) this.#gone.add(uid)
    if (known === undefined) return null
    const status = decodeStatus(known)
    if (!status.ok) return null
    const offline = encodeStatus({ ...status.value, online: false, session: null })
    return offline.ok && this.#store({ uid, part: 'status' }, offline.value) ? offline.value : null
  }

  /** Every state that the filter covers. */
  *matching(filter: PublicFilter): Generator<StateName> {
    const uids = filter.uid === null ? this.#agents.keys() : [filter.uid]
    for (const uid of uids) {
      for (const part of publicParts) {
        if ((filter.part ?? part) === part && this.get({ uid, part }) !== undefined) yield { uid, part }
      }
    }
  }

  #store({ uid, part }: StateName, bytes: Uint8Array): boolean {
    const growth = bytes.length - (this.get({ uid, part })?.length ?? 0)
    if (!this.#makeRoom(uid, growth)) return false
    const state = this.#agents.get(uid) ?? {}
    // A copy: what comes from a socket is a view into a larger buffer and would keep all of it.
    state[part] = new Uint8Array(bytes)
    this.#agents.set(uid, state)
    this.#bytes += growth
    return true
  }

  #makeRoom(uid: AgentUid, growth: number): boolean {
    const isFull = () =>
      this.#bytes + growth > this.#bytesMax || (!this.#agents.has(uid) && this.#agents.size >= this.#agentsMax)
    for (const gone of this.#gone) {
      if (!isFull()) break
      if (gone !== uid) this.#forget(gone)
    }
    return !isFull()
  }

  #forget(uid: AgentUid): void {
    for (const part of publicParts) this.#bytes -= this.get({ uid, part })?.length ?? 0
    this.#agents.delete(uid)
    this.#gone.delete(uid)
  }
}
