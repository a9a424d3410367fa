// Boots the emulated boards one after the other, probes each with the built file inside, and compares what the probe says
// with what qemu was told; then does to the running guest what happens to servers, and compares again.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { boardFacts } from './boards/facts.ts'
import type { Board, BoardArchitecture, Fact, Probed } from './boards/types.ts'
import { Guest } from './guest/guest.ts'
import { NotPossibleHere, say } from './guest/packages.ts'
import { ScratchFolder } from './guest/scratch.ts'
import { agentLog, firstDocument, runTrial, WatchingAgent } from './trial.ts'
import { judge, type Verdict } from './verdicts.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const newestDocument = '/run/newest.json'

export type EmulatedOptions = {
  readonly boards: readonly Board[]
  /** Console, arguments and documents of each board stay here; null for nowhere. */
  readonly logFolder: string | null
  /** Take the files in `dist` as they are. */
  readonly isBuilt: boolean
}

export type BoardReport = {
  readonly board: string
  readonly verdicts: readonly Verdict[]
  /** Null for what was not reached. */
  readonly seconds: { readonly boot: number | null; readonly probe: number | null; readonly all: number }
}

/** Reports come as boards are done. */
export async function* runBoards({ boards, logFolder, isBuilt }: EmulatedOptions): AsyncGenerator<BoardReport> {
  using folder = logFolder === null ? new ScratchFolder() : keptFolder(logFolder)
  // All before the first boot: every board runs the same sources.
  const architectures = [...new Set(boards.map(({ architecture }) => architecture))]
  const files = new Map(architectures.map((one) => [one, builtFile(one, isBuilt)]))
  for (const board of boards) {
    const file = files.get(board.architecture) as string
    say(`${board.name}: ${board.summary}`)
    yield await runToItsEnd(board, file, folder.path)
  }
}

/** A board that does not even run to its end is a difference, and takes no other with it. */
async function runToItsEnd(board: Board, file: string, logFolder: string): Promise<BoardReport> {
  const startMs = performance.now()
  try {
    return await runBoard(board, file, logFolder)
  } catch (error) {
    if (error instanceof NotPossibleHere) throw error
    const verdicts = [judge('runs to its end', true, (error as Error).message)]
    return { board: board.name, verdicts, seconds: { boot: null, probe: null, all: secondsSince(startMs) } }
  }
}

async function runBoard(board: Board, file: string, logFolder: string): Promise<BoardReport> {
  const startMs = performance.now()
  const seconds = () => secondsSince(startMs)
  await using guest = await Guest.boot({ board, file, logFolder })
  const boot = seconds()
  for (const nic of board.nics.filter(({ isUp }) => isUp)) await guest.check(switchOn(nic.mac))
  for (const command of board.prepare) await guest.check(command)
  const beforeProbe = seconds()
  const inventory = await probe(guest, join(logFolder, `${board.name}.json`))
  const probeSeconds = Math.round((seconds() - beforeProbe) * 10) / 10
  const verdicts = [
    ...judgeFacts(boardFacts(board), inventory),
    ...(await runTrials(guest, board, inventory, logFolder)),
  ]
  return { board: board.name, verdicts, seconds: { boot, probe: probeSeconds, all: seconds() } }
}

/** With an agent that watches from before the first to after the last. */
async function runTrials(
  guest: Guest,
  board: Board,
  inventory: Probed,
  logFolder: string,
): Promise<readonly Verdict[]> {
  if (board.trials.length === 0) return []
  const agent = await WatchingAgent.start(guest)
  const verdicts: Verdict[] = []
  let before = inventory
  for (const trial of board.trials) {
    say(`${board.name}: ${trial.name}`)
    try {
      verdicts.push(...(await runTrial(guest, agent, trial)))
    } catch (error) {
      verdicts.push(judge(`${trial.name}: done`, true, (error as Error).message))
    }
    const after = await probe(guest, join(logFolder, `${board.name}.${trial.name.replaceAll(' ', '-')}.json`))
    verdicts.push(...judgeFacts(trial.facts(before), after, `${trial.name}: `))
    before = after
  }
  writeFileSync(join(logFolder, `${board.name}.agent.log`), await guest.check(`cat ${agentLog}`))
  return verdicts
}

async function probe(guest: Guest, keptAs: string): Promise<Probed> {
  const text = await guest.check(
    `tepui probe --json | tee ${newestDocument}; [ -e ${firstDocument} ] || cp ${newestDocument} ${firstDocument}`,
  )
  writeFileSync(keptAs, text)
  return JSON.parse(text) as Probed
}

/** A fact that cannot even be looked up differs; the document may miss a section. */
function judgeFacts(facts: readonly Fact[], probed: Probed, prefix = ''): readonly Verdict[] {
  return facts.map(({ fact, told, said }) => {
    try {
      return judge(`${prefix}${fact}`, told, said(probed))
    } catch (error) {
      return judge(`${prefix}${fact}`, told, `${error}`)
    }
  })
}

function secondsSince(startMs: number): number {
  return Math.round((performance.now() - startMs) / 100) / 10
}

/** The kernel names ports as it likes. */
function switchOn(mac: string): string {
  return `for a in /sys/class/net/*/address; do [ "$(cat $a)" = ${mac} ] && ip link set "$(basename "$(dirname $a)")" up; done; true`
}

/** The single file for the architecture; built when there is none, or when a source is newer. */
function builtFile(architecture: BoardArchitecture, isBuilt: boolean): string {
  const arch = architecture === 'x86_64' ? 'x64' : 'arm64'
  const file = join(root, 'dist', `tepui-linux-${arch}`)
  if (existsSync(file) && (isBuilt || statSync(file).mtimeMs > newestSource())) return file
  say(`building ${file}`)
  const script = join(root, 'build', 'single-file.ts')
  const done = spawnSync(process.execPath, [script, '--arch', arch], { stdio: ['ignore', 'inherit', 'inherit'] })
  if (done.status !== 0) throw new Error('the file could not be built')
  return file
}

function newestSource(): number {
  const folder = join(root, 'src')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return Math.max(...names.map((name) => statSync(join(folder, name)).mtimeMs))
}

function keptFolder(path: string): Disposable & { readonly path: string } {
  mkdirSync(path, { recursive: true })
  return { path, [Symbol.dispose]: () => {} }
}
