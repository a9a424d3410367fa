// `tepui probe`: shows what this machine is, or a captured one. Needs no agent, no master and no network.
// It does not know how anything is found out (hw) nor how the tree (probe-tree.ts) and the
// picture (picture/) are drawn.

import type { Command } from 'commander'
import { lookAtHealth } from '../hw/health/look.ts'
import { healthOfOneLook } from '../hw/health/tracker.ts'
import { probeInventory } from '../hw/inventory.ts'
import { captureSource, liveSource } from '../hw/source/open.ts'
import { ok } from '../model/result.ts'
import { act, flag, readPath } from './command.ts'
import { printableJson, say, sayFault } from './output.ts'
import { readOld, renderDiff } from './probe-diff.ts'
import { renderTree } from './probe-tree.ts'
import { watch } from './probe-watch.ts'

type ProbeOptions = {
  readonly sysroot?: string
  readonly json?: true
  readonly tree?: true
  readonly diff?: string
  readonly svg?: string
  readonly png?: string
  readonly watch?: true
}

/** Options that print something else. */
const texts = ['json', 'tree', 'diff', 'watch']

export function define(command: Command): void {
  command
    .addOption(
      flag(
        '--sysroot <path>',
        'show the machine in this capture, or whose /sys and /proc are in this folder',
        readPath,
      ),
    )
    .addOption(flag('--json', 'print the inventory document and the health, for programs').conflicts('tree'))
    .addOption(
      flag(
        '--tree',
        'print a tree for people to read (default); CPUs 0-3 + 8-11 are the first and second threads of cores',
      ),
    )
    .addOption(flag('--diff <old>', 'say what is different from this document or capture', readPath).conflicts('tree'))
    .addOption(flag('--svg <file>', 'draw a picture for browsers; - is standard output', readPath).conflicts(texts))
    .addOption(flag('--png <file>', 'draw a picture of dots; - is standard output', readPath).conflicts(texts))
    .addOption(
      flag('--watch', 'say what changes of the hardware and its health, until interrupted').conflicts([
        'sysroot',
        'diff',
        'tree',
      ]),
    )
  act(command, probe)
}

/** @returns exit status: 1 where there is no machine to read */
async function probe(options: ProbeOptions): Promise<number> {
  if (options.watch) return watch(options.json ?? false)
  const { svg, png } = options
  if (svg === '-' && png === '-') return refuse('--svg and --png cannot both be written to standard output')
  if (png === '-' && process.stdout.isTTY) return refuse('a terminal cannot show --png: name a file, or pipe it')
  const source = options.sysroot === undefined ? ok(liveSource()) : await captureSource(options.sysroot)
  if (!source.ok) return sayFault(source.fault)
  const inventory = probeInventory(source.value)
  if (!inventory.ok) return sayFault(inventory.fault)
  const { stdout } = process
  if (options.diff !== undefined) {
    const old = await readOld(options.diff)
    if (!old.ok) return sayFault(old.fault)
    stdout.write(renderDiff(old.value, inventory.value, options.json ?? false))
    return 0
  }
  const health = healthOfOneLook(lookAtHealth(source.value, inventory.value))
  if (svg !== undefined || png !== undefined) {
    const { drawTo } = await import('./picture/draw-to.ts')
    const drawn = await drawTo({ svg, png }, inventory.value, health)
    return drawn.ok ? 0 : sayFault(drawn.fault)
  }
  const text = options.json
    ? `${printableJson({ ...inventory.value, health }, 2)}\n`
    : renderTree(inventory.value, health, { width: stdout.columns ?? defaultWidth, color: wantsColor(stdout) })
  stdout.write(text)
  return 0
}

/** @returns exit status of wrong usage */
function refuse(why: string): number {
  say(why)
  return 2
}

const defaultWidth = 80

function wantsColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb'
}
