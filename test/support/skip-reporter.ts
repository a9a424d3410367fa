// Ends a test run with what was left out and why, so that a tool that is missing here cannot go unnoticed.

import type { Reporter, TestModule } from 'vitest/node'

const reasonMax = 120

export class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const byReason = new Map<string, string[]>()
    for (const module of modules) {
      for (const test of module.children.allTests('skipped')) {
        const result = test.result()
        const reason = result.state === 'skipped' ? result.note : undefined
        // Without a reason it was left out by the filter of this run.
        if (reason === undefined) continue
        const short = reason.length > reasonMax ? `${reason.slice(0, reasonMax)}…` : reason
        byReason.set(short, [...(byReason.get(short) ?? []), test.fullName])
      }
    }
    const lines = [...byReason].map(([reason, names]) => `  ${names.length} skipped: ${reason} (${names[0]} …)`)
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
  }
}
