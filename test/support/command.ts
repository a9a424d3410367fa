// The `tepui` command as a real process: started, read line by line, and ended with the test that started it.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './repository.ts'
import { until } from './until.ts'

export type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

export type StartOptions = {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** The program and its first arguments instead of the checkout's launcher. */
  readonly program?: readonly [string, ...string[]]
}

export const launcher: readonly [string] = [join(root, 'bin', 'tepui')]

/** One run of the command. `await using` ends it with the test's block, whatever happened. */
export class Tepui implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #chunks: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] }
  readonly ended: Promise<Ended>
  #isOver = false

  constructor(args: readonly string[], options: StartOptions = {}) {
    const [program, ...first] = options.program ?? launcher
    const { PATH = '', HOME = '/' } = process.env
    this.#child = spawn(program, [...first, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, HOME, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]?.on('data', (chunk: Buffer) => this.#chunks[name].push(chunk))
    }
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', (status) => {
        this.#isOver = true
        resolve({ status, stdout: this.stdout, stderr: this.stderr })
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get stdout(): string {
    return this.stdoutBytes.toString('utf8')
  }

  get stdoutBytes(): Buffer {
    return Buffer.concat(this.#chunks.stdout)
  }

  get stderr(): string {
    return Buffer.concat(this.#chunks.stderr).toString('utf8')
  }

  /** The first match in what was written so far or will be; fails at once when the process ends without it. */
  async said(pattern: RegExp, timeoutMs = 15_000): Promise<RegExpExecArray> {
    const look = () => pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
    const found = await until(`the process says ${pattern}`, () => look() ?? (this.#isOver && 'over'), timeoutMs)
    const match = found === 'over' ? look() : found
    if (match === null) throw new Error(`ended without saying ${pattern}:\n${this.stdout}\n${this.stderr}`)
    return match
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return
    this.#child.kill('SIGTERM')
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    await this.ended
    clearTimeout(patience)
  }
}

/** Runs the command to its end. */
export async function tepui(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  await using running = new Tepui(args, options)
  return await running.ended
}

/** A folder that is gone with the block that made it. */
export function scratchFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'tepui-e2e-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export type Rack = AsyncDisposable & {
  readonly process: Tepui
  readonly workDir: string
  /** HOST:PORT of the master's HTTP and MQTT and of the agent's HTTP. */
  readonly master: string
  readonly mqtt: string
  readonly agent: string
  /** Runs a subcommand against this master to its end. */
  readonly ask: (command: string, ...args: string[]) => Promise<Ended>
  /** Starts a subcommand against this master. */
  readonly start: (command: string, ...args: string[]) => Tepui
}

/** `tepui up` on free ports, ready. */
export async function startRack(args: readonly string[] = [], options: StartOptions = {}): Promise<Rack> {
  const folder = scratchFolder()
  const workDir = join(folder.path, 'state')
  mkdirSync(workDir, { recursive: true })
  const ports = ['--http-port', '0', '--mqtt-port', '0', '--agent-port', '0']
  const up = new Tepui(['up', ...ports, '--work-dir', workDir, ...args], options)
  const dispose = async () => {
    await up[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  }
  try {
    await up.said(/^ready$/m, 30_000)
  } catch (error) {
    await dispose()
    throw error
  }
  const address = (pattern: RegExp) => pattern.exec(up.stdout)?.[1] ?? ''
  const master = address(/^master +http:\/\/(\S+)/m)
  const start = (command: string, ...rest: string[]) => new Tepui([command, '--master', master, ...rest], options)
  return {
    process: up,
    workDir,
    master,
    mqtt: address(/^broker +mqtt:\/\/(\S+)/m),
    agent: address(/^agent +http:\/\/(\S+)/m),
    start,
    ask: async (command, ...rest) => {
      await using running = start(command, ...rest)
      return await running.ended
    },
    [Symbol.asyncDispose]: dispose,
  }
}

/** Whether a program can be run here at all. */
export function hasProgram(name: string, args: readonly string[] = ['--version']): boolean {
  return spawnSync(name, args, { stdio: 'ignore' }).error === undefined
}

/** Pids of processes whose command line holds `text`, this process aside. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== `${process.pid}`)
    .filter((pid) => readIfThere(`/proc/${pid}/cmdline`).includes(text))
    .map(Number)
}

/** Directories of cgroups, in every hierarchy, whose path holds `text`. */
export function cgroupsWith(text: string): readonly string[] {
  return readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.includes(text) && path.endsWith('/cgroup.procs'),
  )
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
