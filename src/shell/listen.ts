// Where a server of ours may listen without asking who is there, and why listening failed, for a person.
// It does not know what is served.

import { isIP } from 'node:net'
import { type Fault, fault } from '../model/result.ts'

/** Whether only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

export type ListenAddress = {
  readonly host: string
  readonly port: number
  /** The flag with which a person changes the port. */
  readonly flagName: string
}

/** Why listening failed, for a person. */
export function listenFault(error: unknown, { host, port, flagName }: ListenAddress): Fault {
  const details = { host, port }
  const instead = `choose another with ${flagName}`
  const { code } = error as NodeJS.ErrnoException
  switch (code) {
    case 'EADDRINUSE':
      return fault('NET_ADDRESS_IN_USE', `port ${port} on ${host} is taken: ${instead}`, details)
    case 'EACCES':
      return fault('USAGE', `port ${port} needs a right that this process lacks: ${instead}`, details)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fault('USAGE', `${host} is not an address of this machine`, details)
    default:
      return fault('USAGE', `cannot listen on ${host} port ${port}: ${code ?? error}`, details, error)
  }
}
