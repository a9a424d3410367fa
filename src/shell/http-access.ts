// Who may talk to an HTTP API of ours: with a token, everybody who shows it (Bearer, or as the password of Basic, whose
// user name is the principal); without one, whoever reaches a loopback address.
// It does not know endpoints, nor what a principal may do.

import { createHash, timingSafeEqual } from 'node:crypto'
import { credentials } from '../mesos/http.ts'

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

/** Digests have one length, so that comparing tells nothing about the token's. */
function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
