// Metrics in both forms: Mesos' flat snapshot and Prometheus text (own registry, names with `tepui_` before, beside the
// process's own). It adds to the cluster's numbers those of this process, its streams and its transport.

import os from 'node:os'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { counters, gauges } from './render-metrics.ts'
import { roleGauges } from './render-role-metrics.ts'
import type { ClusterPort } from './types.ts'

export type MetricsOptions = {
  transportCounters(): Readonly<Record<string, number>>
  streams(): { readonly schedulers: number; readonly operators: number }
  /** How long rounds of offers take, by metric name. */
  allocationRuns(): Readonly<Record<string, number>>
}

export type Metrics = {
  /** Counts one answered request. */
  countAnswer(status: number): void
  /** Mesos' flat object, name to number, by name. */
  snapshot(cluster: ClusterPort): Record<string, number>
  prometheus(cluster: ClusterPort): Promise<{ readonly contentType: string; readonly text: string }>
  close(): void
}

export function createMetrics(options: MetricsOptions): Metrics {
  const answers = new Map<number, number>()
  const processRegistry = new Registry()
  collectDefaultMetrics({ register: processRegistry })

  const allGauges = ({ view, nowMs }: ClusterPort): Record<string, number> => {
    const streams = options.streams()
    return {
      ...gauges(view, nowMs()),
      ...systemGauges(),
      ...options.allocationRuns(),
      'http/streams_schedulers': streams.schedulers,
      'http/streams_operators': streams.operators,
    }
  }
  const allCounters = ({ view }: ClusterPort): Record<string, number> => ({
    ...counters(view),
    ...prefixed('transport/', options.transportCounters()),
    ...Object.fromEntries([...answers].map(([status, total]) => [`http/answers_${status}`, total])),
  })

  return {
    countAnswer: (status) => {
      answers.set(status, (answers.get(status) ?? 0) + 1)
    },
    snapshot: (cluster) => {
      // Where both have a name, Mesos means the gauge.
      const ofRoles = Object.fromEntries(roleGauges(cluster.view).map(({ flatName, value }) => [flatName, value]))
      const all = Object.entries({ ...ofRoles, ...allCounters(cluster), ...allGauges(cluster) })
      return Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1)))
    },
    prometheus: async (cluster) => {
      const now = new Registry()
      for (const [name, value] of Object.entries(allGauges(cluster))) {
        new Gauge({ name: prometheusName(name), help: name, registers: [now] }).set(value)
      }
      for (const [name, rows] of Map.groupBy(roleGauges(cluster.view), ({ name }) => name)) {
        const labelNames = Object.keys(rows[0]?.labels ?? {})
        const gauge = new Gauge({ name: prometheusName(name), help: name, labelNames, registers: [now] })
        for (const { labels, value } of rows) gauge.set(labels, value)
      }
      for (const [name, value] of Object.entries(allCounters(cluster))) {
        new Counter({ name: `${prometheusName(name)}_total`, help: name, registers: [now] }).inc(value)
      }
      const text = `${await now.metrics()}\n${await processRegistry.metrics()}`
      return { contentType: now.contentType, text }
    },
    close: () => processRegistry.clear(),
  }
}

/** The machine that the master runs on, as `/system/stats.json` and the snapshot name it. */
export function systemStats(): Record<string, number> {
  const [one = 0, five = 0, fifteen = 0] = os.loadavg()
  return {
    avg_load_1min: one,
    avg_load_5min: five,
    avg_load_15min: fifteen,
    cpus_total: os.cpus().length,
    mem_total_bytes: os.totalmem(),
    mem_free_bytes: os.freemem(),
  }
}

function systemGauges(): Record<string, number> {
  const stats = Object.entries(systemStats())
  return Object.fromEntries(stats.map(([name, value]) => [`system/${name.replace('avg_', '')}`, value]))
}

function prefixed(prefix: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]))
}

function prometheusName(name: string): string {
  return `tepui_${name.replace(/[^A-Za-z0-9_]/g, '_')}`
}
