// Compares what the probe says of the machine that this runs on with what other tools say of it. Each tool is run once;
// one that is missing, or fails, is said to be so.

import { spawnSync } from 'node:child_process'
import { probeInventory } from '../../src/hw/inventory.ts'
import { liveSource } from '../../src/hw/source/open.ts'
import type { Inventory } from '../../src/model/inventory.ts'
import { compareDmidecode } from './tools/dmidecode.ts'
import { compareIp } from './tools/ip.ts'
import { compareLsblk, lsblkColumns } from './tools/lsblk.ts'
import { compareLscpu, compareLscpuCaches, compareLscpuTable } from './tools/lscpu.ts'
import { compareLspci } from './tools/lspci.ts'
import { compareLstopo } from './tools/lstopo.ts'
import { compareNumactl } from './tools/numactl.ts'
import { compareNvidiaSmi, nvidiaColumns } from './tools/nvidia-smi.ts'
import { compareDetectVirt, compareFindmnt, compareFree, compareUname } from './tools/system.ts'
import { notComparable, type Verdict } from './verdicts.ts'

type Comparison = {
  readonly argv: readonly [string, ...string[]]
  readonly compare: (text: string, inventory: Inventory) => readonly Verdict[]
  /** Exit codes that come with an answer; 0 alone without it. */
  readonly answers?: readonly number[]
}

const comparisons: readonly Comparison[] = [
  { argv: ['uname', '-mnr'], compare: compareUname },
  { argv: ['lscpu', '-J'], compare: compareLscpu },
  { argv: ['lscpu', '-J', '-e=CPU,CORE,SOCKET,NODE,ONLINE'], compare: compareLscpuTable },
  { argv: ['lscpu', '-J', '-B', '-C=NAME,ONE-SIZE,LEVEL,TYPE,COHERENCY-SIZE'], compare: compareLscpuCaches },
  {
    argv: ['lstopo-no-graphics', '--of', 'xml', '--whole-io', '--disallowed', '--filter', 'icache:all', '-'],
    compare: compareLstopo,
  },
  { argv: ['numactl', '-H'], compare: compareNumactl },
  { argv: ['free', '-b'], compare: compareFree },
  { argv: ['lspci', '-Dvmmnk'], compare: compareLspci },
  { argv: ['lsblk', '-J', '-b', '-o', lsblkColumns], compare: compareLsblk },
  { argv: ['findmnt', '-J', '--real', '-o', 'TARGET,FSTYPE,OPTIONS'], compare: compareFindmnt },
  { argv: ['ip', '-j', '-d', 'link'], compare: compareIp },
  { argv: ['dmidecode', '-t', '0,1,2,3,17'], compare: compareDmidecode },
  { argv: ['systemd-detect-virt', '--vm'], compare: compareDetectVirt, answers: [0, 1] },
  { argv: ['nvidia-smi', `--query-gpu=${nvidiaColumns}`, '--format=csv,noheader,nounits'], compare: compareNvidiaSmi },
]

const toolTimeoutMs = 60_000
const outputBytesMax = 64 * 1024 * 1024

/** Each row's fact starts with the tool's name. */
export function compareThisMachine(): readonly Verdict[] {
  const probed = probeInventory(liveSource())
  if (!probed.ok) throw new Error(probed.fault.message)
  return comparisons.flatMap((one) => compareWith(one, probed.value))
}

function compareWith({ argv, compare, answers = [0] }: Comparison, inventory: Inventory): readonly Verdict[] {
  const [tool, ...args] = argv
  const done = spawnSync(tool, args, {
    env: { ...process.env, LC_ALL: 'C' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: toolTimeoutMs,
    maxBuffer: outputBytesMax,
  })
  if (done.error !== undefined) {
    const isMissing = (done.error as NodeJS.ErrnoException).code === 'ENOENT'
    return [notComparable(tool, isMissing ? 'not installed' : done.error.message)]
  }
  if (!answers.includes(done.status ?? -1)) {
    const words = (done.stderr || done.stdout).trim().split('\n')[0] ?? ''
    return [notComparable(tool, `exit status ${done.status}: ${words}`)]
  }
  try {
    return compare(done.stdout, inventory).map((verdict) => ({ ...verdict, fact: `${tool}: ${verdict.fact}` }))
  } catch (error) {
    // Versions of tools differ in what they print; one that is not understood says nothing about the probe.
    return [notComparable(tool, `not understood: ${(error as Error).message}`)]
  }
}
