// Runs tools: on the running machine as child processes, in a capture by answering with what was recorded.
// A recorded run lies in `.capture/cmd/<id>/` as the files argv, stdout, stderr and rc; the id is the SHA-1 of the
// arguments, each followed by a NUL byte, which is also what the file argv holds (the form of /proc/<pid>/cmdline).
// A run that failed has, instead of the last three, the file fault: the code on its first line, then the message.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { valueOr } from '../../model/reading.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { type Files, type ToolOptions, type ToolOutput, toolOutputBytesMax } from './source.ts'

/** Tools are looked for here and nowhere else, whatever the caller's own PATH is. */
const toolPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Numbers and words as programs read them, whatever the caller speaks. */
export const toolEnvironment = { LC_ALL: 'C', PATH: toolPath }

export function runTool(argv: readonly string[], { timeoutMs }: ToolOptions): Result<ToolOutput> {
  const [tool = '', ...args] = argv
  const program = findTool(tool)
  if (program === null) return failedTool(argv, 'ENOENT', timeoutMs)
  const done = spawnSync(program, args, {
    env: toolEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    maxBuffer: toolOutputBytesMax,
  })
  if (done.error !== undefined)
    return failedTool(argv, (done.error as NodeJS.ErrnoException).code ?? 'unknown', timeoutMs)
  if (done.status === null) return fail('HW_TOOL_FAILED', `${tool} was ended by ${done.signal}`, { argv })
  return ok({ stdout: done.stdout, stderr: done.stderr, exitCode: done.status })
}

/** Where a tool is, or null: a look into a few folders costs a hundredth of a fork that fails. */
export function findTool(name: string): string | null {
  if (name.includes('/')) return name
  return (
    toolPath
      .split(':')
      .map((folder) => `${folder}/${name}`)
      .find(existsSync) ?? null
  )
}

/** Why a tool gave no answer; `errno` as Node names it. */
export function failedTool(argv: readonly string[], errno: string, timeoutMs: number): Result<never> {
  const tool = argv[0] ?? ''
  if (errno === 'ENOENT') return fail('HW_TOOL_MISSING', `${tool} is not installed`, { argv })
  if (errno === 'ETIMEDOUT') return fail('HW_TOOL_FAILED', `${tool} gave no answer in ${timeoutMs} ms`, { argv })
  if (errno === 'ENOBUFS') return fail('HW_TOOL_FAILED', `${tool} printed more than is kept`, { argv })
  return fail('HW_TOOL_FAILED', `${tool} could not be started: ${errno}`, { argv, errno })
}

/** The folder of a recorded run, as a path on the captured machine. */
export function recordedRunPath(argv: readonly string[]): string {
  const id = createHash('sha1').update(argvText(argv)).digest('hex')
  return `/.capture/cmd/${id}`
}

/** The content of a recorded run's file `argv`. */
export function argvText(argv: readonly string[]): string {
  return argv.map((argument) => `${argument}\0`).join('')
}

/** The files of a recorded run, by name. */
export function recordedRun(argv: readonly string[], run: Result<ToolOutput>): Readonly<Record<string, string>> {
  const argvFile = { argv: argvText(argv) }
  if (!run.ok) return { ...argvFile, fault: `${run.fault.code}\n${run.fault.message}` }
  const { stdout, stderr, exitCode } = run.value
  return { ...argvFile, stdout, stderr, rc: `${exitCode}\n` }
}

export function toolsOfCapture(files: Files): (argv: readonly string[]) => Result<ToolOutput> {
  return (argv) => {
    const folder = recordedRunPath(argv)
    const stdout = files.readText(`${folder}/stdout`)
    if (stdout.kind !== 'known') return recordedFault(files, folder, argv)
    const code = /^\d{1,3}$/.exec(valueOr(files.readText(`${folder}/rc`), '').trim())
    if (code === null) return fail('HW_TOOL_FAILED', `the recorded run of ${argv[0]} was not finished`, { argv })
    const stderr = valueOr(files.readText(`${folder}/stderr`), '')
    return ok({ stdout: stdout.value, stderr, exitCode: Number(code[0]) })
  }
}

function recordedFault(files: Files, folder: string, argv: readonly string[]): Result<never> {
  const [code, ...message] = valueOr(files.readText(`${folder}/fault`), '').split('\n')
  if (code === 'HW_TOOL_MISSING' || code === 'HW_TOOL_FAILED') return fail(code, message.join('\n'), { argv })
  return fail('HW_TOOL_MISSING', `${argv[0]} is not recorded in this capture`, { argv })
}
