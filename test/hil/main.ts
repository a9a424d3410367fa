// `npm run hil -- emulated [--board NAME …] [--keep-log DIR] [--no-build] [--json]`: boots boards in qemu and compares the probe with
// what qemu was told. `npm run hil -- this-machine [--json]`: compares it with what other tools say of this machine.
// Exits 0 when everything agrees, 1 when something differs, 2 on wrong usage or where this cannot run.

import { parseArgs } from 'node:util'
import { boards } from './boards/all.ts'
import type { Board } from './boards/types.ts'
import { type EmulatedOptions, runBoards } from './emulated.ts'
import { NotPossibleHere } from './guest/packages.ts'
import { compareThisMachine } from './this-machine.ts'
import { isFailure, shown, summary, type Verdict, verdictTable } from './verdicts.ts'

const usage = `usage: npm run hil -- emulated [--board ${boards.map(({ name }) => name).join('|')}] [--keep-log DIR] [--no-build] [--json]
       npm run hil -- this-machine [--json]`

class WrongUsage extends Error {}

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments(args)
  if (values.help) {
    print(usage)
    return 0
  }
  const [what, ...rest] = positionals
  if (rest.length > 0) throw new WrongUsage(`one of emulated and this-machine, not also ${rest.join(' ')}`)
  if (what === 'emulated') {
    const logFolder = values['keep-log'] ?? null
    return await emulated({ boards: named(values.board ?? []), logFolder, isBuilt: values['no-build'] }, values.json)
  }
  if (what === 'this-machine') return thisMachine(values.json)
  throw new WrongUsage('say emulated or this-machine')
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        board: { type: 'string', multiple: true },
        'keep-log': { type: 'string' },
        'no-build': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
  } catch (error) {
    throw new WrongUsage((error as Error).message)
  }
}

async function emulated(options: EmulatedOptions, asJson: boolean): Promise<number> {
  const reports = []
  for await (const report of runBoards(options)) {
    reports.push(report)
    if (asJson) continue
    const { boot, probe, all } = report.seconds
    print(`\n${report.board}: up after ${boot ?? '-'} s, probed in ${probe ?? '-'} s, done after ${all} s`)
    printVerdicts(report.verdicts, 'QEMU WAS TOLD')
  }
  if (asJson) print(JSON.stringify(reports, null, 2))
  return status(reports.flatMap(({ verdicts }) => verdicts))
}

function thisMachine(asJson: boolean): number {
  const verdicts = compareThisMachine()
  if (asJson) print(JSON.stringify(verdicts, null, 2))
  else printVerdicts(verdicts, 'THE TOOL SAYS')
  return status(verdicts)
}

function named(names: readonly string[]): readonly Board[] {
  const unknown = names.find((name) => boards.every((board) => board.name !== name))
  if (unknown !== undefined) throw new WrongUsage(`there is no board ${unknown}`)
  return names.length === 0 ? boards : boards.filter(({ name }) => names.includes(name))
}

function printVerdicts(verdicts: readonly Verdict[], expectedTitle: string): void {
  print(verdictTable(verdicts, expectedTitle, process.stdout.columns ?? pipeWidth))
  for (const { fact, expected, found } of verdicts.filter(isFailure)) {
    print(`\n${fact}\n  ${expectedTitle.toLowerCase()} ${shown(expected)}\n  the probe says ${shown(found)}`)
  }
  print(summary(verdicts))
}

/** Differences are told in full below the table, so it need not be as wide as its widest value. */
const pipeWidth = 160

function status(verdicts: readonly Verdict[]): number {
  return verdicts.some(isFailure) ? 1 : 0
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

// What is running is ended, and what was made removed, when the process exits in order.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    if (error instanceof WrongUsage) process.stderr.write(`hil: ${error.message}\n${usage}\n`)
    else if (error instanceof NotPossibleHere) process.stderr.write(`hil: ${error.message}\n`)
    else process.stderr.write(`hil: ${error instanceof Error ? (error.stack ?? error.message) : error}\n`)
    process.exitCode = error instanceof WrongUsage || error instanceof NotPossibleHere ? 2 : 1
  },
)
