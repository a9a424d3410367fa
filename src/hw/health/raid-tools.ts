// Which tool knows which RAID controller, and what it is asked. Tools of one family are tried in order; the first that is
// installed answers. Nothing is asked where no such controller is. They are asked so that they leave no log files behind.

import type { Inventory } from '../../model/inventory.ts'
import type { Reading } from '../../model/reading.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { arcconfControllers, parseArcconf } from '../parse/arcconf.ts'
import { parseArecaCli } from '../parse/areca-cli.ts'
import { parseCcissVolStatus } from '../parse/cciss-vol-status.ts'
import { parseMegacli } from '../parse/megacli.ts'
import { parseMptStatus } from '../parse/mpt-status.ts'
import { parseMvcli } from '../parse/mvcli.ts'
import type { RaidReport } from '../parse/raid-report.ts'
import { parseSasIrcu } from '../parse/sas-ircu.ts'
import { parseSsacli } from '../parse/ssacli.ts'
import { parseStorcli } from '../parse/storcli.ts'
import { parseStorcli2 } from '../parse/storcli2.ts'
import { parseTwCli } from '../parse/tw-cli.ts'
import type { Source } from '../source/source.ts'
import { isVolumeOf } from './drives-behind.ts'

export type RaidFamily = {
  readonly drivers: readonly string[]
  /** Ask only where the controller shows a volume: most controllers with these drivers hold no arrays. */
  readonly isVolumeNeeded: boolean
  readonly tools: readonly RaidTool[]
}

type RaidTool = {
  readonly name: string
  /** One result a command; `run` gives standard output. */
  readonly reports: (run: Run, inventory: Inventory) => readonly Result<RaidReport>[]
}

type Run = (args: readonly string[]) => Result<string>

/** Controllers of one kind in a machine. */
const controllersMax = 8

function one(run: Run, args: readonly string[], parse: (text: string) => Reading<RaidReport>): Result<RaidReport> {
  const done = run(args)
  if (!done.ok) return done
  const reading = parse(done.value)
  if (reading.kind === 'known') return ok(reading.value)
  return fail(
    'HW_TOOL_FAILED',
    `${args.join(' ')}: ${done.value.trim().split('\n', 1)[0]?.slice(0, 120) || 'said nothing'}`,
  )
}

const storcli = (name: string, parse = parseStorcli): RaidTool => ({
  name,
  reports: (run) => [
    one(run, ['/cALL', 'show', 'all', 'J', 'nolog'], parse),
    one(run, ['/cALL/eALL/sALL', 'show', 'all', 'J', 'nolog'], parse),
  ],
})

const megacli = (name: string): RaidTool => ({
  name,
  reports: (run) => [
    one(run, ['-LDInfo', '-Lall', '-aAll', '-NoLog'], parseMegacli),
    one(run, ['-PDList', '-aAll', '-NoLog'], parseMegacli),
    one(run, ['-AdpBbuCmd', '-GetBbuStatus', '-aAll', '-NoLog'], parseMegacli),
  ],
})

const ssacli = (name: string): RaidTool => ({
  name,
  reports: (run) => [one(run, ['ctrl', 'all', 'show', 'config', 'detail'], parseSsacli)],
})

const cciss: RaidTool = {
  name: 'cciss_vol_status',
  reports: (run, { disks, pci }) =>
    pci
      .filter(({ driver }) => driver === 'hpsa' || driver === 'cciss')
      .flatMap((controller) => disks.find((disk) => isVolumeOf(disk, controller)) ?? [])
      .map(({ name }) => one(run, ['-V', `/dev/${name}`], parseCcissVolStatus)),
}

const arcconf: RaidTool = {
  name: 'arcconf',
  reports: (run) => {
    const ask = (number: number) => ['getconfig', `${number}`, 'al', 'nologs']
    const first = run(ask(1))
    if (!first.ok) return [first]
    const numbers = Array.from(
      { length: Math.min(arcconfControllers(first.value) ?? 1, controllersMax) },
      (_, i) => i + 1,
    )
    return numbers.map((number) =>
      one(number === 1 ? () => first : run, ask(number), (text) => parseArcconf(text, number)),
    )
  },
}

const sasIrcu = (name: string): RaidTool => ({
  name,
  reports: (run) => [one(run, ['0', 'display'], (text) => parseSasIrcu(text, 0))],
})

const twCli: RaidTool = {
  name: 'tw_cli',
  reports: (run) => {
    const list = one(run, ['info'], (text) => parseTwCli(text, ''))
    if (!list.ok) return [list]
    const names = list.value.controllers.map(({ name }) => name).slice(0, controllersMax)
    return [list, ...names.map((name) => one(run, [`/${name}`, 'show', 'all'], (text) => parseTwCli(text, name)))]
  },
}

const areca: RaidTool = {
  name: 'cli64',
  reports: (run) => [one(run, ['rsf', 'info'], parseArecaCli), one(run, ['disk', 'info'], parseArecaCli)],
}

const mptStatus: RaidTool = { name: 'mpt-status', reports: (run) => [one(run, ['-n'], parseMptStatus)] }
const mvcli: RaidTool = { name: 'mvcli', reports: (run) => [one(run, ['info', '-o', 'vd'], parseMvcli)] }

const storclis = ['storcli64', 'storcli', 'perccli64', 'perccli'].map((name) => storcli(name))

export const raidFamilies: readonly RaidFamily[] = [
  {
    drivers: ['megaraid_sas', 'megaraid_mbox'],
    isVolumeNeeded: false,
    tools: [...storclis, ...['MegaCli64', 'MegaCli', 'megacli'].map(megacli)],
  },
  // The older tools see none of these controllers, and say so as if there were none.
  {
    drivers: ['mpi3mr'],
    isVolumeNeeded: false,
    tools: ['storcli2', 'perccli2'].map((name) => storcli(name, parseStorcli2)),
  },
  {
    drivers: ['hpsa', 'cciss', 'smartpqi'],
    isVolumeNeeded: false,
    tools: [...['ssacli', 'hpssacli', 'hpacucli'].map(ssacli), arcconf, cciss],
  },
  { drivers: ['aacraid'], isVolumeNeeded: false, tools: [arcconf] },
  { drivers: ['3w-9xxx', '3w-sas', '3w-xxxx'], isVolumeNeeded: false, tools: [twCli] },
  { drivers: ['arcmsr'], isVolumeNeeded: false, tools: [areca] },
  { drivers: ['mvumi'], isVolumeNeeded: false, tools: [mvcli] },
  {
    drivers: ['mpt3sas', 'mpt2sas'],
    isVolumeNeeded: true,
    tools: [...storclis, ...['sas3ircu', 'sas2ircu'].map(sasIrcu)],
  },
  { drivers: ['mptsas', 'mptspi', 'mptscsih'], isVolumeNeeded: true, tools: [mptStatus] },
]

/** These tools walk every shelf; the slowest seen took some seconds. */
const raidTimeoutMs = 30_000

const raidAgeMaxMs = 10 * 60_000

/** What one tool says, a result a command; null when it is not installed. */
export function askRaidTool(
  source: Source,
  tool: RaidTool,
  inventory: Inventory,
): readonly Result<RaidReport>[] | null {
  let isMissing = false
  const run: Run = (args) => {
    const done = source.run([tool.name, ...args], { timeoutMs: raidTimeoutMs, maxAgeMs: raidAgeMaxMs })
    if (!done.ok) {
      isMissing ||= done.fault.code === 'HW_TOOL_MISSING'
      return done
    }
    const right = lineWith(
      `${done.value.stderr}\n${done.value.stdout}`,
      /permission denied|(must be|run as|need\w*) root|root priv|administrator rights/i,
    )
    return right === null ? ok(done.value.stdout) : fail('HW_NEEDS_ROOT', `${tool.name} needs root: ${right}`)
  }
  const reports = tool.reports(run, inventory)
  return isMissing && reports.every((report) => !report.ok) ? null : reports
}

/** The line of a match, cut where it is long. */
function lineWith(text: string, pattern: RegExp): string | null {
  const at = text.search(pattern)
  if (at === -1) return null
  const start = text.lastIndexOf('\n', at) + 1
  return (
    text
      .slice(Math.max(start, at - 80), at + 80)
      .split('\n', 1)[0]
      ?.trim() ?? null
  )
}
