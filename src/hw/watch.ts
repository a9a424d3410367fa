// Watches a machine: cheap glances often, a whole look now and then and after every glance that saw something else.
// Nothing in /sys can wake us (udev's netlink socket is out of reach, and inotify does not work there), so watching is
// polling with named bounds; a glance is a few dozen reads. Tools run in the background and keep their answers.
// Invariant: at most one timer or one round at a time.

import type { Condition, Health, HealthLook } from '../model/health.ts'
import type { Inventory } from '../model/inventory.ts'
import type { Random } from '../model/random.ts'
import { type Change, diffInventories } from './diff.ts'
import { glance } from './glance.ts'
import { lookAtHealth } from './health/look.ts'
import { type Baseline, compareWithBaseline } from './health/missing.ts'
import { emptyMemory, type TrackerMemory, trackHealth } from './health/tracker.ts'
import { probeInventory } from './inventory.ts'
import { KeptTools } from './source/kept-tools.ts'
import type { Source } from './source/source.ts'

export type Pace = {
  /** Between two glances: how late a plugged or pulled part is noticed. */
  readonly glanceEveryMs: number
  /** Between two whole looks where nothing was seen at a glance. */
  readonly lookEveryMs: number
  /** After a glance saw a change: what is plugged in comes in several steps. */
  readonly settleMs: number
}
export const usualPace: Pace = { glanceEveryMs: 5_000, lookEveryMs: 60_000, settleMs: 1_000 }

/** Tools that a look asks for may make it ask for more, such as a scan that finds drives. */
const asksMax = 4

/** What must be kept for a machine's health to outlive the process that watches it. It survives JSON. */
export type MachineMemory = { readonly version: 1; readonly baseline: Baseline; readonly tracker: TrackerMemory }

export const newMachine: MachineMemory = { version: 1, baseline: [], tracker: emptyMemory }

export type WatchReport = {
  readonly inventory: Inventory
  readonly health: Health
  /** Against the report before; of the first one, against the `before` that was given. */
  readonly changes: readonly Change[]
  readonly appeared: readonly Condition[]
  readonly cleared: readonly Condition[]
  readonly memory: MachineMemory
}

export type WatchOptions = {
  /** Its tools are not used: they would hold everything up. */
  readonly source: Source
  readonly before: Inventory | null
  readonly memory: MachineMemory
  readonly random: Random
  readonly nowMs: () => number
  readonly pace?: Pace
  readonly report: (report: WatchReport) => void
}

type Seen = { readonly inventory: Inventory; readonly look: HealthLook }

export type Watch = { close(): Promise<void> }

/** The first report comes as soon as the tools have answered. */
export function watchMachine(options: WatchOptions): Watch {
  return new Watcher(options)
}

class Watcher implements Watch {
  readonly #options: WatchOptions
  readonly #pace: Pace
  readonly #tools = new KeptTools()
  #before: Inventory | null
  #memory: MachineMemory
  #glance: string | null = null
  #lookAtMs = 0
  #timer: NodeJS.Timeout | null = null
  #round: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#pace = options.pace ?? usualPace
    this.#before = options.before
    this.#memory = options.memory
    this.#after(0, () => this.#look())
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#tools.close()
    await this.#round
  }

  #after(delayMs: number, act: () => Promise<void>): void {
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#round = act()
    }, delayMs)
  }

  async #glanceAgain(): Promise<void> {
    const seen = glance(this.#options.source, this.#before)
    const isOther = seen !== this.#glance
    this.#glance = seen
    if (isOther) return this.#after(this.#pace.settleMs, () => this.#look())
    if (this.#options.nowMs() >= this.#lookAtMs) return this.#look()
    this.#after(this.#pace.glanceEveryMs, () => this.#glanceAgain())
  }

  async #look(): Promise<void> {
    // Taken first: what changes while we look is seen by the next glance.
    const known = this.#before
    const glanced = glance(this.#options.source, known)
    let seen = this.#seeAll()
    for (let asks = 0; asks < asksMax && seen !== null; asks++) {
      const hasAsked = await this.#tools.refresh(this.#options.nowMs())
      if (this.#isClosed) return
      if (!hasAsked) break
      seen = this.#seeAll()
    }
    if (seen !== null) this.#tell(seen)
    // A random part keeps the machines of a rack from looking in step.
    this.#lookAtMs =
      this.#options.nowMs() + this.#pace.lookEveryMs / 2 + this.#options.random.below(this.#pace.lookEveryMs)
    this.#glance = known === null ? glance(this.#options.source, this.#before) : glanced
    this.#after(this.#pace.glanceEveryMs, () => this.#glanceAgain())
  }

  #seeAll(): Seen | null {
    // A source is one state of the machine: what was parsed of it may be kept with it, so each look has its own.
    const source: Source = { ...this.#options.source, run: this.#tools.run }
    const probed = probeInventory(source)
    return probed.ok ? { inventory: probed.value, look: lookAtHealth(source, probed.value) } : null
  }

  #tell({ inventory, look }: Seen): void {
    const compared = compareWithBaseline(this.#memory.baseline, inventory)
    const whole = { ...look, symptoms: [...look.symptoms, ...compared.symptoms] }
    const step = trackHealth(this.#memory.tracker, whole, this.#options.nowMs())
    const changes = this.#before === null ? [] : diffInventories(this.#before, inventory)
    this.#before = inventory
    this.#memory = { version: 1, baseline: compared.baseline, tracker: step.memory }
    const { health, appeared, cleared } = step
    this.#options.report({ inventory, health, changes, appeared, cleared, memory: this.#memory })
  }
}
