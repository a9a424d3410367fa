// Builders for what crosses the wire; names are the same in every run.

import type { AgentUid, SessionId } from '../../src/model/ids.ts'
import { seededRandom, uuidText } from '../../src/model/random.ts'
import type { AgentStatus, DownFrame, UpFrame } from '../../src/wire/messages.ts'

/** The `n`-th agent's name, the same in every run. */
export function aUid(n: number): AgentUid {
  return uuidText(seededRandom(n).bytes16()) as AgentUid
}

export function aSession(n: number): SessionId {
  return uuidText(seededRandom(1_000_000 + n).bytes16()) as SessionId
}

export function aStatus(uid: AgentUid, over: Partial<AgentStatus> = {}): AgentStatus {
  return {
    v: 1,
    uid,
    agentId: null,
    hostname: 'rack1-7',
    online: true,
    session: null,
    version: '0.1.0',
    http: null,
    tasksRunning: 0,
    ...over,
  }
}

export function aHeartbeat(session: SessionId, over: Partial<UpFrame> = {}): UpFrame {
  return { v: 1, session, epoch: 0, seq: 0, ack: 0, message: { kind: 'heartbeat' }, ...over }
}

export function anEcho(session: SessionId, over: Partial<DownFrame> = {}): DownFrame {
  return { v: 1, session, epoch: 1, seq: 0, ack: 0, message: { kind: 'heartbeatEcho' }, ...over }
}
