// The order of members of one node of the tree of shares, kept sorted so that a change moves one node; and orders drawn
// by weight, for whoever prefers chance to shares.
//
// Order: smaller share first; of equal shares the one whose last grant is longest ago, so that they take turns; then
// the name.

import type { Random } from '../../model/random.ts'
import { invariant } from '../../model/result.ts'
import type { ShareNode } from './records.ts'

export function compareNodes(a: ShareNode, b: ShareNode): number {
  if (a.share !== b.share) return a.share - b.share
  if (a.lastGrant !== b.lastGrant) return a.lastGrant - b.lastGrant
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Which of two nodes anywhere in the tree comes first: the order of their first different ancestors; 0 if one is above. */
export function comparePaths(a: ShareNode, b: ShareNode): number {
  let [nodeA, nodeB] = [a, b]
  while (nodeA.depth > nodeB.depth) nodeA = nodeA.parent as ShareNode
  while (nodeB.depth > nodeA.depth) nodeB = nodeB.parent as ShareNode
  if (nodeA === nodeB) return 0
  while (nodeA.parent !== nodeB.parent) {
    nodeA = nodeA.parent as ShareNode
    nodeB = nodeB.parent as ShareNode
  }
  return compareNodes(nodeA, nodeB)
}

/** The first index whose node does not come before `node`. */
export function placeOf(sorted: readonly ShareNode[], node: ShareNode): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNodes(sorted[middle] as ShareNode, node) < 0) low = middle + 1
    else high = middle
  }
  return low
}

export function insertSorted(sorted: ShareNode[], node: ShareNode): void {
  sorted.splice(placeOf(sorted, node), 0, node)
}

export function removeSorted(sorted: ShareNode[], node: ShareNode): void {
  const place = placeOf(sorted, node)
  invariant(sorted[place] === node, 'a listed node is in its place')
  sorted.splice(place, 1)
}

/** Puts right a list that was in order before the node at `place` changed. */
export function settle(sorted: ShareNode[], place: number): void {
  const node = sorted[place] as ShareNode
  const before = sorted[place - 1]
  const after = sorted[place + 1]
  const isRight =
    (before === undefined || compareNodes(before, node) < 0) && (after === undefined || compareNodes(node, after) < 0)
  if (isRight) return
  sorted.splice(place, 1)
  insertSorted(sorted, node)
}

/** Two sorted lists as one. */
export function merged(a: readonly ShareNode[], b: readonly ShareNode[]): readonly ShareNode[] {
  if (b.length === 0) return a
  const all: ShareNode[] = []
  let at = 0
  for (const node of a) {
    for (; at < b.length && compareNodes(b[at] as ShareNode, node) < 0; at++) all.push(b[at] as ShareNode)
    all.push(node)
  }
  for (; at < b.length; at++) all.push(b[at] as ShareNode)
  return all
}

/** All nodes, each next one drawn with a chance in proportion to its weight; as few are drawn as are asked for. */
export function* shuffledByWeight(nodes: readonly ShareNode[], random: Random): Generator<ShareNode> {
  const left = [...nodes].sort((a, b) => (a.name < b.name ? -1 : 1))
  let weights = left.reduce((sum, { weight }) => sum + weight, 0)
  while (left.length > 0) {
    let rest = (random.below(2 ** 32) / 2 ** 32) * weights
    let place = 0
    while (place < left.length - 1 && rest >= (left[place] as ShareNode).weight) {
      rest -= (left[place] as ShareNode).weight
      place++
    }
    const drawn = left[place] as ShareNode
    left[place] = left.at(-1) as ShareNode
    left.pop()
    weights -= drawn.weight
    yield drawn
  }
}
