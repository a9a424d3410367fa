// Drives: what SMART, NVMe logs and RAID controllers say of them.
// It says what it sees at one look; what that means over time is the tracker's.

import type { HealthBench } from './bench.ts'

export function lookAtDrives(_bench: HealthBench): void {}
