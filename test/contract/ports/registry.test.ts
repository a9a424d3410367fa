// One suite for every registry: what was applied is what the next master finds, and each start counts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryRegistry, emptyRegistryMemory } from '../../../src/master/registry/memory.ts'
import { openRegistry } from '../../../src/master/registry/sqlite.ts'
import type { Registry, RegistryAgent, RegistryOp } from '../../../src/master/registry/types.ts'
import type { AgentId, AgentUid } from '../../../src/model/ids.ts'

let workDir: string

beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'tepui-registry-'))
})

afterEach(() => {
  rmSync(workDir, { recursive: true, force: true })
})

const agent = (n: number, hostname = `host-${n}`): RegistryAgent => ({
  agentId: `m-S${n}` as AgentId,
  uid: `uid-${n}` as AgentUid,
  hostname,
  agentInfo: { hostname, attributes: [{ name: 'rack', text: { value: "r'1" } }] },
})
const named = (n: number) => ({ agentId: agent(n).agentId, uid: agent(n).uid })

const registries: readonly (readonly [string, () => () => Registry])[] = [
  [
    'in memory',
    () => {
      const memory = emptyRegistryMemory()
      return () => createMemoryRegistry(memory)
    },
  ],
  [
    'on disk',
    () => () => {
      const opened = openRegistry(workDir)
      if (!opened.ok) throw new Error(opened.fault.message)
      return opened.value
    },
  ],
]

describe.each(registries)('a registry %s', (_, make) => {
  let open: () => Registry

  beforeEach(() => {
    open = make()
  })

  /** What the next master finds after these operations of one master. */
  function after(...ops: readonly RegistryOp[]) {
    const registry = open()
    for (const op of ops) registry.apply(op)
    registry.close()
    const next = open()
    next.close()
    return next.snapshot
  }

  test('begins empty and counts its starts', () => {
    const starts = [0, 1, 2].map(() => {
      const registry = open()
      registry.close()
      return registry.snapshot
    })
    expect(starts[0]).toEqual({ epoch: 1, admitted: [], unreachable: [], gone: [] })
    expect(starts.map((snapshot) => snapshot.epoch)).toEqual([1, 2, 3])
  })

  test('the snapshot is of the start, whatever is applied later', () => {
    const registry = open()
    registry.apply({ op: 'admitAgent', agent: agent(1) })
    expect(registry.snapshot.admitted).toEqual([])
    registry.close()
  })

  const admit = (n: number): RegistryOp => ({ op: 'admitAgent', agent: agent(n) })
  const unreachable = (n: number): RegistryOp => ({ op: 'markUnreachable', ...named(n), sinceMs: 5 })
  const gone = (n: number): RegistryOp => ({ op: 'markGone', ...named(n), sinceMs: 7 })

  test.each<{ claim: string; ops: RegistryOp[]; found: object }>([
    { claim: 'an admitted agent stays', ops: [admit(1), admit(2)], found: { admitted: [agent(1), agent(2)] } },
    {
      claim: 'admitting again replaces',
      ops: [admit(1), { op: 'admitAgent', agent: agent(1, 'renamed') }],
      found: { admitted: [agent(1, 'renamed')] },
    },
    {
      claim: 'an unreachable agent is no longer admitted',
      ops: [admit(1), unreachable(1)],
      found: { admitted: [], unreachable: [{ ...named(1), sinceMs: 5 }] },
    },
    {
      claim: 'an agent that is back is admitted',
      ops: [admit(1), unreachable(1), { op: 'markReachable', agent: agent(1, 'new') }],
      found: { admitted: [agent(1, 'new')], unreachable: [] },
    },
    {
      claim: 'a gone agent is neither admitted nor unreachable',
      ops: [admit(1), unreachable(1), admit(2), gone(1), gone(2)],
      found: { admitted: [], unreachable: [], gone: [1, 2].map((n) => ({ ...named(n), sinceMs: 7 })) },
    },
    {
      claim: 'a removed agent leaves no trace, but being gone is for ever',
      ops: [
        admit(1),
        unreachable(2),
        gone(3),
        ...[1, 2, 3, 4].map((n): RegistryOp => ({ op: 'removeAgent', ...named(n) })),
      ],
      found: { admitted: [], unreachable: [], gone: [{ ...named(3), sinceMs: 7 }] },
    },
    {
      claim: 'pruning forgets unreachable agents only',
      ops: [
        ...[1, 2, 3].map(admit),
        ...[2, 3, 4].map(unreachable),
        { op: 'pruneUnreachable', agentIds: [1, 2, 4, 9].map((n) => named(n).agentId) },
        { op: 'pruneUnreachable', agentIds: [] },
      ],
      found: { admitted: [agent(1)], unreachable: [{ ...named(3), sinceMs: 5 }] },
    },
  ])('$claim', ({ ops, found }) => {
    expect(after(...ops)).toMatchObject({ epoch: 2, ...found })
  })
})

test('two masters cannot share a registry, and the second is told so', () => {
  const first = openRegistry(workDir)
  expect(openRegistry(workDir)).toMatchObject({ ok: false, fault: { code: 'STORE_IN_USE' } })
  if (first.ok) first.value.close()
  expect(openRegistry(workDir).ok).toBe(true)
})

test('a registry that is damaged is refused with what to do', () => {
  writeFileSync(join(workDir, 'registry.db'), 'this is no database, whatever its name says'.repeat(100))
  const opened = openRegistry(workDir)
  expect(opened).toMatchObject({ ok: false, fault: { code: 'STORE_UNREADABLE' } })
  expect(opened.ok ? '' : opened.fault.message).toContain('backup')
})
