// The public topics as any MQTT tool sees them: mosquitto's own clients, which know nothing of us.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { publicTopic } from '../../../src/wire/topics.ts'
import { aBroker, aRawAgent, type TestBroker } from '../../support/broker.ts'
import { publishPacket } from '../../support/raw-mqtt.ts'
import { until } from '../../support/until.ts'
import { aStatus, aUid } from '../../support/wire.ts'

const run = promisify(execFile)
const uid = aUid(1)
const token = 'a-token'
let broker: TestBroker
let tool: ChildProcess | null = null

beforeEach(async (context) => {
  const isInstalled = await run('mosquitto_sub', ['--version']).catch(
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  )
  if (!isInstalled) context.skip('mosquitto_sub and mosquitto_pub (package mosquitto-clients) are not installed')
  broker = await aBroker({ token })
})

afterEach(async () => {
  if (tool?.exitCode === null) tool.kill('SIGKILL')
  tool = null
  await broker.transport.close()
})

function toolArguments(...more: readonly string[]): string[] {
  return ['-h', '127.0.0.1', '-p', `${broker.port}`, '-u', 'watch', '-P', token, ...more]
}

describe('mosquitto_sub', () => {
  test('sees the current state first and changes after, and the end of an agent', async () => {
    const agent = await aRawAgent(broker.port, uid, { password: token })
    const tell = (tasksRunning: number) =>
      agent.write(publishPacket(publicTopic(uid, 'status'), JSON.stringify(aStatus(uid, { tasksRunning })), 1))
    tell(1)
    await until('the state is kept', () => broker.transport.counters().stateAgents === 1)
    let output = ''
    tool = spawn('mosquitto_sub', toolArguments('-v', '-F', '%r %t %p', '-q', '1', '-t', 'tepui/v1/agents/#'))
    tool.stdout?.on('data', (chunk) => {
      output += chunk
    })
    await until('the kept state is shown', () => output.split('\n').length === 2)
    tell(2)
    await until('the change is shown', () => output.split('\n').length === 3)
    agent.destroy()
    await until('the end is shown', () => output.split('\n').length === 4)
    const lines = output
      .trim()
      .split('\n')
      .map((line) => {
        const [retained, topic, ...payload] = line.split(' ')
        return { retained, topic, payload: JSON.parse(payload.join(' ')) }
      })
    const topic = publicTopic(uid, 'status')
    expect(lines).toEqual([
      { retained: '1', topic, payload: aStatus(uid, { tasksRunning: 1 }) },
      { retained: '0', topic, payload: aStatus(uid, { tasksRunning: 2 }) },
      { retained: '0', topic, payload: aStatus(uid, { tasksRunning: 2, online: false }) },
    ])
  })

  test('is told that work topics are not for it', async () => {
    const failed = await run('mosquitto_sub', toolArguments('-t', 'tepui/v1/work/#')).catch((error) => error)
    expect(`${failed.stdout}${failed.stderr}`).toContain('denied')
  })

  test('with a wrong token is told so', async () => {
    const failed = await run('mosquitto_sub', toolArguments('-P', 'wrong', '-t', '#')).catch((error) => error)
    expect(failed.stderr).toMatch(/Connection (error|Refused).*(user name|password|authori)/i)
  })
})

test('mosquitto_pub can publish nothing', async () => {
  const failed = await run(
    'mosquitto_pub',
    toolArguments('-q', '1', '-t', publicTopic(uid, 'status'), '-m', '{}'),
  ).catch((error) => error)
  expect(failed.code).not.toBe(0)
  expect(broker.transport.counters()).toMatchObject({ stateAgents: 0, foreignTopic: 1 })
})
