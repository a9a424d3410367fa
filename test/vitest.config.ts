// One project per level of test; test/README.md says what each level asks.

import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SkipReporter } from './support/skip-reporter.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Where a program wants the results as JSON. */
const report = process.env.TEST_REPORT

/** Levels that start processes or listen get one worker less of parallelism and longer bounds. */
const levels = {
  tidy: { testTimeout: 20_000 },
  unit: { testTimeout: 10_000 },
  contract: { testTimeout: 30_000 },
  simulation: { testTimeout: 120_000 },
  e2e: { testTimeout: 60_000 },
  clients: { testTimeout: 60_000 },
}

function jsonReport(outputFile: string): ['json', { outputFile: string }] {
  return ['json', { outputFile }]
}

export default defineConfig({
  test: {
    root,
    allowOnly: false,
    retry: 0,
    maxWorkers: 2,
    reporters: ['default', new SkipReporter(), ...(report === undefined ? [] : [jsonReport(report)])],
    projects: Object.entries(levels).map(([name, options]) => ({
      test: {
        name,
        root,
        include: [`test/${name}/**/*.test.ts`],
        hookTimeout: options.testTimeout,
        sequence: { shuffle: { files: true, tests: false } },
        ...options,
      },
    })),
  },
})
