// The guest's answers out of a stream of bytes: a line `NUMBER STATUS OUT ERR`, then so many bytes of both outputs.
// Pure; it does not know how the bytes travel.

export type Answer = {
  readonly number: number
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** A longer line is no answer of our guest. */
const lineBytesMax = 200

/** Larger than any inventory; more is a guest that lost its mind. */
const outputBytesMax = 64 * 1024 * 1024

export class AnswerReader {
  #pending = Buffer.alloc(0)

  /** The answers that are complete with these bytes. Throws on anything else: nobody but our guest writes here. */
  push(bytes: Buffer): readonly Answer[] {
    this.#pending = Buffer.concat([this.#pending, bytes])
    const answers: Answer[] = []
    for (let answer = this.#next(); answer !== null; answer = this.#next()) answers.push(answer)
    return answers
  }

  #next(): Answer | null {
    const end = this.#pending.indexOf(newline)
    if (end === -1 || end > lineBytesMax) {
      if (this.#pending.length > lineBytesMax) throw new Error('the guest sent a line that is no answer')
      return null
    }
    const line = this.#pending.toString('utf8', 0, end)
    const match = /^(\d+) (\d+) (\d+) (\d+)$/.exec(line)
    if (match === null) throw new Error(`the guest sent ${JSON.stringify(line)}`)
    const [number, status, out, err] = match.slice(1).map(Number) as [number, number, number, number]
    if (out + err > outputBytesMax) throw new Error(`the guest announced ${out + err} bytes`)
    const start = end + 1
    if (this.#pending.length < start + out + err) return null
    const stdout = this.#pending.subarray(start, start + out)
    const stderr = this.#pending.subarray(start + out, start + out + err)
    this.#pending = this.#pending.subarray(start + out + err)
    return { number, status, stdout, stderr }
  }
}

const newline = 0x0a
