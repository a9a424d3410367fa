// A folder that is gone with its owner, and with the process where the owner had no time.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class ScratchFolder implements Disposable {
  readonly path: string
  readonly #remove = () => rmSync(this.path, { recursive: true, force: true })

  constructor() {
    this.path = mkdtempSync(join(tmpdir(), 'tepui-hil-'))
    process.on('exit', this.#remove)
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#remove)
    this.#remove()
  }
}
