// What ethtool prints: the driver of a port (-i), its burnt-in address (-P), and the link modes that it could have.

import { absent, known, type Reading } from '../../model/reading.ts'
import { parseColonPairs } from './key-values.ts'
import { parseMac } from './mac.ts'
import { implausible } from './numbers.ts'

/** `ethtool -i NAME`: the firmware's version; absent where the driver has nothing to say. */
export function parseEthtoolFirmware(stdout: string): Reading<string> {
  const version = parseColonPairs(stdout).get('firmware-version') ?? ''
  return version === '' || /^n\/?a$/i.test(version) ? absent : known(version)
}

/** `ethtool -P NAME`: `Permanent address: aa:bb:…`; absent where it says `not set`. */
export function parseEthtoolPermanentAddress(stdout: string): Reading<string> {
  const said = parseColonPairs(stdout).get('Permanent address')
  if (said === undefined) return implausible(stdout, 'no permanent address in the output of ethtool')
  return said === 'not set' ? absent : parseMac(said)
}

/** A port has some dozens of modes. */
const modesMax = 1024

/**
 * `ethtool '*'`: the fastest supported link mode in Mb/s by name of the port; a port that names no mode is not in it. It
 * comes in several rounds, each with a `Settings for eth0:` of its own (FN-0063). `ethtool eth0` prints the same form.
 */
export function parseEthtoolSpeedsMax(stdout: string): ReadonlyMap<string, number> {
  const speeds = new Map<string, number>()
  let name: string | null = null
  let isModes = false
  for (const line of stdout.split('\n')) {
    const start = /^\s*Settings for (\S{1,64}):$/.exec(line)
    if (start !== null) {
      name = start[1] as string
      isModes = false
      continue
    }
    const colon = line.indexOf(':')
    if (colon !== -1) isModes = line.slice(0, colon).trim() === 'Supported link modes'
    if (!isModes || name === null) continue
    for (const mode of line
      .slice(colon + 1)
      .trim()
      .split(/\s+/, modesMax)) {
      // 10baseT/Half, 40000baseCR4/Full; numbers of unknown modes have no `base`.
      const speed = /^(\d{1,8})base[\w-]+\/(?:Full|Half)$/.exec(mode)
      if (speed !== null) speeds.set(name, Math.max(speeds.get(name) ?? 0, Number(speed[1])))
    }
  }
  for (const [port, speed] of speeds) if (speed === 0) speeds.delete(port)
  return speeds
}
