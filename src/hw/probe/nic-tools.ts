// What only ethtool knows of a port. Each question runs it at most once a port, the one about link modes once for all
// ports; none is asked of ports that cannot have the answer.

import { absent, andThen, known, type Reading } from '../../model/reading.ts'
import { parseEthtoolFirmware, parseEthtoolPermanentAddress, parseEthtoolSpeedsMax } from '../parse/ethtool.ts'
import { refusal } from '../source/answers.ts'
import { type Bench, settle } from './report.ts'

/** Drivers answer at once; a longer silence is a dead device. */
const timeoutMs = 2000

export type NicTools = {
  firmware(name: string): string | null
  permanentMac(name: string): string | null
  /** Null where the port names no link modes. */
  speedMaxMbps(name: string): number | null
}

export function nicTools(bench: Bench): NicTools {
  let speeds: ReadonlyMap<string, number> | null = null

  function ask<T>(option: string, name: string, parse: (stdout: string) => Reading<T>, fact: string): T | null {
    // No interface has such a name; an option would be taken for one.
    if (name.startsWith('-')) return null
    const facts = [`nics[${name}].${fact}`]
    const where = `ethtool ${option} ${name}`
    return settle(bench.report, andThen(outputOf(bench, ['ethtool', option, name], facts), parse), where, facts)
  }

  /** One answer for all ports needs version 5.7 of ethtool and of the kernel; older ones answer with an error. */
  function allSpeeds(): ReadonlyMap<string, number> {
    const output = outputOf(bench, ['ethtool', '*'], [])
    return output.kind === 'known' ? parseEthtoolSpeedsMax(output.value) : new Map()
  }

  return {
    firmware: (name) => ask('-i', name, parseEthtoolFirmware, 'firmware'),
    permanentMac: (name) => ask('-P', name, parseEthtoolPermanentAddress, 'permanentMac'),
    speedMaxMbps: (name) => {
      speeds ??= allSpeeds()
      return speeds.get(name) ?? null
    },
  }
}

/** What it printed; absent, with a problem, where it did not run. Errors beside an answer are of parts not asked for. */
function outputOf({ source, report }: Bench, argv: readonly string[], facts: readonly string[]): Reading<string> {
  const done = source.run(argv, { timeoutMs })
  if (!done.ok) {
    report.add({ code: done.fault.code, where: 'ethtool', message: done.fault.message }, facts)
    return absent
  }
  const { stdout, exitCode } = done.value
  if (stdout !== '' || exitCode === 0) return known(stdout)
  const { code, message } = refusal(argv, done.value)
  report.add({ code, where: argv.join(' '), message }, facts)
  return absent
}
