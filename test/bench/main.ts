// `npm run bench -- NAME [options] [--json]`: runs one workload and prints its figures as a table, or with --json also
// as one JSON object on the last line of standard output. Figures are for people; no test asserts on them.

import { existsSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { formatTable } from '../../src/cli/table.ts'

/** Numbers by the name of the option that sets them, without dashes. */
export type Options = Readonly<Record<string, number>>

/** The unit stands last in each name; null is a figure that could not be taken here. */
export type Figures = Readonly<Record<string, number | string | null>>

/** Figures to be shown one a line, or as the text that a bench made of them. */
export type Answer = Figures | { readonly text: string; readonly figures: Readonly<Record<string, unknown>> }

/** What a bench's file exports as `run`; it says on standard error how it goes. `workload` is one of its own words. */
export type Workload = (options: Options, workload: string | null) => Promise<Answer>

async function main(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args.filter((arg) => arg !== '--json')
  const file = new URL(`./${name}.ts`, import.meta.url)
  if (!/^[a-z][a-z-]*$/.test(name) || name === 'main' || !existsSync(file)) {
    process.stderr.write(`bench: which workload? there are ${workloads().join(', ')}\n`)
    return 2
  }
  const at = rest.indexOf('--workload')
  const [, workload = null] = at === -1 ? [] : rest.splice(at, 2)
  const parameters = readOptions(rest)
  if (parameters === null) {
    process.stderr.write('bench: options are pairs such as --rounds 50\n')
    return 2
  }
  const { run } = (await import(file.href)) as { readonly run: Workload }
  const answer = await run(parameters, workload)
  const { text, figures } = isReport(answer) ? answer : { text: oneALine(name, answer), figures: answer }
  process.stdout.write(`${text}\n`)
  if (args.includes('--json')) {
    const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? null, node: process.version }
    // Figures of one workload stand beside the other keys too, where programs that compare workloads look for them.
    const beside = isReport(answer) ? {} : figures
    process.stdout.write(`${JSON.stringify({ ...beside, bench: name, machine, parameters, figures })}\n`)
  }
  return 0
}

function isReport(answer: Answer): answer is Exclude<Answer, Figures> {
  return typeof answer.figures === 'object' && answer.figures !== null
}

function oneALine(name: string, figures: Figures): string {
  return formatTable(
    [
      { title: name.toUpperCase(), text: ([figure]) => figure },
      { title: 'VALUE', text: ([, value]) => shown(value), isNumber: true },
    ],
    Object.entries(figures),
    null,
  )
}

/** `--rounds 50 --tasks 200` as numbers by name; null when it is not that. */
function readOptions(args: readonly string[]): Options | null {
  const options: Record<string, number> = {}
  for (let i = 0; i < args.length; i += 2) {
    const name = /^--([a-z-]+)$/.exec(args[i] ?? '')?.[1]
    const value = args[i + 1] ?? ''
    if (name === undefined || !/^\d+$/.test(value)) return null
    options[name] = Number(value)
  }
  return options
}

/** The middle and the far end of a set of measurements, rounded to hundredths. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return value === undefined ? null : Math.round(value * 100) / 100
}

function shown(value: number | string | null): string {
  return value === null ? '-' : `${value}`
}

function workloads(): readonly string[] {
  return readdirSync(fileURLToPath(new URL('.', import.meta.url)))
    .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
    .map((file) => file.replace('.ts', ''))
}

// Workloads import this file, so it must not wait for them while it is loaded.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  void main(process.argv.slice(2)).then((status) => {
    process.exitCode = status
  })
}
