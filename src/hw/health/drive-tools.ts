// Asks one drive, by smartctl as JSON, by an older smartctl as text, or an NVMe drive by nvme-cli, whichever is installed.
// It tells apart: an answer, a drive that does not answer, and a drive that could not be asked (and why).

import type { FaultCode } from '../../model/faults.ts'
import type { Reading } from '../../model/reading.ts'
import type { Result } from '../../model/result.ts'
import type { DriveReport } from '../parse/drive-report.ts'
import { parseNvmeSmartLog } from '../parse/nvme-smart-log.ts'
import { parseSmartctlJson } from '../parse/smartctl-json.ts'
import { parseSmartctlText } from '../parse/smartctl-text.ts'
import type { Source, ToolOutput } from '../source/source.ts'

export type Answer =
  | { readonly kind: 'report'; readonly report: DriveReport; readonly source: string }
  /** It is there and gives input/output errors. */
  | { readonly kind: 'dead'; readonly source: string; readonly text: string }
  | { readonly kind: 'unchecked'; readonly code: FaultCode; readonly message: string }

export type DriveTools = {
  /** `type` is smartctl's `-d`, for drives behind a controller. */
  readonly ask: (device: string, type: string | null) => Answer
}

/** A drive with bad sectors may take long over its logs. */
const askTimeoutMs = 15_000

/** Wear and bad sectors grow over days, and asking keeps a drive from sleeping. */
export const driveAgeMaxMs = 30 * 60_000

/** After so many drives that hang, the rest is not asked: a look must end. */
const hangsMax = 3

/** What one look has learned of the tools is kept for its next drives. */
export function driveTools(source: Source): DriveTools {
  let speaksJson = true
  let hangs = 0
  const run = (argv: readonly string[]): Result<ToolOutput> => {
    const done = source.run(argv, { timeoutMs: askTimeoutMs, maxAgeMs: driveAgeMaxMs })
    if (!done.ok && /no answer in/.test(done.fault.message)) hangs++
    return done
  }
  const smartctl = (device: string, type: string | null): Answer | 'missing' => {
    const options = ['-n', 'standby', ...(type === null ? [] : ['-d', type]), device]
    if (speaksJson) {
      const argv = ['smartctl', '-x', '-j', ...options]
      const done = run(argv)
      if (!done.ok)
        return done.fault.code === 'HW_TOOL_MISSING' ? 'missing' : refused(done.fault.code, done.fault.message)
      if (!isOldSmartctl(done.value)) return answerOf(argv, done.value, parseSmartctlJson(done.value.stdout))
      speaksJson = false
    }
    const argv = ['smartctl', '-x', ...options]
    const done = run(argv)
    return done.ok
      ? answerOf(argv, done.value, parseSmartctlText(done.value.stdout))
      : refused(done.fault.code, done.fault.message)
  }
  return {
    ask: (device, type) => {
      if (hangs >= hangsMax) return refused('HW_TOOL_FAILED', `not asked: ${hangs} other drives gave no answer in time`)
      const first = smartctl(device, type)
      if (first !== 'missing') return first
      const toInstall = refused('HW_TOOL_MISSING', 'smartctl is not there; install smartmontools, or nvme-cli for NVMe')
      if (type !== null || !device.startsWith('/dev/nvme')) return toInstall
      const argv = ['nvme', 'smart-log', '-o', 'json', device]
      const second = run(argv)
      if (second.ok) return answerOf(argv, second.value, parseNvmeSmartLog(second.value.stdout))
      return second.fault.code === 'HW_TOOL_MISSING' ? toInstall : refused(second.fault.code, second.fault.message)
    },
  }
}

/** Before version 7.0 there is no `-j`. */
function isOldSmartctl({ stdout, stderr, exitCode }: ToolOutput): boolean {
  return (exitCode & 1) === 1 && /invalid option|unrecognized option|INVALID ARGUMENT/i.test(`${stdout}${stderr}`)
}

function refused(code: FaultCode, message: string): Answer {
  return { kind: 'unchecked', code, message }
}

function answerOf(argv: readonly string[], output: ToolOutput, reading: Reading<DriveReport>): Answer {
  const source = argv.join(' ')
  const report = reading.kind === 'known' ? reading.value : null
  if (report !== null && hasFacts(report)) return { kind: 'report', report, source }
  const words = [...(report?.complaints ?? []), ...`${output.stderr}\n${output.stdout.slice(0, 2000)}`.split('\n')]
  const find = (pattern: RegExp) =>
    words
      .find((line) => pattern.test(line))
      ?.trim()
      .slice(0, 200)
  if (report?.isAsleep) {
    // A drive that does not answer the question counts as sleeping with smartctl (FN-0051).
    const isSure = find(/in SLEEP mode/) === undefined
    return refused('HW_UNKNOWN', isSure ? 'the drive sleeps and is not woken' : 'the drive sleeps, or does not answer')
  }
  const right = find(/permission denied|operation not permitted|must be root|requires root/i)
  if (right !== undefined)
    return refused('HW_NEEDS_ROOT', `${argv[0]} needs root (CAP_SYS_RAWIO, CAP_SYS_ADMIN): ${right}`)
  const dead = find(/input\/output error|no such device or address|identify failed|Inquiry.* failed|Identity failed/i)
  if (dead !== undefined) return { kind: 'dead', source, text: dead }
  if (report !== null && report.protocol !== null) return refused('HW_UNKNOWN', 'the drive keeps no SMART data')
  const first = report?.complaints[0] ?? find(/\S/) ?? 'nothing'
  return refused('HW_TOOL_FAILED', `${argv[0]} ended with ${output.exitCode} and said: ${first.slice(0, 200)}`)
}

/** Anything at all that tells of the drive's health. */
function hasFacts({ isPassed, temperatureC, ata, nvme, scsi }: DriveReport): boolean {
  const isCounted = scsi !== null && Object.values(scsi).some((value) => value !== null)
  return isPassed !== null || temperatureC !== null || (ata?.attributes.length ?? 0) > 0 || nvme !== null || isCounted
}
