// Records this machine so that it can be replayed elsewhere: the probe and the look at its health are done through a
// recorder, and what they asked becomes an archive. So a capture holds exactly what this version reads; a version that
// reads more needs a new one, and says so when it meets an old one.

import { randomBytes } from 'node:crypto'
import type { HealthLook } from '../model/health.ts'
import type { Inventory } from '../model/inventory.ts'
import { ok, type Result } from '../model/result.ts'
import { lookAtHealth } from './health/look.ts'
import { probeInventory } from './inventory.ts'
import { redact } from './redaction/redact.ts'
import { writeArchive } from './source/archive.ts'
import { isRedacted } from './source/notes.ts'
import { captureTree, Recorder, type Recording } from './source/recording.ts'
import type { Source } from './source/source.ts'

export const captureStages = {
  probe: 'reading the machine',
  health: 'looking at its health',
  redact: 'replacing serial numbers and addresses',
  pack: 'packing',
} as const

export type CaptureStage = keyof typeof captureStages

export type CaptureOptions = { readonly isRedacted: boolean; readonly onStage: (stage: CaptureStage) => void }

/** `refused` are files that are there and gave an error; `needsRoot` is what root would have had more, in words. */
export type CaptureSummary = {
  readonly files: number
  readonly tools: number
  /** Identities that were replaced; null where none was meant to be. */
  readonly redacted: number | null
  /** Identities in the archive are made up, by this run or in what it captured. */
  readonly isRedacted: boolean
  readonly refused: readonly { readonly path: string; readonly errno: string }[]
  readonly needsRoot: readonly string[]
  readonly missingTools: readonly string[]
  readonly problems: Inventory['problems']
}

export type Capture = { readonly archive: Uint8Array; readonly summary: CaptureSummary }

/** Fault: HW_NOT_A_MACHINE. Blocks while the machine is read. */
export async function captureMachine(source: Source, options: CaptureOptions): Promise<Result<Capture>> {
  const recorder = new Recorder(source)
  const recorded = recorder.source()
  options.onStage('probe')
  const inventory = probeInventory(recorded)
  if (!inventory.ok) return inventory
  options.onStage('health')
  const look = lookAtHealth(recorded, inventory.value)
  // What a redacted capture told is redacted, however often it is captured again.
  const made = recorder.recording()
  let recording = isRedacted(source) ? { ...made, notes: { ...made.notes, isRedacted: true } } : made
  let redacted: number | null = null
  if (options.isRedacted) {
    options.onStage('redact')
    const redaction = redact(recording, { inventory: inventory.value, look, salt: randomBytes(32) })
    recording = redaction.recording
    redacted = redaction.count
  }
  options.onStage('pack')
  const { problems } = inventory.value
  const summary = {
    ...summarise(recording),
    redacted,
    isRedacted: recording.notes.isRedacted,
    needsRoot: needsRoot(problems, look),
    problems,
  }
  return ok({ archive: await writeArchive(captureTree(recording)), summary })
}

function summarise({
  tree,
  notes,
  runs,
}: Recording): Pick<CaptureSummary, 'files' | 'tools' | 'refused' | 'missingTools'> {
  const files = tree.entries().filter(([path, node]) => node.kind === 'file' && !notes.contentless.has(path)).length
  const refused = [...notes.contentless].flatMap(([path, errno]) => (errno === null ? [] : [{ path, errno }]))
  const missingTools = runs.flatMap(({ argv, result }) => {
    return !result.ok && result.fault.code === 'HW_TOOL_MISSING' ? [argv[0] ?? ''] : []
  })
  const tools = runs.filter(({ result }) => result.ok).length
  return { files, tools, refused, missingTools: [...new Set(missingTools)].sort() }
}

function needsRoot(problems: Inventory['problems'], { unchecked }: HealthLook): readonly string[] {
  const places = problems.filter(({ code }) => code === 'HW_NEEDS_ROOT').map(({ where }) => where)
  const questions = unchecked.filter(({ code }) => code === 'HW_NEEDS_ROOT').map(({ question }) => question)
  return [...new Set([...places, ...questions])]
}
