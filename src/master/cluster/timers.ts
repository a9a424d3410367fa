// The cluster's timers and limits where nobody says otherwise. They are data; the machine takes them as its config.

import { defaultAllocatorOptions } from '../allocator/types.ts'
import type { ClusterConfig, ClusterPolicy } from './types.ts'

export type ClusterTimers = Omit<ClusterConfig, 'masterId' | 'epoch' | 'masterInfo'>

const { allocationIntervalMs: _, region: __, ...policy } = defaultAllocatorOptions

export const defaultPolicy: ClusterPolicy = {
  ...policy,
  domain: null,
  requireAgentDomain: false,
  roles: null,
  weights: new Map(),
}

/** Mesos' own numbers (src/master/constants.hpp), and bounds where Mesos has none. */
export const defaultTimers: ClusterTimers = {
  schedulerHeartbeatMs: 15_000,
  agentHeartbeatMs: 15_000,
  agentHeartbeatMissesMax: 5,
  agentReregisterTimeoutMs: 600_000,
  allocationIntervalMs: 1_000,
  offerTimeoutMs: null,
  completedFrameworksMax: 50,
  completedTasksPerFrameworkMax: 1_000,
  unreachableTasksPerFrameworkMax: 1_000,
  operatorStreamsMax: 1_000,
  offersPerEventMax: 100,
  agentsPerSliceMax: 250,
  pairsPerSliceMax: 10_000,
  policy: defaultPolicy,
}
