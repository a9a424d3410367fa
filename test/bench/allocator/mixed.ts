// Many kinds of framework on few large agents; how many of their tasks find a place, and in how many rounds.

import type { FrameworkId } from '../../../src/model/ids.ts'
import type { Resources } from '../../../src/model/resources.ts'
import { type Figures, percentile } from '../main.ts'
import { aBench, addAgent, addFramework, amountOf, amounts, amountsMilli, cpuMs, frameworkId } from './bench.ts'

type Kind = {
  readonly frameworks: number
  readonly tasks: number
  readonly need: Resources
  readonly tasksPerOfferMax: number
  readonly isRoleShared: boolean
}

const kinds: readonly Kind[] = [
  { frameworks: 4, tasks: 4000, need: amounts(0.07, 400), tasksPerOfferMax: 100, isRoleShared: false },
  { frameworks: 500, tasks: 5, need: amounts(0.1, 4000), tasksPerOfferMax: 1, isRoleShared: true },
  { frameworks: 50, tasks: 20, need: amounts(1, 1000), tasksPerOfferMax: 5, isRoleShared: false },
]
const roundsMax = 2000
const agents = 80

/** Tasks never end; what an offer leaves comes back refused, for no time at all, as an ACCEPT without filters does. */
export function mixed(): Figures {
  const bench = aBench()
  const left = new Map<FrameworkId, { readonly kind: Kind; tasks: number }>()
  kinds.forEach((kind, k) => {
    for (let i = 0; i < kind.frameworks; i++) {
      addFramework(bench.allocator, left.size, kind.isRoleShared ? `shared${k}` : `role${left.size}`)
      left.set(frameworkId(left.size), { kind, tasks: kind.tasks })
    }
  })
  for (let i = 0; i < agents; i++) addAgent(bench.allocator, i, amounts(64, 488_000))
  const tasksWanted = kinds.reduce((sum, kind) => sum + kind.frameworks * kind.tasks, 0)
  const allocMs: number[] = []
  let tasks = 0
  let offers = 0
  const totalMs = cpuMs(() => {
    while (tasks < tasksWanted && allocMs.length < roundsMax) {
      const before = process.cpuUsage()
      const grants = bench.batch()
      const { user, system } = process.cpuUsage(before)
      allocMs.push((user + system) / 1000)
      offers += grants.length
      for (const grant of grants) {
        const framework = left.get(grant.frameworkId) as { readonly kind: Kind; tasks: number }
        const { need, tasksPerOfferMax } = framework.kind
        const [cpu, mem] = [amountOf(grant.resources, 'cpus'), amountOf(grant.resources, 'mem')]
        const fits = Math.floor(Math.min(cpu / amountOf(need, 'cpus'), mem / amountOf(need, 'mem')))
        const started = Math.min(framework.tasks, tasksPerOfferMax, fits)
        framework.tasks -= started
        tasks += started
        const rest = amountsMilli(cpu - started * amountOf(need, 'cpus'), mem - started * amountOf(need, 'mem'))
        if (rest.length > 0) bench.giveBack([{ ...grant, resources: rest }], 0)
      }
    }
  })
  return {
    tasks,
    tasksWanted,
    rounds: allocMs.length,
    totalMs,
    allocMs: percentile(allocMs, 0.5),
    allocMinMs: percentile(allocMs, 0),
    allocMaxMs: percentile(allocMs, 1),
    offers,
  }
}
