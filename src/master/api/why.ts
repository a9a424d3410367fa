// `GET /tepui/why`: why a task, a framework or the frameworks of a role are or are not offered machines now. Reads the
// parameters, finds what is meant, and puts the cluster's answers into one document. It decides nothing.

import { formatResources, parseResources } from '../../mesos/resource-text.ts'
import type { Grant } from '../../model/hardware.ts'
import { type Resources, resources, scalar } from '../../model/resources.ts'
import { milliFromNumber } from '../../model/units.ts'
import type {
  AgentRecord,
  ClusterView,
  FrameworkRecord,
  GangRecord,
  RoleRecord,
  TaskRecord,
  WhyGroup,
} from '../cluster/types.ts'
import { type Label, wishOf } from '../placement/wish.ts'

/** More than any machine has; larger wishes are a mistake in the query. */
const askedMax = 1e12
/** Frameworks of a role that are answered for, fewer where there are very many machines to look at for each. */
const frameworksMax = 20
const looksMax = 10_000
/** Ids that are proposed when a name is not enough. */
const proposalsMax = 5

export type WhyDocument = {
  readonly kind: 'task' | 'framework' | 'role'
  readonly id: string
  /** What was asked for, as text; null: any offer. */
  readonly wanted: string | null
  readonly task: WhyTask | null
  readonly role: WhyRole | null
  readonly frameworks: readonly WhyFramework[]
  /** One sentence; null where something is offered or could be. */
  readonly reason: string | null
}

export type WhyTask = {
  readonly state: string
  readonly machine: string | null
  readonly reason: string | null
  readonly message: string | null
  readonly since: number | null
  /** The exact hardware that it was granted. */
  readonly grant: Grant
}

export type WhyRole = {
  readonly name: string
  readonly weight: number
  readonly share: number
  /** Amounts by name. */
  readonly guarantee: Readonly<Record<string, number>>
  readonly limit: Readonly<Record<string, number>>
  readonly consumed: Readonly<Record<string, number>>
}

export type WhyFramework = {
  readonly id: string
  readonly name: string
  readonly role: string
  readonly isConnected: boolean
  readonly isSuppressed: boolean
  /** Offers that it holds in the role, and since when the oldest of them, in milliseconds since 1970. */
  readonly offers: { readonly count: number; readonly sinceMs: number | null }
  readonly gangs: readonly {
    readonly id: string
    readonly count: number
    readonly kept: number
    readonly racks: string
    readonly askedMs: number
    readonly keepUntilMs: number | null
  }[]
  readonly groups: readonly WhyGroup[]
  readonly reason: string | null
}

/** A sentence where the parameters are wrong or name nothing. */
export function whyDocument(view: ClusterView, query: URLSearchParams): WhyDocument | string {
  const wanted = wantedOf(query)
  if (typeof wanted === 'string') return wanted
  const wish = wishOf([...query].map(([key, value]): Label => ({ key, value })))
  if (!wish.ok) return wish.fault.message
  const about = query.get('about') ?? ''
  const subject = subjectOf(view, about, query.get('framework'))
  if (typeof subject === 'string') return subject
  const agentText = query.get('agent')
  const agent = agentText === null ? null : agentNamed(view, agentText)
  if (agent === undefined) return `there is no agent '${agentText}'`
  const pairs = pairsOf(view, subject, query.get('role'))
  const machines = agent === null ? [...view.agents()].length : 1
  const shown = Math.max(1, Math.min(frameworksMax, Math.floor(looksMax / Math.max(1, machines))))
  const frameworks = pairs.slice(0, shown).map(([framework, role]): WhyFramework => {
    const asked = { frameworkId: framework.id, role, agentId: agent?.id ?? null, wanted, wish: wish.value }
    const answer = view.why(asked) ?? { groups: [], sentence: null }
    return {
      id: framework.id,
      name: framework.info.name,
      role,
      isConnected: framework.streamId !== null,
      isSuppressed: framework.suppressedRoles.has(role),
      offers: offersOf(view, framework, role),
      gangs: [...view.gangs()].filter((gang) => gang.frameworkId === framework.id && gang.role === role).map(gangShown),
      groups: answer.groups,
      reason: answer.sentence,
    }
  })
  const { kind, id } = subject
  const role = [...view.roles()].find(({ name }) => name === (kind === 'role' ? id : frameworks[0]?.role))
  return {
    kind,
    id,
    wanted: wanted.length === 0 ? null : formatResources(wanted),
    task: kind === 'task' ? taskShown(view, subject.task) : null,
    role: role === undefined ? null : roleShown(role),
    frameworks,
    reason: frameworks.some(({ reason }) => reason === null) ? null : (frameworks[0]?.reason ?? null),
  }
}

type Subject =
  | { readonly kind: 'framework'; readonly id: string; readonly framework: FrameworkRecord }
  | { readonly kind: 'task'; readonly id: string; readonly framework: FrameworkRecord; readonly task: TaskRecord }
  | { readonly kind: 'role'; readonly id: string }

/** By id, then a framework by its name, then a task, then a role. */
function subjectOf(view: ClusterView, about: string, ofFramework: string | null): Subject | string {
  if (about === '') return `'about' must name a task, a framework or a role`
  const frameworks = [...view.frameworks()]
  const framework = frameworks.find(({ id }) => id === about)
  if (framework !== undefined) return { kind: 'framework', id: framework.id, framework }
  const named = frameworks.filter(({ info }) => info.name === about)
  const [only] = named
  if (only !== undefined) {
    return named.length === 1
      ? { kind: 'framework', id: only.id, framework: only }
      : `several frameworks are named '${about}': ask by id, ${proposed(named.map(({ id }) => id))}`
  }
  const owners = frameworks.filter(
    ({ id, info }) => ofFramework === null || id === ofFramework || info.name === ofFramework,
  )
  const tasks = owners.flatMap((owner) => {
    const task = taskOf(owner, about)
    return task === undefined ? [] : [{ kind: 'task' as const, id: task.id, framework: owner, task }]
  })
  if (tasks.length > 1) {
    const owning = tasks.map((it) => it.framework.id)
    return `several frameworks have a task '${about}': ask with framework ${proposed(owning)}`
  }
  if (tasks[0] !== undefined) return tasks[0]
  if ([...view.roles()].some(({ name }) => name === about)) return { kind: 'role', id: about }
  return `there is no task, framework or role '${about}'`
}

function proposed(ids: readonly string[]): string {
  const first = ids.slice(0, proposalsMax).join(' or ')
  return ids.length > proposalsMax ? `${first} or one of ${ids.length - proposalsMax} more` : first
}

function taskOf(framework: FrameworkRecord, id: string): TaskRecord | undefined {
  const key = id as TaskRecord['id']
  return (
    framework.tasks.get(key) ??
    framework.unreachableTasks.get(key) ??
    framework.completedTasks.findLast((task) => task.id === id)
  )
}

/** Whom to answer for, in which roles. */
function pairsOf(
  view: ClusterView,
  subject: Subject,
  role: string | null,
): readonly (readonly [FrameworkRecord, string])[] {
  if (subject.kind === 'role') {
    const isIn = (framework: FrameworkRecord) => framework.roles.includes(subject.id)
    return [...view.frameworks()].filter(isIn).map((framework) => [framework, subject.id] as const)
  }
  const { framework } = subject
  if (subject.kind === 'task') return [[framework, subject.task.role]]
  return framework.roles.filter((name) => role === null || name === role).map((name) => [framework, name] as const)
}

function agentNamed(view: ClusterView, text: string): AgentRecord | undefined {
  return view.agent(text as AgentRecord['id']) ?? [...view.agents()].find(({ info }) => info.hostname === text)
}

function offersOf(view: ClusterView, framework: FrameworkRecord, role: string): WhyFramework['offers'] {
  const own = [...framework.offers].flatMap((id) => view.offer(id) ?? [])
  const told = own.filter((offer) => offer.role === role && offer.keptFor === null)
  return { count: told.length, sinceMs: told.length === 0 ? null : Math.min(...told.map(({ sentMs }) => sentMs)) }
}

function gangShown({ id, count, kept, racks, askedMs, keepUntilMs }: GangRecord): WhyFramework['gangs'][number] {
  return { id, count, kept: kept.size, racks, askedMs, keepUntilMs }
}

function taskShown(view: ClusterView, task: TaskRecord): WhyTask {
  const { status } = task
  return {
    state: task.latestState,
    machine: view.agent(task.agentId)?.info.hostname ?? null,
    reason: status?.reason ?? null,
    message: status?.message ?? null,
    since: status?.timestamp ?? null,
    grant: task.grant,
  }
}

function roleShown({ name, weight, share, quota, consumed }: RoleRecord): WhyRole {
  const numbers = (amounts: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(amounts).map(([key, milli]) => [key, milli / 1000]))
  return {
    name,
    weight,
    share,
    guarantee: numbers(quota?.guarantees ?? {}),
    limit: numbers(quota?.limits ?? {}),
    consumed: numbers(consumed),
  }
}

/** `want=cpus:4;gpus:2`, or cpus, mem, disk and gpus by themselves; a sentence where one of them is no amount. */
function wantedOf(query: URLSearchParams): Resources | string {
  const text = query.get('want')
  const parsed = text === null ? null : parseResources(text)
  if (parsed !== null && !parsed.ok) return parsed.fault.message
  const items = [...(parsed?.value ?? [])]
  for (const name of ['cpus', 'mem', 'disk', 'gpus']) {
    const amountText = query.get(name)
    if (amountText === null) continue
    const amount = Number(amountText)
    if (amountText.trim() === '' || !(amount >= 0 && amount <= askedMax))
      return 'cpus, mem, disk and gpus must be numbers'
    items.push(scalar(name, milliFromNumber(amount)))
  }
  return resources(items)
}
