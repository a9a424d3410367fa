// The one registry of conditions: what can be wrong with hardware, how bad it is, how much evidence it takes to appear and
// how long it must be gone to clear. A tidy test holds this list and docs/conditions.md together.
//
// Severity: `info` is worth knowing; `warning` works and needs a person; `critical` must not be given to tasks.

export type Severity = 'info' | 'warning' | 'critical'

export type ConditionRule = {
  readonly severity: Severity
  /** Looks in a row that must see it: 1 where the source itself is sure, more where a moment may lie. */
  readonly looksMin: number
  /** It clears after this time without being seen. */
  readonly clearAfterMs: number
  /** What it means. */
  readonly says: string
  /** What a person does about it. */
  readonly todo: string
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

function rule(severity: Severity, looksMin: number, clearAfterMs: number, says: string, todo: string): ConditionRule {
  return { severity, looksMin, clearAfterMs, says, todo }
}

export const conditionRules = {
  // Drives
  DISK_FAILING: rule('critical', 1, day, 'The drive says that it fails.', 'Copy its data and replace it.'),
  DISK_SPARE_LOW: rule('critical', 1, hour, 'The drive has used up its spare blocks.', 'Replace it soon.'),
  DISK_WORN: rule(
    'warning',
    1,
    hour,
    'The drive has been written as often as it was built for.',
    'Plan its replacement.',
  ),
  DISK_MEDIA_ERRORS: rule(
    'warning',
    1,
    day,
    'The drive could not read or had to move data.',
    'Watch it; replace it if the count grows.',
  ),
  DISK_READ_ONLY: rule('critical', 1, hour, 'The drive has stopped taking writes.', 'Copy its data and replace it.'),
  DISK_HOT: rule('warning', 2, 10 * minute, 'The drive is warmer than it may be.', 'Look at fans and air flow.'),
  DISK_SELF_TEST_FAILED: rule(
    'warning',
    1,
    day,
    'A self-test of the drive found errors.',
    'Run a long self-test; replace it if it fails again.',
  ),
  DISK_LINK_ERRORS: rule(
    'warning',
    1,
    day,
    'Data was damaged between drive and controller.',
    'Check cable and backplane.',
  ),
  DISK_UNRESPONSIVE: rule(
    'critical',
    2,
    hour,
    'The drive is there and does not answer or has no size.',
    'Reseat or replace it.',
  ),
  DISK_MISSING: rule(
    'warning',
    2,
    10 * minute,
    'A drive that was here is gone.',
    'Put it back, or tell the agent to accept it.',
  ),
  DISK_PATH_DOWN: rule(
    'warning',
    2,
    10 * minute,
    'One of several ways to a drive is down.',
    'Check cable, port and switch of that way.',
  ),
  DISK_REMAPPED: rule(
    'info',
    1,
    day,
    'The drive has moved data away from bad places, which it has spares for.',
    'Nothing, while the count stands still.',
  ),
  DISK_WARNED_BEFORE: rule(
    'info',
    1,
    day,
    'A value that the drive watches was past its threshold once, and is not now.',
    'Watch it; replace the drive if it comes back.',
  ),
  DISK_MEMORY_FAILED: rule(
    'warning',
    1,
    hour,
    'A memory of the drive beside its media has failed: the backup of its cache, or its persistent memory region.',
    'Replace it; writes may be lost when power fails.',
  ),
  // What stands on drives
  RAID_DEGRADED: rule('warning', 1, 5 * minute, 'An array has lost redundancy.', 'Replace the failed member.'),
  RAID_FAILED: rule(
    'critical',
    1,
    5 * minute,
    'An array has lost more members than it can.',
    'Restore it from a copy.',
  ),
  RAID_MEMBER_FAILED: rule(
    'warning',
    1,
    5 * minute,
    'A member of an array has failed; a spare stands in for it.',
    'Replace the failed member.',
  ),
  RAID_REBUILDING: rule('info', 1, minute, 'An array is being rebuilt or checked.', 'Wait.'),
  RAID_BATTERY_FAILED: rule(
    'warning',
    2,
    hour,
    'The write cache of a RAID controller has no working battery.',
    'Replace it.',
  ),
  RAID_CONTROLLER_FAULT: rule(
    'warning',
    2,
    hour,
    'A RAID controller says that something is wrong with itself or its enclosure.',
    "Look at the controller's log.",
  ),
  FILESYSTEM_READ_ONLY: rule(
    'critical',
    1,
    5 * minute,
    'A file system went read-only by itself.',
    'Look at the kernel log, check the file system.',
  ),
  FILESYSTEM_ERRORS: rule('warning', 1, day, 'A file system has recorded errors.', 'Check it offline.'),
  // Memory and processors
  MEMORY_CORRECTED_ERRORS: rule(
    'warning',
    2,
    day,
    'Memory errors were corrected, and their number grows.',
    'Replace the module if it goes on.',
  ),
  MEMORY_UNCORRECTED_ERRORS: rule('critical', 1, day, 'Memory errors could not be corrected.', 'Replace the module.'),
  MEMORY_POISONED: rule(
    'warning',
    1,
    hour,
    'The kernel has taken pages of bad memory out of use.',
    'Replace the module.',
  ),
  MEMORY_NODE_EMPTY: rule(
    'warning',
    1,
    10 * minute,
    'A processor has no memory of its own while others have: its modules are absent, or all have failed.',
    'Look at the firmware log; reseat or replace its modules.',
  ),
  DIMM_MISSING: rule(
    'warning',
    1,
    10 * minute,
    'A memory module that was here is gone.',
    'Reseat it, or tell the agent to accept it.',
  ),
  CPU_MACHINE_CHECK: rule(
    'critical',
    1,
    day,
    'A processor reported a hardware error.',
    'Read the kernel log; replace what it names.',
  ),
  CPU_CORRECTED_ERRORS: rule(
    'info',
    2,
    day,
    'Processors correct many errors in their caches, links or memory.',
    'Replace what the kernel log names if it goes on.',
  ),
  CPU_THROTTLED: rule(
    'warning',
    2,
    10 * minute,
    'Processors slow down because they are too hot.',
    'Look at fans and air flow.',
  ),
  CPU_MISSING: rule(
    'warning',
    2,
    10 * minute,
    'Processors that were here are gone.',
    'Look at the firmware log, or tell the agent to accept it.',
  ),
  MICROCODE_MIXED: rule('warning', 1, minute, 'Processors run different microcode.', 'Update the firmware and reboot.'),
  // PCI
  PCIE_LINK_DEGRADED: rule(
    'warning',
    2,
    10 * minute,
    'A link is narrower than both of its ends could be.',
    'Reseat the card.',
  ),
  PCIE_ERRORS: rule(
    'warning',
    1,
    day,
    'A link reported errors that were not corrected.',
    'Reseat the card; look at the kernel log.',
  ),
  PCIE_CORRECTED_ERRORS: rule('info', 2, day, 'A link corrects many errors.', 'Reseat the card if it goes on.'),
  // Network
  NIC_LINK_DOWN: rule(
    'warning',
    2,
    30_000,
    'A port that is switched on has no link.',
    'Check cable, transceiver and switch.',
  ),
  NIC_FLAPPING: rule('warning', 1, hour, 'The link of a port comes and goes.', 'Check cable and transceiver.'),
  NIC_ERRORS: rule('warning', 2, hour, 'A port receives damaged frames.', 'Check cable and transceiver.'),
  NIC_MISSING: rule(
    'warning',
    2,
    10 * minute,
    'A network port that was here is gone.',
    'Look at the kernel log, or tell the agent to accept it.',
  ),
  FABRIC_LINK_DOWN: rule('warning', 2, 30_000, 'A fabric port has no link.', 'Check cable and switch.'),
  FABRIC_ERRORS: rule('warning', 2, hour, 'A fabric port counts errors.', 'Check cable and transceiver.'),
  // GPUs
  GPU_FAILED: rule(
    'critical',
    1,
    hour,
    'The GPU reported an error that it does not come back from by itself.',
    'Reset it; replace it if it returns.',
  ),
  GPU_ERROR_REPORTED: rule(
    'warning',
    1,
    hour,
    'The GPU reported an error that may pass.',
    'Look at the kernel log; reset the GPU if it goes on.',
  ),
  GPU_APPLICATION_ERROR: rule('info', 1, hour, 'A program made the GPU report an error.', 'Look at the program.'),
  GPU_UNCORRECTED_ERRORS: rule(
    'critical',
    1,
    day,
    'GPU memory had errors that could not be corrected.',
    'Reset it; replace it if they return.',
  ),
  GPU_REMAP_PENDING: rule(
    'warning',
    1,
    minute,
    'Bad GPU memory waits for a reset to be remapped.',
    'Reset the GPU when it is idle.',
  ),
  GPU_REMAP_FAILED: rule('critical', 1, hour, 'The GPU has no spare memory left for bad rows.', 'Replace it.'),
  GPU_THROTTLED: rule(
    'warning',
    2,
    10 * minute,
    'The GPU slows down because of heat or power.',
    'Look at fans, air flow and power.',
  ),
  GPU_LINK_DOWN: rule(
    'warning',
    2,
    10 * minute,
    'A link between GPUs is down or counts errors.',
    'Look at bridge or switch.',
  ),
  GPU_MISSING: rule(
    'critical',
    1,
    10 * minute,
    'A GPU that was here is gone.',
    'Look at the kernel log, or tell the agent to accept it.',
  ),
  // The box
  TEMPERATURE_HIGH: rule('warning', 2, 10 * minute, 'A sensor reads more than it may.', 'Look at fans and air flow.'),
  FAN_FAILED: rule('warning', 2, 10 * minute, 'A fan stands still or has failed.', 'Replace it.'),
  PSU_FAILED: rule(
    'warning',
    2,
    10 * minute,
    'A power supply has failed or lost its input.',
    'Check the cord; replace it.',
  ),
  VOLTAGE_OUT_OF_RANGE: rule(
    'warning',
    2,
    10 * minute,
    'A voltage is outside of its bounds.',
    'Look at the board and its power supply.',
  ),
  CLOCK_UNSYNCHRONISED: rule(
    'warning',
    3,
    10 * minute,
    'The clock is not synchronised.',
    'Start chrony, ntpd or systemd-timesyncd.',
  ),
} as const satisfies Readonly<Record<string, ConditionRule>>

export type ConditionCode = keyof typeof conditionRules
