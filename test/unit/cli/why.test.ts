import { expect, test } from 'vitest'
import { whyLines } from '../../../src/cli/why.ts'
import type { WhyDocument } from '../../../src/master/api/why.ts'
import { noGrant } from '../../../src/model/hardware.ts'

const nowMs = 1_700_000_000_000
const nothing: WhyDocument = {
  kind: 'framework',
  id: 'f-1',
  wanted: null,
  task: null,
  role: null,
  frameworks: [],
  reason: null,
}

test('a framework with its role, what it holds and waits for, and each group of machines', () => {
  const lines = whyLines(
    {
      ...nothing,
      wanted: 'cpus:4',
      role: { name: 'r', weight: 2, share: 0.25, guarantee: { cpus: 8 }, limit: { cpus: 16 }, consumed: { cpus: 4 } },
      frameworks: [
        {
          id: 'f-1',
          name: 'jobs',
          role: 'r',
          isConnected: true,
          isSuppressed: false,
          offers: { count: 2, sinceMs: nowMs - 30_000 },
          gangs: [{ id: 'g', count: 8, kept: 3, racks: 'SAME', askedMs: nowMs - 300_000, keepUntilMs: nowMs + 9_000 }],
          groups: [
            {
              code: 'filter',
              text: 'the framework refused what it has',
              count: 1,
              machines: ['n1'],
              changes: ['filter ends in 4 s'],
              holders: [],
            },
            {
              code: 'nothingFree',
              text: 'all of it is held',
              count: 12,
              machines: ['n2', 'n3'],
              changes: [],
              holders: [{ framework: 'train', role: 't', machines: 12 }],
            },
          ],
          reason: 'x',
        },
      ],
    },
    nowMs,
  )
  expect(lines).toEqual([
    'framework f-1, to fit cpus:4',
    '  role r: weight 2, share 25.0 %, quota: cpus 4 used, 8 guaranteed, at most 16',
    '  framework jobs in role r: connected, holds 2 offers since 30 s ago',
    '    waits for 8 machines together in one rack since 5 min ago, 3 kept',
    '      x',
    '    1 machine: the framework refused what it has (n1)',
    '      filter ends in 4 s',
    '    12 machines: all of it is held (n2, n3, …)',
    '      held by train in role t on 12 machines',
  ])
})

test('a task with where it is, what was said last and what it was granted, and nothing of other machines', () => {
  const grant = { ...noGrant, cpus: '2-3', memory: [{ node: 1, bytes: 1 }], gpuUuids: ['GPU-1'] }
  const task = { state: 'TASK_RUNNING', machine: 'n1', reason: null, message: 'all well', since: 1, grant }
  const lines = whyLines({ ...nothing, kind: 'task', id: 't1', task }, nowMs)
  expect(lines).toEqual([
    'task t1',
    '  TASK_RUNNING on n1: all well',
    '  granted CPUs 2-3 alone; memory of NUMA node 1; GPU-1',
  ])
})

test('a role that nobody is in says so', () => {
  expect(whyLines({ ...nothing, kind: 'role', id: 'r' }, nowMs)).toEqual([
    'role r',
    '  no framework is in it: nobody is there to be offered anything',
  ])
})
