// `tepui drain` and `tepui reactivate` against a real master, as an operator calls them.

import { expect, test } from 'vitest'
import { Tepui, tepui } from '../support/command.ts'
import { getJson } from '../support/http-client.ts'
import { Rack } from '../support/rack.ts'
import { until } from '../support/until.ts'

function masterOf(rack: Rack): readonly string[] {
  return ['--master', `${rack.http.host}:${rack.http.port}`]
}

async function stateOf(rack: Rack): Promise<string> {
  const { stdout } = await tepui(['nodes', '--json', ...masterOf(rack)])
  return JSON.parse(stdout)[0]?.state
}

test('drain says what is left, waits until nothing is, and reactivate brings the machine back', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent({ hostname: 'n1' })
  const framework = await rack.framework()
  await framework.run('t')
  await using draining = new Tepui(['drain', 'n1', ...masterOf(rack)])
  await draining.said(/^tepui: n1: draining, /m)
  await framework.acknowledge(await framework.reaches('t', 'TASK_KILLED'))
  const { status, stderr } = await draining.ended
  expect({ status, last: stderr.trimEnd().split('\n').at(-1) }).toEqual({
    status: 0,
    last: 'tepui: n1: drained (`tepui reactivate n1` brings it back)',
  })
  expect(await stateOf(rack)).toBe('drained')
  expect(await tepui(['reactivate', agent.agentId, ...masterOf(rack)])).toMatchObject({
    status: 0,
    stderr: 'tepui: n1: active\n',
  })
  expect(await stateOf(rack)).toBe('active')
})

test('a task that ignores its end keeps the machine draining: status 1 after --wait, until --max-grace is less', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent({ hostname: 'n1' })
  agent.ignoresTerm = true
  const framework = await rack.framework()
  await framework.run('t', { kill_policy: { grace_period: { nanoseconds: 3_600_000_000_000n } } })
  const waited = await tepui(['drain', 'n1', '--wait', '1s', '--json', ...masterOf(rack)])
  expect({ status: waited.status, document: JSON.parse(waited.stdout) }).toEqual({
    status: 1,
    document: { agentId: agent.agentId, hostname: 'n1', state: 'draining' },
  })
  expect(await stateOf(rack)).toBe('draining')
  const early = await tepui(['reactivate', 'n1', ...masterOf(rack)])
  expect([early.status, early.stderr]).toEqual([
    1,
    expect.stringMatching(/^tepui: [^\n]*still draining: it can be reactivated once it is drained\n$/),
  ])
  await using shorter = new Tepui(['drain', 'n1', '--max-grace', '1s', ...masterOf(rack)])
  await framework.acknowledge(await framework.reaches('t', 'TASK_KILLED'))
  expect((await shorter.ended).status).toBe(0)
})

test('--mark-gone ends with a machine that is gone', async () => {
  const rack = await Rack.start()
  await rack.agent({ hostname: 'n1' })
  const drained = await tepui(['drain', 'n1', '--mark-gone', ...masterOf(rack)])
  expect([drained.status, drained.stderr]).toEqual([0, expect.stringMatching(/n1: gone\n$/)])
  expect(await stateOf(rack)).toBeUndefined()
})

test('a machine that is silent is drained by its id: the command waits until it is back', async () => {
  const rack = await Rack.start({ timers: { agentHeartbeatMs: 100, agentHeartbeatMissesMax: 5 } })
  const agent = await rack.agent({ hostname: 'n1' })
  await agent.stop()
  await until('it is unreachable', async () => (await getJson(rack.http, '/state')).unreachable_slaves === 1)
  expect((await tepui(['drain', 'n1', ...masterOf(rack)])).stderr).toMatch(/there is no machine n1/)
  await using draining = new Tepui(['drain', agent.agentId, ...masterOf(rack)])
  await draining.said(/draining, it is not connected: goes on when it is back$/m)
  await agent.start()
  const { status, stderr } = await draining.ended
  expect({ status, last: stderr.trimEnd().split('\n').at(-1) }).toMatchObject({
    status: 0,
    last: expect.stringMatching(/: drained /),
  })
})

test('a machine that is to be gone and is silent is still draining, not gone', async () => {
  const rack = await Rack.start({ timers: { agentHeartbeatMs: 100, agentHeartbeatMissesMax: 5 } })
  const agent = await rack.agent({ hostname: 'n1' })
  await agent.stop()
  await until('it is unreachable', async () => (await getJson(rack.http, '/state')).unreachable_slaves === 1)
  const waited = await tepui(['drain', agent.agentId, '--mark-gone', '--wait', '1s', ...masterOf(rack)])
  expect([waited.status, waited.stderr]).toEqual([1, expect.stringMatching(/still draining: it goes on without this/)])
})

test('the command waits for a master that is away: the next one goes on with the drain', async () => {
  const rack = await Rack.start()
  const agent = await rack.agent({ hostname: 'n1' })
  agent.ignoresTerm = true
  const framework = await rack.framework({ info: { failover_timeout: 3600 } })
  await framework.run('t', { kill_policy: { grace_period: { nanoseconds: 3_600_000_000_000n } } })
  await using draining = new Tepui(['drain', 'n1', ...masterOf(rack)])
  await draining.said(/n1: draining, tasks still hold/)
  await rack.failover()
  await until('the agent is back', async () => (await stateOf(rack)) === 'draining')
  const again = rack.adopt(await framework.again())
  const shorter = tepui(['drain', 'n1', '--max-grace', '1s', ...masterOf(rack)])
  await again.acknowledge(await again.reaches('t', 'TASK_KILLED'))
  expect([(await draining.ended).status, (await shorter).status]).toEqual([0, 0])
})

test('a dead machine is given up by its id; a wait of nothing ends at once', async () => {
  const rack = await Rack.start({ timers: { agentHeartbeatMs: 100, agentHeartbeatMissesMax: 5 } })
  const agent = await rack.agent({ hostname: 'n1' })
  await agent.stop()
  await until('it is unreachable', async () => (await getJson(rack.http, '/state')).unreachable_slaves === 1)
  expect((await tepui(['drain', agent.agentId, '--wait', '0', ...masterOf(rack)])).status).toBe(1)
  const given = await tepui(['mark-gone', agent.agentId, ...masterOf(rack)])
  expect([given.status, given.stderr]).toEqual([0, `tepui: ${agent.agentId}: gone\n`])
  expect((await getJson(rack.http, '/state')).unreachable_slaves).toBe(0)
})

test('a name that no machine has, or several, is one line that says what to do', async () => {
  const rack = await Rack.start()
  await rack.agent({ hostname: 'twin' })
  await rack.agent({ hostname: 'twin' })
  for (const command of ['drain', 'reactivate', 'mark-gone']) {
    const unknown = await tepui([command, 'nobody', ...masterOf(rack)])
    expect([unknown.status, unknown.stderr]).toEqual([
      1,
      'tepui: there is no machine nobody (`tepui nodes` lists them)\n',
    ])
    const twins = await tepui([command, 'twin', ...masterOf(rack)])
    expect([twins.status, twins.stderr]).toEqual([1, 'tepui: several machines are called twin: name one by its id\n'])
  }
})
