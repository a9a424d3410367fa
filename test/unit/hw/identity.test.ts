import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../src/hw/identity.ts'
import type { MachineIdentity, Nic } from '../../../src/model/inventory.ts'
import { aNic } from '../../support/inventories.ts'

const machine: MachineIdentity = {
  id: null,
  idFrom: [],
  vendor: 'Dell Inc.',
  product: 'PowerEdge R7525',
  serial: '8XYZ123',
  uuid: '4c4c4544-0053-5210-8038-c8c04f583034',
  sku: null,
  partition: null,
  board: { vendor: 'Dell Inc.', product: '0590KW', version: 'A02', serial: '.8XYZ123.CNFCP0012A00AB.' },
  chassis: null,
  virtualisation: 'none',
  bmc: null,
}
const bare: MachineIdentity = { ...machine, serial: null, uuid: null, board: null }

function port(name: string, permanentMac: string | null, rest: Partial<Nic> = {}): Nic {
  return aNic(name, { mac: permanentMac, permanentMac, driver: 'igb', ...rest })
}

const identify = (facts: MachineIdentity, nics: readonly Nic[] = [], unreadable: readonly string[] = []) =>
  identityOf(facts, nics, (fact) => unreadable.includes(fact))

describe('the identity of a machine', () => {
  const { id } = identify(machine)

  it('is a hash that tells neither serial nor UUID', () => {
    expect(id).toMatch(/^machine-[0-9a-f]{32}$/)
    expect(id).not.toContain('8XYZ123')
  })

  it('never changes for the same board: this one is known by heart', () => {
    expect(id).toBe('machine-d7e11b737812a4fcabf1de78b0ba3a3e')
  })

  it.each<[string, Partial<MachineIdentity>, readonly Nic[]]>([
    ['another name of the product, as a firmware update gives', { product: 'PowerEdge R7525 II', vendor: 'Dell' }, []],
    ['another service tag', { serial: 'OTHER12' }, []],
    ['other network ports', {}, [port('eth0', 'b8:59:9f:00:00:01')]],
  ])('survives %s', (_, change, nics) => {
    expect(identify({ ...machine, ...change }, nics).id).toBe(id)
  })

  it.each<[string, Partial<MachineIdentity>]>([
    ['the board', { board: { vendor: 'Dell Inc.', product: '0590KW', version: 'A02', serial: '.8XYZ123.CNFCP99.' } }],
    ['the UUID', { uuid: '4c4c4544-0053-5210-8038-c8c04f583035' }],
  ])('does not survive a swap of %s', (_, change) => {
    expect(identify({ ...machine, ...change }).id).not.toBe(id)
  })

  it('says what it was made of', () => {
    expect(identify(machine).idFrom).toEqual(['machine.uuid', 'machine.board.serial'])
    expect(identify({ ...machine, board: null }).idFrom).toEqual(['machine.uuid'])
    expect(identify({ ...machine, uuid: null }).idFrom).toEqual(['machine.board.vendor', 'machine.board.serial'])
    expect(identify({ ...bare, serial: '8XYZ123' }).idFrom).toEqual(['machine.vendor', 'machine.serial'])
  })
})

describe('without a right to read', () => {
  it.each(['machine.uuid', 'machine.board.serial', 'machine.serial'])(
    '%s there is no identity, never another',
    (fact) => {
      const found = identify({ ...bare, vendor: 'Dell Inc.' }, [port('eth0', 'b8:59:9f:00:00:01')], [fact])
      expect(found).toMatchObject({ id: null, idFrom: [], why: expect.stringContaining(fact) })
    },
  )

  it('the burnt-in address of one port, the others do not make an identity', () => {
    const nics = [port('eth0', 'b8:59:9f:00:00:01'), port('eth1', null)]
    expect(identify(bare, nics, ['nics[eth1].permanentMac']).id).toBeNull()
    expect(identify(bare, nics).idFrom).toEqual(['nics[eth0].permanentMac'])
  })
})

describe('where firmware names nothing, the ports do', () => {
  const nics = [port('eth1', 'b8:59:9f:00:00:02'), port('eth0', 'b8:59:9f:00:00:01')]

  it('in whatever order and by whatever name the kernel finds them', () => {
    const renamed = [port('enp4s0', 'b8:59:9f:00:00:01'), port('enp5s0', 'b8:59:9f:00:00:02')]
    expect(identify(bare, nics).id).toBe(identify(bare, renamed).id)
    expect(identify(bare, nics).idFrom).toEqual(['nics[eth0].permanentMac', 'nics[eth1].permanentMac'])
  })

  it('but not adapters on USB, ports of a hypervisor, and addresses that software gave', () => {
    const others = [
      port('usb0', 'b8:59:9f:00:00:03', { pciAddress: null }),
      port('eth9', 'b8:59:9f:00:00:04', { driver: 'virtio_net' }),
      port('eth8', '02:fc:00:00:00:01'),
    ]
    expect(identify(bare, [...nics, ...others]).id).toBe(identify(bare, nics).id)
    expect(identify(bare, others).id).toBeNull()
  })

  it('and not of a guest, whose ports may be a card that moves on', () => {
    expect(identify({ ...bare, virtualisation: 'kvm' }, nics).id).toBeNull()
  })
})

describe('guests that share the serial number of their host', () => {
  const host = { ...bare, vendor: 'IBM', serial: '00000000000EAA14', virtualisation: 'z/vm' }
  const id = (partition: string | null) => identify({ ...host, partition }).id

  it('are told apart by their partition', () => {
    expect(id('LPAR 47, R1745003')).not.toBe(id('LPAR 47, R1745004'))
    expect(id('LPAR 47, R1745003')).toMatch(/^machine-/)
  })

  it.each([null, 'LPAR 41, KVMguest'])('have no identity as %s', (partition) => {
    expect(id(partition)).toBeNull()
  })
})

it('a serial number of a few characters identifies nothing', () => {
  expect(identify({ ...bare, serial: '12' }).id).toBeNull()
  expect(identify({ ...bare, board: { vendor: null, product: null, version: null, serial: '1' } }).id).toBeNull()
})
