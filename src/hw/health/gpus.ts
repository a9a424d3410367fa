// GPUs: errors, remapped memory, throttling, links.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'

export function lookAtGpus(_bench: HealthBench): void {}
