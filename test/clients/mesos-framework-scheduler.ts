// A scheduler as its author's documentation shows it, on the npm package `mesos-framework`, unmodified. Runs in a
// process of its own, because the library may exit and writes a log; reports what it sees as one JSON line an event.
// Arguments: the master's host and port.

import { createRequire } from 'node:module'

type Update = {
  readonly status: {
    readonly task_id: { readonly value: string }
    readonly agent_id: { readonly value: string }
    readonly state: string
  }
}

/** What of the library is used here. */
type Library = {
  readonly Scheduler: new (
    options: object,
  ) => {
    on(event: string, listener: (value: never) => void): void
    subscribe(): void
    kill(taskId: string, agentId: string): void
    teardown(): void
  }
  readonly Mesos: { getMesos(): { readonly CommandInfo: new (...values: unknown[]) => object } }
}

const [host, port] = process.argv.slice(2)
const { Scheduler, Mesos } = createRequire(import.meta.url)('mesos-framework') as Library
const { CommandInfo } = Mesos.getMesos()

function shellTask(script: string, instances: number) {
  const commandInfo = new CommandInfo(null, null, true, script, null, null)
  return { instances, commandInfo, resources: { cpus: 0.1, mem: 32, ports: 1, disk: 0 } }
}

const scheduler = new Scheduler({
  masterUrl: host,
  port,
  frameworkName: 'others',
  // Longer than the master's heartbeat, as its documentation asks for.
  masterConnectionTimeout: 60,
  logging: { level: 'error' },
  tasks: {
    talk: shellTask('echo hello from $HOST', 2),
    wait: shellTask('sleep 1000', 1),
  },
})

function report(event: string, fields: object): void {
  process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`)
}

const over = new Set<string>()

scheduler.on('ready', () => scheduler.subscribe())
scheduler.on('subscribed', (value: object) => report('subscribed', value))
scheduler.on('offers', (value: { readonly offers: readonly object[] }) =>
  report('offers', { count: value.offers.length }),
)
scheduler.on('error', (error: { readonly message: string }) =>
  report('error', { message: error.message ?? `${error}` }),
)
scheduler.on('update', ({ status }: Update) => {
  const { task_id, agent_id, state } = status
  report('update', { taskId: task_id.value, state })
  if (state === 'TASK_RUNNING' && task_id.value.includes('wait')) scheduler.kill(task_id.value, agent_id.value)
  if (state === 'TASK_FINISHED' || state === 'TASK_KILLED') over.add(task_id.value)
  if (over.size < 3) return
  scheduler.teardown()
  report('done', {})
})
scheduler.on('sent_teardown', () => process.exit(0))
