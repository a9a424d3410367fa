// Network and fabric ports: links, flaps, damaged frames.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'

export function lookAtNetwork(_bench: HealthBench): void {}
