// The agent in numbers: Mesos' flat snapshot (`slave/tasks_running` ...) and the same as Prometheus text, beside the
// process's own. What is not known is not there. It does not know how metrics are asked for.

import os from 'node:os'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { isTerminal } from '../../mesos/names.ts'
import { scalarTotals } from '../../model/resources.ts'
import { agentTotal, runState, usedResources } from './records.ts'
import type { AgentFacts } from './types.ts'

export type Metrics = {
  /** Name to number, by name. */
  snapshot(facts: AgentFacts): Record<string, number>
  prometheus(facts: AgentFacts): Promise<{ readonly contentType: string; readonly text: string }>
  close(): void
}

const scalarNames = ['cpus', 'gpus', 'mem', 'disk'] as const

export function createMetrics(nowMs: () => number): Metrics {
  const startedMs = nowMs()
  const processRegistry = new Registry()
  collectDefaultMetrics({ register: processRegistry })
  const gauges = (facts: AgentFacts) => ({
    'slave/uptime_secs': (nowMs() - startedMs) / 1000,
    'slave/registered': facts.view.isRegistered ? 1 : 0,
    'slave/frameworks_active': facts.view.frameworks.size,
    ...taskGauges(facts),
    ...resourceGauges(facts),
    ...systemGauges(),
  })
  return {
    snapshot: (facts) => {
      const all = Object.entries({ ...gauges(facts), ...Object.fromEntries(facts.view.counters()) })
      return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
    },
    prometheus: async (facts) => {
      const now = new Registry()
      for (const [name, value] of Object.entries(gauges(facts))) {
        new Gauge({ name: prometheusName(name), help: name, registers: [now] }).set(value)
      }
      for (const [name, value] of facts.view.counters()) {
        new Counter({ name: `${prometheusName(name)}_total`, help: name, registers: [now] }).inc(value)
      }
      const text = `${await now.metrics()}\n${await processRegistry.metrics()}`
      return { contentType: now.contentType, text }
    },
    close: () => processRegistry.clear(),
  }
}

function taskGauges({ view }: AgentFacts): Record<string, number> {
  const counts = { TASK_STAGING: 0, TASK_STARTING: 0, TASK_RUNNING: 0, TASK_KILLING: 0 }
  for (const run of view.runs()) {
    const state = runState(run)
    if (!isTerminal(state) && state in counts) counts[state as keyof typeof counts]++
  }
  return {
    'slave/tasks_staging': counts.TASK_STAGING,
    'slave/tasks_starting': counts.TASK_STARTING,
    'slave/tasks_running': counts.TASK_RUNNING,
    'slave/tasks_killing': counts.TASK_KILLING,
  }
}

function resourceGauges(facts: AgentFacts): Record<string, number> {
  const total = scalarTotals(agentTotal(facts.config))
  const used = scalarTotals(usedResources(facts.view))
  const values: Record<string, number> = {}
  for (const name of scalarNames) {
    const all = total.get(name) ?? 0
    const held = used.get(name) ?? 0
    values[`slave/${name}_total`] = all / 1000
    values[`slave/${name}_used`] = held / 1000
    values[`slave/${name}_percent`] = all === 0 ? 0 : held / all
  }
  return values
}

function systemGauges(): Record<string, number> {
  const [one = 0, five = 0, fifteen = 0] = os.loadavg()
  return {
    'system/load_1min': one,
    'system/load_5min': five,
    'system/load_15min': fifteen,
    'system/cpus_total': os.cpus().length,
    'system/mem_total_bytes': os.totalmem(),
    'system/mem_free_bytes': os.freemem(),
  }
}

function prometheusName(name: string): string {
  return `tepui_${name.replace(/[^A-Za-z0-9_]/g, '_')}`
}
