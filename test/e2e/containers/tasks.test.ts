// Real tasks under each isolation this machine allows: what they get, how they end, and that nothing of them is left.

import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inheritedFiles } from '../../../src/agent/containers/inherited-files.ts'
import type { ContainerId, ExecutorId, FrameworkId } from '../../../src/model/ids.ts'
import { aSpec, aWorkDir, openContainers, removeWorkDir, shell, type TestContainers } from '../../support/containers.ts'
import { until } from '../../support/until.ts'

const isRoot = process.geteuid?.() === 0

describe.each(['auto', 'process-group'] as const)('isolation %s', (isolation) => {
  let workDir: string
  let containers: TestContainers

  beforeEach(async () => {
    workDir = aWorkDir()
    containers = await openContainers(workDir, isolation)
  })

  afterEach(async () => {
    await containers.containerizer.close('kill')
    removeWorkDir(workDir)
  })

  const sandboxFile = (spec: Parameters<TestContainers['containerizer']['sandbox']>[0], name: string) =>
    readFileSync(join(containers.containerizer.sandbox(spec), name), 'utf8')

  async function output(spec: ReturnType<typeof aSpec>): Promise<string> {
    containers.containerizer.start(spec)
    await containers.exit(spec.containerId)
    return sandboxFile(spec, 'stdout')
  }

  /** Starts, waits until the task wrote `ready`, and returns what it wrote. */
  async function started(spec: ReturnType<typeof aSpec>): Promise<string> {
    containers.containerizer.start(spec)
    await containers.pid(spec.containerId)
    return until('the task is ready', () => {
      const text = sandboxFile(spec, 'stdout')
      return text.includes('ready') ? text : null
    })
  }

  test('a task is started once, then exits once with its code, and its streams are in its sandbox', async () => {
    const spec = shell('echo out; echo err >&2; exit 7')
    containers.containerizer.start(spec)
    const exit = await containers.exit(spec.containerId)
    expect(exit).toEqual({ status: { kind: 'exited', code: 7 }, limitation: null })
    expect(containers.heard.map((one) => one.kind)).toEqual(['started', 'exited'])
    expect(sandboxFile(spec, 'stdout')).toBe('out\n')
    expect(sandboxFile(spec, 'stderr')).toBe('err\n')
  })

  test.each([
    ['exit 143', { kind: 'exited', code: 143 }],
    ['exit 255', { kind: 'exited', code: 255 }],
    ['kill -TERM $$', { kind: 'signaled', signal: 15 }],
    ['kill -SEGV $$', { kind: 'signaled', signal: 11 }],
    ['kill -INT $$', { kind: 'signaled', signal: 2 }],
    ['kill -KILL 0', { kind: 'signaled', signal: 9 }],
    ['trap "exit 3" TERM; kill -TERM 0; sleep 5', { kind: 'exited', code: 3 }],
  ])('`%s` ends as %o', async (command, status) => {
    const spec = shell(command)
    containers.containerizer.start(spec)
    expect((await containers.exit(spec.containerId)).status).toEqual(status)
  })

  test('a program gets its arguments as they are, and argv[0] as it was asked for', async () => {
    const argv = ['odd name', '-c', 'echo "$0|$1|$2"; tr "\\0" "|" </proc/$$/cmdline', '$(id)', `a'b"c\nd`, '']
    const spec = aSpec({ command: { kind: 'exec', path: '/bin/sh', argv } })
    const text = await output(spec)
    expect(text.startsWith(`$(id)|a'b"c\nd|\n`)).toBe(true)
    if (existsSync('/bin/bash')) expect(text).toContain('odd name|-c|')
  })

  test('a program that does not exist ends with 127 and says so in stderr', async () => {
    const spec = aSpec({ command: { kind: 'exec', path: '/no/such/program', argv: ['/no/such/program'] } })
    containers.containerizer.start(spec)
    expect((await containers.exit(spec.containerId)).status).toEqual({ kind: 'exited', code: 127 })
    expect(sandboxFile(spec, 'stderr')).toContain('/no/such/program')
  })

  test('the environment is the one asked for, and nothing of the agent', async () => {
    const environment = {
      PLAIN: 'x',
      LINES: 'a\nb $HOME `id` "\'',
      'odd.name-1': 'y',
      TEPUI_0: 'mine',
      UID: '17',
      IFS: 'q',
      EMPTY: '',
    }
    const spec = aSpec({
      command: { kind: 'exec', path: '/usr/bin/env', argv: ['/usr/bin/env', '-0'] },
      environment,
    })
    const seen = Object.fromEntries(
      (await output(spec)).split('\0').flatMap((entry) => {
        const at = entry.indexOf('=')
        return at === -1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)]]
      }),
    )
    expect(seen).toMatchObject(environment)
    const added = Object.keys(seen).filter((name) => !(name in environment) && !['PWD', 'SHLVL', '_'].includes(name))
    expect(added.sort()).toEqual(['MESOS_CONTAINER_ID', 'MESOS_SANDBOX', 'PATH'])
    expect(seen.MESOS_SANDBOX).toBe(containers.containerizer.sandbox(spec))
  })

  test('no value of the environment stands in the command line of the supervisor', async () => {
    const spec = shell('echo ready; sleep 60', { environment: { SECRET: 'hunter2-hunter2' } })
    await started(spec)
    const pid = await containers.pid(spec.containerId)
    const parent = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]
    expect(readFileSync(`/proc/${parent}/cmdline`, 'utf8')).toContain('tepui-supervisor')
    expect(readFileSync(`/proc/${parent}/cmdline`, 'utf8')).not.toContain('hunter2')
  })

  test('a task starts in its sandbox with only its three streams open', async () => {
    const text = await output(shell('pwd; umask; exec ls /proc/self/fd'))
    const [directory, mask, ...fds] = text.trim().split('\n')
    expect(directory).toContain('/runs/')
    expect(mask).toBe('0022')
    // The fourth is the directory that ls itself reads; what the test runner inherited is the runner's to close.
    const inherited = inheritedFiles().map(String)
    expect(fds.filter((fd) => !inherited.includes(fd))).toEqual(['0', '1', '2', '3'])
  })

  test("a task runs as its user with that user's groups and owns its sandbox", async (ctx) => {
    if (!isRoot) ctx.skip('becoming another user needs root')
    const spec = shell('id -un; id -G; touch made', { user: 'nobody' })
    expect(await output(spec)).toBe(`nobody\n${execFileSync('id', ['-G', 'nobody'])}`)
    const sandbox = containers.containerizer.sandbox(spec)
    const uid = Number(execFileSync('id', ['-u', 'nobody']))
    for (const name of ['', 'stdout', 'stderr', 'made']) expect(statSync(join(sandbox, name)).uid).toBe(uid)
  })

  test('a preload library of a task acts on no process that is still root', async (ctx) => {
    if (!isRoot) ctx.skip('becoming another user needs root')
    // The dynamic loader complains on stderr for each process that it acts on, so the complaints tell who did.
    const spec = aSpec({
      command: { kind: 'exec', path: '/usr/bin/id', argv: ['/usr/bin/id', '-un'] },
      environment: { LD_PRELOAD: '/no/such/library.so' },
      user: 'nobody',
    })
    expect(await output(spec)).toBe('nobody\n')
    expect(sandboxFile(spec, 'stderr').match(/library\.so/g)?.length).toBe(1)
  })

  test.each([
    ['an unknown user', aSpec({ user: 'no-such-user-here' }), /no-such-user-here/],
    ['a user name that is an option', aSpec({ user: '--help' }), /--help/],
    ['a NUL in the command', shell('echo \0'), /NUL/],
    ['a NUL in the environment', aSpec({ environment: { A: '\0' } }), /NUL/],
    ['an impossible variable', aSpec({ environment: { 'A=B': 'c' } }), /A=B/],
    ['an id that is a path', aSpec({ containerId: '../x' as ContainerId }), /id/],
    ['a command that no kernel takes', shell('x'.repeat(200_000)), /E2BIG|list too long/i],
  ])('%s fails the start, once, and leaves nothing', async (_, spec, message) => {
    containers.containerizer.start(spec)
    const fault = await containers.failure(spec.containerId)
    expect(fault.code).toBe('AGENT_LAUNCH_FAILED')
    expect(fault.message).toMatch(message)
    expect(containers.heard).toHaveLength(1)
    expect(readdirSync(join(workDir, 'meta', 'runs'))).toEqual([])
  })

  test('TERM to a program reaches it and nobody else', async () => {
    const value = `sh -c 'trap "echo child" TERM; sleep 60 & wait' & trap 'echo term; exit 9' TERM; echo ready; wait`
    const spec = aSpec({ command: { kind: 'exec', path: '/bin/sh', argv: ['/bin/sh', '-c', value] } })
    await started(spec)
    containers.containerizer.signal(spec.containerId, 'TERM')
    await until('the main process took it', () => sandboxFile(spec, 'stdout').includes('term'))
    containers.containerizer.signal(spec.containerId, 'KILL')
    expect((await containers.exit(spec.containerId)).status).toEqual({ kind: 'exited', code: 9 })
    expect(sandboxFile(spec, 'stdout')).not.toContain('child')
  })

  test('TERM to a shell command reaches what the shell runs, which ends in order though its shell is gone', async () => {
    const server = `trap 'sleep 0.3; echo saved; exit 0' TERM; echo ready; while :; do sleep 0.02; done`
    const spec = shell(`true && sh -c "${server}"; true`)
    await started(spec)
    containers.containerizer.signal(spec.containerId, 'TERM')
    expect((await containers.exit(spec.containerId)).status).toEqual({ kind: 'signaled', signal: 15 })
    expect(sandboxFile(spec, 'stdout')).toContain('saved')
  })

  test('what does not end after TERM and its shell is gone lives until KILL', async () => {
    const spec = shell(`sh -c 'trap "" TERM; echo ready; while :; do sleep 0.02; done'; true`)
    await started(spec)
    containers.containerizer.signal(spec.containerId, 'TERM')
    const pid = await containers.pid(spec.containerId)
    await until('the shell is gone', () => !isRunning(`${pid}`))
    expect(containers.heard.map((one) => one.kind)).toEqual(['started'])
    containers.containerizer.signal(spec.containerId, 'KILL')
    expect((await containers.exit(spec.containerId)).status).toEqual({ kind: 'signaled', signal: 15 })
  })

  test.each([
    ['KILL', 'sleep 60'],
    ['its own end', 'true'],
  ])('after %s no process of a task lives, daemons included', async (how, last) => {
    const daemon = `setsid sh -c 'echo $$ >>pids; (sleep 61 & echo $! >>pids); exec sleep 62' &`
    const spec = shell(`${daemon} (${daemon}) & until [ "$(wc -l <pids)" = 4 ]; do :; done; echo ready; ${last}`)
    await started(spec)
    if (how === 'KILL') containers.containerizer.signal(spec.containerId, 'KILL')
    await containers.exit(spec.containerId)
    const pids = sandboxFile(spec, 'pids').trim().split('\n')
    expect(pids).toHaveLength(4)
    expect(pids.filter(isRunning)).toEqual([])
  })

  test('a task that is stopped before it was started fails instead of starting', async () => {
    const specs = Array.from({ length: 24 }, () => shell('sleep 60'))
    for (const spec of specs) containers.containerizer.start(spec)
    const last = specs.at(-1) as (typeof specs)[0]
    containers.containerizer.signal(last.containerId, 'TERM')
    expect((await containers.failure(last.containerId)).message).toContain('before it was started')
    const first = specs[0] as (typeof specs)[0]
    containers.containerizer.signal(first.containerId, 'KILL')
    expect((await containers.exit(first.containerId)).status).toEqual({ kind: 'signaled', signal: 9 })
  })

  test('odd and long ids name sandboxes, and `latest` leads to the newest run', async () => {
    const frameworkId = ` '"$(id)*\u{1f3d4}` as FrameworkId
    for (const executorId of ['e'.repeat(255), '\u{e9}'.repeat(255), '-rf', 'a;b'] as ExecutorId[]) {
      const [one, two] = [shell('echo 1', { frameworkId, executorId }), shell('echo 2', { frameworkId, executorId })]
      await output(one)
      expect(await output(two)).toBe('2\n')
      const latest = join(containers.containerizer.sandbox(two), '..', 'latest')
      expect(readFileSync(join(latest, 'stdout'), 'utf8')).toBe('2\n')
    }
  })

  test('eighty tasks at once all run and end, and leave no file open in the agent', async () => {
    await output(shell('true'))
    const openBefore = readdirSync('/proc/self/fd').length
    const specs = Array.from({ length: 80 }, (_, i) => shell(`exit ${i % 50}`))
    for (const spec of specs) containers.containerizer.start(spec)
    const exits = await Promise.all(specs.map((spec) => containers.exit(spec.containerId)))
    expect(exits.map((exit) => exit.status)).toEqual(specs.map((_, i) => ({ kind: 'exited', code: i % 50 })))
    for (const spec of specs) containers.containerizer.remove(spec.containerId)
    await until('all are removed', () => readdirSync(join(workDir, 'meta', 'runs')).length === 1)
    expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(openBefore + 2)
  })

  test('removal takes cgroups and bookkeeping and leaves the sandbox', async () => {
    const spec = shell('echo kept')
    await output(spec)
    containers.containerizer.remove(spec.containerId)
    await until('the notes are gone', () => readdirSync(join(workDir, 'meta', 'runs')).length === 0)
    expect(groupsOf(spec.containerId)).toEqual([])
    expect(sandboxFile(spec, 'stdout')).toBe('kept\n')
  })

  test('closing with `kill` ends all, tells each end and leaves no group', async () => {
    const specs = Array.from({ length: 5 }, () => shell('echo ready; trap "" TERM; sleep 60'))
    await Promise.all(specs.map(started))
    await containers.containerizer.close('kill')
    for (const spec of specs) {
      expect((await containers.exit(spec.containerId)).status).toEqual({ kind: 'signaled', signal: 9 })
      expect(groupsOf(spec.containerId)).toEqual([])
    }
  })
})

function isRunning(pid: string): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Our groups lie at one of a few depths, whichever group the tests run in. */
function groupsOf(id: string): readonly string[] {
  return ['', '*/', '*/*/', '*/*/*/', '*/*/*/*/'].flatMap((depth) => globSync(`/sys/fs/cgroup/${depth}tepui/*/${id}`))
}
