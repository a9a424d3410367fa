// Runs zpool, which alone knows the devices of a ZFS pool: asked by the inventory for what a pool is made of, and by the
// look at health for the errors of its parts.

import { ok, type Result } from '../../model/result.ts'
import { parseZpoolStatus, type Zpool } from '../parse/zpool-status.ts'
import { printed } from '../source/answers.ts'
import type { Source } from '../source/source.ts'

/** It waits for pools whose devices do not answer. */
const timeoutMs = 10_000

/** Whole paths, and links followed: a device by the name that the kernel has for it. */
export const zpoolStatus = ['zpool', 'status', '-P', '-L'] as const

/** Faults: HW_TOOL_MISSING, HW_TOOL_FAILED, HW_NEEDS_ROOT. */
export function askZpool(source: Source): Result<readonly Zpool[]> {
  const text = printed(source, zpoolStatus, { timeoutMs })
  return text.ok ? ok(parseZpoolStatus(text.value)) : text
}
