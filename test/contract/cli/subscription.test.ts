// The scheduler client of the command line against servers that misbehave.

import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { HttpClient } from '../../../src/cli/client/http.ts'
import { Subscription } from '../../../src/cli/client/scheduler.ts'
import { seededRandom } from '../../../src/model/random.ts'

/** A server that says this to everybody and hangs up. */
async function serverSaying(text: string) {
  const server = createServer((socket) => socket.once('data', () => socket.end(text)))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const client = new HttpClient({ host: '127.0.0.1', port: (server.address() as { port: number }).port }, null)
  onTestFinished(() => {
    client.close()
    server.close()
  })
  return new Subscription({
    client,
    framework: { user: 'nobody', name: 'test' },
    random: seededRandom(1),
    reconnectMaxMs: 0,
    events: { event: () => {}, interrupted: () => {}, ended: () => {} },
  })
}

test.each([
  ['a refusal that breaks off', 'HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nthe mas', 'NET_UNREACHABLE'],
  ['no HTTP at all', 'SSH-2.0-x\r\n', 'NET_UNREACHABLE'],
  ['a master that starts', 'HTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno', 'NET_UNREACHABLE'],
  ['a refusal', 'HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\nno', 'API_REFUSED'],
])('%s is a fault and no crash', async (_name, text, code) => {
  const subscription = await serverSaying(text)
  expect(await subscription.start()).toMatchObject({ ok: false, fault: { code } })
})
