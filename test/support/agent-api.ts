// An agent's HTTP API over a work directory of its own and a view made by hand, for tests that speak HTTP to it.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAgentApi } from '../../src/agent/api/api.ts'
import type { AgentApi, AgentApiOptions, AgentFacts } from '../../src/agent/api/types.ts'
import { sandboxPath } from '../../src/agent/containers/sandbox.ts'
import type { RunView } from '../../src/agent/core/types.ts'
import { volumeDirectory } from '../../src/agent/volumes/paths.ts'
import type { AgentId, AgentUid, ContainerId, FrameworkId, TaskId } from '../../src/model/ids.ts'
import { gpusOnly, grantOfGpus } from './hardware.ts'

export type TestAgentApi = {
  readonly url: string
  readonly api: AgentApi
  readonly sandbox: string
  facts: AgentFacts | null
  close(): Promise<void>
}

export const frameworkId = 'm-0001' as FrameworkId
const cpus = (value: number) => ({ name: 'cpus', type: 'SCALAR', scalar: { value } })

export function aRunView(over: Partial<RunView> = {}): RunView {
  return {
    containerId: 'c1' as ContainerId,
    frameworkId,
    taskId: 't1' as TaskId,
    taskInfo: {
      name: 'web',
      task_id: { value: 't1' },
      agent_id: { value: 'm-S1' },
      command: { value: 'exec serve', user: 'nobody' },
      resources: [{ ...cpus(1.5), allocation_info: { role: 'web' } }],
      labels: { labels: [{ key: 'tier', value: 'front' }] },
    },
    grant: grantOfGpus(['GPU-1']),
    statuses: [
      {
        task_id: { value: 't1' },
        state: 'TASK_RUNNING',
        timestamp: 12.5,
        uuid: 'AAECAwQFBgcICQoLDA0ODw==',
        source: 'SOURCE_AGENT',
      },
    ],
    acknowledged: 0,
    killing: null,
    phase: 'running',
    pid: 4242,
    latestState: 'TASK_RUNNING',
    ...over,
  }
}

export function someFacts(runs: readonly RunView[] = [aRunView()]): AgentFacts {
  return {
    config: {
      uid: 'uid-1' as AgentUid,
      version: '0.1.0',
      hostname: 'host-1',
      domain: null,
      http: { host: '127.0.0.1', port: 5051 },
      resources: [
        cpus(4),
        { name: 'mem', type: 'SCALAR', scalar: { value: 1024 }, reservations: [{ type: 'STATIC', role: 'db' }] },
      ],
      attributes: [{ name: 'rack', type: 'TEXT', text: { value: 'r1' } }],
      capabilities: ['MULTI_ROLE'],
      ip: '127.0.0.1',
      switchesUser: true,
      hardware: gpusOnly(['GPU-1']),
    },
    view: {
      agentId: 'm-S1' as AgentId,
      masterId: 'm',
      isRegistered: true,
      frameworks: new Map([[frameworkId, { id: { value: frameworkId }, name: 'demo', user: 'root', roles: ['web'] }]]),
      runningCount: runs.length,
      runs: () => runs,
      hasRun: (containerId) => runs.some((run) => run.containerId === containerId),
      counters: () => new Map([['slave/tasks_finished', 3]]),
      operations: () => [],
      volumes: () => [],
    },
  }
}

/** Listens on a free loopback port; the sandbox of `aRunView` exists with what tests of files look at. */
export async function openAgentApi(over: Partial<AgentApiOptions> = {}): Promise<TestAgentApi> {
  const workDir = mkdtempSync(join(tmpdir(), 'tepui-agent-api-'))
  const sandbox = sandboxPath(workDir, { containerId: 'c1', frameworkId, executorId: 't1' })
  mkdirSync(join(sandbox, 'sub'), { recursive: true })
  writeFileSync(join(sandbox, 'stdout'), 'line one\nline two\n')
  writeFileSync(join(sandbox, 'sub', 'inner'), 'inner')
  symlinkSync('c1', join(sandbox, '..', 'latest'))
  let facts: AgentFacts | null = someFacts()
  const made = await createAgentApi({
    host: '127.0.0.1',
    port: 0,
    flagName: '--http-port',
    token: null,
    version: '0.1.0',
    flags: { work_dir: workDir },
    nowMs: () => 5_000,
    view: {
      running: () => facts,
      sandbox: (place) => sandboxPath(workDir, place),
      volume: (place) => volumeDirectory('/agent', place),
      sandboxes: join(workDir, 'frameworks'),
    },
    ...over,
  })
  if (!made.ok) {
    rmSync(workDir, { recursive: true })
    throw Object.assign(new Error(made.fault.message), { fault: made.fault })
  }
  return {
    url: `http://127.0.0.1:${made.value.address.port}`,
    api: made.value,
    sandbox,
    get facts() {
      return facts
    },
    set facts(value) {
      facts = value
    },
    close: async () => {
      await made.value.close()
      rmSync(workDir, { recursive: true })
    },
  }
}
