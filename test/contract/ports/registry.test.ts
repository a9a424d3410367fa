// One suite for every registry: what was applied is what the next master finds, and each start counts.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryRegistry, emptyRegistryMemory } from '../../../src/master/registry/memory.ts'
import { openRegistry } from '../../../src/master/registry/sqlite.ts'
import type { Drain, Registry, RegistryAgent, RegistryOp } from '../../../src/master/registry/types.ts'
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
const quota = (cpus: number) => ({ guarantees: { cpus: cpus * 1000 }, limits: { cpus: cpus * 2000, "it's": 5 } })
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
    expect(starts[0]).toEqual({
      epoch: 1,
      admitted: [],
      unreachable: [],
      gone: [],
      deactivated: [],
      weights: [],
      quotas: [],
    })
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
  const deactivate = (n: number, drain: Drain | null = null): RegistryOp => {
    return { op: 'deactivateAgent', agentId: agent(n).agentId, drain }
  }
  const reactivate = (n: number): RegistryOp => ({ op: 'reactivateAgent', agentId: agent(n).agentId })

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
    {
      claim: 'a deactivated agent stays so, wherever it is, until it is activated',
      ops: [
        ...[1, 2, 3].map(admit),
        ...[1, 2, 3].map((n) => deactivate(n)),
        unreachable(2),
        reactivate(3),
        reactivate(9),
        { op: 'admitAgent', agent: agent(1, 'renamed') },
      ],
      found: {
        admitted: [agent(1, 'renamed'), agent(3)],
        deactivated: [1, 2].map((n) => ({ agentId: agent(n).agentId, drain: null })),
      },
    },
    {
      claim: 'how an agent is drained stays as it was said last, and ends with its deactivation',
      ops: [
        ...[1, 2, 3].map(admit),
        ...[1, 2, 3].map((n) => deactivate(n, { sinceMs: 3, maxGraceMs: 500, markGone: true, isDrained: false })),
        deactivate(2, { sinceMs: 3, maxGraceMs: null, markGone: false, isDrained: true }),
        unreachable(2),
        reactivate(3),
        deactivate(3),
      ],
      found: {
        deactivated: [
          { agentId: agent(1).agentId, drain: { sinceMs: 3, maxGraceMs: 500, markGone: true, isDrained: false } },
          { agentId: agent(2).agentId, drain: { sinceMs: 3, maxGraceMs: null, markGone: false, isDrained: true } },
          { agentId: agent(3).agentId, drain: null },
        ],
      },
    },
    {
      claim: 'an agent that was never admitted, or is gone, removed or pruned, is not deactivated',
      ops: [
        deactivate(9),
        ...[1, 2, 3].map(admit),
        ...[1, 2, 3].map((n) => deactivate(n)),
        gone(1),
        deactivate(1),
        { op: 'removeAgent', agentId: agent(2).agentId },
        unreachable(3),
        { op: 'pruneUnreachable', agentIds: [agent(3).agentId] },
        admit(2),
        admit(9),
      ],
      found: { admitted: [agent(2), agent(9)], deactivated: [] },
    },
    {
      claim: 'weights stay, and the last one set counts',
      ops: [
        {
          op: 'setWeights',
          weights: [
            { role: 'a/b', weight: 2.5 },
            { role: '*', weight: 3 },
          ],
        },
        { op: 'setWeights', weights: [{ role: 'a/b', weight: 0.1 }] },
      ],
      found: {
        weights: [
          { role: 'a/b', weight: 0.1 },
          { role: '*', weight: 3 },
        ],
      },
    },
    {
      claim: 'a weight may be removed, and another may stay at 1',
      ops: [
        { op: 'setWeights', weights: ['a', 'b', '*'].map((role) => ({ role, weight: 2 })) },
        {
          op: 'setWeights',
          weights: [
            { role: 'a', weight: null },
            { role: '*', weight: 1 },
          ],
        },
        { op: 'setWeights', weights: [{ role: 'never', weight: null }] },
      ],
      found: {
        weights: [
          { role: 'b', weight: 2 },
          { role: '*', weight: 1 },
        ],
      },
    },
    {
      claim: 'quotas stay, are replaced whole and may be removed',
      ops: [
        { op: 'setQuotas', quotas: ['a', 'b', 'c'].map((role) => ({ role, quota: quota(1) })) },
        {
          op: 'setQuotas',
          quotas: [
            { role: 'b', quota: null },
            { role: 'c', quota: { guarantees: {}, limits: { gpus: 0 } } },
          ],
        },
        { op: 'setQuotas', quotas: [{ role: 'never', quota: null }] },
      ],
      found: {
        quotas: [
          { role: 'a', quota: quota(1) },
          { role: 'c', quota: { guarantees: {}, limits: { gpus: 0 } } },
        ],
      },
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

test('a registry of the first version keeps its agents, and takes what later versions know', () => {
  const database = new DatabaseSync(join(workDir, 'registry.db'))
  database.exec(`
    CREATE TABLE starts (count INTEGER NOT NULL);
    INSERT INTO starts VALUES (41);
    CREATE TABLE agents (
      id TEXT PRIMARY KEY, uid TEXT NOT NULL, state TEXT NOT NULL, since_ms INTEGER, hostname TEXT, info TEXT
    );
    INSERT INTO agents VALUES ('m-S1', 'uid-1', 'admitted', NULL, 'host-1', '{"hostname":"host-1"}');
    INSERT INTO agents VALUES ('m-S2', 'uid-2', 'gone', 7, NULL, NULL);
    PRAGMA user_version = 1
  `)
  database.close()
  const opened = openRegistry(workDir)
  if (!opened.ok) throw new Error(opened.fault.message)
  expect(opened.value.snapshot).toEqual({
    epoch: 42,
    admitted: [{ ...agent(1), agentInfo: { hostname: 'host-1' } }],
    unreachable: [],
    gone: [{ ...named(2), sinceMs: 7 }],
    deactivated: [],
    weights: [],
    quotas: [],
  })
  const drain = { sinceMs: 5, maxGraceMs: null, markGone: false, isDrained: false }
  opened.value.apply({ op: 'deactivateAgent', agentId: agent(1).agentId, drain })
  opened.value.apply({ op: 'setWeights', weights: [{ role: 'a', weight: 2 }] })
  opened.value.close()
  const again = openRegistry(workDir)
  if (!again.ok) throw new Error(again.fault.message)
  again.value.close()
  expect(again.value.snapshot).toMatchObject({
    deactivated: [{ agentId: 'm-S1', drain }],
    weights: [{ role: 'a', weight: 2 }],
  })
})

test('a registry of a later version is refused', () => {
  const opened = openRegistry(workDir)
  if (opened.ok) opened.value.close()
  const database = new DatabaseSync(join(workDir, 'registry.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  expect(openRegistry(workDir)).toMatchObject({ ok: false, fault: { code: 'STORE_UNREADABLE' } })
})
