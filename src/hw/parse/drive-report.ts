// What a drive says of itself, in one shape whichever tool asked it: smartctl as JSON or as text, nvme-cli.
// It decides nothing: what is bad is health's to say. Null is "this drive or this tool does not say", never 0.

export type DriveReport = {
  readonly protocol: 'ata' | 'nvme' | 'scsi' | null
  readonly model: string | null
  readonly serial: string | null
  readonly firmware: string | null
  /** The drive sleeps and was not woken; everything else is unknown then. */
  readonly isAsleep: boolean
  /** The drive's own overall verdict. */
  readonly isPassed: boolean | null
  /** That verdict in the drive's or tool's words. */
  readonly verdict: string | null
  readonly temperatureC: number | null
  /** The most that the drive's maker wants it to work at. */
  readonly temperatureMaxC: number | null
  /** Where the drive stops, or takes harm. */
  readonly temperatureCriticalC: number | null
  readonly powerOnHours: number | null
  /** How much of the writing it was built for is done; may pass 100. */
  readonly endurancePercent: number | null
  readonly ata: AtaReport | null
  readonly nvme: NvmeReport | null
  readonly scsi: ScsiReport | null
  /** Newest first. */
  readonly selfTests: readonly SelfTest[]
  /** What the tool complained about. */
  readonly complaints: readonly string[]
}

export type AtaReport = {
  /** In the tool's order; empty where the drive gives none. */
  readonly attributes: readonly AtaAttribute[]
  /** Errors that the drive has logged over its life, of any kind. */
  readonly errorCount: number | null
}

export type AtaAttribute = {
  readonly id: number
  /** The tool's name for it: the same id means other things on other drives. */
  readonly name: string
  readonly value: number
  readonly worst: number | null
  readonly threshold: number | null
  /** At the threshold means near death; else it means old age. */
  readonly isPrefail: boolean
  readonly failed: 'now' | 'past' | null
  /** The number that the tool reads out of the raw bytes; drives pack several into them (FN-0050). */
  readonly raw: number | null
}

export type NvmeReport = {
  /** Bits: 1 spare, 2 temperature, 4 reliability, 8 read-only, 16 cache backup, 32 persistent memory. */
  readonly criticalWarning: number | null
  readonly sparePercent: number | null
  readonly spareThresholdPercent: number | null
  readonly usedPercent: number | null
  readonly mediaErrors: number | null
  /** Counts commands that the host got wrong, too: no sign of a sick drive. */
  readonly errorLogEntries: number | null
}

export type ScsiReport = {
  /** Blocks replaced since the drive was made. */
  readonly grownDefects: number | null
  readonly uncorrectedRead: number | null
  readonly uncorrectedWrite: number | null
  readonly uncorrectedVerify: number | null
}

export type SelfTest = {
  readonly outcome: 'passed' | 'failed' | 'other'
  readonly isExtended: boolean
  /** Kind, outcome and age in the tool's words. */
  readonly text: string
}

export const emptyDriveReport: DriveReport = {
  protocol: null,
  model: null,
  serial: null,
  firmware: null,
  isAsleep: false,
  isPassed: null,
  verdict: null,
  temperatureC: null,
  temperatureMaxC: null,
  temperatureCriticalC: null,
  powerOnHours: null,
  endurancePercent: null,
  ata: null,
  nvme: null,
  scsi: null,
  selfTests: [],
  complaints: [],
}

/** More rows of a table than this are not a drive's. */
export const rowsMax = 256

/** Outside of this no drive works: an unset register reads as 0, 128, 255 or 0 Kelvin (FN-0052). */
export function plausibleCelsius(value: number | null): number | null {
  return value !== null && value > -60 && value <= 120 && value !== 0 ? value : null
}

/** The whole number at the start of a raw text: `0 (2000 0)`, `30 (Min/Max 25/33)`, `12345h+12m`; else null. */
export function leadingCount(text: string): number | null {
  const digits = /^\s{0,40}(\d{1,15})(?![\d.,])/.exec(text)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** `1,769,281`, `1 769 281`, `1.769.281`: groups of three as locales write them; null for anything else. */
export function groupedCount(text: string): number | null {
  const clean = text.trim()
  if (!/^(\d{1,15}|\d{1,3}([.,'\u00a0\u202f\u2019 ]\d{3}){1,4})$/.test(clean)) return null
  return Number(clean.replace(/\D/g, ''))
}

/** `0x04` or `4`. */
export function flagsOf(text: string): number | null {
  const clean = text.trim()
  return /^(0x[0-9a-fA-F]{1,4}|\d{1,5})$/.test(clean) ? Number(clean) : null
}

/** A serial, model or firmware; null for what stands there when there is none, or when it was made unreadable. */
export function identityText(text: string | null | undefined): string | null {
  const clean = text?.trim().replace(/\s+/g, ' ') ?? ''
  return clean === '' ||
    clean.length > 100 ||
    /^(-+|x+|0+|n\/?a|none|unknown|redacted|\[no .*|\*missing\*)$/i.test(clean)
    ? null
    : clean
}
