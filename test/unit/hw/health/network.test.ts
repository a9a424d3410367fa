import { describe, expect, it } from 'vitest'
import { Findings } from '../../../../src/hw/health/findings.ts'
import { lookAtNetwork } from '../../../../src/hw/health/network.ts'
import type { HealthLook } from '../../../../src/model/health.ts'
import type { FabricPort, Inventory, Nic } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { aNic } from '../../../support/inventories.ts'

type Files = Readonly<Record<string, FakeFile>>

const mac = 'b8:59:9f:00:00:01'
const port = aNic('eth0', { mac, permanentMac: mac, driver: 'igb' })

const fabric: FabricPort = {
  name: 'mlx5_0/1',
  kind: 'infiniband',
  id: null,
  state: 'ACTIVE',
  rateGbps: 400,
  firmware: null,
  numaNode: null,
  pciAddress: null,
}

function look(nics: readonly Nic[], fabrics: readonly FabricPort[], files: Files): HealthLook {
  const findings = new Findings()
  const inventory = { nics, fabrics, os: { bootId: 'b1' } } as unknown as Inventory
  lookAtNetwork({
    source: fakeMachine({ '/proc/x': '', ...files }),
    inventory,
    findings,
    kernelLog: null,
    ageMs: () => 0,
  })
  return findings.look('b1')
}

const codes = (found: HealthLook) => found.symptoms.map((one) => one.code)
const net = '/sys/class/net/eth0'
const good = { [`${net}/statistics/rx_crc_errors`]: '3\n', [`${net}/statistics/rx_frame_errors`]: '0\n' }

describe('a port without a link', () => {
  const down = { ...port, link: false }

  it.each<[string, Files]>([
    ['had one since the boot', { [`${net}/carrier_up_count`]: '1' }],
    ['had one, on an older kernel', { [`${net}/carrier_changes`]: '2' }],
    ['belongs to a bond', { [`${net}/master`]: { link: '../bond0' }, [`${net}/carrier_up_count`]: '0' }],
    ['has a route', { '/proc/net/route': 'Iface\tDestination\neth0\t0000FEA9\n' }],
    ['has an address', { '/proc/net/if_inet6': 'fd000000000000000000000000000001 02 40 00 80     eth0\n' }],
  ])('is a fault where it %s', (_, files) => {
    const found = look([down], [], { ...good, ...files })
    expect(codes(found)).toEqual(['NIC_LINK_DOWN'])
    expect(found.symptoms[0]?.part).toEqual({ kind: 'nic', name: 'eth0', id: 'b8:59:9f:00:00:01' })
  })

  it.each<[string, Nic, Files]>([
    ['is switched off', { ...down, isUp: false }, { [`${net}/carrier_up_count`]: '9' }],
    ['was never used', down, { [`${net}/carrier_up_count`]: '0', [`${net}/carrier_changes`]: '1' }],
    ['gave itself an address', down, { '/proc/net/if_inet6': 'fe800000000000000000000000000001 02 40 20 80 eth0\n' }],
  ])('is no fault where it %s', (_, nic, files) => {
    expect(codes(look([nic], [], { ...good, ...files }))).toEqual([])
  })

  it('that does not tell is an open question', () => {
    expect(look([{ ...port, link: null }], [], good).unchecked).toMatchObject([{ question: 'has the port a link' }])
    expect(look([{ ...port, isUp: null, link: null }], [], good).unchecked).toHaveLength(1)
  })
})

describe('the counts of a port', () => {
  it('are given with their boot, and how much growth is too much', () => {
    const { counters, unchecked } = look([port], [], { ...good, [`${net}/carrier_changes`]: '7\n' })
    expect(counters).toMatchObject([
      { code: 'NIC_FLAPPING', source: `${net}/carrier_changes`, value: 7, epoch: 'b1', growthMin: 4 },
      { code: 'NIC_ERRORS', source: `${net}/statistics/rx_crc_errors`, value: 3, growthMin: 10 },
      { code: 'NIC_ERRORS', source: `${net}/statistics/rx_frame_errors`, value: 0, growthMin: 10 },
    ])
    expect(unchecked).toEqual([])
  })

  it('that are not there are an open question, but not of a hypervisor', () => {
    expect(look([port], [], {}).unchecked).toMatchObject([{ question: 'does the port receive damaged frames' }])
    expect(look([{ ...port, driver: 'virtio_net' }], [], {}).unchecked).toEqual([])
  })
})

describe('an InfiniBand port', () => {
  const at = '/sys/class/infiniband/mlx5_0/ports/1'
  it.each<[string, string, Files, readonly string[]]>([
    ['is active', 'ACTIVE', {}, []],
    ['waits for a subnet manager', 'INIT', { [`${at}/phys_state`]: '5: LinkUp' }, ['FABRIC_LINK_DOWN']],
    [
      'lost its cable',
      'DOWN',
      { [`${at}/phys_state`]: '2: Polling', [`${at}/counters/link_downed`]: '3' },
      ['FABRIC_LINK_DOWN'],
    ],
    ['never had one', 'DOWN', { [`${at}/phys_state`]: '2: Polling', [`${at}/counters/link_downed`]: '0' }, []],
    ['is switched off', 'DOWN', { [`${at}/phys_state`]: '3: Disabled', [`${at}/counters/link_downed`]: '3' }, []],
  ])('that %s', (_, state, files, expected) => {
    expect(codes(look([], [{ ...fabric, state }], files))).toEqual(expected)
  })

  it('under a network interface is judged by its own state', () => {
    const rdma = { name: 'mlx5_0', port: 1, firmware: null, linkLayer: 'InfiniBand', rateGbps: 400, nodeGuid: null }
    const nic = { ...port, link: false, rdma: { ...rdma, state: 'INIT' } }
    const found = look([nic], [], { ...good, [`${net}/carrier_up_count`]: '3' })
    expect(found.symptoms).toMatchObject([{ code: 'FABRIC_LINK_DOWN', part: { kind: 'nic', name: 'eth0' } }])
  })

  it('counts what went wrong', () => {
    const files = { [`${at}/counters/symbol_error`]: '12', [`${at}/counters/link_downed`]: 'N/A (no PMA)' }
    expect(look([], [fabric], files).counters).toMatchObject([
      { code: 'FABRIC_ERRORS', value: 12, text: 'symbol errors' },
    ])
  })

  it('without a state is an open question', () => {
    expect(look([], [{ ...fabric, state: null }], {}).unchecked).toHaveLength(1)
  })
})

describe('a Fibre Channel host', () => {
  const host: FabricPort = { ...fabric, name: 'host3', kind: 'fibre-channel', state: 'Online' }
  const frames = '/sys/class/fc_host/host3/statistics/rx_frames'
  it.each<[string, string, Files, readonly string[]]>([
    ['online', 'Online', {}, []],
    ['offline', 'Offline', { [frames]: '0x7f\n' }, ['FABRIC_LINK_DOWN']],
    ['down, which does not count', 'Linkdown', { [frames]: '0xffffffffffffffff\n' }, ['FABRIC_LINK_DOWN']],
    ['down, and never was up', 'Linkdown', { [frames]: '0x0\n' }, []],
    ['in error', 'Error', { [frames]: '0x0\n' }, ['FABRIC_LINK_DOWN']],
  ])('%s', (_, state, files, expected) => {
    expect(codes(look([], [{ ...host, state }], files))).toEqual(expected)
  })
})
