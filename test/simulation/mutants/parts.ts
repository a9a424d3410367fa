// How a planted bug gets between a production machine and the rest of the world: around its steps, around its effects, or
// before what it shows.

import type { AgentCore } from '../../../src/agent/core/core.ts'
import type { AgentEffect } from '../../../src/agent/core/types.ts'
import type { Cluster, ClusterEffect, ClusterView } from '../../../src/master/cluster/types.ts'
import { type Parts, productionParts } from '../world/world.ts'

type StepAround<Machine extends { step: (input: never, nowMs: number) => unknown }> = (
  machine: Machine,
) => Machine['step']

export function agentMutant(around: StepAround<AgentCore>): Parts {
  return {
    ...productionParts,
    createAgentCore: (config, checkpoint, random) => {
      const core = productionParts.createAgentCore(config, checkpoint, random)
      return {
        step: around(core),
        nextTickMs: () => core.nextTickMs(),
        get config() {
          return core.config
        },
        get view() {
          return core.view
        },
      }
    },
  }
}

export function agentEffects(change: (effects: AgentEffect[]) => AgentEffect[]): Parts {
  return agentMutant((core) => (input, nowMs) => change(core.step(input, nowMs)))
}

/** `shown`: what the master would show if it did not have the bug. */
export function clusterMutant(
  around: StepAround<Cluster>,
  shown: (view: ClusterView) => ClusterView = (view) => view,
): Parts {
  return {
    ...productionParts,
    createCluster: (config, snapshot, random, nowMs) => {
      const cluster = productionParts.createCluster(config, snapshot, random, nowMs)
      const view = shown(cluster.view)
      return { step: around(cluster), nextTickMs: () => cluster.nextTickMs(), view }
    },
  }
}

export function clusterEffects(change: (effects: ClusterEffect[]) => ClusterEffect[]): Parts {
  return clusterMutant((cluster) => (input, nowMs) => change(cluster.step(input, nowMs)))
}
