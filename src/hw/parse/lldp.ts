// `lldpcli -f json0 show neighbors`: who is at the other end of each port. json0 names everything in lists; the plainer
// `json` drops lists of one and calls a chassis by its name, which is understood as well.

import type { LldpNeighbour } from '../../model/inventory.ts'
import { andThen, known, type Reading } from '../../model/reading.ts'
import { at, entriesOf, type Json, parseJsonObject, textOf, wholeNumber } from './json-facts.ts'
import { implausible } from './numbers.ts'

/** More neighbours than any port hears. */
const neighboursMax = 256

/** More than a switch says of itself in one line. */
const textCharactersMax = 512

/** Neighbours by name of the port that heard them. Known and empty when nobody is there. */
export function parseLldpNeighbours(stdout: string): Reading<ReadonlyMap<string, readonly LldpNeighbour[]>> {
  return andThen(parseJsonObject(stdout), (value) => {
    const root = at(value, 'lldp')
    if (root === undefined) return implausible(stdout, 'no list of neighbours')
    const found = new Map<string, LldpNeighbour[]>()
    for (const heard of many(root)
      .flatMap((one) => many(at(one, 'interface')))
      .flatMap(named)) {
      const list = found.get(heard.name) ?? []
      if (list.length < neighboursMax) found.set(heard.name, [...list, neighbourOf(heard.value)])
    }
    return known(found)
  })
}

/** json0 has the name inside, json in front: `{"eth0": {…}}`. */
function named(value: Json): readonly { readonly name: string; readonly value: Json }[] {
  const name = at(value, 'name')
  if (typeof name === 'string') return [{ name, value }]
  return entriesOf(value).flatMap(([key, inside]) => many(inside).map((one) => ({ name: key, value: one })))
}

function neighbourOf(value: Json): LldpNeighbour {
  const [outer] = many(at(value, 'chassis'))
  const isPlain = at(outer, 'id') === undefined
  const [entry] = isPlain ? entriesOf(outer) : []
  const chassis = entry === undefined ? outer : entry[1]
  const [port] = many(at(value, 'port'))
  return {
    chassisId: valueIn(chassis, 'id'),
    chassisName: entry === undefined ? valueIn(chassis, 'name') : line(entry[0]),
    portId: valueIn(port, 'id'),
    portDescription: valueIn(port, 'descr'),
    vlanId: vlanOf(many(at(value, 'vlan'))),
  }
}

/** The VLAN of untagged frames where the switch says which, else the only one. */
function vlanOf(vlans: readonly Json[]): number | null {
  const untagged = vlans.find((one) => at(one, 'pvid') === true)
  const vlan = untagged ?? (vlans.length === 1 ? vlans[0] : undefined)
  const id = wholeNumber(at(vlan, 'vlan-id'))
  return id === null || id < 1 || id > 4094 ? null : id
}

/** `{"id": [{"value": "R1"}]}`, `{"id": {"value": "R1"}}` and `{"id": "R1"}` all say R1. */
function valueIn(parent: Json, key: string): string | null {
  const [first] = many(at(parent, key))
  return line(textOf(first) ?? textOf(at(first, 'value')))
}

function line(text: string | null): string | null {
  const clean = (text ?? '').replace(/\s+/g, ' ').trim()
  return clean === '' ? null : clean.slice(0, textCharactersMax)
}

/** A list as it is, nothing as the empty list, anything else as a list of one. */
function many(value: Json): readonly Json[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}
