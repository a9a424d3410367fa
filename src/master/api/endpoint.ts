// What an endpoint of the master's HTTP API is: a path, who may call it how, and a function that answers.
// server.ts mounts endpoints and makes the checks that all share, in the order of behaviour.md §1.

import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ClusterPort } from './types.ts'

/** Authentication realms of the master (behaviour.md §1). */
export type Realm = 'mesos-master-readonly' | 'mesos-master-readwrite' | 'mesos-master-scheduler'

export type Exchange = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** The authenticated principal, or null. */
  readonly principal: string | null
  readonly cluster: ClusterPort
}

export type Answer = FastifyReply | Promise<FastifyReply>

export type Endpoint = {
  /** Without the `/master` prefix, without a trailing slash. Unknown paths below it are its own too. */
  readonly path: string
  readonly method: 'GET' | 'POST'
  /** null: open to everybody, also when a token is set. */
  readonly realm: Realm | null
} & (
  | {
      readonly needs: 'cluster'
      /** The body is a message of the v1 API: its Content-Type is checked before it is read. */
      readonly takesMessage?: true
      readonly handle: (exchange: Exchange) => Answer
    }
  | { readonly needs: 'nothing'; readonly handle: (exchange: Omit<Exchange, 'cluster'>) => Answer }
)
