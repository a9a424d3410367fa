// Tools for whoever looks at the machine again and again: a question is answered at once with the newest output there
// is, and asked anew, in the background, when that has grown old. So a slow tool never holds anything up, and what costs
// much is asked seldom. It does not know what is asked.

import { execFile } from 'node:child_process'
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
  readonly #abort = new AbortController()
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
    const due = [...this.#questions.values()].filter((one) => isDue(one, nowMs))
    const waiting = due.values()
    const worker = async () => {
      for (const one of waiting) {
        one.answer = await this.#ask(one)
        one.answeredAtMs = nowMs
      }
    }
    await Promise.all(Array.from({ length: Math.min(parallelMax, due.length) }, worker))
    return due.length > 0
  }

  /** Ends the tools that run. */
  close(): void {
    this.#abort.abort()
  }

  #ask({ argv, options }: Question): Promise<Result<ToolOutput>> {
    const [tool = '', ...args] = argv
    const program = findTool(tool)
    if (program === null) return Promise.resolve(failedTool(argv, 'ENOENT', options.timeoutMs))
    return new Promise((resolve) => {
      const child = execFile(
        program,
        args,
        {
          env: toolEnvironment,
          encoding: 'utf8',
          timeout: options.timeoutMs,
          killSignal: 'SIGKILL',
          maxBuffer: toolOutputBytesMax,
          signal: this.#abort.signal,
        },
        (error, stdout, stderr) => resolve(outcome(argv, options, { error, stdout, stderr })),
      )
      child.stdin?.end()
    })
  }
}

function isDue({ answer, answeredAtMs, options }: Question, nowMs: number): boolean {
  return answer === null || nowMs - answeredAtMs >= (options.maxAgeMs ?? maxAgeDefaultMs)
}

type Ended = {
  readonly error: (Error & { code?: unknown; killed?: boolean; signal?: unknown }) | null
  readonly stdout: string
  readonly stderr: string
}

function outcome(
  argv: readonly string[],
  { timeoutMs }: ToolOptions,
  { error, stdout, stderr }: Ended,
): Result<ToolOutput> {
  if (error === null) return ok({ stdout, stderr, exitCode: 0 })
  if (typeof error.code === 'number') return ok({ stdout, stderr, exitCode: error.code })
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return failedTool(argv, 'ENOBUFS', timeoutMs)
  if (error.killed) return failedTool(argv, 'ETIMEDOUT', timeoutMs)
  if (typeof error.code === 'string') return failedTool(argv, error.code, timeoutMs)
  return fail('HW_TOOL_FAILED', `${argv[0]} was ended by ${error.signal}`, { argv })
}
