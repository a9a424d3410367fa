// `npm run simulate -- --seed N --seeds K [--verbose]`: runs K simulations from seed N on, and says how each one that
// failed can be run again. Exits 1 when one failed, 2 on wrong usage.

import { parseArgs } from 'node:util'
import { simulate } from './simulation.ts'

const { first, count, isVerbose } = argumentsOf(process.argv.slice(2))

const progressEveryMs = 5_000
const startedMs = performance.now()
let reportedMs = startedMs
let failed = 0
let events = 0
let virtualMs = 0
let tasks = 0
for (let seed = first; seed < first + count; seed++) {
  const outcome = simulate({ seed, ...(isVerbose ? { print: (line: string) => console.log(line) } : {}) })
  events += outcome.events
  virtualMs += outcome.virtualMs
  tasks += outcome.tasksDone
  if (outcome.violation !== null) {
    failed++
    console.log(`\nseed ${seed} FAILED after ${outcome.events} events: ${describe(outcome.violation)}`)
    for (const line of outcome.lastLines) console.log(`  ${line}`)
    console.log(`  again: npm run simulate -- --seed ${seed} --seeds 1 --verbose\n`)
  } else if (isVerbose) console.log(`seed ${seed} trace ${outcome.hash}`)
  if (performance.now() - reportedMs > progressEveryMs) {
    reportedMs = performance.now()
    console.log(`… ${seed - first + 1} of ${count} seeds, ${failed} failed`)
  }
}
const seconds = (performance.now() - startedMs) / 1000
console.log(
  `${count} seeds from ${first}: ${failed} failed; ${events} events, ${tasks} tasks done, ${Math.round(virtualMs / 3_600_000)} virtual hours ` +
    `in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(1)} seeds/s)`,
)
process.exitCode = failed === 0 ? 0 : 1

/** A checker's sentence is enough; what a machine threw needs its place. */
function describe(error: Error): string {
  return error.name === 'Violation' ? error.message : (error.stack ?? error.message)
}

function argumentsOf(args: readonly string[]): { first: number; count: number; isVerbose: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        seeds: { type: 'string', default: '50' },
        verbose: { type: 'boolean', default: false },
      },
    })
    const [first, count] = [Number(values.seed), Number(values.seeds)]
    if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || count < 1) throw new Error('not a number')
    return { first, count, isVerbose: values.verbose }
  } catch (error) {
    console.error(`${(error as Error).message}\nusage: npm run simulate -- --seed N --seeds K [--verbose]`)
    process.exit(2)
  }
}
