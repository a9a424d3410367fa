// Who a client is, and what it may do. An agent is a client named by its UUID that says it is one; everybody else
// watches. It does not know connections.
// The token is compared in constant time and leaves this file in no message.

import { createHash, timingSafeEqual } from 'node:crypto'
import type { AgentUid } from '../../model/ids.ts'
import { agentUserName, isUuid, parseTopic, type Topic, watcherUserName } from '../../wire/topics.ts'
import type { Role } from './connection.ts'

export type Credentials = {
  readonly clientId: string
  readonly userName: string | undefined
  readonly password: Uint8Array | undefined
}

export type AccessReason = 'wrongToken' | 'unknownUser' | 'notAnAgentId'

/** The role that these credentials give, or why they give none. Without a token nobody is asked for one. */
export function roleOf(credentials: Credentials, token: string | null): Role | AccessReason {
  const { clientId, userName, password } = credentials
  if (token !== null && !isToken(password, token)) return 'wrongToken'
  if (userName === undefined || userName === watcherUserName) return { kind: 'watcher' }
  if (userName !== agentUserName) return 'unknownUser'
  return isUuid(clientId) ? { kind: 'agent', uid: clientId as AgentUid } : 'notAnAgentId'
}

/** What the topic stands for if this role may publish to it: an agent its own state and frames, a watcher nothing. */
export function publishable(role: Role | null, topic: string): Topic | null {
  if (role?.kind !== 'agent') return null
  const parsed = parseTopic(topic)
  if (parsed === null || parsed.uid !== role.uid) return null
  return parsed.kind === 'public' || parsed.direction === 'up' ? parsed : null
}

function isToken(password: Uint8Array | undefined, token: string): boolean {
  // Digests have one length, so that not even the token's length shows in the time taken.
  return password !== undefined && timingSafeEqual(digest(password), digest(token))
}

function digest(data: Uint8Array | string): Buffer {
  return createHash('sha256').update(data).digest()
}
