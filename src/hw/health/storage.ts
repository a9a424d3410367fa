// What stands on drives: arrays and file systems.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'

export function lookAtStorage(_bench: HealthBench): void {}
