// A framework library that others wrote, unmodified, against a whole rack: the public API is what they think it is.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder, startRack, Tepui } from '../support/command.ts'
import { root } from '../support/repository.ts'

type Line = { readonly event: string; readonly taskId?: string; readonly state?: string; readonly message?: string }

test('mesos-framework subscribes, gets offers, launches, sees states, kills and tears down', async () => {
  await using rack = await startRack()
  using folder = scratchFolder()
  const script = join(root, 'test', 'clients', 'mesos-framework-scheduler.ts')
  await using scheduler = new Tepui(rack.master.split(':'), {
    // The library writes `logs/` where it runs.
    program: [process.execPath, '--no-deprecation', script],
    cwd: folder.path,
  })
  const { stdout, stderr, status } = await scheduler.ended
  const lines = stdout
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line)
  // Its own teardown ends the stream, which the library reports as an error.
  const before = lines.slice(
    0,
    lines.findIndex(({ event }) => event === 'done'),
  )
  expect({ errors: before.filter(({ event }) => event === 'error'), status }, stderr).toEqual({ errors: [], status: 0 })
  expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['subscribed', 'offers', 'update', 'done']))
  const lives = new Map<string, string[]>()
  for (const { taskId, state } of lines) {
    if (taskId !== undefined && state !== undefined) lives.set(taskId, [...(lives.get(taskId) ?? []), state])
  }
  const names = [...lives].map(([taskId, states]) => [taskId.split('.')[1]?.replace(/-\d+$/, ''), states.at(-1)])
  expect(names.sort()).toEqual([
    ['talk', 'TASK_FINISHED'],
    ['talk', 'TASK_FINISHED'],
    ['wait', 'TASK_KILLED'],
  ])
  for (const states of lives.values()) expect(states).toContain('TASK_RUNNING')
  const [talked] = [...lives.keys()].filter((taskId) => taskId.includes('talk'))
  expect(await rack.ask('logs', `${talked}`)).toMatchObject({ status: 0, stdout: 'hello from 127.0.0.1\n' })
  const frameworks = JSON.parse((await rack.ask('frameworks', '--all', '--json')).stdout) as {
    name: string
    state: string
  }[]
  expect(frameworks).toMatchObject([{ name: 'others', state: 'completed' }])
})
