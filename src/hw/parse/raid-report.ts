// What a RAID controller's tool says, in one shape whichever tool it is: controllers, volumes (arrays) and members (drives).
// Each tool has its own words for a state; here is the one place that knows what they mean. A word that nobody knows is
// null and not healthy. Names are those that the tool itself takes or shows: people find slots by them.

export type RaidReport = {
  readonly controllers: readonly RaidController[]
  readonly volumes: readonly RaidVolume[]
  readonly members: readonly RaidMember[]
}

export type RaidController = {
  readonly name: string
  readonly model: string | null
  readonly serial: string | null
  readonly pciAddress: string | null
  /** In the tool's words; null where it says nothing of the controller itself. */
  readonly state: string | null
  /** Lines that say that something is wrong with it or its enclosure. */
  readonly faults: readonly string[]
  /** Lines that say that its cache has no working battery or capacitor. */
  readonly batteryFaults: readonly string[]
}

/** `rebuilding` is degraded and being repaired; `busy` is whole and being initialised, checked or changed. */
export type VolumeHealth = 'ok' | 'busy' | 'rebuilding' | 'degraded' | 'failed'

export type RaidVolume = {
  readonly name: string
  /** A world-wide name, where the tool tells one. */
  readonly id: string | null
  readonly level: string | null
  readonly state: string
  readonly health: VolumeHealth | null
}

export type MemberHealth = 'ok' | 'busy' | 'predicted' | 'failed' | 'missing'

export type RaidMember = {
  readonly name: string
  readonly serial: string | null
  readonly model: string | null
  readonly state: string
  readonly health: MemberHealth | null
  readonly mediaErrors: number | null
  readonly predictedFailures: number | null
  /** The drive itself has raised an alarm. */
  readonly isAlerting: boolean | null
  readonly temperatureC: number | null
}

export function joinRaidReports(reports: readonly RaidReport[]): RaidReport {
  return {
    controllers: reports.flatMap((one) => one.controllers),
    volumes: reports.flatMap((one) => one.volumes),
    members: reports.flatMap((one) => one.members),
  }
}

export function isEmptyRaidReport({ controllers, volumes, members }: RaidReport): boolean {
  return controllers.length + volumes.length + members.length === 0
}

/** A controller of which nothing but its name is known yet. */
export function namedController(name: string): RaidController {
  return { name, model: null, serial: null, pciAddress: null, state: null, faults: [], batteryFaults: [] }
}

/** A member of which only place and state are known. */
export function namedMember(name: string, state: string): RaidMember {
  return {
    name,
    serial: null,
    model: null,
    state,
    health: memberHealth(state),
    mediaErrors: null,
    predictedFailures: null,
    isAlerting: null,
    temperatureC: null,
  }
}

/** First match wins: a state may say two things at once (`DEGRADED … RESYNC_IN_PROGRESS`). */
const volumeWords: readonly (readonly [RegExp, VolumeHealth])[] = [
  [/interim recovery|ready for recovery|waiting for|pdgd|dgrd/, 'degraded'],
  [/^off?ln|offline|failed|\bfld\b|missing|incomplete|inoperative|\bdead\b/, 'failed'],
  [/rebuild|recover|resync|^rec$|reconstruct/, 'rebuilding'],
  [/degrade|critical|inconsistent|impacted|suboptimal|partial/, 'degraded'],
  [/init|verif|migrat|expan|transform|check|scrub|build|eras|synchroniz|\bsync/, 'busy'],
  [/^(optl|ok|okay|optimal|normal|functional|online|jbod)\b/, 'ok'],
]

const memberWords: readonly (readonly [RegExp, MemberHealth])[] = [
  [/predict|smart.fail|ecc.error/, 'predicted'],
  [/missing|msng|not.present|no.device/, 'missing'],
  [/^(ubad|ubunsp|off?ln)|unconfigured\(bad\)|fail|offline|defunct|\bdead\b|device.error|degraded/, 'failed'],
  [/^rbld|rebuild|cpybck|copyback|recover|verif|init|shld|sntze|sanit|eras|sync|migrat/, 'busy'],
  [
    /^(onln|online|ok|okay|ready|ugood|ugunsp|ghs|dhs|hot ?spare|global hot|dedicated hot|spare|unconfigured\(good\)|unconf|jbod|optimal|standby|available|raw|present|pass)(?![a-z])/,
    'ok',
  ],
]

export function volumeHealth(state: string): VolumeHealth | null {
  return meaning(volumeWords, state)
}

export function memberHealth(state: string): MemberHealth | null {
  return meaning(memberWords, state)
}

function meaning<T>(words: readonly (readonly [RegExp, T])[], state: string): T | null {
  const text = state.slice(0, 200).trim().toLowerCase()
  return words.find(([word]) => word.test(text))?.[1] ?? null
}

/** The two sides of `Key   : value`; null for any other line. */
export function pairOf(line: string): readonly [string, string] | null {
  const cut = line.indexOf(':')
  if (cut < 1 || line.length > lineCharactersMax) return null
  return [line.slice(0, cut).trim(), line.slice(cut + 1).trim()]
}

/** More lines than this are not read: a shelf of 250 drives has some 20 000. */
const linesMax = 100_000

const lineCharactersMax = 400

export function linesOf(text: string): readonly string[] {
  return text.split('\n', linesMax).map((line) => (line.length > lineCharactersMax ? '' : line.replace(/\r$/, '')))
}

/** ` 28C (82.40 F)`, `34C`, `27 C/ 80 F (Normal)`, `27`. */
export function celsiusOf(text: string): number | null {
  const digits = /^\s*(\d{1,3}) ?(?:C\b|$)/.exec(text)?.[1]
  return digits === undefined || digits === '0' ? null : Number(digits)
}
