// Identifiers, each with its own type so that they cannot be mixed up. Made by `as` at the borders only.

declare const idKind: unique symbol
type Id<K extends string> = string & { readonly [idKind]: K }

/** Mesos' AgentID, given by the master: `<master id>-S<N>`. */
export type AgentId = Id<'agent'>
/** The agent's own name of itself: a UUID made once and kept in its work directory. Its MQTT client id. */
export type AgentUid = Id<'agentUid'>
export type FrameworkId = Id<'framework'>
export type OfferId = Id<'offer'>
export type TaskId = Id<'task'>
export type ExecutorId = Id<'executor'>
/** One run of one executor or command task on one agent. */
export type ContainerId = Id<'container'>
/** The master's id: new at each start of a master. */
export type MasterId = Id<'master'>
/** One HTTP subscription of a scheduler: the value of `Mesos-Stream-Id`. */
export type StreamId = Id<'stream'>
/** One registration attempt of an agent; frames of any other session are stale. */
export type SessionId = Id<'session'>
/** The master's own name of one operation (reserve, create …) on one agent; a UUID. */
export type OperationUuid = Id<'operationUuid'>

/** Longest id that Mesos accepts (common/validation.cpp). */
export const idLengthMax = 255

/** Why `value` is not an id, or null. Rules: Mesos src/common/validation.cpp. */
export function idError(value: string): string | null {
  if (value === '') return 'an id must not be empty'
  if (value.length > idLengthMax) return `an id must not be longer than ${idLengthMax} characters`
  if (value === '.' || value === '..') return `'${value}' is not allowed as an id`
  for (const char of value) {
    const code = char.codePointAt(0) as number
    if (char === '/' || char === '\\' || code < 32 || code === 127) {
      return `an id must not contain '/', '\\' or control characters`
    }
  }
  return null
}
