// The box: temperatures, fans, power supplies, voltages, the clock.
// It says what it sees at one look; what that means over time is the tracker's.

import { isGuest } from '../identity.ts'
import type { HealthBench } from './bench.ts'
import { lookAtClock } from './clock.ts'
import { lookAtHwmon } from './hwmon.ts'
import { lookAtBoardSensors } from './ipmi.ts'
import { lookAtThermalZones } from './thermal-zones.ts'

export function lookAtBox(bench: HealthBench): void {
  const chips = lookAtHwmon(bench)
  const zones = lookAtThermalZones(bench)
  const isBoardAsked = lookAtBoardSensors(bench)
  lookAtClock(bench)
  // A virtual machine has no sensors, and that is no question.
  if (chips + zones > 0 || isBoardAsked || isGuest(bench.inventory.machine)) return
  const message = 'no driver shows a sensor of temperature'
  bench.findings.unchecked('temperatures', null, 'HW_UNKNOWN', message, ['TEMPERATURE_HIGH'])
}
