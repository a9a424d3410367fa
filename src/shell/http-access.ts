// Who may talk to an HTTP API of ours: with a token, everybody who shows it (Bearer, or as the password of Basic, whose
// user name is the principal); without one, whoever reaches a loopback address. And why listening failed.
// It does not know endpoints, nor what a principal may do.

import { createHash, timingSafeEqual } from 'node:crypto'
import { credentials } from '../mesos/http.ts'
import { type Fault, fault } from '../model/result.ts'

export type Access = {
  /** Nobody is asked for a token. */
  readonly isOpen: boolean
  /** Whether a request with this `Authorization` header may pass. */
  isAllowed(authorization: string | undefined): boolean
  /** The authenticated principal; null without authentication, and for Bearer, which names nobody. */
  principal(authorization: string | undefined): string | null
}

export function createAccess(token: string | null): Access {
  if (token === null) return { isOpen: true, isAllowed: () => true, principal: () => null }
  const expected = digest(token)
  return {
    isOpen: false,
    isAllowed: (authorization) => {
      const shown = credentials(authorization)
      return shown !== null && timingSafeEqual(digest(shown.secret), expected)
    },
    principal: (authorization) => credentials(authorization)?.principal ?? null,
  }
}

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

export type ListenAddress = {
  readonly host: string
  readonly port: number
  /** The flag with which a person changes the port. */
  readonly flagName: string
}

/** Why listening failed, for a person; any other error is our mistake and is thrown. */
export function listenFault(error: unknown, { host, port, flagName }: ListenAddress): Fault {
  const details = { host, port }
  const instead = `choose another with ${flagName}`
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return fault('NET_ADDRESS_IN_USE', `port ${port} on ${host} is taken: ${instead}`, details)
    case 'EACCES':
      return fault('USAGE', `port ${port} needs a right that this process lacks: ${instead}`, details)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fault('USAGE', `${host} is not an address of this machine`, details)
    default:
      throw error
  }
}

/** Digests have one length, so that comparing tells nothing about the token's. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
