// One running guest: qemu with a board's arguments, a way to run commands in it, and qemu's own control socket.
// Whoever starts a guest ends it: `await using`. It does not know what is asked of the guest.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boardArguments } from '../boards/arguments.ts'
import type { Board } from '../boards/types.ts'
import { type Answer, AnswerReader } from './answers.ts'
import { writeImage } from './image.ts'
import { emulatorFor, kernelFor } from './packages.ts'
import { Qmp } from './qmp.ts'
import { ScratchFolder } from './scratch.ts'

const bootTimeoutMs = 240_000
const connectTimeoutMs = 20_000
const killAfterMs = 5_000

/** Of what qemu complains about, the end is kept. */
const wordsMax = 2000

export const commandTimeoutMs = 180_000

/** What every guest needs; drives and ports of a board bring their own. */
const baseModules = ['virtio_pci', 'virtio_console']

export type GuestOptions = {
  readonly board: Board
  /** The built single file for the board's architecture. */
  readonly file: string
  /** Where the console goes, and how qemu was started. */
  readonly logFolder: string
}

export type Done = { readonly status: number; readonly stdout: string; readonly stderr: string }

export class Guest implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #folder: ScratchFolder
  readonly #waiting = new Map<number, (answer: Answer | Error) => void>()
  readonly #closed: Promise<unknown>
  readonly #killAtExit = () => this.#child.kill('SIGKILL')
  #socket: Socket | null = null
  #qmp: Qmp | null = null
  #number = 0
  #isOver = false
  #ending = ''

  private constructor(child: ChildProcess, folder: ScratchFolder, consolePath: string) {
    this.#child = child
    this.#folder = folder
    const log = createWriteStream(consolePath)
    child.stdout?.pipe(log, { end: false })
    child.stderr?.pipe(log, { end: false })
    let lastWords = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      lastWords = `${lastWords}${chunk}`.slice(-wordsMax)
    })
    const over = (how: string) => {
      this.#isOver = true
      log.end()
      this.#ending = `qemu ended: ${how} ${lastWords.trim().split('\n').at(-1) ?? ''}`.trim()
      this.#failAll(new Error(this.#ending))
    }
    this.#closed = once(child, 'close').then(
      ([status, signal]) => over(`${status ?? signal}`),
      (error: Error) => over(error.message),
    )
    process.on('exit', this.#killAtExit)
  }

  /** Resolves once the guest runs commands. */
  static async boot({ board, file, logFolder }: GuestOptions): Promise<Guest> {
    const emulator = emulatorFor(board.architecture)
    const kernel = kernelFor(board.architecture)
    const folder = new ScratchFolder()
    let guest: Guest | null = null
    try {
      const image = join(folder.path, 'initrd')
      const init = fileURLToPath(new URL('init.sh', import.meta.url))
      writeImage(image, { architecture: board.architecture, kernel, file, modules: modulesOf(board), init })
      for (const drive of board.drives.filter(({ keeps }) => keeps)) {
        emptyFile(join(folder.path, `${drive.id}.img`), drive.megabytes)
      }
      const sockets = { qmp: join(folder.path, 'qmp'), commands: join(folder.path, 'commands') }
      await using qmp = await CallIn.at(sockets.qmp)
      await using commands = await CallIn.at(sockets.commands)
      const args = [...boardArguments(board, folder.path), ...guestArguments(board, kernel.image, image, sockets)]
      writeFileSync(join(logFolder, `${board.name}.arguments.txt`), `${[emulator, ...args].join('\n')}\n`)
      // The kernel ends qemu with us, however we end.
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', emulator, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      guest = new Guest(child, folder, join(logFolder, `${board.name}.console.log`))
      guest.#attach(await guest.#calledBy(commands))
      guest.#qmp = await Qmp.open(await guest.#calledBy(qmp))
      await guest.run('true', bootTimeoutMs)
      rmSync(image)
      return guest
    } catch (error) {
      await guest?.[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
      throw error
    }
  }

  async #calledBy(callIn: CallIn): Promise<Socket> {
    const socket = await callIn.caller(this.#closed)
    if (socket === null) throw new Error(this.#isOver ? this.#ending : `qemu did not start in ${connectTimeoutMs} ms`)
    return socket
  }

  get qmp(): Qmp {
    if (this.#qmp === null) throw new Error('the guest is not up')
    return this.#qmp
  }

  /** Runs a shell command in the guest to its end; one at a time. */
  async run(command: string, timeoutMs = commandTimeoutMs): Promise<Done> {
    const number = ++this.#number
    const answer = await new Promise<Answer | Error>((resolve) => {
      const patience = setTimeout(() => resolve(new Error(`not done within ${timeoutMs} ms: ${command}`)), timeoutMs)
      this.#waiting.set(number, (one) => {
        clearTimeout(patience)
        resolve(one)
      })
      if (this.#isOver) this.#failAll(new Error(this.#ending))
      this.#socket?.write(`${number} ${Buffer.from(command).toString('base64')}\n`)
    })
    this.#waiting.delete(number)
    if (answer instanceof Error) throw answer
    const { status, stdout, stderr } = answer
    return { status, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') }
  }

  /** As `run`, for what must succeed. */
  async check(command: string, timeoutMs = commandTimeoutMs): Promise<string> {
    const { status, stdout, stderr } = await this.run(command, timeoutMs)
    if (status !== 0) throw new Error(`in the guest, ${command} ended with ${status}: ${stderr.trim()}`)
    return stdout
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket?.destroy()
    this.#qmp?.[Symbol.dispose]()
    if (!this.#isOver) {
      this.#child.kill('SIGTERM')
      const patience = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs)
      await this.#closed
      clearTimeout(patience)
    }
    process.off('exit', this.#killAtExit)
    this.#folder[Symbol.dispose]()
  }

  /** Answers come in any pieces; what is no answer fails whoever waits. */
  #attach(socket: Socket): void {
    const reader = new AnswerReader()
    socket.on('error', (error) => this.#failAll(error))
    socket.on('data', (bytes: Buffer) => {
      try {
        for (const answer of reader.push(bytes)) this.#waiting.get(answer.number)?.(answer)
      } catch (error) {
        this.#failAll(error as Error)
      }
    })
    this.#socket = socket
  }

  #failAll(error: Error): void {
    for (const tell of this.#waiting.values()) tell(error)
  }
}

/** A socket at which qemu calls in, once. */
class CallIn implements AsyncDisposable {
  readonly #server: Server
  readonly #called: Promise<Socket>

  private constructor(server: Server) {
    this.#server = server
    this.#called = once(server, 'connection').then(([socket]) => socket as Socket)
  }

  static async at(path: string): Promise<CallIn> {
    const server = createServer()
    const callIn = new CallIn(server)
    server.listen(path)
    await once(server, 'listening')
    return callIn
  }

  /** Null when `ended` comes first, or nobody calls in time. */
  async caller(ended: Promise<unknown>): Promise<Socket | null> {
    let patience: NodeJS.Timeout | undefined
    const late = new Promise<null>((resolve) => {
      patience = setTimeout(() => resolve(null), connectTimeoutMs)
    })
    const first = await Promise.race([this.#called, ended.then(() => null), late])
    clearTimeout(patience)
    return first
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
  }
}

/** What comes beside the board itself: kernel, console, control, and the port for commands. */
function guestArguments(
  board: Board,
  kernel: string,
  image: string,
  sockets: { readonly qmp: string; readonly commands: string },
): readonly string[] {
  const console = board.architecture === 'x86_64' ? 'ttyS0' : 'ttyAMA0'
  return [
    ...['-kernel', kernel, '-initrd', image],
    ...[
      '-append',
      [`console=${console}`, `hostname=${board.name}`, 'panic=-1', 'quiet', ...board.kernelArguments].join(' '),
    ],
    ...['-nodefaults', '-display', 'none', '-no-reboot', '-serial', 'stdio', '-qmp', `unix:${sockets.qmp}`],
    ...['-device', 'virtio-serial-pci,bus=pcie.0', '-chardev', `socket,id=commands,path=${sockets.commands}`],
    ...['-device', 'virtserialport,chardev=commands,name=tepui.hil'],
  ]
}

function modulesOf(board: Board): readonly string[] {
  return [
    ...baseModules,
    // The first two are what the third asks the kernel to find by itself, which a guest without modprobe cannot.
    ...(board.drives.length > 0 ? ['crct10dif_generic', 'crc64_rocksoft_generic', 'nvme'] : []),
    ...new Set(board.nics.map((nic) => nic.driver)),
    ...(board.bmc === null ? [] : ['ipmi_si', 'ipmi_devintf']),
    ...board.modules,
  ]
}

/** Takes no room on the disk until the guest writes. */
function emptyFile(path: string, megabytes: number): void {
  writeFileSync(path, '')
  truncateSync(path, megabytes * 1024 * 1024)
}
