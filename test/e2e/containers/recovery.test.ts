// Tasks outlive their agent: an agent that is killed without warning finds them again and learns how those ended that
// did so meanwhile. The first life is a process of its own (test/support/agent-life.ts); the second is this one.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runDirectory, writeRunNote } from '../../../src/agent/containers/run-directory.ts'
import { createSandbox } from '../../../src/agent/containers/sandbox.ts'
import type { ContainerId, ExecutorId, FrameworkId } from '../../../src/model/ids.ts'
import { aWorkDir, openContainers, removeWorkDir, shell, type TestContainers } from '../../support/containers.ts'
import { until } from '../../support/until.ts'

const life = join(import.meta.dirname, '..', '..', 'support', 'agent-life.ts')
const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

describe.each(['auto', 'process-group'] as const)('isolation %s', (isolation) => {
  let workDir: string
  let containers: TestContainers | null

  beforeEach(() => {
    workDir = aWorkDir()
    containers = null
  })

  afterEach(async () => {
    containers ??= await openContainers(workDir, isolation)
    containers.containerizer.removeUnrecovered()
    await containers.containerizer.close('kill')
    removeWorkDir(workDir)
  })

  const place = (i: number) => ({
    containerId: `run-${i}` as ContainerId,
    frameworkId: 'f1',
    executorId: `task-${i}`,
  })

  async function secondLife(): Promise<TestContainers> {
    containers = await openContainers(workDir, isolation)
    return containers
  }

  /** Starts the commands in a process of their own and kills that; the pids of the tasks. */
  async function firstLife(...commands: string[]): Promise<readonly number[]> {
    const child = spawn(process.execPath, [life, workDir, isolation, ...commands], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = await saidBy(child)
    await kill(child)
    return [...said.matchAll(/^run-\d+ (\d+)$/gm)].map((match) => Number(match[1]))
  }

  test('a running task survives, is found again, and its end is told once', async () => {
    const [pid] = await firstLife('while [ -e stdout ] && [ ! -e go ]; do sleep 0.02; done; echo done; exit 5')
    const { containerizer, exit, heard } = await secondLife()
    expect(containerizer.recover(place(0))).toEqual({ containerId: 'run-0', state: { kind: 'running', pid } })
    writeFileSync(join(containerizer.sandbox(place(0)), 'go'), '')
    expect((await exit('run-0' as ContainerId)).status).toEqual({ kind: 'exited', code: 5 })
    expect(readFileSync(join(containerizer.sandbox(place(0)), 'stdout'), 'utf8')).toBe('done\n')
    expect(heard).toHaveLength(1)
  })

  test('tasks that ended while no agent lived have their codes and signals', async () => {
    const pids = await firstLife('sleep 0.3; exit 42', 'sleep 60', 'sleep 60')
    process.kill(pids[1] as number, 'SIGKILL')
    process.kill(pids[2] as number, 'SIGTERM')
    for (const i of [0, 1, 2]) {
      await until(`run ${i} has ended`, () => readdirSync(join(workDir, 'meta', 'runs', `run-${i}`)).includes('exit'))
    }
    const { containerizer } = await secondLife()
    const exits = [0, 1, 2].map((i) => containerizer.recover(place(i)).state)
    expect(exits).toEqual([
      { kind: 'exited', exit: { status: { kind: 'exited', code: 42 }, limitation: null } },
      { kind: 'exited', exit: { status: { kind: 'signaled', signal: 9 }, limitation: null } },
      { kind: 'exited', exit: { status: { kind: 'signaled', signal: 15 }, limitation: null } },
    ])
  })

  test('a recovered task can be killed with all its children', async () => {
    await firstLife('setsid sh -c "echo $$ >pid; exec sleep 60" & sleep 60')
    const { containerizer, exit } = await secondLife()
    expect(containerizer.recover(place(0)).state.kind).toBe('running')
    const daemon = await until('the daemon runs', () => read(join(containerizer.sandbox(place(0)), 'pid')))
    containerizer.signal('run-0' as ContainerId, 'KILL')
    expect((await exit('run-0' as ContainerId)).status).toEqual({ kind: 'signaled', signal: 9 })
    await until('the daemon is gone', () => !isAlive(Number(daemon)))
  })

  test('a task whose supervisor was killed too ends as unknown, not before it has ended', async () => {
    const [pid = 0] = await firstLife('while [ -e stdout ] && [ ! -e go ]; do sleep 0.02; done')
    process.kill(parentOf(pid), 'SIGKILL')
    const { containerizer, exit, heard } = await secondLife()
    expect(containerizer.recover(place(0)).state).toEqual({ kind: 'running', pid })
    expect(heard).toEqual([])
    writeFileSync(join(containerizer.sandbox(place(0)), 'go'), '')
    expect((await exit('run-0' as ContainerId)).status.kind).toBe('unknown')
  })

  test('a supervisor killed under a living agent does not hide the end of its task', async () => {
    const { containerizer, exit, pid, heard } = await secondLife()
    const spec = shell('while [ -e stdout ] && [ ! -e go ]; do sleep 0.02; done')
    containerizer.start(spec)
    process.kill(parentOf(await pid(spec.containerId)), 'SIGKILL')
    expect(heard.map((one) => one.kind)).toEqual(['started'])
    writeFileSync(join(containerizer.sandbox(spec), 'go'), '')
    expect((await exit(spec.containerId)).status.kind).toBe('unknown')
  })

  test('a run without a trace on disk was never started, and starts afresh', async () => {
    const { containerizer, exit } = await secondLife()
    expect(containerizer.recover(place(0)).state).toEqual({ kind: 'neverStarted' })
    containerizer.start(shell('exit 3', { containerId: 'run-0' as ContainerId }))
    expect((await exit('run-0' as ContainerId)).status).toEqual({ kind: 'exited', code: 3 })
  })

  test('a run that was noted but had no process yet was never started, and its late supervisor gives up', async () => {
    const directory = runDirectory(workDir, 'run-0' as ContainerId)
    writeRunNote(directory, { bootId, groups: [], memoryBytes: null, isShell: true })
    const { containerizer } = await secondLife()
    expect(containerizer.recover(place(0)).state).toEqual({ kind: 'neverStarted' })
    expect(readdirSync(join(workDir, 'meta', 'runs'))).toEqual([])
  })

  test('a start that was cut short after the sandbox was made starts afresh', async () => {
    const { containerizer, exit } = await secondLife()
    const { stdoutFd, stderrFd } = createSandbox(workDir, place(0), null)
    for (const fd of [stdoutFd, stderrFd]) closeSync(fd)
    expect(containerizer.recover(place(0)).state).toEqual({ kind: 'neverStarted' })
    const { containerId, frameworkId, executorId } = place(0)
    const spec = shell('echo here; exit 3', {
      containerId,
      frameworkId: frameworkId as FrameworkId,
      executorId: executorId as ExecutorId,
    })
    containerizer.start(spec)
    expect((await exit(containerId)).status).toEqual({ kind: 'exited', code: 3 })
    expect(readFileSync(join(containerizer.sandbox(spec), 'stdout'), 'utf8')).toBe('here\n')
  })

  test('a process that only has the same pid is neither taken for the task nor signalled', async () => {
    const directory = runDirectory(workDir, 'run-0' as ContainerId)
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' })
    writeRunNote(directory, { bootId, groups: [], memoryBytes: null, isShell: true })
    writeFileSync(join(directory, 'pid'), `${stranger.pid} 17 ${stranger.pid} 17\n`)
    const { containerizer } = await secondLife()
    const { state } = containerizer.recover(place(0))
    expect(state).toMatchObject({ kind: 'exited', exit: { status: { kind: 'unknown' } } })
    containerizer.signal('run-0' as ContainerId, 'KILL')
    containerizer.remove('run-0' as ContainerId)
    expect(isAlive(stranger.pid as number)).toBe(true)
    await kill(stranger)
  })

  test('a run from before a restart of the machine has ended, known or not', async () => {
    for (const [i, end] of [null, 'exited 4\n'].entries()) {
      const directory = runDirectory(workDir, `run-${i}` as ContainerId)
      writeRunNote(directory, { bootId: 'another', groups: ['/sys/fs/cgroup'], memoryBytes: null, isShell: true })
      writeFileSync(join(directory, 'pid'), '1 1 1 1\n')
      if (end !== null) writeFileSync(join(directory, 'exit'), end)
    }
    const { containerizer } = await secondLife()
    expect(containerizer.recover(place(0)).state).toMatchObject({ exit: { status: { kind: 'unknown' } } })
    expect(containerizer.recover(place(1)).state).toMatchObject({ exit: { status: { kind: 'exited', code: 4 } } })
  })

  test('a run whose first start left something busy is started again once that is gone', async () => {
    const { containerizer, exit } = await secondLife()
    const directory = runDirectory(workDir, place(0).containerId)
    const group = join(workDir, 'busy')
    mkdirSync(group)
    writeFileSync(join(group, 'cgroup.procs'), '0\n')
    writeRunNote(directory, { bootId, groups: [group], memoryBytes: null, isShell: true })
    expect(containerizer.recover(place(0)).state).toEqual({ kind: 'neverStarted' })
    containerizer.removeUnrecovered()
    const { containerId, executorId } = place(0)
    containerizer.start(shell('exit 3', { containerId, executorId: executorId as ExecutorId }))
    rmSync(join(group, 'cgroup.procs'))
    expect((await exit(containerId)).status).toEqual({ kind: 'exited', code: 3 })
  })

  test('runs that a lost store no longer knows are ended and removed', async () => {
    const [pid = 0, other = 0] = await firstLife('sleep 60', 'sleep 60')
    const { containerizer } = await secondLife()
    containerizer.recover(place(1))
    containerizer.removeUnrecovered()
    await until('the unknown task is gone', () => !isAlive(pid))
    await until('its notes are gone', () => !readdirSync(join(workDir, 'meta', 'runs')).includes('run-0'))
    expect(isAlive(other)).toBe(true)
  })

  test('closing with `keep` leaves tasks running, and the next life ends them', async () => {
    const first = await secondLife()
    const spec = shell('sleep 60', { containerId: 'run-0' as ContainerId, executorId: 'task-0' as never })
    first.containerizer.start(spec)
    const pid = await first.pid(spec.containerId)
    await first.containerizer.close('keep')
    expect(isAlive(pid)).toBe(true)
    const { containerizer, exit } = await secondLife()
    expect(containerizer.recover(place(0)).state).toEqual({ kind: 'running', pid })
    containerizer.signal(spec.containerId, 'TERM')
    expect((await exit(spec.containerId)).status).toEqual({ kind: 'signaled', signal: 15 })
  })

  test('an agent closes what it inherited, so that no task gets it', async () => {
    const child = spawn(process.execPath, [life, workDir, isolation, 'ls /proc/self/fd; sleep 60'], {
      // Node itself marks the first sixteen.
      stdio: ['ignore', 'pipe', 'inherit', ...Array<'ignore'>(37).fill('ignore'), 'pipe'],
    })
    const said = await saidBy(child)
    await kill(child)
    expect(/^closed (.*)$/m.exec(said)?.[1]?.split(' ')).toContain('40')
    const stdout = join((await secondLife()).containerizer.sandbox(place(0)), 'stdout')
    expect(await until('the task has looked', () => read(stdout))).toBe('0\n1\n2\n3\n')
  })
})

/** What the process says until all its tasks are started. */
function saidBy(child: ChildProcess): Promise<string> {
  let text = ''
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (text.includes('all started')) resolve(text)
    })
    child.once('exit', (code) => reject(new Error(`the agent's first life ended by itself with ${code}: ${text}`)))
  })
}

async function kill(child: ChildProcess): Promise<void> {
  child.removeAllListeners('exit')
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

function parentOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
}

function isAlive(pid: number): boolean {
  const text = read(`/proc/${pid}/stat`)
  return text !== null && !/\) [ZX] /.test(text)
}

/** The content, or null when there is none. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8') || null
  } catch {
    return null
  }
}
