// The `tepui` command: finds the subcommand's file and lets it define itself. Only the file of the subcommand that
// was called is loaded, so that `tepui --help` and short commands start quickly.
// It does not know any option of any subcommand. Exit status: 0 success, 1 failure, 2 wrong usage.

import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import type { CommandModule } from './command.ts'
import { printable } from './output.ts'
import { version } from './version.ts'

type Entry = { readonly summary: string; readonly load: () => Promise<CommandModule> }

/** All subcommands, in the order in which `--help` shows them. */
const entries: Readonly<Record<string, Entry>> = {
  up: { summary: 'a whole rack on this machine: master, broker and one agent', load: () => import('./up.ts') },
  run: { summary: 'run a command somewhere in the pool and show its output', load: () => import('./run.ts') },
  probe: { summary: 'show what this machine is', load: () => import('./probe.ts') },
  capture: { summary: 'record this machine, to be shown elsewhere', load: () => import('./capture.ts') },
  nodes: { summary: 'list the machines of the pool', load: () => import('./nodes.ts') },
  tasks: { summary: 'list tasks', load: () => import('./tasks.ts') },
  frameworks: { summary: 'list frameworks', load: () => import('./frameworks.ts') },
  roles: { summary: 'list roles: weights, quota and what they have', load: () => import('./roles.ts') },
  offers: { summary: 'list outstanding offers', load: () => import('./offers.ts') },
  why: { summary: 'say why machines are offered or not, and what would change it', load: () => import('./why.ts') },
  logs: { summary: 'show the output of a task', load: () => import('./logs.ts') },
  drain: { summary: 'empty a machine of its tasks and keep it out', load: () => import('./drain.ts') },
  reactivate: { summary: 'let a machine be offered again', load: () => import('./reactivate.ts') },
  'mark-gone': { summary: 'give up a machine that is dead', load: () => import('./mark-gone.ts') },
  kill: { summary: 'kill a task', load: () => import('./kill.ts') },
  master: { summary: 'start a master', load: () => import('./master.ts') },
  agent: { summary: 'start an agent on this machine', load: () => import('./agent.ts') },
}

/** Runs one call of the command; what it prints is on the process's own streams, its status in `process.exitCode`. */
async function main(args: readonly string[]): Promise<void> {
  const program = new Command('tepui')
    .description('Turns racks of physical machines into one pool that programs share.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text, 'tepui --help')) })
    .addHelpText('after', '\nEvery option of a command may also come from the environment as TEPUI_<NAME>.')
  keepCompiled()
  const wanted = args.find((arg) => !arg.startsWith('-'))
  for (const [name, { summary, load }] of Object.entries(entries)) {
    const command = program
      .command(name)
      .description(summary)
      .helpOption('-h, --help', 'show this help')
      .configureOutput({ outputError: (text, write) => write(oneLine(text, `tepui ${name} --help`)) })
    if (name === wanted) (await load()).define(command)
  }
  try {
    if (wanted === undefined && args.length === 0) program.error('which command? `tepui --help` lists them')
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    process.exitCode = error.exitCode === 0 ? 0 : 2
  }
}

/** In a checkout Node strips the types of every file anew; kept, most of that start-up time is saved. */
function keepCompiled(): void {
  const folder: string | undefined = import.meta.dirname
  // The single file has no folder, and a compiled bundle already.
  if (folder !== undefined) enableCompileCache(join(folder, '..', '..', 'node_modules', '.cache', 'tepui'))
}

function oneLine(text: string, help: string): string {
  const words = text
    .trim()
    .replace(/^error: /, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '')
  const isExplained = !/^(unknown|missing|too many)|argument missing$/.test(words) || words.includes('Did you mean')
  return `tepui: ${printable(words)}${isExplained ? '' : `: see \`${help}\``}\n`
}

// A reader that goes away (`tepui tasks | head -1`) is no failure of ours; a full disk is one, and what comes after would
// not get out either. Commands with more to end listen themselves.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code, message }: NodeJS.ErrnoException) => {
    const isFailure = code !== 'EPIPE'
    if (isFailure && stream === process.stdout) process.stderr.write(`tepui: writing the output: ${code ?? message}\n`)
    if (stream.listenerCount('error') === 1) process.exit(isFailure ? 1 : 0)
  })
}

void main(process.argv.slice(2))
