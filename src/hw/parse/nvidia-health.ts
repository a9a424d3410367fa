// What one `<gpu>` of `nvidia-smi -q -x` says about errors, pending repairs and throttling. Names have moved between the
// schema versions (FN-0030); a name that this driver lacks, or a text in the place of a number, says nothing.
// What of it is bad is for src/hw/health to say.

import { type XmlElement, xmlText } from './xml.ts'

export type NvidiaHealth = {
  /** Uncorrected memory errors since the driver started, and over the GPU's life. */
  readonly uncorrectedVolatile: number | null
  readonly uncorrectedAggregate: number | null
  /** Pages taken out of use, of GPUs before Ampere. */
  readonly retiredPages: number | null
  /** Fields that say Yes: a repair waits for a reset. */
  readonly pending: readonly string[]
  /** Fields that say Yes: memory that cannot be repaired, or more errors than a good part has. */
  readonly failed: readonly string[]
  /** Fields of active reasons that mean heat or power: not idling, and not a limit that somebody set. */
  readonly throttling: readonly string[]
  /** What the driver wants to be done; null where it wants nothing, or has no such field. */
  readonly recoveryAction: string | null
  /** What is wrong with its place in an NVSwitch fabric: fields with their text. */
  readonly fabric: readonly string[]
  /** PCIe packets sent again. */
  readonly replays: number | null
  /** Why it is taken to have stopped answering, in the tool's words; null while it answers. */
  readonly lost: string | null
}

const pendingFields = [
  ['retired_pages', 'pending_retirement'],
  ['retired_pages', 'pending_blacklist'],
  ['remapped_rows', 'remapped_row_pending'],
  ['ecc_errors', 'channel_repair_pending'],
  ['ecc_errors', 'tpc_repair_pending'],
] as const

const failedFields = [
  ['remapped_rows', 'remapped_row_failure'],
  ['ecc_errors', 'unrepairable_memory'],
  ['ecc_errors', 'aggregate', 'sram_threshold_exceeded'],
] as const

const throttleReasons = /_(hw_slowdown|hw_thermal_slowdown|hw_power_brake_slowdown|sw_thermal_slowdown)$/

export function nvidiaHealth(gpu: XmlElement): NvidiaHealth {
  const says = (fields: readonly (readonly string[])[], word: string) =>
    fields.filter((path) => xmlText(gpu, ...path) === word).map((path) => path.at(-1) as string)
  const errors = child(gpu, 'ecc_errors')
  const reasons = child(gpu, 'clocks_event_reasons') ?? child(gpu, 'clocks_throttle_reasons')
  return {
    uncorrectedVolatile: uncorrected(child(errors, 'volatile')),
    uncorrectedAggregate: uncorrected(child(errors, 'aggregate')),
    retiredPages: sum([
      xmlText(gpu, 'retired_pages', 'multiple_single_bit_retirement', 'retired_count'),
      xmlText(gpu, 'retired_pages', 'double_bit_retirement', 'retired_count'),
    ]),
    pending: says(pendingFields, 'Yes'),
    failed: says(failedFields, 'Yes'),
    throttling: (reasons?.children ?? [])
      .filter(({ name, text }) => throttleReasons.test(name) && text === 'Active')
      .map(({ name }) => name),
    recoveryAction: recoveryAction(gpu),
    fabric: fabricComplaints(gpu),
    replays: sum([xmlText(gpu, 'pci', 'replay_counter')]),
    lost: lostText(gpu),
  }
}

/** Since Ampere by kind of memory, two ways of detection each; before that, `double_bit` with a total. */
function uncorrected(errors: XmlElement | undefined): number | null {
  if (errors === undefined) return null
  const total = xmlText(errors, 'double_bit', 'total')
  if (total !== null) return sum([total])
  return sum(errors.children.filter(({ name }) => name.includes('uncorrectable')).map(({ text }) => text))
}

function recoveryAction(gpu: XmlElement): string | null {
  const action = xmlText(gpu, 'gpu_recovery_action')
  if (action !== null) return /^[A-Z][A-Za-z0-9 ]{1,40}$/.test(action) && !isNothing(action) ? action : null
  const isRequired = xmlText(gpu, 'gpu_reset_status', 'reset_required') === 'Yes'
  return isRequired ? 'Reset required' : null
}

/** A GPU that is in no fabric says N/A everywhere. The words are those of NVML's fabric state and health mask. */
function fabricComplaints(gpu: XmlElement): readonly string[] {
  const complaints: string[] = []
  const check = (name: string, isBad: (text: string) => boolean, ...path: readonly string[]) => {
    const text = xmlText(gpu, 'fabric', ...path, name)
    if (text !== null && isBad(text)) complaints.push(`fabric ${name}: ${text}`)
  }
  check('state', (text) => text === 'Not Started' || text === 'In Progress')
  const isCompleted = xmlText(gpu, 'fabric', 'state') === 'Completed'
  check('status', (text) => isCompleted && text !== 'Success' && /^[A-Z][\w -]{1,60}$/.test(text) && !isNothing(text))
  check('summary', (text) => text === 'Unhealthy' || text === 'Limited Capacity', 'health')
  check('bandwidth', (text) => text === 'Degraded', 'health')
  check('route_unhealthy', (text) => text === 'True' || text === 'Yes', 'health')
  return complaints
}

/** Fields that every GPU answers for as long as it answers at all. */
const vitalFields = [['performance_state'], ['temperature', 'gpu_temp'], ['fb_memory_usage', 'total']] as const

function lostText(gpu: XmlElement): string | null {
  const texts = [...gpu.children, ...gpu.children.flatMap((one) => one.children)].map(({ text }) => text)
  const lost = texts.find((text) => /^\[?GPU is lost/i.test(text))
  if (lost !== undefined) return lost.slice(0, 120)
  const failing = vitalFields.filter((path) => /^\[?Unknown Error\]?$/i.test(xmlText(gpu, ...path) ?? ''))
  return failing.length < 2 ? null : `${failing.map((path) => path.at(-1)).join(', ')}: Unknown Error`
}

function isNothing(text: string): boolean {
  return /^(None|N\/?A|Not (Supported|Available)|Requested .*|Unknown Error|GPU is lost.*)$/i.test(text)
}

function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((one) => one.name === name)
}

/** Null where none of the texts is a number. */
function sum(texts: readonly (string | null)[]): number | null {
  const numbers = texts.flatMap((text) => (/^\d{1,15}$/.test(text ?? '') ? [Number(text)] : []))
  return numbers.length === 0 ? null : numbers.reduce((all, one) => all + one, 0)
}
