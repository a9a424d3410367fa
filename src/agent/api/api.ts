// The agent's HTTP API put together: classic documents, sandbox files, the operator API, metrics, one server.
// It reads the agent through `AgentApiView` and changes nothing.

import { fail, ok, type Result } from '../../model/result.ts'
import { createAccess } from '../../shell/http-access.ts'
import { createHttpServer, listeningPort } from '../../shell/http-server.ts'
import { isLoopback, listenFault } from '../../shell/listen.ts'
import { classicEndpoints } from './classic.ts'
import { fileEndpoints } from './files.ts'
import { createMetrics } from './metrics.ts'
import { operatorEndpoints } from './operator.ts'
import { SandboxFiles } from './sandbox-files.ts'
import type { AgentApi, AgentApiOptions, AgentFacts } from './types.ts'

/** Longer bodies are answered 413 and not kept; no call of this API is near it. */
export const requestBodyMaxBytes = 1024 * 1024
/** Connections over this are closed by the server at once. */
export const connectionsMax = 4_096

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
  const metrics = createMetrics(nowMs)
  const files = new SandboxFiles(view)
  const about = { version: options.version, flags: options.flags }
  const app = createHttpServer<AgentFacts>({
    name: 'agent',
    prefix: '/slave(1)',
    endpoints: [
      ...operatorEndpoints({ about, metrics, files }),
      ...classicEndpoints({ about, metrics, view, startedMs: nowMs() }),
      ...fileEndpoints(files),
    ],
    access: createAccess(token),
    bodyBytesMax: requestBodyMaxBytes,
    connectionsMax,
    subject: () => view.running(),
  })
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    metrics.close()
    return { ok: false, fault: listenFault(error, { host, port, flagName }) }
  }
  return ok({
    address: { host, port: listeningPort(app) },
    close: async () => {
      await app.close()
      metrics.close()
    },
  })
}
