// Opens a source: the running machine, or a folder that holds the /sys and /proc of another one.
// It does not know what will be read.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { fail, ok, type Result } from '../../model/result.ts'
import { filesUnder } from './files.ts'
import type { Source } from './source.ts'
import { runTool, toolsOfCapture } from './tools.ts'

export function liveSource(): Source {
  return { kind: 'live', root: '/', ...filesUnder('/'), run: runTool }
}

/** A captured machine. Faults: HW_NOT_A_MACHINE when `dir` is no folder. */
export function sysrootSource(dir: string): Result<Source> {
  const root = resolve(dir)
  const stat = statSync(root, { throwIfNoEntry: false })
  if (stat === undefined || !stat.isDirectory()) return fail('HW_NOT_A_MACHINE', `${dir} is not a folder`, { root })
  const files = filesUnder(root)
  return ok({ kind: 'replay', root, ...files, run: toolsOfCapture(files) })
}
