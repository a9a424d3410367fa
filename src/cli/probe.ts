// `tepui probe`: shows what this machine is, or a captured one. Needs no agent, no master and no network.
// It does not know how anything is found out (hw) nor how the tree is drawn (probe-tree.ts).

import type { Command } from 'commander'
import { probeInventory } from '../hw/inventory.ts'
import { captureSource, liveSource } from '../hw/source/open.ts'
import { ok } from '../model/result.ts'
import { act, flag, readPath } from './command.ts'
import { sayFault } from './output.ts'
import { renderTree } from './probe-tree.ts'

type ProbeOptions = { readonly sysroot?: string; readonly json?: true; readonly tree?: true }

export function define(command: Command): void {
  command
    .addOption(
      flag(
        '--sysroot <path>',
        'show the machine in this capture, or whose /sys and /proc are in this folder',
        readPath,
      ),
    )
    .addOption(flag('--json', 'print the inventory document').conflicts('tree'))
    .addOption(flag('--tree', 'print a tree for people to read (default)'))
  act(command, probe)
}

/** @returns exit status: 1 where there is no machine to read */
async function probe(options: ProbeOptions): Promise<number> {
  const source = options.sysroot === undefined ? ok(liveSource()) : await captureSource(options.sysroot)
  const inventory = source.ok ? probeInventory(source.value) : source
  if (!inventory.ok) return sayFault(inventory.fault)
  const { stdout } = process
  const text = options.json
    ? `${JSON.stringify(inventory.value, null, 2)}\n`
    : renderTree(inventory.value, { width: stdout.columns ?? defaultWidth, color: wantsColor(stdout) })
  stdout.write(text)
  return 0
}

const defaultWidth = 80

function wantsColor(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && (process.env.NO_COLOR ?? '') === '' && process.env.TERM !== 'dumb'
}
