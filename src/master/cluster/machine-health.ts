// What an agent says that its machine is, and what is wrong with it: the books of its parts follow, and its offers, whether
// it is offered at all, and what its tasks' frameworks are told. It does not know which part hurts tasks by what
// (sick-parts.ts).

import type { Condition } from '../../model/health.ts'
import { allocatedTo, overlap, type Resource, scalarTotal, subtract } from '../../model/resources.ts'
import { invariant } from '../../model/result.ts'
import type { MachineHealth } from '../../wire/messages.ts'
import { syncActivity } from './agent-activity.ts'
import { supplyOf } from './ending.ts'
import { rescindOffer, rescindOffersOf } from './offers.ts'
import type { Agent } from './records.ts'
import { tellSickness } from './sick-notices.ts'
import { conditionText, criticalOf, sicknessesBy, sicknessOf } from './sick-parts.ts'
import type { State } from './state.ts'

/** Conditions of one report that are logged each by itself. */
export const newsLoggedMax = 16

/** Other things are wrong with the machine than before. */
export function onMachineHealth(state: State, agent: Agent, { conditions }: MachineHealth): void {
  const before = agent.conditions
  agent.conditions = conditions
  learnMachine(agent, agent)
  followHealth(state, agent, before)
}

/** The agent's record has its hardware, total and conditions as they are now; `before` is the machine as it was. */
export function learnMachine(agent: Agent, before: Pick<Agent, 'hardware' | 'total'>): void {
  const { hardware, conditions, sickness, total } = agent
  agent.sickness = sicknessOf(hardware, conditions)
  agent.sickMachine = wholeReason(agent)
  const cpusMilli = scalarTotal(total, 'cpus')
  const was = JSON.stringify([before.hardware, scalarTotal(before.total, 'cpus'), sickness.parts])
  if (was === JSON.stringify([hardware, cpusMilli, agent.sickness.parts])) return
  agent.books.setHardware(hardware, agent.sickness.parts, cpusMilli)
}

/** What the machine can give has changed, and the agent's tasks are in the books; `before` are its former conditions. */
export function followHealth(state: State, agent: Agent, before: readonly Condition[]): void {
  const isWell = criticalOf(before).length + criticalOf(agent.conditions).length === 0
  if (isWell && ![...agent.tasks.values()].some((task) => task.sickNotices.size > 0)) return
  const supply = supplyOf(agent)
  if (agent.sickMachine === null) rescindBeyond(state, agent, supply.total)
  else rescindOffersOf(state, agent)
  state.allocator.resizeAgent(agent.id, supply)
  state.isAllocationUrgent = true
  syncActivity(state, agent)
  logNews(state, agent, before)
  tellSickness(state, agent, before)
}

/** At the end of a step: what is sick is taken from what nobody reserved first, which may have been offered meanwhile. */
export function concludeResizes(state: State): void {
  for (const agent of state.resized) {
    if (state.agents.get(agent.id) === agent) rescindBeyond(state, agent, supplyOf(agent).total)
  }
  state.resized.clear()
}

function wholeReason({ hardware, conditions, sickness }: Agent): string | null {
  if (!sickness.isWhole) return null
  const critical = criticalOf(conditions)
  const condition = critical[sicknessesBy(hardware, critical).findIndex(({ isWhole }) => isWhole)]
  return condition === undefined ? null : conditionText(condition)
}

/** Takes back as many of the newest offers as hold something that is not there any more. */
function rescindBeyond(state: State, agent: Agent, total: Agent['total']): void {
  const room = subtract(total, overlap(total, allocatedTo(agent.used, undefined)))
  for (const id of [...agent.offers].reverse()) {
    const missing = beyond(allocatedTo(agent.offered, undefined), room)
    if (missing.length === 0) return
    const offer = state.offers.get(id)
    invariant(offer !== undefined, 'an offer that is listed exists', { id })
    if (overlap(allocatedTo(offer.resources, undefined), missing).length > 0) rescindOffer(state, offer)
  }
}

/** What of `offered` is more than there is room for; something shared is there for as many as want it, or for nobody. */
function beyond(offered: readonly Resource[], room: readonly Resource[]): readonly Resource[] {
  const keys = new Set(room.map(({ key }) => key))
  const unshared = offered.filter(({ shared }) => !shared)
  const missing = subtract(unshared, overlap(unshared, room))
  return [...missing, ...offered.filter(({ shared, key }) => shared && !keys.has(key))]
}

function logNews(state: State, agent: Agent, before: readonly Condition[]): void {
  const texts = (conditions: readonly Condition[]) => new Set(criticalOf(conditions).map(conditionText))
  const [was, is] = [texts(before), texts(agent.conditions)]
  const { id: agentId } = agent
  const log = (
    level: 'warn' | 'info',
    event: 'health.appeared' | 'health.cleared',
    message: string,
    news: string[],
  ) => {
    for (const what of news.slice(0, newsLoggedMax)) state.log(level, event, message, { agentId, what })
    const more = news.length - newsLoggedMax
    if (more > 0) state.log(level, event, message, { agentId, what: `${more} more` })
  }
  const appeared = [...is].filter((what) => !was.has(what))
  log('warn', 'health.appeared', 'a part of an agent must not be given to tasks', appeared)
  const cleared = [...was].filter((what) => !is.has(what))
  log('info', 'health.cleared', 'a part of an agent is well again', cleared)
}
