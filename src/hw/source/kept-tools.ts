// Tools for whoever looks at the machine again and again: a question is answered at once with the newest output there
// is, and asked anew, in the background, when that has grown old. So a slow tool never holds anything up, and what costs
// much is asked seldom. It does not know what is asked.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { fail, ok, type Result } from '../../model/result.ts'
import { type ToolOptions, type ToolOutput, toolOutputBytesMax } from './source.ts'
import { failedTool, findTool, toolEnvironment } from './tools.ts'

/** How old an answer may be where the question does not say. */
const maxAgeDefaultMs = 5 * 60_000

/** Tools that run at the same time; they are many small ones, and the machine has other work. */
const parallelMax = 2

/** More different questions than a machine has parts to ask about; the rest has no answer. */
const questionsMax = 2000

type Question = {
  readonly argv: readonly string[]
  options: ToolOptions
  /** Of the newest round in which somebody asked. */
  askedAtMs: number
  answer: Result<ToolOutput> | null
  answeredAtMs: number
}

export class KeptTools {
  readonly #questions = new Map<string, Question>()
  /** Ends what runs now. */
  readonly #ends = new Set<() => void>()
  /** Questions whose process is there, also when nobody waits for it any more. */
  readonly #running = new Set<string>()
  #isClosed = false
  #nowMs = 0

  /** What `Source.run` promises, but that a first question fails with HW_TOOL_FAILED until `refresh` has asked it. */
  readonly run = (argv: readonly string[], options: ToolOptions): Result<ToolOutput> => {
    const key = argv.join('\0')
    let question = this.#questions.get(key)
    if (question === undefined) {
      if (this.#questions.size >= questionsMax)
        return fail('HW_TOOL_FAILED', `too many tools to run ${argv[0]}`, { argv })
      question = { argv, options, askedAtMs: this.#nowMs, answer: null, answeredAtMs: 0 }
      this.#questions.set(key, question)
    }
    question.options = options
    question.askedAtMs = this.#nowMs
    return question.answer ?? fail('HW_TOOL_FAILED', `${argv[0]} has not answered yet`, { argv })
  }

  /** Asks what was asked since the last round and is unanswered or too old. @returns whether anything was asked */
  async refresh(nowMs: number): Promise<boolean> {
    for (const [key, one] of this.#questions) if (one.askedAtMs < this.#nowMs) this.#questions.delete(key)
    this.#nowMs = nowMs
    const due = [...this.#questions].filter(([key, one]) => !this.#running.has(key) && isDue(one, nowMs))
    const waiting = due.values()
    const worker = async () => {
      for (const [key, one] of waiting) {
        one.answer = await this.#ask(key, one)
        one.answeredAtMs = nowMs
      }
    }
    await Promise.all(Array.from({ length: Math.min(parallelMax, due.length) }, worker))
    return due.length > 0
  }

  /** Ends the tools that run, with all that they started. */
  close(): void {
    this.#isClosed = true
    for (const end of this.#ends) end()
  }

  #ask(key: string, { argv, options }: Question): Promise<Result<ToolOutput>> {
    const [tool = '', ...args] = argv
    const program = findTool(tool)
    if (program === null) return Promise.resolve(failedTool(argv, 'ENOENT', options.timeoutMs))
    if (this.#isClosed) return Promise.resolve(failedTool(argv, 'ECANCELED', options.timeoutMs))
    return new Promise((resolve) => {
      // A group of its own, so that what a tool starts ends with it.
      const child = spawn(program, args, { env: toolEnvironment, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
      // A tool that waits for a dead drive cannot even be killed. Nobody waits for it; nor is it started again beside itself.
      const end = (result: Result<ToolOutput>) => {
        if (!this.#ends.delete(cancel)) return
        clearTimeout(timer)
        killGroup(child)
        for (const stream of [child.stdout, child.stderr]) stream.destroy()
        child.unref()
        resolve(result)
      }
      const giveUp = (errno: string) => end(failedTool(argv, errno, options.timeoutMs))
      const cancel = () => giveUp('ECANCELED')
      const timer = setTimeout(() => giveUp('ETIMEDOUT'), options.timeoutMs)
      const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => collect(stream, () => giveUp('ENOBUFS')))
      this.#ends.add(cancel)
      this.#running.add(key)
      child.on('exit', () => this.#running.delete(key))
      child.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => {
        this.#running.delete(key)
        giveUp(code)
      })
      child.on('close', (exitCode, signal) => {
        if (exitCode !== null) end(ok({ stdout: stdout?.() ?? '', stderr: stderr?.() ?? '', exitCode }))
        else end(fail('HW_TOOL_FAILED', `${tool} was ended by ${signal}`, { argv }))
      })
    })
  }
}

/** A function that gives what came so far; `overflow` is called when it is more than is kept. */
function collect(stream: Readable, overflow: () => void): () => string {
  const chunks: Buffer[] = []
  let size = 0
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > toolOutputBytesMax) overflow()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // All have ended.
  }
}

function isDue({ answer, answeredAtMs, options }: Question, nowMs: number): boolean {
  return answer === null || nowMs - answeredAtMs >= (options.maxAgeMs ?? maxAgeDefaultMs)
}
