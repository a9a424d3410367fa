// Who may talk to the master's HTTP API: with a token, everybody who shows it (Bearer, or as the password of Basic,
// whose user name is the principal); without one, whoever reaches a loopback address.
// It does not know endpoints, nor what a principal may do.

import { createHash, timingSafeEqual } from 'node:crypto'
import { credentials } from '../../mesos/http.ts'

export type Access = {
  /** Whether a request with this `Authorization` header may pass. */
  isAllowed(authorization: string | undefined): boolean
  /** The authenticated principal; null without authentication, and for Bearer, which names nobody. */
  principal(authorization: string | undefined): string | null
}

export function createAccess(token: string | null): Access {
  if (token === null) return { isAllowed: () => true, principal: () => null }
  const expected = digest(token)
  return {
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

/** Digests have one length, so that comparing tells nothing about the token's. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
