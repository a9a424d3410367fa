// Not a checker but its proof of life: which of the odd situations a simulation has really been in.

import type { Fact, Observer } from '../world/facts.ts'

export type Marks = ReadonlyMap<string, number>

/** Counts facts by kind, and statuses by state and reason, into `marks`. */
export function marking(marks: Map<string, number>): Observer {
  const mark = (name: string) => marks.set(name, (marks.get(name) ?? 0) + 1)
  return (fact: Fact) => {
    if (fact.kind === 'statusSeen') {
      const { state, reason } = fact.status
      mark(reason === undefined ? state : `${state} ${reason}`)
    } else if (fact.kind === 'containerLaunched') {
      const { volumes, grant, limits } = fact.spec
      mark('containerLaunched')
      if (volumes.length > 0) mark('launched with volumes')
      if (grant.cpus !== null) mark('launched with CPUs alone')
      if (grant.gpuUuids.length + grant.nics.length > 0) mark('launched with devices')
      if (limits.isLowPriority) mark('launched on idle CPUs')
    } else if (fact.kind === 'operationSeen') mark(`${fact.status.state}${fact.status.uuid ? ' reliable' : ''}`)
    else if (fact.kind === 'operationAsked') mark(`asked ${fact.operation.type}`)
    else if (fact.kind === 'operatorAnswered') mark(`${fact.request.kind} ${fact.status}`)
    else if (fact.kind === 'operatorTold') mark(`told ${fact.event.type}`)
    else if (fact.kind === 'masterPersisted') {
      const { op } = fact
      mark(op.op === 'deactivateAgent' && op.drain?.isDrained ? 'persisted drained' : `persisted ${op.op}`)
    } else if (fact.kind === 'masterSent') {
      if (fact.frame.message !== null) mark(`sent ${fact.frame.message.kind}`)
    } else mark(fact.kind)
  }
}
