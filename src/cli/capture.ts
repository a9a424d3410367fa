// `tepui capture`: records this machine in a file that `tepui probe --sysroot` shows elsewhere.
// It does not know what is recorded (hw/capture.ts) nor how identities are replaced (hw/redaction).

import { statSync } from 'node:fs'
import type { Command } from 'commander'
import { type CaptureSummary, captureMachine, captureStages } from '../hw/capture.ts'
import { captureSource, liveSource } from '../hw/source/open.ts'
import { fault, ok } from '../model/result.ts'
import { act, flag, readPath } from './command.ts'
import { printable, printableJson, say, sayFault } from './output.ts'
import { writeWhole } from './whole-file.ts'

type CaptureOptions = {
  readonly sysroot?: string
  readonly redact?: true
  readonly force?: true
  readonly json?: true
}

const help = `
The file holds what \`tepui probe\` and its look at health read here: files of /sys, /proc and a few of /etc and /run,
and what tools printed. It is a tar.gz of the machine's paths. Show it with \`tepui probe --sysroot FILE\`. A later
version of tepui that reads more needs a new capture. As root it is complete; otherwise it says what is missing.

--redact replaces, everywhere in the file, serial numbers, UUIDs, MAC and IP addresses, world-wide names, asset tags,
machine and boot ids and the host name by others of the same form. The same value always gets the same other one within
a capture; it cannot be turned back. The maker's part of MACs and world-wide names stays, as does the form of a serial.
Not covered: names that people chose (of users, mount points, volumes, labels, interfaces, tasks on a GPU), secrets on
the kernel's command line, text in the kernel's log that looks like nothing of the above, serial numbers shorter than
five characters where they do not stand as such, and the machine itself: its parts may be a rare combination. Look into
the file before you publish it: \`tar xzf FILE\`.`

export function define(command: Command): void {
  command
    .argument('<file>', 'where to write it, such as machine.tar.gz', readPath)
    .addOption(flag('--redact', 'replace serial numbers, addresses and other identities'))
    .addOption(flag('--force', 'overwrite the file'))
    .addOption(
      flag('--sysroot <path>', 'capture the machine in this folder or capture instead, such as to redact it', readPath),
    )
    .addOption(flag('--json', 'print what was captured as JSON'))
    .addHelpText('after', help)
  act(command, capture)
}

/** @returns exit status */
async function capture(file: string, options: CaptureOptions): Promise<number> {
  const obstacle = obstacleAt(file, options.force === true)
  if (obstacle !== null) return sayFault(fault('STORE_UNWRITABLE', `${file} ${obstacle}`))
  const source = options.sysroot === undefined ? ok(liveSource()) : await captureSource(options.sysroot)
  if (!source.ok) return sayFault(source.fault)
  const isWatched = process.stderr.isTTY === true
  const done = await captureMachine(source.value, {
    isRedacted: options.redact === true,
    onStage: (stage) => {
      if (isWatched) say(captureStages[stage])
    },
  })
  if (!done.ok) return sayFault(done.fault)
  const { archive, summary } = done.value
  // Only its owner may read what identifies a machine.
  const written = writeWhole(file, archive, 0o600)
  if (!written.ok) return sayFault(written.fault)
  if (options.json) {
    process.stdout.write(`${printableJson({ file, bytes: archive.length, ...summary }, 2)}\n`)
  } else {
    for (const line of describe(file, archive.length, summary)) say(printable(line))
  }
  return 0
}

/** Why nothing may be written at a place, asked before the work of a capture; null where it may. */
function obstacleAt(file: string, mayOverwrite: boolean): string | null {
  if (file === '-') return 'is no file, and a capture is not written to standard output: name a file'
  try {
    const stat = statSync(file, { throwIfNoEntry: false })
    if (stat === undefined) return null
    if (!stat.isFile()) return 'is there and no file: choose another name'
    return mayOverwrite ? null : 'is there already: choose another name, or --force to overwrite it'
  } catch (error) {
    return `cannot be written: ${(error as NodeJS.ErrnoException).code ?? 'EIO'}`
  }
}

function describe(file: string, bytes: number, summary: CaptureSummary): readonly string[] {
  const { files, tools, redacted, refused, needsRoot, missingTools } = summary
  const size = bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`
  const before = summary.isRedacted ? 'it was redacted before' : 'nothing is redacted'
  const identities = redacted === null ? before : `${redacted} identities are replaced`
  const lines = [`${file}: ${size}, ${files} files, ${tools} runs of tools; ${identities}`]
  if (needsRoot.length > 0) lines.push(`root would have recorded more: ${some(needsRoot)}`)
  if (refused.length > 0) lines.push(`${refused.length} files gave an error, which is recorded`)
  if (missingTools.length > 0) lines.push(`tools that are not installed would say more: ${missingTools.join(', ')}`)
  return lines
}

const namedMax = 5

function some(paths: readonly string[]): string {
  const rest = paths.length - namedMax
  return `${paths.slice(0, namedMax).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
