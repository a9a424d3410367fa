// Who is next: a tree of roles with frameworks as its leaves, each level kept in order of dominant share, so that a
// grant moves a few nodes and sorts nothing. A role's own frameworks sit together in one node named `.`, which
// competes with the role's children as one. It does not know agents, filters or what exactly is held.
//
// Order: smaller share first; of equal shares the one whose last grant is longest ago, so that they take turns; then
// the name. The share of a node is the largest part that its subtree holds of any one scalar of the whole cluster.

import { invariant } from '../../model/result.ts'
import { type Amounts, addAmounts } from './quantities.ts'
import type { ShareNode } from './records.ts'

export type ShareTree = {
  readonly root: ShareNode
  /** A new leaf for a framework in a role; the caller sets its holder. */
  addLeaf(role: string, frameworkId: string): ShareNode
  removeLeaf(leaf: ShareNode): void
  /** Whether the leaf takes part in allocation. */
  setListed(leaf: ShareNode, isListed: boolean): void
  /** Counts `amounts` for the leaf and all roles above it. */
  charge(leaf: ShareNode, amounts: Amounts): void
  /** The same for what a round just granted: of equal shares the leaf comes last now. */
  grant(leaf: ShareNode, amounts: Amounts): void
  discharge(leaf: ShareNode, amounts: Amounts): void
  /** The cluster's total grew or shrank: all shares are stale until `refresh`. */
  changeTotal(amounts: Amounts, sign: 1 | -1): void
  refresh(): void
  setWeight(role: string, weight: number): void
  /** 0 for a role that has nothing. */
  shareOf(role: string): number
}

export function createShareTree(): ShareTree {
  const total: Amounts = []
  const root = newNode('', null, 1)
  /** By role, those that are not 1. */
  const weights = new Map<string, number>()
  let isStale = false
  let grants = 0

  function count(leaf: ShareNode, amounts: Amounts, sign: 1 | -1, grant: number | null): void {
    for (let node: ShareNode | null = leaf; node !== null; node = node.parent) {
      const siblings = node.isListed && !isStale && node.parent !== null ? node.parent.listed : null
      if (siblings !== null) removeSorted(siblings, node)
      addAmounts(node.allocated, amounts, sign)
      if (grant !== null) node.lastGrant = grant
      if (!isStale) node.share = dominantShare(node.allocated, total) / node.weight
      if (siblings !== null) insertSorted(siblings, node)
    }
  }

  function nodeOf(role: string): ShareNode | null {
    let node: ShareNode | undefined = root
    for (const part of role.split('/')) node = node?.members.get(part)
    return node ?? null
  }

  function refreshBelow(node: ShareNode): void {
    for (const member of node.members.values()) {
      member.share = dominantShare(member.allocated, total) / member.weight
      refreshBelow(member)
    }
    node.listed.sort(compareNodes)
  }

  return {
    root,
    addLeaf(role, frameworkId) {
      let node = root
      let path = ''
      for (const part of [...role.split('/'), '.']) {
        path = path === '' ? part : `${path}/${part}`
        node = node.members.get(part) ?? addMember(node, part, weights.get(path) ?? 1)
      }
      invariant(!node.members.has(frameworkId), 'a framework is in a role once', { role, frameworkId })
      return addMember(node, frameworkId, 1)
    },
    removeLeaf(leaf) {
      invariant(
        leaf.allocated.every((amount) => amount === 0),
        'a framework that leaves a role holds nothing',
      )
      this.setListed(leaf, false)
      for (let node = leaf; node.parent !== null && node.members.size === 0; node = node.parent) {
        node.parent.members.delete(node.name)
      }
    },
    setListed(leaf, isListed) {
      if (leaf.isListed === isListed) return
      for (let node = leaf; node.parent !== null; node = node.parent) {
        const siblings = node.parent.listed
        if (isListed && !node.isListed) {
          if (isStale) siblings.push(node)
          else insertSorted(siblings, node)
        } else if (!isListed && node.listed.length === 0) {
          if (isStale) siblings.splice(siblings.indexOf(node), 1)
          else removeSorted(siblings, node)
        } else return
        node.isListed = isListed
      }
    },
    charge: (leaf, amounts) => count(leaf, amounts, 1, null),
    grant: (leaf, amounts) => count(leaf, amounts, 1, ++grants),
    discharge: (leaf, amounts) => count(leaf, amounts, -1, null),
    changeTotal(amounts, sign) {
      addAmounts(total, amounts, sign)
      isStale = true
    },
    refresh() {
      if (!isStale) return
      isStale = false
      refreshBelow(root)
    },
    setWeight(role, weight) {
      if (weight === 1) weights.delete(role)
      else weights.set(role, weight)
      const node = nodeOf(role)
      if (node === null) return
      node.weight = weight
      isStale = true
    },
    shareOf: (role) => nodeOf(role)?.share ?? 0,
  }
}

/** Which of two leaves is offered something first: the order of their first different ancestors. */
export function compareLeaves(a: ShareNode, b: ShareNode): number {
  const pathA = pathTo(a)
  const pathB = pathTo(b)
  for (let i = 0; ; i++) {
    const nodeA = pathA[i]
    const nodeB = pathB[i]
    if (nodeA === undefined || nodeB === undefined) return 0
    if (nodeA !== nodeB) return compareNodes(nodeA, nodeB)
  }
}

function pathTo(leaf: ShareNode): readonly ShareNode[] {
  const path: ShareNode[] = []
  for (let node: ShareNode | null = leaf; node !== null; node = node.parent) path.unshift(node)
  return path
}

function newNode(name: string, parent: ShareNode | null, weight: number): ShareNode {
  return {
    name,
    parent,
    weight,
    allocated: [],
    share: 0,
    lastGrant: 0,
    listed: [],
    isListed: false,
    members: new Map(),
    holder: null,
  }
}

function addMember(parent: ShareNode, name: string, weight: number): ShareNode {
  const node = newNode(name, parent, weight)
  parent.members.set(name, node)
  return node
}

function dominantShare(allocated: Amounts, total: Amounts): number {
  let share = 0
  for (let i = 0; i < allocated.length; i++) {
    const whole = total[i] ?? 0
    if (whole > 0) share = Math.max(share, (allocated[i] as number) / whole)
  }
  return share
}

function compareNodes(a: ShareNode, b: ShareNode): number {
  if (a.share !== b.share) return a.share - b.share
  if (a.lastGrant !== b.lastGrant) return a.lastGrant - b.lastGrant
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** The first index whose node does not come before `node`. */
function placeOf(sorted: readonly ShareNode[], node: ShareNode): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareNodes(sorted[middle] as ShareNode, node) < 0) low = middle + 1
    else high = middle
  }
  return low
}

function insertSorted(sorted: ShareNode[], node: ShareNode): void {
  sorted.splice(placeOf(sorted, node), 0, node)
}

function removeSorted(sorted: ShareNode[], node: ShareNode): void {
  const place = placeOf(sorted, node)
  invariant(sorted[place] === node, 'a listed node is in its place')
  sorted.splice(place, 1)
}
