import { describe, expect, it } from 'vitest'
import { probeNetwork } from '../../../../src/hw/probe/network.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { NumaNode } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

/** One node, so that every device is near it. */
const node = { id: 0, cpus: '0', localCpus: '0', isGpuMemory: false, memoryBytes: null, hugepages: [] }
const numa = {
  nodes: [{ ...node, kind: null, memorySideCaches: [], access: null } satisfies NumaNode],
  distances: null,
  sets: new Map([[0, [0]]]),
}

const device = '/sys/devices/pci0000:00/0000:04:00.0'

type Files = Readonly<Record<string, FakeFile>>

function network(files: Files, tools: Readonly<Record<string, string | number>> = {}) {
  const report = new Report()
  const found = probeNetwork({ source: fakeMachine(files, tools), report }, numa)
  return { ...found, problems: report.problems() }
}

/** An ordinary port `eth0`, and whatever else a case needs. */
function port(files: Files, tools: Readonly<Record<string, string | number>> = {}) {
  return network(
    {
      '/sys/class/net/eth0/device': { link: device },
      [`${device}/driver`]: { link: '/sys/bus/pci/drivers/mlx5_core' },
      '/sys/bus/pci/drivers/mlx5_core/x': '',
      ...files,
    },
    tools,
  )
}

describe('a network port', () => {
  it('is described by its files and its driver', () => {
    const files = {
      '/sys/class/net/eth0/address': 'B8:59:9F:00:00:01\n',
      '/sys/class/net/eth0/addr_assign_type': '0\n',
      '/sys/class/net/eth0/carrier': '1\n',
      '/sys/class/net/eth0/speed': '25000\n',
      '/sys/class/net/eth0/flags': '0x1003\n',
      '/sys/class/net/eth0/mtu': '9000\n',
      [`${device}/sriov_totalvfs`]: '8\n',
      [`${device}/sriov_numvfs`]: '2\n',
    }
    const tools = {
      'ethtool -i eth0': 'driver: mlx5_core\nfirmware-version: 22.31.1014 (MT_0000000359)\n',
      'ethtool *':
        'Settings for eth0:\n\tSupported link modes:   1000baseT/Full 25000baseCR/Full\n\t                        100000baseCR4/Full\n\tSupported pause frame use: No\nSettings for lo:\n\tLink detected: yes\n',
    }
    expect(port(files, tools)).toEqual({
      nics: [
        {
          name: 'eth0',
          mac: 'b8:59:9f:00:00:01',
          permanentMac: 'b8:59:9f:00:00:01',
          speedMbps: 25_000,
          speedMaxMbps: 100_000,
          link: true,
          isUp: true,
          mtu: 9000,
          driver: 'mlx5_core',
          firmware: '22.31.1014 (MT_0000000359)',
          numaNode: 0,
          pciAddress: '0000:04:00.0',
          port: null,
          bond: null,
          rdma: null,
          sriov: { functionsMax: 8, functions: 2 },
          lldp: [],
        },
      ],
      fabrics: [],
      problems: [],
    })
  })

  it('that is switched off has no link and no speed, which is no problem', () => {
    const files = {
      '/sys/class/net/eth0/carrier': { errno: 'EINVAL' },
      '/sys/class/net/eth0/speed': { errno: 'EINVAL' },
      '/sys/class/net/eth0/operstate': 'down\n',
      '/sys/class/net/eth0/flags': '0x1002\n',
    }
    const { nics, problems } = port(files, { 'ethtool -i eth0': '' })
    expect(nics).toMatchObject([{ link: false, isUp: false, speedMbps: null }])
    expect(problems).toEqual([])
  })

  it.each(['-1', '65535', '4294967295', '0'])('at a speed of %s does not know it', (speed) => {
    const files = { '/sys/class/net/eth0/carrier': '1', '/sys/class/net/eth0/speed': speed }
    expect(port(files).nics).toMatchObject([{ link: true, speedMbps: null }])
  })

  it('is none where it is software, a virtual function or stands for one', () => {
    const files = {
      '/sys/class/net/lo/address': '00:00:00:00:00:00',
      '/sys/class/net/veth1': { link: '../../devices/virtual/net/veth1' },
      '/sys/devices/virtual/net/veth1/device': { link: device },
      '/sys/class/net/eth1/device': { link: '/sys/devices/pci0000:00/0000:04:00.2' },
      '/sys/devices/pci0000:00/0000:04:00.2/physfn': { link: device },
      '/sys/class/net/eth0/phys_port_name': 'p0\n',
      '/sys/class/net/eth2/device': { link: device },
      '/sys/class/net/eth2/phys_port_name': 'pf0vf3\n',
      '/sys/class/net/eth3/device': { link: '/sys/devices/pci0000:00/0000:04:00.0/mlx5_core.sf.2' },
      [`${device}/mlx5_core.sf.2/x`]: '',
    }
    expect(port(files).nics.map((nic) => nic.name)).toEqual(['eth0'])
  })

  it('of several on one function has a number', () => {
    const files = {
      '/sys/class/net/eth0/dev_port': '0\n',
      '/sys/class/net/eth0/dev_id': '0x0\n',
      '/sys/class/net/eth1/device': { link: device },
      '/sys/class/net/eth1/dev_port': '1\n',
      '/sys/class/net/eth2/device': { link: device },
      '/sys/class/net/eth2/dev_id': '0x2\n',
    }
    expect(port(files).nics.map((nic) => nic.port)).toEqual([0, 1, 2])
  })

  it('without ethtool has an unknown firmware, and one problem says why', () => {
    expect(port({}).problems).toEqual([
      { code: 'HW_TOOL_MISSING', where: 'ethtool', message: 'ethtool is not installed' },
    ])
  })

  it('of a hypervisor is asked by no tool', () => {
    const files = {
      [`${device}/driver`]: { link: '/sys/bus/virtio/drivers/virtio_net' },
      '/sys/bus/virtio/drivers/virtio_net/x': '',
      '/sys/class/net/eth0/address': '52:54:00:00:00:01',
      '/sys/class/net/eth0/addr_assign_type': '3',
    }
    const { nics, problems } = port(files)
    expect(nics).toMatchObject([{ firmware: null, speedMaxMbps: null, permanentMac: null }])
    expect(problems).toEqual([])
  })

  it('on USB has no PCI address, and no firmware but the name of its driver', () => {
    const usb = '/sys/devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0'
    const files = { '/sys/class/net/usb0/device': { link: usb }, [`${usb}/x`]: '' }
    expect(network(files).nics).toMatchObject([{ name: 'usb0', pciAddress: null, firmware: null }])
  })
})

describe('the permanent address of a port', () => {
  const address = '/sys/class/net/eth0/address'
  const kind = '/sys/class/net/eth0/addr_assign_type'
  const mac = 'b8:59:9f:00:00:01'

  it.each([
    ['is its address where the kernel says so', { [address]: mac, [kind]: '0' }, {}, mac],
    ['is none where it was drawn', { [address]: mac, [kind]: '1' }, {}, null],
    [
      'is what a bond has kept of it',
      { [address]: mac, [kind]: '3', '/sys/class/net/eth0/bonding_slave/perm_hwaddr': 'b8:59:9f:00:00:02\n' },
      {},
      'b8:59:9f:00:00:02',
    ],
    [
      'is what the driver says where somebody set another',
      { [address]: mac, [kind]: '3' },
      { 'ethtool -P eth0': 'Permanent address: b8:59:9f:00:00:03\n' },
      'b8:59:9f:00:00:03',
    ],
    [
      'is none where the driver has none',
      { [address]: mac, [kind]: '3' },
      { 'ethtool -P eth0': 'Permanent address: not set\n' },
      null,
    ],
    [
      'of IP over InfiniBand is the GUID of the port (FN-0061)',
      { [address]: '80:00:00:48:fe:80:00:00:00:00:00:00:00:02:c9:03:00:f9:bf:a1', [kind]: '0' },
      {},
      '00:02:c9:03:00:f9:bf:a1',
    ],
  ] as const)('%s', (_, files, tools, expected) => {
    expect(port(files, { 'ethtool -i eth0': '', 'ethtool *': '', ...tools }).nics[0]?.permanentMac).toBe(expected)
  })

  it('that cannot be asked for is a problem of that fact', () => {
    const report = new Report()
    const files = { '/sys/class/net/eth0/device': { link: device }, [`${device}/x`]: '', [address]: mac, [kind]: '3' }
    probeNetwork({ source: fakeMachine(files), report }, numa)
    expect(report.isExplained('nics[eth0].permanentMac')).toBe(true)
  })
})

it('a member of a bond names it', () => {
  const files = {
    '/sys/class/net/eth0/bonding_slave/state': 'active',
    '/sys/class/net/eth0/master': { link: '../bond7' },
    '/sys/class/net/bond7/bonding/mode': 'x',
  }
  expect(port(files).nics).toMatchObject([{ bond: 'bond7' }])
})

describe('RDMA', () => {
  const rdma = (name: string, files: Readonly<Record<string, string>>, at = device): Files => ({
    [`/sys/class/infiniband/${name}/device`]: { link: at },
    [`/sys/class/infiniband/${name}/fw_ver`]: '28.39.1002\n',
    [`/sys/class/infiniband/${name}/node_guid`]: '248a:0703:0001:0002\n',
    ...Object.fromEntries(
      Object.entries(files).map(([file, text]) => [`/sys/class/infiniband/${name}/ports/${file}`, text]),
    ),
    [`${at}/x`]: '',
  })
  const active = {
    '1/state': '4: ACTIVE\n',
    '1/rate': '400 Gb/sec (4X NDR)\n',
    '1/link_layer': 'InfiniBand\n',
  }

  it('of a port says its firmware without a tool, and its rate where there is no other', () => {
    const { nics, fabrics, problems } = port({ ...rdma('mlx5_0', active), '/sys/class/net/eth0/carrier': '1' })
    expect(nics).toMatchObject([
      {
        firmware: '28.39.1002',
        speedMbps: 400_000,
        rdma: {
          name: 'mlx5_0',
          port: 1,
          firmware: '28.39.1002',
          linkLayer: 'InfiniBand',
          rateGbps: 400,
          state: 'ACTIVE',
          nodeGuid: '248a:0703:0001:0002',
        },
      },
    ])
    expect([fabrics, problems]).toEqual([[], []])
  })

  it('ports without a network interface are fabrics', () => {
    const two = { ...active, '2/state': '1: DOWN\n', '2/rate': '10 Gb/sec (4X SDR)\n', '2/link_layer': 'InfiniBand\n' }
    expect(network(rdma('mlx4_0', two)).fabrics).toEqual([
      {
        name: 'mlx4_0/1',
        kind: 'infiniband',
        id: '248a:0703:0001:0002/1',
        state: 'ACTIVE',
        rateGbps: 400,
        firmware: '28.39.1002',
        numaNode: 0,
        pciAddress: '0000:04:00.0',
      },
      expect.objectContaining({ name: 'mlx4_0/2', state: 'DOWN', rateGbps: null }),
    ])
  })

  it('of software and of virtual functions is left out', () => {
    const virtual = '/sys/devices/pci0000:00/0000:04:00.3'
    const files = {
      ...rdma('mlx5_9', active, virtual),
      [`${virtual}/physfn`]: { link: device },
      [`${device}/x`]: '',
      '/sys/class/infiniband/rxe0': { link: '../../devices/virtual/infiniband/rxe0' },
      '/sys/devices/virtual/infiniband/rxe0/ports/1/state': '4: ACTIVE',
    }
    expect(network(files).fabrics).toEqual([])
  })
})

it('Fibre Channel hosts are fabrics', () => {
  const host = '/sys/devices/pci0000:00/0000:05:00.0/host3'
  const files = {
    '/sys/class/fc_host/host3': { link: `${host}/fc_host/host3` },
    [`${host}/fc_host/host3/device`]: { link: host },
    [`${host}/fc_host/host3/port_name`]: '0x500143802426baf4\n',
    [`${host}/fc_host/host3/port_state`]: 'Online\n',
    [`${host}/fc_host/host3/speed`]: '16 Gbit\n',
    '/sys/class/scsi_host/host3/fw_version': '8.07.00 (90d5)\n',
  }
  expect(network(files).fabrics).toEqual([
    {
      name: 'host3',
      kind: 'fibre-channel',
      id: '50:01:43:80:24:26:ba:f4',
      state: 'Online',
      rateGbps: 16,
      firmware: '8.07.00 (90d5)',
      numaNode: 0,
      pciAddress: '0000:05:00.0',
    },
  ])
})

describe('neighbours', () => {
  const json0 = JSON.stringify({
    lldp: [{ interface: [{ name: 'eth0', chassis: [{ id: [{ value: 'aa' }] }], port: [{ id: [{ value: 'g1' }] }] }] }],
  })
  const tools = { 'lldpcli -f json0 show neighbors': json0, 'ethtool -i eth0': '' }

  it('are asked for where lldpd runs', () => {
    expect(port({ '/run/lldpd.socket': '' }, tools).nics[0]?.lldp).toMatchObject([{ chassisId: 'aa', portId: 'g1' }])
    expect(port({}, tools).nics[0]?.lldp).toEqual([])
  })

  it('that only others may hear are a problem', () => {
    const { problems } = port({ '/run/lldpd.socket': '' }, { ...tools, 'lldpcli -f json0 show neighbors': 1 })
    expect(problems).toMatchObject([{ code: 'HW_TOOL_FAILED', where: 'lldpcli' }])
  })
})
