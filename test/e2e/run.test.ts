// `tepui run` and the operator's words against a whole rack of this machine.

import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launcher, processesWith, type Rack, scratchFolder, startRack, tepui } from '../support/command.ts'
import { until } from '../support/until.ts'

let rack: Rack

beforeAll(async () => {
  rack = await startRack()
})
afterAll(() => rack[Symbol.asyncDispose]())

/** A number that no other process has in its command line. */
function uniqueSeconds(): string {
  return `${100_000 + Math.floor(Math.random() * 1e9)}`
}

async function json(command: string, ...args: string[]): Promise<readonly Record<string, unknown>[]> {
  const { status, stdout, stderr } = await rack.ask(command, '--json', ...args)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return JSON.parse(stdout)
}

describe('tepui run', () => {
  test('streams the output of a command that knows its own task id', async () => {
    const { status, stdout, stderr } = await rack.ask(
      'run',
      '--',
      'sh',
      '-c',
      'echo hello from $MESOS_TASK_ID; echo oops >&2',
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'oops\n' })
    expect(stdout).toMatch(/^hello from sh\.[0-9a-f]{8}\n$/)
  })

  test.each([
    ['exit 3', 3],
    ['exit 124', 124],
    ['kill -9 $$', 137],
    ['kill -TERM $$', 143],
  ])('exits as the command did: %s', async (script, expected) => {
    const { status, stderr } = await rack.ask('run', '--', 'sh', '-c', script)
    expect({ status, stderr }).toEqual({ status: expected, stderr: '' })
  })

  test('a program that is not there is a failure with a reason', async () => {
    const { status, stderr } = await rack.ask('run', '--', '/nowhere/program')
    expect(status).not.toBe(0)
    expect(stderr).toMatch(/nowhere/)
  })

  test('arguments reach the program as they are, without a shell', async () => {
    const args = ['a b', '$HOME', '*', '"', "'", '', 'é']
    const { stdout } = await rack.ask('run', '--', 'printf', '[%s]', ...args)
    expect(stdout).toBe(args.map((arg) => `[${arg}]`).join(''))
  })

  test('output comes while the command runs, not at its end', async () => {
    using folder = scratchFolder()
    const gate = join(folder.path, 'gate')
    await using running = rack.start(
      'run',
      '--',
      'sh',
      '-c',
      `echo first; while [ -d ${folder.path} ] && [ ! -e ${gate} ]; do sleep 0.05; done; echo last`,
    )
    await running.said(/^first$/m)
    expect(running.stdout).toBe('first\n')
    writeFileSync(gate, '')
    expect(await running.ended).toMatchObject({ status: 0, stdout: 'first\nlast\n' })
  })

  test('megabytes of any bytes arrive as they were written', async () => {
    const bytes = 3_000_000
    const script = `head -c ${bytes} /dev/urandom >b; sha256sum <b >&2; cat b`
    await using running = rack.start('run', '--', 'sh', '-c', script)
    const { status, stderr } = await running.ended
    const digest = createHash('sha256').update(running.stdoutBytes).digest('hex')
    expect({ status, length: running.stdoutBytes.length, stderr }).toEqual({
      status: 0,
      length: bytes,
      stderr: `${digest}  -\n`,
    })
  })

  test('--env sets variables, --name names the task, --role is where resources come from', async () => {
    const options = ['--env', 'A=1 2', '--env', 'B=', '--name', 'nice', '--role', 'team']
    const { stdout } = await rack.ask(
      'run',
      ...options,
      '--',
      'sh',
      '-c',
      'echo "$A|$B|$MESOS_TASK_ID|$MESOS_ALLOCATION_ROLE"',
    )
    expect(stdout).toMatch(/^1 2\|\|nice\.[0-9a-f]{8}\|team\n$/)
  })

  test('--instances runs several, their lines with a prefix, and the first bad status counts', async () => {
    const options = ['--instances', '3', '--cpus', '0.1', '--mem', '32']
    const { status, stdout } = await rack.ask(
      'run',
      ...options,
      '--',
      'sh',
      '-c',
      'echo one; echo two; case $MESOS_TASK_ID in *.1) exit 5;; esac',
    )
    expect(status).toBe(5)
    const lines = stdout.trimEnd().split('\n').sort()
    expect(lines).toEqual(['[0] one', '[0] two', '[1] one', '[1] two', '[2] one', '[2] two'])
  })

  test('more instances than fit at once run one after the other', async () => {
    const [machine] = (await json('nodes')) as { total: { cpus: number } }[]
    const cpus = `${machine?.total.cpus}`
    const { status, stdout } = await rack.ask('run', '--instances', '2', '--cpus', cpus, '--', 'echo', 'done')
    expect({ status, lines: stdout.split('\n').length }).toEqual({ status: 0, lines: 3 })
  })

  test('--timeout ends the command and exits with 124', async () => {
    const seconds = uniqueSeconds()
    const { status, stderr } = await rack.ask('run', '--timeout', '1s', '--', 'sleep', seconds)
    expect(status).toBe(124)
    expect(stderr).toContain('not done after 1 s')
    expect(processesWith(seconds)).toEqual([])
  })

  test('Ctrl-C ends the task, waits for its end and says how to leave at once', async () => {
    const seconds = uniqueSeconds()
    await using running = rack.start(
      'run',
      '--',
      'sh',
      '-c',
      `trap 'echo bye; exit 0' TERM; echo on; sleep ${seconds} & wait`,
    )
    await running.said(/^on$/m)
    running.signal('SIGINT')
    const { status, stdout, stderr } = await running.ended
    expect({ status, stdout }).toEqual({ status: 130, stdout: 'on\nbye\n' })
    expect(stderr).toContain('once more')
    expect(processesWith(seconds)).toEqual([])
  })

  test('a second Ctrl-C leaves at once, and the task is killed all the same', async () => {
    const seconds = uniqueSeconds()
    await using running = rack.start(
      'run',
      '--',
      'sh',
      '-c',
      `trap '' TERM; echo on; sleep ${seconds}; sleep ${seconds}`,
    )
    await running.said(/^on$/m)
    running.signal('SIGINT')
    await running.said(/once more/)
    const before = performance.now()
    // The first signal counts for a moment, because npm repeats it.
    await until('the second one counts', () => {
      running.signal('SIGINT')
      return performance.now() - before > 600
    })
    expect(await running.ended).toMatchObject({ status: 130 })
    await until('the task is gone', () => processesWith(seconds).length === 0, 20_000)
  })

  test('what can never fit is explained within seconds instead of hanging silently', async () => {
    await using running = rack.start('run', '--cpus', '64000', '--', 'true')
    await running.said(/waiting: .*asked 64000 cpus/, 5_000)
    running.signal('SIGINT')
    expect(await running.ended).toMatchObject({ status: 130 })
  })

  test('a reader that goes away ends the task', async () => {
    const mark = `y${uniqueSeconds()}`
    const program = ['sh', '-c', '"$0" "$@" | head -1', ...launcher] as const
    const { stdout } = await tepui(
      ['run', '--master', rack.master, '--', 'sh', '-c', `while :; do echo ${mark}; sleep 0.01; done`],
      { program: [...program] },
    )
    expect(stdout).toBe(`${mark}\n`)
    await until('the task is gone', () => processesWith(mark).length === 0)
  })

  test('a memory limit that ends the command is said', async ({ skip }) => {
    if (/tasks +in process-group/.test(rack.process.stdout)) skip('no cgroups here, so nothing limits memory')
    const { status, stderr } = await rack.ask('run', '--mem', '32', '--', 'sh', '-c', 'exec tail /dev/zero')
    expect(status).toBe(137)
    expect(stderr).toMatch(/32 MiB of memory/)
  })
})

describe('what an operator asks', () => {
  test('nodes, tasks, frameworks and offers show a running job in tables and in JSON', async () => {
    await using running = rack.start('run', '--name', 'shown', '--', 'sh', '-c', 'echo on; sleep 1000')
    await running.said(/^on$/m)
    const [node] = await json('nodes')
    expect(node).toMatchObject({ state: 'active', address: rack.agent, allocated: { cpus: 0.5, mem: 128 } })
    const [task] = (await json('tasks')).filter(({ name }) => name === 'shown')
    expect(task).toMatchObject({ state: 'TASK_RUNNING', resources: { cpus: 0.5, mem: 128 } })
    const [framework] = (await json('frameworks')).filter(({ name }) => name === 'tepui run shown')
    expect(framework).toMatchObject({ id: task?.frameworkId, state: 'connected', roles: ['*'] })
    expect(await json('offers')).toEqual([])
    for (const command of ['nodes', 'tasks', 'frameworks']) {
      const { status, stdout } = await rack.ask(command)
      expect({ status, lines: stdout.trimEnd().split('\n').length >= 2 }).toEqual({ status: 0, lines: true })
    }
  })

  test('a task that is over is listed with --all only', async () => {
    await rack.ask('run', '--name', 'past', '--', 'true')
    const named = (rows: readonly Record<string, unknown>[]) => rows.filter(({ name }) => name === 'past').length
    expect([named(await json('tasks')), named(await json('tasks', '--all'))]).toEqual([0, 1])
  })

  test('logs shows both outputs of a task that is over, and follows one that runs', async () => {
    using folder = scratchFolder()
    const gate = join(folder.path, 'gate')
    await using running = rack.start(
      'run',
      '--name',
      'talk',
      '--',
      'sh',
      '-c',
      `echo a; echo b >&2; while [ -d ${folder.path} ] && [ ! -e ${gate} ]; do sleep 0.05; done; echo c`,
    )
    await running.said(/^a$/m)
    const [task] = (await json('tasks')).filter(({ name }) => name === 'talk')
    const id = `${task?.id}`
    expect(await rack.ask('logs', id)).toEqual({ status: 0, stdout: 'a\n', stderr: 'b\n' })
    await using following = rack.start('logs', '-f', id)
    await following.said(/^a$/m)
    writeFileSync(gate, '')
    expect(await following.ended).toEqual({ status: 0, stdout: 'a\nc\n', stderr: 'b\n' })
    await running.ended
    const { stdout } = await rack.ask('logs', '--json', id)
    expect(JSON.parse(stdout)).toMatchObject({ taskId: id, stdout: 'a\nc\n', stderr: 'b\n' })
  })

  test('logs -f ends when its reader goes away, however long the task goes on', async () => {
    await using running = rack.start('run', '--name', 'chat', '--', 'sh', '-c', 'while :; do echo y; sleep 0.05; done')
    await running.said(/^y$/m)
    const [task] = (await json('tasks')).filter(({ name }) => name === 'chat')
    // The shell ends when both ends of its pipe have; the task goes on meanwhile.
    const program = ['sh', '-c', '"$0" "$@" | head -1', ...launcher] as const
    const { stdout } = await tepui(['logs', '--master', rack.master, '-f', `${task?.id}`], { program: [...program] })
    expect(stdout).toBe('y\n')
    expect((await json('tasks')).filter(({ name }) => name === 'chat')).toHaveLength(1)
    running.signal('SIGINT')
    await running.ended
  })

  test('kill ends a task of any framework and waits for its end', async () => {
    const seconds = uniqueSeconds()
    await using running = rack.start('run', '--name', 'victim', '--', 'sh', '-c', `echo on; sleep ${seconds}`)
    await running.said(/^on$/m)
    const [task] = (await json('tasks')).filter(({ name }) => name === 'victim')
    const killed = await rack.ask('kill', '--json', `${task?.id}`)
    expect({ status: killed.status, state: JSON.parse(killed.stdout).state }).toEqual({
      status: 0,
      state: 'TASK_KILLED',
    })
    expect(processesWith(seconds)).toEqual([])
    const { status, stderr } = await running.ended
    expect(status).not.toBe(0)
    expect(stderr).toContain('kill')
  })

  test.each(['logs', 'kill'])('%s of a task that nobody has is one line and status 1', async (command) => {
    const { status, stdout, stderr } = await rack.ask(command, 'nobody')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^tepui: there is no task nobody[^\n]*\n$/)
  })
})
