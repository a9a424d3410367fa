// The address by which others reach a server of ours. It does not know what listens there.

import { networkInterfaces } from 'node:os'

/** For the address that a server listens on, an IPv4 address that others can use; `host` itself where it is one. */
export function reachableAddress(host: string): string {
  if (host === 'localhost' || host === '::1') return '127.0.0.1'
  if (host !== '0.0.0.0' && host !== '::') return host
  const addresses = Object.values(networkInterfaces()).flatMap((entries) => entries ?? [])
  return addresses.find((entry) => !entry.internal && entry.family === 'IPv4')?.address ?? '127.0.0.1'
}
