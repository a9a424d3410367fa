// What the numbers mean by which NVIDIA's driver reports errors in the kernel log (Xid). From NVIDIA's own catalogue
// (docs.nvidia.com/deploy/xid-errors, "Analyzing Xid Errors with the Xid Catalog"): what it wants restarted is a program's
// error, what it wants reset or rebooted is the GPU's; newer numbers are from the list in NVIDIA's open driver. A number
// that is not here is reported as an error that may pass.

import type { ConditionCode } from '../../model/conditions.ts'

const program = [
  8, 11, 13, 25, 31, 32, 37, 38, 39, 40, 41, 43, 44, 45, 60, 66, 67, 68, 69, 70, 71, 72, 75, 76, 77, 78, 80, 82, 83, 84,
  85, 86, 88, 89, 96, 97, 98, 99, 100, 101, 102, 103, 104, 105, 126, 127, 128, 129, 130, 131, 132, 133, 134, 135, 137,
  139, 141, 142, 151, 152, 153, 174,
]

/** 79 is a GPU that has fallen off the bus; 119 and 120 are its own processor (GSP); 95 an error that spread. */
const failed = [46, 54, 61, 62, 79, 95, 109, 110, 119, 120, 143, 154, 158, 167, 169]

/** 48 is a double bit error, 140 one that escaped correction; 171 and 172 say more of a 48. */
const uncorrected = [48, 140, 171, 172]

/** 63 is memory marked for remapping, 94 an error that was contained: one program died, and a reset mends it. */
const pending = [63, 94, 156, 160]

const unmendable = [64, 157, 161, 168]

/** 173 is the link between processor and GPU of one package. */
const link = [74, 136, 144, 145, 146, 147, 148, 149, 150, 155, 173]

/** Tests of the management path, and what the driver says of its own simulations. */
const nothing = [14, 106, 107, 162]

const codes: ReadonlyMap<number, ConditionCode | null> = new Map([
  ...program.map((xid) => [xid, 'GPU_APPLICATION_ERROR'] as const),
  ...failed.map((xid) => [xid, 'GPU_FAILED'] as const),
  ...uncorrected.map((xid) => [xid, 'GPU_UNCORRECTED_ERRORS'] as const),
  ...pending.map((xid) => [xid, 'GPU_REMAP_PENDING'] as const),
  ...unmendable.map((xid) => [xid, 'GPU_REMAP_FAILED'] as const),
  ...link.map((xid) => [xid, 'GPU_LINK_DOWN'] as const),
  ...nothing.map((xid) => [xid, null] as const),
])

/** Null for what is no error. An error of a link that the driver calls nonfatal is one that may pass. */
export function conditionOfXid(xid: number, isNonfatal: boolean): ConditionCode | null {
  if (isNonfatal) return xid === recoveryActionXid ? null : 'GPU_ERROR_REPORTED'
  const code = codes.get(xid)
  return code === undefined ? 'GPU_ERROR_REPORTED' : code
}

/** What the driver wants to be done has changed; only the newest word holds. */
export const recoveryActionXid = 154
