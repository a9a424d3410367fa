// What only queries show of the cluster as messages of the v1 operator API: the master itself, and roles. Agents,
// frameworks and tasks are shown by cluster/messages.ts, for queries as for events. Pure functions of the view.

import { toMessages } from '../../mesos/resources.ts'
import type { MasterResponseGetMaster, MasterResponseGetRoles } from '../../mesos/types.ts'
import { sumToShow } from '../../model/resources.ts'
import type { ClusterView } from '../cluster/types.ts'

/** Every role weighs the same until weights can be set. */
export const defaultWeight = 1

export function rolesMessage(view: ClusterView): MasterResponseGetRoles {
  return {
    roles: [...view.roles()].map((role) => ({
      name: role.name,
      weight: defaultWeight,
      frameworks: role.frameworks.map((value) => ({ value })),
      resources: toMessages(sumToShow([...role.allocated, ...role.offered]), 'endpoint'),
    })),
  }
}

export function masterMessage(view: ClusterView): MasterResponseGetMaster {
  const startedSeconds = view.startedMs / 1000
  return { master_info: view.config.masterInfo, start_time: startedSeconds, elected_time: startedSeconds }
}
