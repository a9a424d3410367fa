// What only queries show of the cluster as messages of the v1 operator API: the master itself, roles, weights and quotas. Agents,
// frameworks and tasks are shown by cluster/messages.ts, for queries as for events. Pure functions of the view.

import { toMessages } from '../../mesos/resources.ts'
import type {
  MasterResponseGetMaster,
  MasterResponseGetRoles,
  MasterResponseGetWeights,
  QuotaStatus,
} from '../../mesos/types.ts'
import { sumToShow } from '../../model/resources.ts'
import type { Quantities } from '../allocator/types.ts'
import type { ClusterView } from '../cluster/types.ts'

export function rolesMessage(view: ClusterView): MasterResponseGetRoles {
  return {
    roles: [...view.roles()].map((role) => ({
      name: role.name,
      weight: role.weight,
      frameworks: role.frameworks.map((value) => ({ value })),
      resources: toMessages(sumToShow([...role.allocated, ...role.offered]), 'endpoint'),
    })),
  }
}

/** Only weights that somebody set. */
export function weightsMessage(view: ClusterView): MasterResponseGetWeights {
  return { weight_infos: [...view.weights()].map(([role, weight]) => ({ weight, role })) }
}

/** Both forms: `infos` is the older one, which knows no limits. */
export function quotaMessage(view: ClusterView): QuotaStatus {
  const quotas = [...view.quotas()]
  return {
    infos: quotas.map(([role, { guarantees }]) => ({
      role,
      guarantee: Object.entries(guarantees).map(([name, milli]) => ({
        name,
        type: 'SCALAR' as const,
        scalar: { value: milli / 1000 },
      })),
    })),
    configs: quotas.map(([role, { guarantees, limits }]) => ({
      role,
      ...(isNothing(guarantees) ? {} : { guarantees: scalarsOf(guarantees) }),
      ...(isNothing(limits) ? {} : { limits: scalarsOf(limits) }),
    })),
  }
}

function isNothing(quantities: Quantities): boolean {
  return Object.keys(quantities).length === 0
}

function scalarsOf(quantities: Quantities): Record<string, { value: number }> {
  return Object.fromEntries(Object.entries(quantities).map(([name, milli]) => [name, { value: milli / 1000 }]))
}

export function masterMessage(view: ClusterView): MasterResponseGetMaster {
  const startedSeconds = view.startedMs / 1000
  return { master_info: view.config.masterInfo, start_time: startedSeconds, elected_time: startedSeconds }
}
