// Hardware and grants for tests that need little of them.

import type { ConditionCode, Severity } from '../../src/model/conditions.ts'
import { parseCpuList } from '../../src/model/cpu-set.ts'
import { type Grant, type Hardware, type HardwareGpu, noGrant, noHardware } from '../../src/model/hardware.ts'
import type { Condition, PartKind } from '../../src/model/health.ts'

export function gpuNamed(uuid: string): HardwareGpu {
  return { uuid, model: null, memoryBytes: null, node: null, pciAddress: null, links: [], instances: [] }
}

/** A machine of which nothing is known but its GPUs. */
export function gpusOnly(uuids: readonly string[]): Hardware {
  return { ...noHardware, gpus: uuids.map(gpuNamed) }
}

/** What the task of this grant has alone, by kind and name. */
export function partsAlone(grant: Grant): readonly string[] {
  return [
    ...(parseCpuList(grant.cpus ?? '') ?? []).map((cpu) => `CPU ${cpu}`),
    ...[...grant.gpuUuids, ...grant.gpuInstanceUuids].map((uuid) => `GPU ${uuid}`),
    ...grant.nics.map((name) => `port ${name}`),
    ...grant.disks.map((name) => `disk ${name}`),
  ]
}

/** Something critical, of a part that needs no more than its name; `id` is what stays the same of it. */
export function aCondition(
  code: ConditionCode,
  kind: PartKind,
  name: string,
  more: { readonly id?: string; readonly severity?: Severity } = {},
): Condition {
  const { id = null, severity = 'critical' } = more
  return { code, part: { kind, name, id }, severity, sinceMs: 1_700_000_000_000, evidence: [] }
}

export function grantOfGpus(gpuUuids: readonly string[]): Grant {
  return { ...noGrant, gpuUuids }
}
