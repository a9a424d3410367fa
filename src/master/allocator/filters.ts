// Filters: what a framework said it does not want of one agent in one role, and until when (Mesos
// src/master/allocator/mesos/hierarchical.cpp).
// While a filter holds it costs nothing but its place in a heap; a round looks at it only when its agent is tried.
// It does not know shares or what is free.

import type { Resources } from '../../model/resources.ts'
import { isWithin } from './quantities.ts'
import type { AgentState, Filter, Holder, Moment } from './records.ts'

/** Filters of one framework in one role on one agent; past it the one that ends first is dropped. */
export const filtersPerAgentMax = 16

export type Filters = {
  /** `round` is the number of the last round begun. */
  add(filter: { holder: Holder; agent: AgentState; refused: Resources; endMs: number; round: number }): void
  /** The filter that holds back an offer of exactly `candidate` in the round of that moment, or null. */
  filterOf(holder: Holder, agent: AgentState, candidate: Resources, moment: Moment): Filter | null
  clearHolder(holder: Holder): void
  clearAgent(agent: AgentState): void
  /** Ends and returns the filters whose time has come; `round` is the number of the round that begins now. */
  takeEnded(nowMs: number, round: number): readonly Filter[]
  nextEndMs(): number | null
}

export function createFilters(allocationIntervalMs: number): Filters {
  const heap: Filter[] = []
  let deadInHeap = 0

  /** Takes the filter out of all indices; it stays in the heap as dead until it surfaces or the heap is cleaned. */
  function kill(filter: Filter): void {
    filter.isLive = false
    filter.holder.filters.delete(filter)
    const siblings = filter.agent.filters.get(filter.holder) as Filter[]
    if (siblings.length === 1) filter.agent.filters.delete(filter.holder)
    else siblings.splice(siblings.indexOf(filter), 1)
    deadInHeap++
  }

  function cleanHeap(): void {
    if (deadInHeap * 2 <= heap.length) return
    const live = heap.filter((filter) => filter.isLive)
    heap.length = 0
    deadInHeap = 0
    for (const filter of live) push(heap, filter)
  }

  function dropDeadTop(): void {
    while (heap.length > 0 && !(heap[0] as Filter).isLive) {
      pop(heap)
      deadInHeap--
    }
  }

  return {
    add({ holder, agent, refused, endMs, round }) {
      const present = agent.filters.get(holder) ?? []
      // An older filter that refuses no more and ends no later says nothing any longer.
      for (const other of [...present]) if (other.endMs <= endMs && isWithin(other.refused, refused)) kill(other)
      const siblings = agent.filters.get(holder) ?? []
      if (siblings.length >= filtersPerAgentMax) {
        kill(siblings.reduce((first, other) => (other.endMs < first.endMs ? other : first)))
      }
      const filter = { holder, agent, refused, endMs, sinceRound: round, isLive: true }
      siblings.push(filter)
      agent.filters.set(holder, siblings)
      holder.filters.add(filter)
      push(heap, filter)
      cleanHeap()
    },
    filterOf(holder, agent, candidate, { round, nowMs }) {
      if (agent.filters.size === 0) return null
      for (const filter of agent.filters.get(holder) ?? none) {
        const isHolding = filter.endMs > nowMs || isYoung(filter, round)
        if (isHolding && isWithin(candidate, filter.refused)) return filter
      }
      return null
    },
    clearHolder(holder) {
      for (const filter of [...holder.filters]) kill(filter)
      cleanHeap()
    },
    clearAgent(agent) {
      for (const filter of [...agent.filters.values()].flat()) kill(filter)
      cleanHeap()
    },
    takeEnded(nowMs, round) {
      const ended: Filter[] = []
      const tooYoung: Filter[] = []
      for (;;) {
        dropDeadTop()
        const top = heap[0]
        if (top === undefined || top.endMs > nowMs) break
        pop(heap)
        if (isYoung(top, round)) tooYoung.push(top)
        else {
          deadInHeap--
          kill(top)
          ended.push(top)
        }
      }
      for (const filter of tooYoung) {
        filter.endMs = nowMs + allocationIntervalMs
        push(heap, filter)
      }
      return ended
    },
    nextEndMs() {
      dropDeadTop()
      return heap[0]?.endMs ?? null
    },
  }
}

const none: readonly Filter[] = []

/** It must outlive one round after the one it was made in. */
function isYoung({ sinceRound }: Filter, round: number): boolean {
  return sinceRound + 1 >= round
}

function push(heap: Filter[], filter: Filter): void {
  let i = heap.length
  heap.push(filter)
  while (i > 0) {
    const parent = (i - 1) >> 1
    if ((heap[parent] as Filter).endMs <= filter.endMs) break
    heap[i] = heap[parent] as Filter
    i = parent
  }
  heap[i] = filter
}

function pop(heap: Filter[]): void {
  const last = heap.pop() as Filter
  if (heap.length === 0) return
  let i = 0
  for (;;) {
    let child = 2 * i + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && (heap[child + 1] as Filter).endMs < (heap[child] as Filter).endMs) child++
    if ((heap[child] as Filter).endMs >= last.endMs) break
    heap[i] = heap[child] as Filter
    i = child
  }
  heap[i] = last
}
