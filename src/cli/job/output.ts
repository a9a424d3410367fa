// Both outputs of one task, passed on to the caller's own as the task writes them. It does not know when a task ends.

import type { AgentPlace } from '../client/agent-place.ts'
import { OutputFollower, type OutputName } from '../client/task-files.ts'
import { LinePrefixer, writeTo } from '../output.ts'

export type Output = {
  /** The task is over: resolves when what is left has been passed on. */
  readonly flush: () => Promise<void>
  /** Lets go of it at once. */
  readonly abandon: () => void
}

/** `prefix` before each line tells instances apart. */
export function followOutputs(
  agent: AgentPlace,
  task: { readonly frameworkId: string; readonly taskId: string },
  prefix: string | null,
): readonly Output[] {
  return (['stdout', 'stderr'] as const).map((file: OutputName) => {
    const prefixer = prefix === null ? null : new LinePrefixer(prefix)
    const stream = process[file]
    const write = (bytes: Uint8Array) => writeTo(stream, prefixer === null ? bytes : prefixer.push(bytes))
    const follower = new OutputFollower(agent, { ...task, file }, write)
    const flush = async () => {
      await follower.finish()
      if (prefixer !== null) await writeTo(stream, prefixer.end())
    }
    return { flush, abandon: () => follower.abandon() }
  })
}
