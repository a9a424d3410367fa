// The box: temperatures, fans, power supplies, voltages, the clock.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'

export function lookAtBox(_bench: HealthBench): void {}
