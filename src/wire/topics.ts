// The topic map, and the only place that builds or reads a topic string:
//   tepui/v1/agents/{uid}/status|inventory|health   public: the state of one agent, for watchers
//   tepui/v1/work/{uid}/up|down                      private: frames between that agent and the master
// The version of the contract is part of the topic. It does not know payloads, and it needs no MQTT library.

import type { AgentUid } from '../model/ids.ts'

export const publicParts = ['status', 'inventory', 'health'] as const
export type PublicPart = (typeof publicParts)[number]
export type WorkDirection = 'up' | 'down'

/** The MQTT user names that say who a client is. Watchers may also give none. */
export const agentUserName = 'agent'
export const watcherUserName = 'watch'

export type Topic =
  | { readonly kind: 'public'; readonly uid: AgentUid; readonly part: PublicPart }
  | { readonly kind: 'work'; readonly uid: AgentUid; readonly direction: WorkDirection }

/** Which public topics a subscription asks for; null stands for all. */
export type PublicFilter = { readonly uid: AgentUid | null; readonly part: PublicPart | null }

/** Longer than any topic or useful filter of this map; a longer one is not looked at. */
export const topicLengthMax = 128

const uidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether the text is a UUID in its usual lower-case form: the only names that agents may have. */
export function isUuid(text: string): boolean {
  return uidPattern.test(text)
}

export function publicTopic(uid: AgentUid, part: PublicPart): string {
  return `tepui/v1/agents/${uid}/${part}`
}

export function workTopic(uid: AgentUid, direction: WorkDirection): string {
  return `tepui/v1/work/${uid}/${direction}`
}

/** What the topic stands for, or null where it is none of the map. */
export function parseTopic(topic: string): Topic | null {
  if (topic.length > topicLengthMax) return null
  const [root, version, area, uid, last, ...more] = topic.split('/')
  if (root !== 'tepui' || version !== 'v1' || uid === undefined || more.length > 0 || !isUuid(uid)) return null
  if (area === 'agents') {
    const part = publicParts.find((name) => name === last)
    return part === undefined ? null : { kind: 'public', uid: uid as AgentUid, part }
  }
  if (area !== 'work' || (last !== 'up' && last !== 'down')) return null
  return { kind: 'work', uid: uid as AgentUid, direction: last }
}

/**
 * The public topics that an MQTT subscription filter covers (`+` for one level, `#` for the rest: MQTT 3.1.1 §4.7),
 * or null where it covers none. So `#` means everything public and nothing else.
 */
export function parsePublicFilter(filter: string): PublicFilter | null {
  if (filter.length > topicLengthMax) return null
  const levels = filter.split('/')
  if (levels.at(-1) === '#') {
    levels.pop()
    // `a/#` covers `a` as well, and every public topic has exactly five levels.
    if (levels.length > 5) return null
    while (levels.length < 5) levels.push('+')
  }
  if (levels.length !== 5) return null
  const [root, version, area, uid, last] = levels as [string, string, string, string, string]
  if (!covers(root, 'tepui') || !covers(version, 'v1') || !covers(area, 'agents')) return null
  const part = publicParts.find((name) => name === last)
  if ((uid !== '+' && !isUuid(uid)) || (last !== '+' && part === undefined)) return null
  return { uid: uid === '+' ? null : (uid as AgentUid), part: part ?? null }
}

function covers(pattern: string, level: string): boolean {
  return pattern === '+' || pattern === level
}
