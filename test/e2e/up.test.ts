// `tepui up`, `master` and `agent` as processes: their beginning, their end, and what must survive a hard one.

import { createHash } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  cgroupsWith,
  hasProgram,
  launcher,
  processesWith,
  scratchFolder,
  startRack,
  Tepui,
  tepui,
} from '../support/command.ts'
import { root } from '../support/repository.ts'
import { until } from '../support/until.ts'

const freePorts = ['--http-port', '0', '--mqtt-port', '0', '--agent-port', '0']

/** The part of an agent's cgroups that comes from its work directory. */
function cgroupName(agentWorkDir: string): string {
  return createHash('sha256').update(realpathSync(agentWorkDir)).digest('hex').slice(0, 16)
}

test('up says what the machine is, where it listens, and ready; Ctrl-C leaves no process and no cgroup', async () => {
  await using rack = await startRack()
  const { stdout } = rack.process
  expect(stdout).toMatch(/^tepui \d+\.\d+\.\d+ on \S+/)
  for (const part of ['cpu', 'memory', 'devices', 'offers', 'tasks', 'master', 'broker', 'agent', 'state']) {
    expect(stdout).toMatch(new RegExp(`^${part} +\\S`, 'm'))
  }
  const mark = `${Date.now()}${process.pid}`
  await using running = rack.start('run', '--', 'sh', '-c', `echo on; sleep 1000 & sleep 1000; : ${mark}`)
  await running.said(/^on$/m)
  expect(processesWith(mark).length).toBeGreaterThan(0)
  const cgroups = cgroupName(join(rack.workDir, 'agent'))
  rack.process.signal('SIGINT')
  expect(await rack.process.ended).toMatchObject({ status: 0, stderr: '' })
  expect(processesWith(rack.workDir)).toEqual([])
  expect(processesWith(mark).filter((pid) => pid !== running.pid)).toEqual([])
  expect(cgroupsWith(cgroups)).toEqual([])
  running.signal('SIGKILL')
})

test('a terminal that repeats Ctrl-C through npm still gets an end in order', async () => {
  await using rack = await startRack()
  rack.process.signal('SIGINT')
  rack.process.signal('SIGINT')
  expect(await rack.process.ended).toMatchObject({ status: 0 })
})

test('npm start is the same, and hands a request to end on', async ({ skip }) => {
  if (!hasProgram('npm')) skip('npm is not installed')
  using folder = scratchFolder()
  await using started = new Tepui(['start', '--', ...freePorts, '--work-dir', folder.path], {
    program: ['npm'],
    cwd: root,
  })
  await started.said(/^ready$/m, 30_000)
  started.signal('SIGINT')
  await started.said(/^ending/m)
  await started.ended
  expect(processesWith(folder.path)).toEqual([])
})

test.each(['--http-port', '--mqtt-port', '--agent-port'])(
  'a port in use is one line that names it and %s',
  async (flag) => {
    await using taken = await listening()
    using folder = scratchFolder()
    const ports = freePorts.flatMap((word, i) => (freePorts[i - 1] === flag ? [`${taken.port}`] : [word]))
    const { status, stdout, stderr } = await tepui(['up', ...ports, '--work-dir', folder.path])
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(/^tepui: [^\n]+\n$/)
    expect(stderr).toContain(`${taken.port}`)
    expect(stderr).toContain(flag)
  },
)

test('two agents never share a work directory', async () => {
  await using rack = await startRack()
  const { status, stderr } = await tepui(['up', ...freePorts, '--work-dir', rack.workDir])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^tepui: [^\n]+\n$/)
})

test('the state of a rack is found again by the next one', async () => {
  using folder = scratchFolder()
  const agentIds = []
  for (let i = 0; i < 2; i++) {
    await using rack = await startRack(['--work-dir', folder.path])
    const { stdout } = await rack.ask('nodes', '--json')
    agentIds.push(JSON.parse(stdout)[0].id)
  }
  expect(agentIds[1]).toBe(agentIds[0])
})

test('with a token, nothing is told without it', async () => {
  using folder = scratchFolder()
  const token = join(folder.path, 'token')
  writeFileSync(token, 'a-long-secret\n')
  await using rack = await startRack(['--token-file', token])
  for (const [name, ...rest] of [['nodes'], ['tasks'], ['logs', 'x'], ['kill', 'x'], ['run', 'true']] as const) {
    const refused = await rack.ask(name, ...rest)
    expect(refused).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('--token-file') })
  }
  expect(await rack.ask('nodes', '--token-file', token)).toMatchObject({ status: 0 })
  expect(await rack.ask('run', '--token-file', token, '--', 'echo', 'in')).toMatchObject({ status: 0, stdout: 'in\n' })
})

test('an agent that is killed leaves its tasks running, and the next one knows how those that ended meanwhile did', async () => {
  using folder = scratchFolder()
  await using master = new Tepui([
    'master',
    '--http-port',
    '0',
    '--mqtt-port',
    '0',
    '--work-dir',
    join(folder.path, 'master'),
  ])
  const { http, mqtt } = await masterPorts(master)
  const startAgent = () =>
    new Tepui(['agent', '--master', `127.0.0.1:${mqtt}`, '--http-port', '0', '--work-dir', join(folder.path, 'agent')])
  const gates = [join(folder.path, 'gate-0'), join(folder.path, 'gate-1')]
  const first = startAgent()
  await first.said(/"event":"agent.(re)?registered"/)
  const jobs = gates.map((gate, i) => {
    const script = `echo on; while [ -d ${folder.path} ] && [ ! -e ${gate} ]; do sleep 0.05; done; echo late; exit ${7 + i}`
    return new Tepui(['run', '--master', `127.0.0.1:${http}`, '--', 'sh', '-c', script])
  })
  for (const job of jobs) await job.said(/^on$/m)
  first.signal('SIGKILL')
  await first.ended
  expect(gates.map((gate) => processesWith(gate).length > 0)).toEqual([true, true])
  writeFileSync(gates[0] as string, '')
  await until('the first task has ended with nobody there', () =>
    processesWith(gates[0] as string).every((pid) => pid === jobs[0]?.pid),
  )
  await using second = startAgent()
  await second.said(/"event":"agent.(re)?registered"/)
  writeFileSync(gates[1] as string, '')
  const ends = await Promise.all(jobs.map((job) => job.ended))
  expect(ends.map(({ status, stdout }) => [status, stdout])).toEqual([
    [7, 'on\nlate\n'],
    [8, 'on\nlate\n'],
  ])
})

test('a job outlives a master that is killed and comes back', async () => {
  using folder = scratchFolder()
  const startMaster = (http: string, mqtt: string) =>
    new Tepui(['master', '--http-port', http, '--mqtt-port', mqtt, '--work-dir', join(folder.path, 'master')])
  const first = startMaster('0', '0')
  const { http, mqtt } = await masterPorts(first)
  await using agent = new Tepui([
    ...['agent', '--master', `127.0.0.1:${mqtt}`, '--http-port', '0', '--work-dir', join(folder.path, 'agent')],
  ])
  await agent.said(/"event":"agent.(re)?registered"/)
  const gate = join(folder.path, 'gate')
  const script = `echo on; while [ -d ${folder.path} ] && [ ! -e ${gate} ]; do sleep 0.05; done; exit 9`
  await using job = new Tepui(['run', '--master', `127.0.0.1:${http}`, '--', 'sh', '-c', script])
  await job.said(/^on$/m)
  first.signal('SIGKILL')
  await first.ended
  await job.said(/trying again/)
  await using second = startMaster(http, mqtt)
  await second.said(/"event":"process.starting"/)
  await job.said(/the master is back/, 20_000)
  writeFileSync(gate, '')
  expect(await job.ended).toMatchObject({ status: 9 })
})

test('up and run work for a user who is not root', async ({ skip }) => {
  if (process.getuid?.() !== 0) skip('this run is not root already: all other tests show it')
  if (!hasProgram('setpriv')) skip('setpriv is not installed')
  using folder = scratchFolder()
  const home = join(folder.path, 'home')
  mkdirSync(home)
  for (const path of [folder.path, home]) {
    chownSync(path, 65534, 65534)
    chmodSync(path, 0o755)
  }
  const program = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...launcher] as const
  const state = join(home, 'state')
  const options = { program: [...program] as [string, ...string[]], env: { HOME: home } }
  if ((await tepui(['--version'], options)).status !== 0) skip('others may not read this checkout')
  await using rack = await startRack(['--work-dir', state], options)
  expect(rack.process.stdout).toMatch(/^tasks +in /m)
  expect(await rack.ask('run', '--', 'id', '-u')).toMatchObject({ status: 0, stdout: '65534\n' })
})

async function masterPorts(master: Tepui): Promise<{ readonly http: string; readonly mqtt: string }> {
  const [line] = await master.said(/^\{.*"event":"process.starting".*$/m)
  const { http, mqtt } = JSON.parse(line) as { http: { port: number }; mqtt: { port: number } }
  return { http: `${http.port}`, mqtt: `${mqtt.port}` }
}

async function listening(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
