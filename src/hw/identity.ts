// What makes a machine the same machine (decision 0015): its board, whatever is installed on it. Pure: it knows the facts
// of the document and which of them could not be read.
// A fact that exists and may not be read makes the identity unknown, never another one: what root and others see of a
// machine must not have two names.

import { createHash } from 'node:crypto'
import type { MachineIdentity, Nic } from '../model/inventory.ts'
import { isLocallyAdministered } from './parse/mac.ts'
import { isParavirtual } from './parse/nic-drivers.ts'

export type Identity = {
  /** `machine-` and 32 hexadecimal digits. */
  readonly id: string | null
  /** The facts of the document that it was made of. */
  readonly idFrom: readonly string[]
  /** Why there is none. */
  readonly why: string | null
}

type Facts = Pick<MachineIdentity, 'uuid' | 'serial' | 'vendor' | 'board' | 'partition' | 'virtualisation'>

/** A fact of the document and its value. */
type Part = readonly [fact: string, value: string]

/** `isUnreadable` says of a fact, such as `machine.uuid`, that the machine may have it and we could not look. */
export function identityOf(machine: Facts, nics: readonly Nic[], isUnreadable: (fact: string) => boolean): Identity {
  const secrets = ['machine.uuid', 'machine.board.serial', 'machine.serial'].filter(isUnreadable)
  if (secrets.length > 0) return none(`unknown without ${secrets.join(' and ')}, which could not be read`)
  const parts = boardParts(machine) ?? serialParts(machine)
  if (parts !== null) return made(parts)
  if (isGuest(machine)) return none('the hypervisor names nothing that identifies this machine')
  const ports = nics.filter((nic) => nic.pciAddress !== null && !isParavirtual(nic.driver))
  const unread = ports.map((nic) => `nics[${nic.name}].permanentMac`).filter(isUnreadable)
  if (unread.length > 0) return none(`unknown without ${unread.join(' and ')}, which could not be read`)
  const macs = ports.flatMap(({ name, permanentMac }): readonly Part[] =>
    permanentMac === null || isLocallyAdministered(permanentMac) ? [] : [[`nics[${name}].permanentMac`, permanentMac]],
  )
  if (macs.length === 0) return none('neither firmware nor network ports name anything that identifies this machine')
  return made([...macs].sort(([, a], [, b]) => (a < b ? -1 : 1)))
}

/** Shorter ones are counts and fillers. */
const serialCharactersMin = 5

/** The system's UUID and the board's serial: each alone is repeated on some boards, both together are not. */
function boardParts({ uuid, board }: Facts): readonly Part[] | null {
  const serial = board?.serial ?? null
  if (uuid !== null && serial !== null)
    return [
      ['machine.uuid', uuid],
      ['machine.board.serial', serial],
    ]
  if (uuid !== null) return [['machine.uuid', uuid]]
  if (serial === null || serial.length < serialCharactersMin) return null
  // A serial number is unique to its maker.
  return [...(board?.vendor ? [['machine.board.vendor', board.vendor] as const] : []), ['machine.board.serial', serial]]
}

/** Guests have their host's serial number, so it takes the name of the partition beside it. */
function serialParts(machine: Facts): readonly Part[] | null {
  const { serial, vendor, partition } = machine
  if (serial === null || serial.length < serialCharactersMin) return null
  if (isGuest(machine) && (partition === null || namelessGuest.test(partition))) return null
  return [
    ...(vendor === null ? [] : [['machine.vendor', vendor] as const]),
    ['machine.serial', serial],
    ...(partition === null ? [] : [['machine.partition', partition] as const]),
  ]
}

/** What a guest of KVM on s390 is called when nobody called it anything. */
const namelessGuest = /\bKVMguest\b/

/** A hypervisor runs it: what it sees of its board, memory and sensors is the hypervisor's to choose. */
export function isGuest({ virtualisation }: Pick<MachineIdentity, 'virtualisation'>): boolean {
  return virtualisation !== null && virtualisation !== 'none'
}

function none(why: string): Identity {
  return { id: null, idFrom: [], why }
}

/** Names of ports are left out of the hash: they change at a boot. */
function made(parts: readonly Part[]): Identity {
  const text = JSON.stringify(['tepui.machine/1', ...parts.map(([fact, value]) => [fact.replace(/\[.*\]/, ''), value])])
  const digits = createHash('sha256').update(text).digest('hex').slice(0, 32)
  return { id: `machine-${digits}`, idFrom: parts.map(([fact]) => fact), why: null }
}
