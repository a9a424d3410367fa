// Randomness of the operating system, as the pure rooms take it.

import { randomBytes, randomInt } from 'node:crypto'
import type { Random } from '../model/random.ts'

export const systemRandom: Random = {
  below: (bound) => randomInt(bound),
  bytes16: () => randomBytes(16),
}
