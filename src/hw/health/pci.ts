// PCI Express: links below their ability and error counters.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'

export function lookAtPci(_bench: HealthBench): void {}
