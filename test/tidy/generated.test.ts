// Generated files are what their generator writes now.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generateTypes } from '../../build/mesos-types.ts'

test('src/mesos/types.ts is what `npm run generate` writes', () => {
  const written = readFileSync(new URL('../../src/mesos/types.ts', import.meta.url), 'utf8')
  expect(written === generateTypes(), 'run `npm run generate`').toBe(true)
})
