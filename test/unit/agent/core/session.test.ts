// The agent's side of its registration where nobody answers, or too late.

import { expect, test } from 'vitest'
import { registerAttemptsMax } from '../../../../src/agent/core/session.ts'
import type { SessionId } from '../../../../src/model/ids.ts'
import { agentId, MasterSide } from '../../../support/master-side.ts'

test('an agent whose registration is never answered comes back with a fresh session', () => {
  const master = new MasterSide()
  master.recover([])
  master.step({ kind: 'linkUp', session: 's1' as SessionId })
  const effects = master.pass(600_000)
  const sends = effects.filter((effect) => effect.kind === 'send')
  expect(sends).toHaveLength(registerAttemptsMax - 1)
  expect(effects.filter((effect) => effect.kind === 'relink')).toHaveLength(1)
})

test('an agent that was told to end while it registered ends all the same', () => {
  const master = new MasterSide()
  master.register()
  const { containerId } = master.launch('t')
  master.step({ kind: 'containerStarted', containerId, pid: 10 })
  master.step({ kind: 'linkDown' })
  master.step({ kind: 'linkUp', session: 's9' as SessionId })
  master.step({ kind: 'shutdown' })
  const registered = {
    kind: 'registered',
    agentId,
    masterId: 'm',
    heartbeatIntervalMs: 15_000,
    reconnectWindowMs: 1_000,
  } as const
  master.step({
    kind: 'frame',
    frame: { v: 1, session: 's9' as SessionId, epoch: 1, seq: 0, ack: 0, message: registered },
  })
  expect(master.exited(containerId, 143).map(({ kind }) => kind)).toContain('exit')
})
