// Who is next: a tree of roles with frameworks as its leaves, each level kept in order of dominant share by weight, so
// that a grant moves a few nodes and sorts nothing. A role's own frameworks sit together in one node named `.`, which
// competes with the role's children as one. It does not know agents, filters or what exactly is held.
//
// The share of a node is the largest part of any one scalar of the whole cluster that counts for its subtree, by its
// weight. What is reserved counts for its role and those above once, held or not, and for those below while they hold
// it; everything else counts where it is held.

import { invariant } from '../../model/result.ts'
import { compareNodes, insertSorted, placeOf, removeSorted, settle } from './node-order.ts'
import { type Amounts, addAmounts } from './quantities.ts'
import type { ShareNode } from './records.ts'

/** Amounts, and those of them that are revocable. */
export type Charge = { readonly amounts: Amounts; readonly revocable: Amounts | null }

export type ShareTree = {
  readonly root: ShareNode
  /** Top-level roles that would be listed in the root but are spent; in order. */
  readonly spent: ShareNode[]
  /** A new leaf for a framework in a role; the caller sets its holder. */
  addLeaf(role: string, frameworkId: string): ShareNode
  removeLeaf(leaf: ShareNode): void
  /** Whether the leaf takes part in allocation. */
  setListed(leaf: ShareNode, isListed: boolean): void
  setSpent(top: ShareNode, isSpent: boolean): void
  /**
   * Adds or takes the charge at the leaf and all above it that are deeper than `depth` (the root's is 0). A turn: of
   * equal shares the leaf and its roles come last from now on.
   */
  count(leaf: ShareNode, charge: Charge, sign: 1 | -1, depth: number, isTurn: boolean): void
  /** The same for one thing that is shared: counted once in each node, however many copies are held in it. */
  countCopies(leaf: ShareNode, charge: Charge, shared: { key: string; copies: number }, depth: number): void
  /** Adds or takes what is reserved for a role. */
  reserve(role: string, charge: Charge, sign: 1 | -1): void
  /** The cluster's total grew or shrank: all shares are stale until `refresh`. */
  changeTotal(amounts: Amounts, sign: 1 | -1): void
  totals(): Amounts
  refresh(): void
  setWeight(role: string, weight: number): void
  find(role: string): ShareNode | null
  /** The role's node, made if there is none; `prune` it when it is no longer wanted. */
  roleNode(role: string): ShareNode
  prune(node: ShareNode): void
}

export type ShareTreeOptions = {
  /** So many of the first resource indices do not count for shares. */
  readonly excluded: number
  /** Told after the amounts of a node with a quota changed. */
  readonly onConsumption: (top: ShareNode, sign: 1 | -1) => void
}

export function createShareTree({ excluded, onConsumption }: ShareTreeOptions): ShareTree {
  const total: Amounts = []
  const root = newNode('', null, 1)
  const spent: ShareNode[] = []
  /** By role, those that are not 1. */
  const weights = new Map<string, number>()
  let isStale = false
  let turns = 0

  /** The list that the node is in when it is listed. */
  function siblingsOf(node: ShareNode): ShareNode[] {
    return node.isSpent ? spent : (node.parent as ShareNode).listed
  }

  function shareOf({ allocated, weight }: ShareNode): number {
    let share = 0
    for (let i = excluded; i < allocated.length; i++) {
      const whole = total[i] ?? 0
      // Divided once, so that equal shares are equal numbers.
      if (whole > 0) share = Math.max(share, (allocated[i] as number) / (whole * weight))
    }
    return share
  }

  function change(node: ShareNode, charge: Charge | null, sign: 1 | -1, turn: number): void {
    const siblings = isStale || !node.isListed ? null : siblingsOf(node)
    const place = siblings === null ? 0 : placeOf(siblings, node)
    if (turn > 0) node.lastGrant = turn
    if (charge !== null) {
      addAmounts(node.allocated, charge.amounts, sign)
      if (charge.revocable !== null) addAmounts(node.revocable, charge.revocable, sign)
      if (!isStale) node.share = shareOf(node)
    }
    if (siblings !== null) {
      invariant(siblings[place] === node, 'a listed node is in its place')
      settle(siblings, place)
    }
    if (node.quota !== null && charge !== null) onConsumption(node, sign)
  }

  function place(node: ShareNode, isIn: boolean): void {
    const siblings = siblingsOf(node)
    if (isStale) {
      if (isIn) siblings.push(node)
      else siblings.splice(siblings.indexOf(node), 1)
    } else if (isIn) insertSorted(siblings, node)
    else removeSorted(siblings, node)
  }

  function refreshBelow(node: ShareNode): void {
    for (const member of node.members.values()) {
      member.share = shareOf(member)
      refreshBelow(member)
    }
    node.listed.sort(compareNodes)
  }

  function find(role: string): ShareNode | null {
    let node: ShareNode | undefined = root
    for (const part of role.split('/')) node = node?.members.get(part)
    return node ?? null
  }

  function roleNode(role: string): ShareNode {
    let node = root
    let path = ''
    for (const part of role.split('/')) {
      path = path === '' ? part : `${path}/${part}`
      node = node.members.get(part) ?? addMember(node, part, weights.get(path) ?? 1)
    }
    return node
  }

  function prune(from: ShareNode): void {
    for (let node = from; node.parent !== null && isVoid(node); node = node.parent) {
      node.parent.members.delete(node.name)
    }
  }

  return {
    root,
    spent,
    find,
    roleNode,
    prune,
    addLeaf(role, frameworkId) {
      const own = roleNode(role)
      const frameworks = own.members.get('.') ?? addMember(own, '.', 1)
      invariant(!frameworks.members.has(frameworkId), 'a framework is in a role once', { role, frameworkId })
      const leaf = addMember(frameworks, frameworkId, 1)
      for (let node: ShareNode | null = leaf; node !== null; node = node.parent) node.leaves++
      return leaf
    },
    removeLeaf(leaf) {
      invariant(leaf.allocated.every(isZero), 'a framework that leaves a role holds nothing')
      this.setListed(leaf, false)
      leaf.holder = null
      for (let node: ShareNode | null = leaf; node !== null; node = node.parent) {
        node.leaves--
        // Without frameworks a role lives on for its reservations or quota alone, and has no turn to remember.
        if (node.leaves === 0) node.lastGrant = 0
      }
      prune(leaf)
    },
    setListed(leaf, isListed) {
      if (leaf.isListed === isListed) return
      for (let node = leaf; node.parent !== null; node = node.parent) {
        if (isListed ? node.isListed : node.listed.length > 0) return
        place(node, isListed)
        node.isListed = isListed
      }
    },
    setSpent(top, isSpent) {
      if (top.isSpent === isSpent) return
      if (top.isListed) place(top, false)
      top.isSpent = isSpent
      if (top.isListed) place(top, true)
    },
    count(leaf, charge, sign, depth, isTurn) {
      if (isTurn) turns++
      for (let node: ShareNode | null = leaf; node !== null; node = node.parent) {
        const isCounted = node.depth > depth
        if (isCounted || isTurn) change(node, isCounted ? charge : null, sign, isTurn ? turns : 0)
      }
    },
    countCopies(leaf, charge, { key, copies }, depth) {
      for (let node: ShareNode | null = leaf; node !== null && node.depth > depth; node = node.parent) {
        const before = node.copies.get(key) ?? 0
        const after = before + copies
        if (after > 0) node.copies.set(key, after)
        else node.copies.delete(key)
        if (before > 0 !== after > 0) change(node, charge, after > 0 ? 1 : -1, 0)
      }
    },
    reserve(role, charge, sign) {
      const own = roleNode(role)
      for (let node: ShareNode | null = own; node !== null; node = node.parent) change(node, charge, sign, 0)
      prune(own)
    },
    changeTotal(amounts, sign) {
      addAmounts(total, amounts, sign)
      isStale = true
    },
    totals: () => total,
    refresh() {
      if (!isStale) return
      isStale = false
      refreshBelow(root)
      spent.sort(compareNodes)
    },
    setWeight(role, weight) {
      if (weight === 1) weights.delete(role)
      else weights.set(role, weight)
      const node = find(role)
      if (node === null) return
      if (node.isListed) place(node, false)
      node.weight = weight
      if (!isStale) node.share = shareOf(node)
      if (node.isListed) place(node, true)
    },
  }
}

function newNode(name: string, parent: ShareNode | null, weight: number): ShareNode {
  return {
    name,
    parent,
    depth: parent === null ? 0 : parent.depth + 1,
    weight,
    allocated: [],
    revocable: [],
    share: 0,
    lastGrant: 0,
    listed: [],
    isListed: false,
    isSpent: false,
    quota: null,
    members: new Map(),
    leaves: 0,
    copies: new Map(),
    holder: null,
  }
}

function addMember(parent: ShareNode, name: string, weight: number): ShareNode {
  const node = newNode(name, parent, weight)
  parent.members.set(name, node)
  return node
}

function isVoid({ members, holder, quota, allocated }: ShareNode): boolean {
  return members.size === 0 && holder === null && quota === null && allocated.every(isZero)
}

function isZero(amount: number): boolean {
  return amount === 0
}
