// `tepui run --all-or-nothing` and `tepui why` as a person uses them, on three agents in two racks.

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder, Tepui, tepui } from '../support/command.ts'
import { Rack } from '../support/rack.ts'
import { until } from '../support/until.ts'

async function threeMachines(folder: string): Promise<{ rack: Rack; master: string; agents: AsyncDisposable }> {
  const rack = await Rack.start()
  const { host, port } = rack.master.mqttAddress
  const agents = ['a', 'b', 'b'].map(
    (name, i) =>
      new Tepui(
        [
          ...['agent', '--master', `${host}:${port}`, '--http-port', '0', '--work-dir', join(folder, `n${i}`)],
          ...['--hostname', `n${i}`, '--attributes', `rack:${name}`, '--resources', 'cpus:2;mem:512;disk:100'],
        ],
        {},
      ),
  )
  await until('all agents joined', () => [...rack.master.view.agents()].length === agents.length)
  const http = rack.master.httpAddress
  const dispose = async () => {
    for (const agent of agents) await agent[Symbol.asyncDispose]()
  }
  return { rack, master: `${http.host}:${http.port}`, agents: { [Symbol.asyncDispose]: dispose } }
}

test('instances of one rack start together, each on a machine of its own', async () => {
  using folder = scratchFolder()
  const { master, agents } = await threeMachines(folder.path)
  await using _ = agents
  const command = ['run', '--master', master, '--instances', '2', '--all-or-nothing', '--same', 'rack']
  const ran = await tepui([...command, '--', 'sh', '-c', 'echo on $MESOS_AGENT_ID'])
  expect(ran.status).toBe(0)
  const places = ran.stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\[\d\] on /, ''))
  expect(new Set(places).size).toBe(2)
})

test('what cannot start together waits, says for what, and ends on request with nothing left', async () => {
  using folder = scratchFolder()
  const { rack, master, agents } = await threeMachines(folder.path)
  await using _ = agents
  const command = ['run', '--master', master, '--name', 'big', '--instances', '3', '--all-or-nothing', '--same', 'rack']
  await using running = new Tepui([...command, '--', 'true'], {})
  await running.said(/waiting: for 3 machines together in one rack; 3 could ever be; no rack has 3 of them/, 10_000)
  const why = await tepui(['why', 'tepui run big', '--master', master])
  expect(why.stdout).toMatch(/waits for 3 machines together in one rack since \d+ s ago, 0 kept/)
  running.signal('SIGINT')
  expect((await running.ended).status).toBe(130)
  await until('the gang is forgotten', () => [...rack.master.view.gangs()].length === 0)
})

test('a gang of which one machine is lost at the start ends with 1, and nothing of it is run twice', async () => {
  using folder = scratchFolder()
  const rack = await Rack.start()
  const { host, port } = rack.master.mqttAddress
  const agent = (name: string) => {
    const place = ['--http-port', '0', '--hostname', name, '--work-dir', join(folder.path, name)]
    const offered = ['--resources', 'cpus:2;mem:512;disk:100']
    return new Tepui(['agent', '--master', `${host}:${port}`, ...place, ...offered], {})
  }
  await using _n0 = agent('n0')
  await using n1 = agent('n1')
  const connected = () => [...rack.master.view.agents()].filter(({ isConnected }) => isConnected).length
  await until('both agents joined', () => connected() === 2)
  n1.signal('SIGSTOP')
  const http = rack.master.httpAddress
  const command = ['run', '--master', `${http.host}:${http.port}`, '--instances', '2', '--all-or-nothing']
  await using running = new Tepui([...command, '--', 'echo', 'hi'], {})
  await running.said(/^\[[01]\] hi$/m)
  n1.signal('SIGKILL')
  await n1.ended
  await using _again = agent('n1')
  const { status, stdout, stderr } = await running.ended
  expect({ status, lines: stdout.match(/hi/g)?.length }).toEqual({ status: 1, lines: 1 })
  expect(stderr).toMatch(/not all could start together: \[[01]\] .+; 1 of 2 had begun, so that none is started again/)
})

test('flags that say nothing without others, or ask for more than there can be, are wrong usage', async () => {
  for (const flags of [
    ['--same', 'rack'],
    ['--hold', '5s'],
    ['--all-or-nothing', '--same', 'rack', '--spread', 'racks'],
    ['--all-or-nothing', '--instances', '257'],
    ['--all-or-nothing', '--hold', '601s'],
  ]) {
    const ended = await tepui(['run', ...flags, '--', 'true'])
    expect([ended.status, ended.stderr.split('\n').length]).toEqual([2, 2])
  }
})
