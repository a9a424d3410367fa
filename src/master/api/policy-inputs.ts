// Weights and quotas as operators send them, by call or by classic endpoint, and the inputs that they become. It checks
// what the message alone can break; the cluster checks the rest.

import type { QuotaConfig, QuotaRequest, ValueScalar, WeightInfo } from '../../mesos/types.ts'
import type { ClusterInput, RequestId } from '../cluster/types.ts'

type InputOf = (requestId: RequestId) => ClusterInput

/** The input, or a sentence where a weight has no role. */
export function weightsInput(infos: readonly WeightInfo[]): InputOf | string {
  const weights = infos.flatMap(({ role, weight }) => (role === undefined ? [] : [{ role, weight }]))
  if (weights.length < infos.length) return 'every weight needs a role'
  return (requestId) => ({ kind: 'updateWeights', requestId, weights })
}

export function quotaInput(configs: readonly QuotaConfig[], force: boolean): InputOf {
  return (requestId) => ({ kind: 'updateQuota', requestId, configs, force, legacy: null })
}

/** The older way: what is guaranteed is also the limit. A sentence where the request makes no quota. */
export function setQuotaInput({ role, guarantee = [], force = false }: QuotaRequest): InputOf | string {
  if (role === undefined) return 'quota needs a role'
  if (guarantee.length === 0) return 'quota needs a guarantee'
  const amounts = new Map<string, ValueScalar>()
  for (const { name, scalar, role: holder = '*', reservation, reservations = [], disk, revocable } of guarantee) {
    if (scalar === undefined) return `the guarantee of ${name} must be a scalar`
    if (holder !== '*' || reservation !== undefined || reservations.length > 0) {
      return `the guarantee of ${name} must not be reserved`
    }
    if (disk !== undefined || revocable !== undefined) return `the guarantee of ${name} must be a plain amount`
    if (amounts.has(name)) return `${name} is guaranteed twice`
    amounts.set(name, scalar)
  }
  const both = Object.fromEntries(amounts)
  const config = { role, guarantees: both, limits: both }
  return (requestId) => ({ kind: 'updateQuota', requestId, configs: [config], force, legacy: 'set' })
}

export function removeQuotaInput(role: string): InputOf {
  return (requestId) => ({ kind: 'updateQuota', requestId, configs: [{ role }], force: false, legacy: 'remove' })
}
