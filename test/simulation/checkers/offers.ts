// No offer outlives its agent or its framework, and nobody is offered what another has been offered.

import { Violation } from '../engine/violation.ts'
import type { Fact, Observer } from '../world/facts.ts'

export function offers(): Observer {
  return (fact: Fact) => {
    if (fact.kind !== 'masterStepped') return
    const { view } = fact
    for (const offer of view.offers()) {
      const agent = view.agent(offer.agentId)
      const framework = view.framework(offer.frameworkId)
      const details = { offer: offer.id, agent: offer.agentId, framework: offer.frameworkId }
      if (agent === undefined || !agent.isConnected || !agent.isActive || !agent.offers.has(offer.id)) {
        throw new Violation('offers', 'an offer belongs to an agent that is there', details)
      }
      if (
        framework === undefined ||
        !framework.isActive ||
        framework.streamId === null ||
        !framework.offers.has(offer.id)
      ) {
        throw new Violation('offers', 'an offer belongs to a framework that listens', details)
      }
    }
  }
}
