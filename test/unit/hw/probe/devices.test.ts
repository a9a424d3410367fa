import { describe, expect, it } from 'vitest'
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
