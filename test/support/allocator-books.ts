// What two allocators say of the same cluster, as lines that can be compared and read.

import { expect } from 'vitest'
import type { AllocationGrant, Allocator, Judgement } from '../../src/master/allocator/types.ts'
import type { AgentId, FrameworkId } from '../../src/model/ids.ts'
import { add, copiesOf, noResources, type Resources, resources } from '../../src/model/resources.ts'
import { roles, topRoles } from './allocator-actions.ts'
import type { SimpleAllocator } from './simple-allocator.ts'
import { consumedBelow, shareOf } from './simple-shares.ts'
import type { Verdict } from './simple-verdict.ts'

/** What is free and held on each agent, as the simple one says. */
export function simpleBooksOf(simple: SimpleAllocator): readonly string[] {
  return [...simple.agents.keys()].flatMap((id) => {
    const held = simple.held.filter((grant) => grant.agentId === id)
    return [`free ${id} ${text(simple.free(id))}`, ...merged(held).map(line).sort()]
  })
}

/** The same as the real one says. */
export function booksOf(real: Allocator, simple: SimpleAllocator): readonly string[] {
  return [...(simple.agents.keys() as Iterable<AgentId>)].flatMap((id) => [
    `free ${id} ${text(real.available(id))}`,
    ...real.holders(id).map(line).sort(),
  ])
}

/** What each framework and role holds, has consumed, and as its share, as the simple one says. */
export function simpleSumsOf(simple: SimpleAllocator): readonly string[] {
  return [
    ...[...simple.frameworks.keys()].map(
      (id) => `${id} ${text(sum(simple.held.filter(({ frameworkId }) => frameworkId === id)))}`,
    ),
    ...roles.map((role) => `${role} ${text(sum(simple.held.filter((grant) => grant.role === role)))}`),
    ...sortedRoles(simple).map((role) => `share ${role} ${shareIn(simple, role)}`),
    ...topRoles.map((role) => `consumed ${role} ${amounts(consumedBelow(simple, role))}`),
  ]
}

/** The same as the real one says. */
export function sumsOf(real: Allocator, simple: SimpleAllocator): readonly string[] {
  return [
    ...[...(simple.frameworks.keys() as Iterable<FrameworkId>)].map(
      (id) => `${id} ${text(real.allocatedToFramework(id))}`,
    ),
    ...roles.map((role) => `${role} ${text(real.allocatedToRole(role))}`),
    ...sortedRoles(simple).map((role) => {
      const exact = shareIn(simple, role)
      const share = real.share(role)
      return `share ${role} ${Math.abs(share - exact) < 1e-9 ? exact : share}`
    }),
    ...topRoles.map((role) => `consumed ${role} ${amounts(new Map(Object.entries(real.consumed(role))))}`),
  ]
}

/** As `toEqual`; tens of thousands of times a second. */
export function expectSame(theirs: readonly string[], ours: readonly string[]): void {
  if (theirs.join('\n') !== ours.join('\n')) expect(theirs).toEqual(ours)
}

/** Roles without a framework in or below them have no place in the tree of shares. */
function sortedRoles(simple: SimpleAllocator): readonly string[] {
  return roles.filter((role) => simple.isSorted(role))
}

function shareIn(simple: SimpleAllocator, role: string): number {
  const [part, whole] = shareOf(simple, role)
  return Number(part) / Number(whole)
}

function amounts(all: ReadonlyMap<string, number>): string {
  const positive = [...all].filter(([, amount]) => amount > 0)
  return positive
    .map(([name, amount]) => `${name}:${amount}`)
    .sort()
    .join(';')
}

/** One grant of each holder on each agent. */
function merged(grants: readonly AllocationGrant[]): readonly AllocationGrant[] {
  const byHolder = new Map<string, AllocationGrant>()
  for (const grant of grants) {
    const present = byHolder.get(keyOf(grant))
    const all = present === undefined ? grant.resources : add(present.resources, grant.resources)
    byHolder.set(keyOf(grant), { ...grant, resources: all })
  }
  return [...byHolder.values()]
}

function sum(grants: readonly AllocationGrant[]): Resources {
  return grants.reduce((all, grant) => add(all, grant.resources), noResources)
}

export function keyOf({
  frameworkId,
  role,
  agentId,
}: Pick<AllocationGrant, 'frameworkId' | 'role' | 'agentId'>): string {
  return `${frameworkId} ${role} ${agentId}`
}

/** With identities: what is reserved, shared, revocable or on which disk. */
export function text(items: Resources): string {
  return resources(items)
    .map((item) => {
      const copies = copiesOf(item) > 1 ? ` x${copiesOf(item)}` : ''
      return `${item.key}=${JSON.stringify(Object.values(item.value).slice(1))}${copies}`
    })
    .join(';')
}

export function line(grant: AllocationGrant): string {
  return `${keyOf(grant)} ${text(grant.resources)}`
}

export function said(judgement: Judgement | undefined): string {
  if (judgement?.kind === 'offered') return `offered ${text(judgement.resources)}`
  return `refused ${judgement?.refusal.kind}`
}

export function saidSimply(verdict: Verdict): string {
  return verdict.kind === 'offered' ? `offered ${text(verdict.resources)}` : `refused ${verdict.why}`
}
