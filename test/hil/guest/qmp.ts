// qemu's control socket: one JSON object a line, asked and answered in turn; events come in between and are kept.

import type { Socket } from 'node:net'
import { createInterface } from 'node:readline'

const answerTimeoutMs = 20_000

/** Events beyond this are not kept; a board of ours has a handful. */
const eventsMax = 1000

type Answer = { readonly return?: unknown; readonly error?: { readonly desc: string }; readonly event?: string }

export class Qmp implements Disposable {
  readonly #socket: Socket
  readonly #waiting: ((answer: Answer) => void)[] = []
  /** Names of what qemu reported, in order. */
  readonly events: string[] = []

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    createInterface({ input: socket }).on('line', (line) => this.#receive(line))
  }

  /** `socket` is one on which qemu called in and has said nothing that was read yet. */
  static async open(socket: Socket): Promise<Qmp> {
    const qmp = new Qmp(socket)
    await qmp.ask('qmp_capabilities')
    return qmp
  }

  /** What qemu returns; throws with its words when it refuses. */
  async ask(execute: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const answer = await new Promise<Answer>((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error(`qemu does not answer ${execute}`)), answerTimeoutMs)
      this.#waiting.push((one) => {
        clearTimeout(patience)
        resolve(one)
      })
      this.#socket.write(`${JSON.stringify({ execute, arguments: args })}\n`)
    })
    if (answer.error !== undefined) throw new Error(`qemu refuses ${execute}: ${answer.error.desc}`)
    return answer.return
  }

  #receive(line: string): void {
    const message = JSON.parse(line) as Answer
    if (message.event !== undefined) {
      if (this.events.length < eventsMax) this.events.push(message.event)
    } else if (message.return !== undefined || message.error !== undefined) this.#waiting.shift()?.(message)
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }
}
