import { describe, expect, it } from 'vitest'
import { probeDisks } from '../../../../src/hw/probe/disks.ts'
import { probeNics } from '../../../../src/hw/probe/nics.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

/** One node, so that every device is near it. */
const numa = {
  nodes: [{ id: 0, cpus: '0', localCpus: '0', memoryBytes: null, hugepages: [], isGpuMemory: false }],
  distances: null,
  sets: new Map([[0, [0]]]),
}

function bench(files: Readonly<Record<string, FakeFile>>, tools: Readonly<Record<string, string>> = {}) {
  return { source: fakeMachine(files, tools), report: new Report() }
}

describe('disks', () => {
  const disks = (files: Readonly<Record<string, FakeFile>>) => probeDisks(bench(files), numa)

  it('of NVMe are described by their controller', () => {
    const controller = '/sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0'
    expect(
      disks({
        '/sys/block/nvme0n1': { link: `${controller}/nvme0n1` },
        [`${controller}/nvme0n1/size`]: '1000215216\n',
        [`${controller}/nvme0n1/queue/rotational`]: '0\n',
        [`${controller}/nvme0n1/device`]: { link: controller },
        [`${controller}/model`]: 'SAMSUNG MZVL2512HCJQ-00B00              \n',
        [`${controller}/serial`]: 'S675NX0T000000      \n',
        [`${controller}/firmware_rev`]: 'GXA7801Q\n',
        [`${controller}/transport`]: 'pcie\n',
      }),
    ).toEqual([
      {
        name: 'nvme0n1',
        model: 'SAMSUNG MZVL2512HCJQ-00B00',
        serial: 'S675NX0T000000',
        sizeBytes: 1000215216 * 512,
        rotational: false,
        transport: 'nvme',
        numaNode: 0,
        pciAddress: '0000:01:00.0',
        firmware: 'GXA7801Q',
      },
    ])
  })

  it('of NVMe with several paths are where their controllers are', () => {
    const subsystem = '/sys/devices/virtual/nvme-subsystem/nvme-subsys1'
    const controller = '/sys/devices/pci0000:00/0000:02:00.0/nvme/nvme3'
    const [disk] = disks({
      '/sys/block/nvme1n1': { link: `${subsystem}/nvme1n1` },
      [`${subsystem}/nvme1n1/size`]: '8',
      [`${subsystem}/nvme1n1/device`]: { link: subsystem },
      '/sys/class/nvme-subsystem/nvme-subsys1': { link: subsystem },
      [`${subsystem}/nvme3`]: { link: controller },
      [`${controller}/transport`]: 'pcie',
    })
    expect([disk?.pciAddress, disk?.transport]).toEqual(['0000:02:00.0', 'nvme'])
  })

  it('of SATA lose the word ATA, those of SAS keep the vendor, and serials come from the vital product data', () => {
    const sata = '/sys/devices/pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0'
    const sas = '/sys/devices/pci0000:00/0000:03:00.0/host1/port-1:0/end_device-1:0/target1:0:0/1:0:0:0'
    const found = disks({
      '/sys/block/sda/device': { link: sata },
      '/sys/block/sda/size': '16',
      [`${sata}/vendor`]: 'ATA     ',
      [`${sata}/model`]: 'WDC WD5000      ',
      [`${sata}/vpd_pg80`]: Uint8Array.from([0, 0x80, 0, 4, 87, 68, 45, 49]),
      '/sys/block/sdb/device': { link: sas },
      '/sys/block/sdb/size': '16',
      [`${sas}/vendor`]: 'SEAGATE ',
      [`${sas}/model`]: 'ST300MM0006     ',
    })
    expect(found.map((disk) => [disk.name, disk.model, disk.transport, disk.serial])).toEqual([
      ['sda', 'WDC WD5000', 'sata', 'WD-1'],
      ['sdb', 'SEAGATE ST300MM0006', 'sas', null],
    ])
  })

  it('are not loops, stacked devices, hidden paths or trays', () => {
    const files = ['loop0', 'ram0', 'zram0', 'dm-0', 'md127', 'sr0', 'nbd0'].map((name) => [
      [`/sys/block/${name}/size`, '8'],
      [`/sys/block/${name}/device`, { link: '/sys/devices/x' }],
    ])
    const hidden = { '/sys/block/nvme0c0n1/hidden': '1', '/sys/block/nvme0c0n1/size': '8', '/sys/devices/x/y': '' }
    expect(disks({ ...Object.fromEntries(files.flat()), ...hidden })).toEqual([])
  })

  it('without a medium have no size, and a problem says so', () => {
    const at = bench({ '/sys/block/sdc/device/model': 'Card Reader', '/sys/block/sdc/size': '0\n' })
    expect(probeDisks(at, numa)).toMatchObject([{ name: 'sdc', sizeBytes: null }])
    expect(at.report.problems()).toMatchObject([{ where: '/sys/block/sdc/size' }])
  })
})

describe('network ports', () => {
  const device = '/sys/devices/pci0000:00/0000:04:00.0'
  const port = (files: Readonly<Record<string, FakeFile>>, tools: Readonly<Record<string, string>> = {}) => {
    const at = bench(
      {
        '/sys/class/net/eth0/device': { link: device },
        [`${device}/driver`]: { link: '/sys/drv/mlx5_core' },
        '/sys/drv/mlx5_core/x': '',
        ...files,
      },
      tools,
    )
    return { nics: probeNics(at, numa), problems: at.report.problems() }
  }

  it('are described by their files and their driver', () => {
    const files = {
      '/sys/class/net/eth0/address': 'B8:59:9F:00:00:01\n',
      '/sys/class/net/eth0/carrier': '1\n',
      '/sys/class/net/eth0/speed': '100000\n',
    }
    expect(
      port(files, { 'ethtool -i eth0': 'driver: mlx5_core\nfirmware-version: 22.31.1014 (MT_0000000359)\n' }),
    ).toEqual({
      nics: [
        {
          name: 'eth0',
          mac: 'b8:59:9f:00:00:01',
          speedMbps: 100_000,
          link: true,
          driver: 'mlx5_core',
          firmware: '22.31.1014 (MT_0000000359)',
          numaNode: 0,
          pciAddress: '0000:04:00.0',
        },
      ],
      problems: [],
    })
  })

  it('that are switched off have no link and no speed, which is no problem', () => {
    const files = {
      '/sys/class/net/eth0/carrier': { errno: 'EINVAL' },
      '/sys/class/net/eth0/speed': { errno: 'EINVAL' },
      '/sys/class/net/eth0/operstate': 'down\n',
    }
    const { nics, problems } = port(files, { 'ethtool -i eth0': '' })
    expect(nics).toMatchObject([{ link: false, speedMbps: null }])
    expect(problems).toEqual([])
  })

  it.each(['-1', '65535', '4294967295', '0'])('at a speed of %s do not know it', (speed) => {
    const files = { '/sys/class/net/eth0/carrier': '1', '/sys/class/net/eth0/speed': speed }
    expect(port(files).nics).toMatchObject([{ link: true, speedMbps: null }])
  })

  it('do not count virtual functions and software', () => {
    const files = {
      [`${device}/physfn`]: { link: '/sys/devices/pci0000:00' },
      '/sys/class/net/lo/address': '00:00:00:00:00:00',
    }
    expect(port(files).nics).toEqual([])
  })

  it('of InfiniBand say their firmware without a tool', () => {
    const files = { [`${device}/infiniband/mlx5_0/x`]: '', '/sys/class/infiniband/mlx5_0/fw_ver': '20.31.1014\n' }
    const { nics, problems } = port(files)
    expect(nics).toMatchObject([{ firmware: '20.31.1014' }])
    expect(problems).toEqual([])
  })

  it('without ethtool have an unknown firmware, and one problem says why', () => {
    expect(port({}).problems).toEqual([
      { code: 'HW_TOOL_MISSING', where: 'ethtool', message: 'ethtool is not installed' },
    ])
  })
})
