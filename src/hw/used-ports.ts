// Which network ports the machine itself uses, so that no task is given one alone: those with an address, and those that a
// bond, a bridge, a virtual network or the like stands on. It does not know what a port is used for, nor whether its
// cable is in.

import type { Nic } from '../model/inventory.ts'
import { valueOr } from '../model/reading.ts'
import type { Files } from './source/source.ts'

/** By the names of interfaces, or of their IPv4 aliases (`eth0:1`), as the operating system tells them. */
export type Addresses = Readonly<Record<string, readonly { readonly address: string }[] | undefined>>

/** Their names. */
export function usedPorts(nics: readonly Nic[], files: Pick<Files, 'list'>, addresses: Addresses): ReadonlySet<string> {
  const addressed = new Set(
    Object.entries(addresses).flatMap(([label, all = []]) => (all.some(isGiven) ? label.replace(/:.*$/, '') : [])),
  )
  // Each interface that stands on another is a link in its folder (`upper_br0`); `master` is there since Linux 2.6.39.
  const isBeneath = (name: string) =>
    valueOr(files.list(`/sys/class/net/${name}`), []).some((entry) => entry === 'master' || entry.startsWith('upper_'))
  const used = nics.filter(({ name, bond }) => bond !== null || addressed.has(name) || isBeneath(name))
  return new Set(used.map(({ name }) => name))
}

/** Every IPv6 port gives itself a link-local one. */
function isGiven({ address }: { readonly address: string }): boolean {
  return !/^fe[89ab][0-9a-f]:/i.test(address)
}
