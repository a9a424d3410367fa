// What a role may weigh. It does not know which roles there are.

import { roleError } from '../../mesos/roles.ts'
import type { RoleWeight } from '../registry/types.ts'

/** Beyond these a share by weight could not be told from zero or from infinity. */
const weightMin = 1e-9
const weightMax = 1e9

/** Why this cannot be a role's weight, or null. */
export function weightError({ role, weight }: RoleWeight): string | null {
  const error = roleError(role)
  if (error !== null) return error
  if (weight >= weightMin && weight <= weightMax) return null
  return `the weight of role '${role}' must be above 0 (from ${weightMin} to ${weightMax}), not ${weight}`
}
