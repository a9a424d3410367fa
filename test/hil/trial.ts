// Does to a running guest what a trial says: by qemu's control socket, or inside.

import type { Trial } from './boards/types.ts'
import type { Guest } from './guest/guest.ts'

/** Emulated, a kernel takes its time to let a device go. */
const waitTimeoutMs = 60_000
const waitPollMs = 500

export async function runTrial(guest: Guest, trial: Trial): Promise<void> {
  for (const step of trial.steps) {
    if (step.kind === 'qmp') await guest.qmp.ask(step.command, step.arguments)
    else if (step.kind === 'guest') await guest.check(step.command)
    else await waitFor(guest, step.condition)
  }
}

async function waitFor(guest: Guest, condition: string): Promise<void> {
  const deadline = performance.now() + waitTimeoutMs
  while ((await guest.run(condition)).status !== 0) {
    if (performance.now() > deadline) throw new Error(`not within ${waitTimeoutMs} ms in the guest: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, waitPollMs))
  }
}
