// Opens the broker's port, or says in one line why not and which flag would help. It does not know MQTT.

import { createServer, type Server, type Socket } from 'node:net'
import { fail, ok, type Result } from '../../model/result.ts'
import { isLoopback, listenFault } from '../../shell/listen.ts'

/** Connections that the kernel keeps until they are accepted: a whole rack coming back at once must fit. */
export const backlogMax = 4096
/** Connections at a time, agents and watchers together; further ones are closed at once. */
export const connectionsMax = 65_536
/** A peer that lost power never says so: the kernel asks after this much silence. */
const probeAfterMs = 60_000

type Address = { readonly host: string; readonly port: number; readonly token: string | null }

export async function listen(address: Address, accept: (socket: Socket) => void): Promise<Result<Server>> {
  const { host, port, token } = address
  if (token === null && !isLoopback(host)) {
    return fail(
      'NET_UNPROTECTED',
      `MQTT on ${host} would let anybody on the network in: give a token with --token-file FILE, or listen on 127.0.0.1`,
      { host, port },
    )
  }
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: probeAfterMs }, accept)
  server.maxConnections = connectionsMax
  return new Promise((resolve) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      resolve({ ok: false, fault: listenFault(cause, { host, port, flagName: '--mqtt-port' }) }),
    )
    server.listen({ host, port, backlog: backlogMax }, () => {
      server.removeAllListeners('error')
      resolve(ok(server))
    })
  })
}
