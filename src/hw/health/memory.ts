// Memory and processors: corrected and uncorrected errors, machine checks, throttling, microcode.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'

export function lookAtMemory(_bench: HealthBench): void {}
