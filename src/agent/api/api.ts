// The agent's HTTP API put together: classic documents, sandbox files, the operator API, metrics, one server.
// It reads the agent through `AgentApiView` and changes nothing.

import { fail, ok, type Result } from '../../model/result.ts'
import { createAccess, isLoopback, listenFault } from '../../shell/http-access.ts'
import { classicEndpoints } from './classic.ts'
import { fileEndpoints } from './files.ts'
import { createMetrics } from './metrics.ts'
import { operatorEndpoints } from './operator.ts'
import { SandboxFiles } from './sandbox-files.ts'
import { createApp, mount } from './server.ts'
import type { AgentApi, AgentApiOptions } from './types.ts'

/**
 * Starts the API.
 * @returns NET_UNPROTECTED beyond loopback without a token, NET_ADDRESS_IN_USE when the port is taken,
 * USAGE when the host is not an address of this machine
 */
export async function createAgentApi(options: AgentApiOptions): Promise<Result<AgentApi>> {
  const { host, port, flagName, token, view, nowMs } = options
  if (token === null && !isLoopback(host)) {
    return fail(
      'NET_UNPROTECTED',
      `the HTTP API would listen on ${host} for everybody: set --token-file, or listen on 127.0.0.1`,
    )
  }
  const app = createApp()
  const access = createAccess(token)
  const metrics = createMetrics(nowMs)
  const files = new SandboxFiles(view)
  const about = { version: options.version, flags: options.flags }
  const endpoints = [
    ...operatorEndpoints({ about, metrics, files }),
    ...classicEndpoints({ about, metrics, view, startedMs: nowMs() }),
    ...fileEndpoints(files),
  ]
  for (const endpoint of endpoints) mount(app, endpoint, access, () => view.running())
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    metrics.close()
    return { ok: false, fault: listenFault(error, { host, port, flagName }) }
  }
  const address = app.server.address()
  return ok({
    address: { host, port: typeof address === 'object' && address !== null ? address.port : port },
    close: async () => {
      await app.close()
      metrics.close()
    },
  })
}
