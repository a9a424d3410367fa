// The port through which everything in hw sees the machine: files under one root, and tools.
// A probe does not know whether it looks at the running machine or at a capture.
// Reading is synchronous: on /sys it is several times faster than the asynchronous calls.

import type { Reading } from '../../model/reading.ts'
import type { Result } from '../../model/result.ts'

/** Largest file that is read; /proc/cpuinfo of 8192 CPUs is about 12 MiB. A larger one is unreadable. */
export const fileBytesMax = 32 * 1024 * 1024

/** Largest output kept of a tool; `nvidia-smi -q -x` of 16 GPUs is about 1 MiB. A tool that prints more has failed. */
export const toolOutputBytesMax = 16 * 1024 * 1024

export type ToolOutput = { readonly stdout: string; readonly stderr: string; readonly exitCode: number }

export type ToolOptions = {
  /** The tool is killed after this time. */
  readonly timeoutMs: number
  /**
   * An answer this old still does, for whoever asks again and again: how fast the thing changes, and what asking costs.
   * A source that looks once asks anew. Five minutes where it is not said.
   */
  readonly maxAgeMs?: number
}

/** The part of a source that is files. */
export type Files = Pick<Source, 'readText' | 'readBytes' | 'list' | 'realPath' | 'linkText' | 'exists'>

export type Source = {
  /** `live` is the running machine; `replay` is a capture, where nothing is asked of the running kernel. */
  readonly kind: 'live' | 'replay'
  /** The folder that stands for `/`. */
  readonly root: string
  /**
   * The text of a file, bytes above 127 as UTF-8. Absent when there is none; unreadable with `details.errno` (EACCES,
   * EINVAL, EIO …) when there is one that cannot be read. All paths are absolute, as on the machine.
   */
  readText(path: string): Reading<string>
  /** With `bytesMax`, the first so many: some files are slow to read whole. */
  readBytes(path: string, bytesMax?: number): Reading<Uint8Array>
  /** Names in a folder, in no particular order; absent when there is no such folder. */
  list(path: string): Reading<readonly string[]>
  /** Where a path really is, all links followed inside the root; null when there is nothing. */
  realPath(path: string): string | null
  /** The text of a link, which may lead nowhere in a capture; null when there is no link. Its folder is followed. */
  linkText(path: string): string | null
  exists(path: string): boolean
  /**
   * Runs a tool without a shell in the C locale. An exit code other than 0 is an answer; faults are HW_TOOL_MISSING (not
   * installed, or not recorded in the capture) and HW_TOOL_FAILED (killed, too slow, too much output).
   */
  run(argv: readonly string[], options: ToolOptions): Result<ToolOutput>
}
