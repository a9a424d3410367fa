// A gang comes whole: as many machines as were asked for, each with all of it, in racks as was said. And what is kept for
// gangs is kept by one at a time, for its hold time.

import type { ClusterView } from '../../../src/master/cluster/types.ts'
import type { Offer } from '../../../src/mesos/types.ts'
import { Violation } from '../engine/violation.ts'
import type { GangPlan } from '../engine/wants.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { World } from '../world/world.ts'

/** Clocks drift, and a timer may be late. */
const drift = 1.01
const slackMs = 1_000

type Keeping = { readonly sinceMs: number; overdueMs: number | null }

export function gangs(world: World): Observer {
  const asked = new Map<string, GangPlan>()
  let kept = new Map<string, Keeping>()
  return (fact: Fact) => {
    switch (fact.kind) {
      case 'gangAsked':
        asked.set(`${fact.frameworkId}/${fact.id}`, fact.plan)
        return
      case 'gangOffered': {
        const plan = asked.get(`${fact.frameworkId}/${fact.id}`)
        if (plan === undefined)
          throw new Violation('gangs', 'only gangs that were asked for are offered', { id: fact.id })
        if (!fact.isComplete) throw new Violation('gangs', 'a gang is whole', { id: fact.id })
        return checkGang(plan, fact.offers)
      }
      case 'masterStarted':
        kept = new Map()
        return
      case 'masterStepped':
        return checkKept(fact.view, kept, asked, world.queue.nowMs)
      default:
        return
    }
  }
}

function checkGang(plan: GangPlan, offers: readonly Offer[]): void {
  const details = { plan, offers: offers.map(({ hostname, attributes }) => [hostname, rackOf({ attributes })]) }
  if (new Set(offers.map(({ agent_id }) => agent_id.value)).size !== plan.count || offers.length !== plan.count) {
    throw new Violation('gangs', 'a gang has as many machines as were asked for', details)
  }
  for (const { resources = [] } of offers) {
    const sum = (name: string) =>
      resources.filter((item) => item.name === name).reduce((total, item) => total + (item.scalar?.value ?? 0), 0)
    if (sum('cpus') * 1000 < plan.cpusMilli - 0.5 || sum('mem') < plan.memMb) {
      throw new Violation('gangs', 'each machine of a gang has what was asked for', details)
    }
  }
  const racks = offers.map(rackOf)
  const distinct = new Set(racks)
  const isRight =
    plan.racks === 'ANY' ||
    (!distinct.has(null) && distinct.size === (plan.racks === 'SAME' ? Math.min(1, plan.count) : plan.count))
  if (!isRight) throw new Violation('gangs', 'a gang is in racks as was asked', details)
}

function rackOf({ attributes = [] }: Pick<Offer, 'attributes'>): string | null {
  return attributes.find(({ name }) => name === 'rack')?.text?.value ?? null
}

function checkKept(view: ClusterView, kept: Map<string, Keeping>, asked: ReadonlyMap<string, GangPlan>, nowMs: number) {
  const keeping = [...view.gangs()].filter((gang) => gang.kept.size > 0)
  if (keeping.length > 1) {
    throw new Violation('gangs', 'one gang at a time keeps machines', { gangs: keeping.map(({ id }) => id) })
  }
  const keys = new Set(keeping.map(({ frameworkId, id }) => `${frameworkId}/${id}`))
  for (const key of kept.keys()) if (!keys.has(key)) kept.delete(key)
  for (const key of keys) {
    const holdMs = asked.get(key)?.holdMs
    const known = kept.get(key)
    if (known === undefined) kept.set(key, { sinceMs: nowMs, overdueMs: null })
    if (known === undefined || holdMs === undefined || nowMs - known.sinceMs <= holdMs * drift) continue
    // A master that did nothing meanwhile has its timer just after this.
    known.overdueMs ??= nowMs
    if (nowMs - known.overdueMs <= slackMs) continue
    throw new Violation('gangs', 'machines are kept for a gang for its time', { gang: key, ...known, nowMs, holdMs })
  }
}
