// The agent's side of its registration where nobody answers.

import { expect, test } from 'vitest'
import { registerAttemptsMax } from '../../../../src/agent/core/session.ts'
import type { SessionId } from '../../../../src/model/ids.ts'
import { MasterSide } from '../../../support/master-side.ts'

test('an agent whose registration is never answered comes back with a fresh session', () => {
  const master = new MasterSide()
  master.recover([])
  master.step({ kind: 'linkUp', session: 's1' as SessionId })
  const effects = master.pass(600_000)
  const sends = effects.filter((effect) => effect.kind === 'send')
  expect(sends).toHaveLength(registerAttemptsMax - 1)
  expect(effects.filter((effect) => effect.kind === 'relink')).toHaveLength(1)
})
