// A machine that is called drained, or is given up once it is, runs nothing any more. One that an operator gives up
// without draining it is theirs to know about.

import type { AgentId } from '../../../src/model/ids.ts'
import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'
import type { World } from '../world/world.ts'

export function drains(world: World): Observer {
  return (fact: Fact) => {
    if (fact.kind !== 'masterPersisted') return
    const { op } = fact
    if (op.op === 'markGone' || (op.op === 'deactivateAgent' && op.drain?.isDrained)) checkEmpty(world, op.agentId)
  }
}

function checkEmpty(world: World, agentId: AgentId): void {
  const machine = world.machines.find((it) => it.store.checkpoint().agentId === agentId)
  if (machine === undefined || machine.containers.aliveCount === 0) return
  const running = machine.containers.alive.map(({ taskId }) => taskId)
  throw new Violation('drains', 'nothing runs on a machine that is drained', { agentId, running })
}
