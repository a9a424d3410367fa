// The production state machines under seeds: a few of many (`npm run simulate` runs as many as wanted), those that once
// failed, and the simulator's own promise that a seed takes the same way twice.

import { describe, expect, test } from 'vitest'
import { keptSeeds } from './kept-seeds.ts'
import { type Outcome, simulate } from './simulation.ts'

const seedsInSuite = 80

/** Situations that this many seeds must have been in: a simulation that no longer gets there proves nothing. */
const situations = [
  'TASK_KILLING',
  'TASK_KILLED',
  'TASK_FINISHED',
  'TASK_FAILED REASON_COMMAND_EXECUTOR_FAILED',
  'TASK_FAILED REASON_CONTAINER_LAUNCH_FAILED',
  'TASK_FAILED REASON_EXECUTOR_TERMINATED',
  'TASK_UNREACHABLE REASON_AGENT_REMOVED',
  'TASK_LOST REASON_AGENT_REMOVED',
  'TASK_LOST REASON_AGENT_DISCONNECTED',
  'TASK_RUNNING REASON_AGENT_REREGISTERED',
  'TASK_DROPPED REASON_INVALID_OFFERS',
  'TASK_DROPPED REASON_RECONCILIATION',
  'TASK_GONE REASON_RECONCILIATION',
  'sent shutdownFramework',
  'frameworkEnded',
  'machineLost',
  'masterDied',
  'OPERATION_FINISHED reliable',
  'OPERATION_FAILED reliable',
  'OPERATION_DROPPED',
  'OPERATION_UNREACHABLE',
  'asked GROW_VOLUME',
  'asked SHRINK_VOLUME',
  'volumeRemoved',
  'launched with volumes',
  'launched with CPUs alone',
  'launched with devices',
  'launched on idle CPUs',
  'containerConfined',
  'TASK_ERROR REASON_TASK_INVALID',
  'gangOffered',
  'operate 202',
  'operate 409',
  'updateQuota 400',
  'setAgentActivity 200',
  'setAgentActivity 400',
  'TASK_KILLED REASON_AGENT_DRAINING',
  'TASK_GONE_BY_OPERATOR REASON_AGENT_DRAINING',
  'persisted drained',
  'persisted markGone',
  'markAgentGone 200',
  'told TASK_UPDATED',
]

describe('the rack stays safe under faults and comes to rest after them', () => {
  test(`for ${seedsInSuite} seeds`, () => {
    let tasks = 0
    const marks = new Set<string>()
    for (let seed = 1; seed <= seedsInSuite; seed++) {
      const outcome = simulate({ seed })
      expect(outcome.violation, told(outcome)).toBeNull()
      tasks += outcome.tasksDone
      for (const mark of outcome.marks.keys()) marks.add(mark)
    }
    expect(tasks).toBeGreaterThan(seedsInSuite)
    expect(situations.filter((situation) => !marks.has(situation))).toEqual([])
  })

  test.each(keptSeeds)('for seed $seed: $once', ({ seed }) => {
    const outcome = simulate({ seed })
    expect(outcome.violation, told(outcome)).toBeNull()
  })
})

test('the same seed takes the same way twice', () => {
  for (const seed of [1, 7, 13]) {
    const [first, second] = [simulate({ seed }), simulate({ seed })]
    expect(second.hash).toBe(first.hash)
    expect(second.events).toBe(first.events)
  }
})

function told({ seed, lastLines }: Outcome): string {
  return [`npm run simulate -- --seed ${seed} --seeds 1 --verbose`, ...lastLines].join('\n')
}
