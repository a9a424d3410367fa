// Runs nvidia-smi and keeps what its long query said, so that inventory and the look at health that follows cost one run
// between them: without persistence mode the driver wakes every GPU first, which takes seconds each.

import type { FaultCode } from '../../model/faults.ts'
import type { Reading } from '../../model/reading.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { type NvidiaSmi, parseNvidiaSmi } from '../parse/nvidia-smi.ts'
import type { Source } from '../source/source.ts'

const toolTimeoutMs = 60_000

/** Of the long query, which takes about a second of processor time with eight GPUs. */
const queryAgeMaxMs = 2 * 60_000

export const nvidiaQuery = ['nvidia-smi', '-q', '-x'] as const

/** What the long query said for the inventory and nobody has looked at since. */
const unread = new WeakMap<Source, Result<NvidiaSmi>>()

/** Runs the long query anew. Faults: HW_TOOL_MISSING, HW_TOOL_FAILED with the tool's own words in the message. */
export function askNvidia(source: Source): Result<NvidiaSmi> {
  const said = runNvidia(source, nvidiaQuery, parseNvidiaSmi)
  unread.set(source, said)
  return said
}

/** What the inventory of just before was told, each time once; else asks anew. */
export function nvidiaToldLast(source: Source): Result<NvidiaSmi> {
  const said = unread.get(source) ?? runNvidia(source, nvidiaQuery, parseNvidiaSmi)
  unread.delete(source)
  return said
}

/** Faults as above, and for an output that is not what it should be. */
export function runNvidia<T>(source: Source, argv: readonly string[], parse: (text: string) => Reading<T>): Result<T> {
  const aged = argv === nvidiaQuery ? { maxAgeMs: queryAgeMaxMs } : {}
  const done = source.run(argv, { timeoutMs: toolTimeoutMs, ...aged })
  if (!done.ok) return done
  const { exitCode, stdout, stderr } = done.value
  if (exitCode !== 0) {
    // The tool complains on either; a GPU that is lost is named there.
    const output = [stderr, stdout].join('\n').slice(0, outputKeptMax)
    const line = (stderr.trim() || stdout.trim()).split('\n')[0]?.slice(0, 200) ?? ''
    return fail('HW_TOOL_FAILED', `exit code ${exitCode}: ${line}`, { output })
  }
  const reading = parse(stdout)
  if (reading.kind === 'known') return ok(reading.value)
  if (reading.kind === 'unreadable') return fail(reading.fault.code as FaultCode, reading.fault.message)
  if (reading.kind === 'absent') return fail('HW_TOOL_FAILED', `${argv[0]} printed nothing`)
  return fail('HW_IMPLAUSIBLE', `${reading.why}: ${JSON.stringify(reading.raw)}`)
}

/** Of the words of a tool that failed. */
const outputKeptMax = 8192
