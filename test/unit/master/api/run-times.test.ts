import { expect, test } from 'vitest'
import { RunTimes } from '../../../../src/master/api/run-times.ts'

test('before the first run there is only its count', () => {
  expect(new RunTimes().values('run_ms')).toEqual({ 'run_ms/count': 0 })
})

test('the newest thousand runs are shown, and how many there were', () => {
  const times = new RunTimes()
  for (let ms = 1; ms <= 1_500; ms++) times.add(ms)
  expect(times.values('run_ms')).toEqual({
    run_ms: 1_500,
    'run_ms/count': 1_500,
    'run_ms/min': 501,
    'run_ms/max': 1_500,
    'run_ms/p50': 1_000,
    'run_ms/p90': 1_400,
    'run_ms/p95': 1_450,
    'run_ms/p99': 1_490,
    'run_ms/p999': 1_499,
  })
})
