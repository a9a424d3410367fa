// A framework that this master knows from an agent only: its scheduler has not come back yet. It gets the time that its
// failover_timeout gives it, counted from this master's start, and at least as long as agents have to come back: the
// stream broke because the master went away, not the scheduler (decision 0011).

import type { FrameworkInfo } from '../../mesos/types.ts'
import type { FrameworkId } from '../../model/ids.ts'
import { addFramework, failoverTimeoutMs } from './frameworks.ts'
import { frameworkMessage } from './messages.ts'
import { tellOperators } from './operators.ts'
import type { Framework } from './records.ts'
import type { State } from './state.ts'

export function recoverFramework(state: State, id: FrameworkId, info: FrameworkInfo): Framework {
  const framework = addFramework(state, id, info)
  framework.isRecovered = true
  const waitMs = Math.max(failoverTimeoutMs(info), state.config.agentReregisterTimeoutMs)
  state.expect(`failover:${id}`, waitMs - (state.attendedMs - state.startedMs))
  tellOperators(state, () => ({
    type: 'FRAMEWORK_ADDED',
    framework_added: { framework: frameworkMessage(framework) },
  }))
  return framework
}
