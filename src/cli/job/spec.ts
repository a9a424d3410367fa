// What `tepui run` asks for, and how it looks as a task of the v1 API: which part of an offer a task takes, and its
// TaskInfo. Pure; it does not know offers' lives nor how a task ends.

import type { Offer, Request, Resource, TaskInfo } from '../../mesos/types.ts'
import { milliFromNumber } from '../../model/units.ts'
import type { EnvironmentEntry } from '../command.ts'

export type JobSpec = {
  readonly name: string
  readonly instances: number
  /** Program and arguments, run without a shell. */
  readonly command: readonly [string, ...string[]]
  readonly cpus: number
  readonly memMebibytes: number
  readonly gpus: number
  readonly diskMebibytes: number
  readonly role: string
  /** Whom the framework speaks for; machines that can, run the job as this user. */
  readonly user: string
  /** A user that was asked for by name: a machine that cannot become it must refuse. */
  readonly asUser: string | null
  readonly environment: readonly EnvironmentEntry[]
  /** What it wishes of the machine's hardware, as labels of its tasks. */
  readonly labels: readonly { readonly key: string; readonly value: string }[]
  /** All instances start together, each on a machine of its own, or none does; null: each as it can. */
  readonly gang: { readonly racks: 'ANY' | 'SAME' | 'SPREAD'; readonly holdSeconds: number | null } | null
}

/** The amounts of one instance by resource name, in thousandths. */
export function wantedMilli(spec: JobSpec): ReadonlyMap<string, number> {
  const amounts: readonly (readonly [string, number])[] = [
    ['cpus', spec.cpus],
    ['mem', spec.memMebibytes],
    ['gpus', spec.gpus],
    ['disk', spec.diskMebibytes],
  ]
  return new Map(amounts.filter(([, amount]) => amount > 0).map(([name, amount]) => [name, milliFromNumber(amount)]))
}

/** All instances at once, in the words of REQUEST. */
export function gangRequest(spec: JobSpec, racks: NonNullable<JobSpec['gang']>['racks'], id: string): Request {
  const holdSeconds = spec.gang?.holdSeconds ?? null
  return {
    resources: [...wantedMilli(spec)].map(([name, milli]) => ({
      name,
      type: 'SCALAR',
      scalar: { value: milli / 1000 },
    })),
    gang: {
      id,
      role: spec.role,
      count: spec.instances,
      labels: { labels: spec.labels },
      racks,
      ...(holdSeconds === null ? {} : { hold_seconds: holdSeconds }),
    },
  }
}

/** What is left of an offer while instances take their parts of it. */
export class OfferRest {
  readonly #left: { readonly resource: Resource; milli: number }[]

  constructor(offer: Offer) {
    this.#left = (offer.resources ?? [])
      // Volumes, disks of their own and what may be taken back at any time are not for a plain job.
      .filter((resource) => resource.disk === undefined && resource.revocable === undefined)
      .map((resource) => ({ resource, milli: milliFromNumber(resource.scalar?.value ?? 0) }))
  }

  /** Takes one instance's part, reserved resources first; null, and nothing taken, when it does not fit. */
  take(wanted: ReadonlyMap<string, number>): readonly Resource[] | null {
    const taken: { readonly from: { milli: number }; readonly milli: number; readonly resource: Resource }[] = []
    for (const [name, amount] of wanted) {
      let missing = amount
      const named = this.#left.filter(({ resource }) => resource.name === name)
      for (const from of named.sort((a, b) => reservedFirst(a.resource, b.resource))) {
        const part = Math.min(missing, from.milli)
        if (part > 0) taken.push({ from, milli: part, resource: from.resource })
        missing -= part
      }
      if (missing > 0) return null
    }
    for (const { from, milli } of taken) from.milli -= milli
    return taken.map(({ resource, milli }) => ({ ...resource, scalar: { value: milli / 1000 } }))
  }
}

function reservedFirst(a: Resource, b: Resource): number {
  return Number((b.reservations?.length ?? 0) > 0) - Number((a.reservations?.length ?? 0) > 0)
}

/** One instance as a task on the machine of `offer`. */
export function taskInfo(spec: JobSpec, taskId: string, offer: Offer, resources: readonly Resource[]): TaskInfo {
  const [program] = spec.command
  return {
    name: spec.name,
    task_id: { value: taskId },
    agent_id: offer.agent_id,
    resources,
    ...(spec.labels.length === 0 ? {} : { labels: { labels: spec.labels } }),
    command: {
      shell: false,
      value: program,
      arguments: spec.command,
      ...(spec.asUser === null ? {} : { user: spec.asUser }),
      environment: { variables: spec.environment.map(({ name, value }) => ({ name, type: 'VALUE', value })) },
    },
  }
}
