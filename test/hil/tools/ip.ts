// ip of iproute2 beside the probe: ports of hardware, their addresses and state.

import type { Inventory } from '../../../src/model/inventory.ts'
import { judge, notComparable, type Verdict } from '../verdicts.ts'
import { byName, judgeEach } from './compare.ts'

type Row = {
  readonly ifname: string
  readonly flags: readonly string[]
  readonly mtu: number
  readonly address?: string
  readonly permaddr?: string
  readonly parentdev?: string
  readonly master?: string
}

/** `ip -j -d link`. Interfaces without hardware are not the probe's. */
export function compareIp(text: string, { nics }: Inventory): readonly Verdict[] {
  const all = JSON.parse(text) as readonly Row[]
  const names = nics.map(({ name }) => name)
  const hardware = all.filter(({ parentdev }) => parentdev !== undefined).map(({ ifname }) => ifname)
  const rows = all.filter(({ ifname }) => names.includes(ifname))
  const told = (value: (row: Row) => unknown) => byName(rows, ({ ifname }) => ifname, value)
  const ours = (value: (nic: Inventory['nics'][number]) => unknown) => byName(nics, ({ name }) => name, value)
  return [
    hardware.length === 0
      ? notComparable('ports', 'this ip does not say what stands on hardware')
      : judge('ports', [...hardware].sort(), [...names].sort()),
    ...judgeEach(
      'port address',
      told(({ address }) => address),
      ours(({ mac }) => mac),
    ),
    ...judgeEach(
      'port mtu',
      told(({ mtu }) => mtu),
      ours(({ mtu }) => mtu),
    ),
    ...judgeEach(
      'port switched on',
      told(({ flags }) => flags.includes('UP')),
      ours(({ isUp }) => isUp),
    ),
    ...judgeEach(
      'port link',
      told(({ flags }) => flags.includes('LOWER_UP')),
      ours(({ link }) => link),
    ),
    ...judgeEach(
      'port burnt-in address',
      told(({ permaddr }) => permaddr),
      ours(({ permanentMac }) => permanentMac),
    ),
  ]
}
