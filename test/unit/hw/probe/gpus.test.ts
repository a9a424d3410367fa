import { describe, expect, it } from 'vitest'
import { probeGpus } from '../../../../src/hw/probe/gpus.ts'
import { probePci } from '../../../../src/hw/probe/pci.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { Source } from '../../../../src/hw/source/source.ts'
import type { Nic, NumaNode } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { aNic } from '../../../support/inventories.ts'

const node: NumaNode = {
  id: 0,
  cpus: '0',
  localCpus: '0',
  memoryBytes: null,
  kind: null,
  hugepages: [],
  isGpuMemory: false,
  memorySideCaches: [],
  access: null,
}
const numa = { nodes: [node], distances: null, sets: new Map([[0, [0]]]) }

/** `over` are the bridges above it, from the host bridge down. */
function device(
  address: string,
  kind: string,
  vendor: string,
  driver: string | null,
  over = 'pci0000:00',
): Record<string, FakeFile> {
  const folder = `/sys/devices/${over}/${address}`
  return {
    [`/sys/bus/pci/devices/${address}`]: { link: `../../..${folder.slice('/sys'.length)}` },
    [`${folder}/class`]: kind,
    [`${folder}/vendor`]: vendor,
    ...(driver === null ? {} : { [`${folder}/driver`]: { link: `/sys/drv/${driver}` }, [`/sys/drv/${driver}/x`]: '' }),
  }
}

function probe(source: Source, nics: readonly Nic[] = []) {
  const report = new Report()
  const bench = { source, report }
  const pci = probePci(bench, numa)
  return { ...probeGpus(bench, { numa, pci, nics, disks: [] }), problems: report.problems() }
}

const nvidia = {
  ...device('0000:4f:00.0', '0x030200', '0x10de', 'nvidia', 'pci0000:4e/0000:4e:01.0'),
  ...device('0000:50:00.0', '0x030200', '0x10de', 'nvidia', 'pci0000:4e/0000:4e:02.0'),
  '/proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03  Tue Jun  6 2023\n',
}

const xml = (second: string) => `<nvidia_smi_log><driver_version>535.54.03</driver_version>
<gpu id="00000000:4F:00.0"><product_name>NVIDIA H100</product_name><uuid>GPU-a</uuid>
<serial>1650000000001</serial><vbios_version>96.00.A5</vbios_version><gsp_firmware_version>535.54.03</gsp_firmware_version>
<inforom_version><img_version>G520.0200.00.05</img_version></inforom_version>
<ecc_mode><current_ecc>Enabled</current_ecc></ecc_mode>
<max_clocks><sm_clock>1980 MHz</sm_clock><mem_clock>2619 MHz</mem_clock></max_clocks>
<gpu_power_readings><current_power_limit>700.00 W</current_power_limit></gpu_power_readings>
<fb_memory_usage><total>1024 MiB</total></fb_memory_usage></gpu>${second}</nvidia_smi_log>`

const second = '<gpu id="00000000:50:00.0"><product_name>NVIDIA H100</product_name><uuid>GPU-b</uuid></gpu>'

const matrix = [
  '\tGPU0\tGPU1\tNIC0\tNIC1\tCPU Affinity\tNUMA Affinity\tGPU NUMA ID',
  'GPU0\t X \tNV18\tPIX\tSYS\t0\t0\t\t2',
  'GPU1\tNV18\t X \tSYS\tPXB\t0\t0\t\tN/A',
  '',
  'NIC Legend:',
  '',
  '  NIC0: mlx5_0',
  '  NIC1: mlx5_7',
].join('\n')

const capabilities = {
  'nvidia-smi --query-gpu=pci.bus_id,compute_cap --format=csv,noheader': '00000000:4F:00.0, 9.0\n',
}

const rdma = { name: 'mlx5_0', port: 1, firmware: null, linkLayer: null, rateGbps: null, state: null, nodeGuid: null }
const nic = aNic('ib0', { pciAddress: null, rdma })

describe('NVIDIA GPUs', () => {
  it('are described by nvidia-smi, with their links to GPUs and to near NICs', () => {
    const tools = { 'nvidia-smi -q -x': xml(second), 'nvidia-smi topo -m': matrix, ...capabilities }
    const found = probe(fakeMachine(nvidia, tools), [nic])
    expect(found.gpus).toEqual([
      {
        uuid: 'GPU-a',
        vendor: 'nvidia',
        model: 'NVIDIA H100',
        serial: '1650000000001',
        memoryBytes: 1024 ** 3,
        memoryNode: 2,
        numaNode: 0,
        pciAddress: '0000:4f:00.0',
        driver: 'nvidia',
        driverVersion: '535.54.03',
        vbios: '96.00.A5',
        computeCapability: '9.0',
        ecc: true,
        powerLimitWatts: 700,
        clockMaxMhz: 1980,
        memoryClockMaxMhz: 2619,
        partitioning: null,
        instances: [],
        isUsable: true,
        links: [
          { to: 'GPU-b', toKind: 'gpu', kind: 'nvlink', count: 18 },
          { to: 'ib0', toKind: 'nic', kind: 'pix', count: null },
        ],
      },
      expect.objectContaining({
        uuid: 'GPU-b',
        isUsable: true,
        links: [
          { to: 'GPU-a', toKind: 'gpu', kind: 'nvlink', count: 18 },
          { to: 'mlx5_7', toKind: 'nic', kind: 'pxb', count: null },
        ],
      }),
    ])
    expect(found.firmware).toEqual([
      { component: 'gpu 0000:4f:00.0', vendor: 'nvidia', version: '96.00.A5', date: null },
      { component: 'gpu 0000:4f:00.0 gsp', vendor: 'nvidia', version: '535.54.03', date: null },
      { component: 'gpu 0000:4f:00.0 inforom', vendor: 'nvidia', version: 'G520.0200.00.05', date: null },
    ])
    expect(found.problems).toEqual([])
  })

  it('without a matrix are linked by their places on the bus', () => {
    const { gpus, problems } = probe(fakeMachine(nvidia, { 'nvidia-smi -q -x': xml(second), 'nvidia-smi topo -m': 3 }))
    expect(gpus.map((gpu) => gpu.links)).toEqual([
      [{ to: 'GPU-b', toKind: 'gpu', kind: 'phb', count: null }],
      [{ to: 'GPU-a', toKind: 'gpu', kind: 'phb', count: null }],
    ])
    expect(problems).toMatchObject([{ code: 'HW_TOOL_FAILED', where: 'nvidia-smi topo -m' }])
  })

  it('that fell off the bus stay in the list, unusable and reported', () => {
    const { gpus, problems } = probe(fakeMachine(nvidia, { 'nvidia-smi -q -x': xml('') }))
    expect(gpus.map((gpu) => [gpu.pciAddress, gpu.isUsable])).toEqual([
      ['0000:4f:00.0', true],
      ['0000:50:00.0', false],
    ])
    expect(problems).toMatchObject([{ code: 'HW_CONFLICT', where: 'nvidia-smi -q -x' }])
  })

  it('that are lost are not given to anybody', () => {
    const lost = second.replace('</gpu>', '<temperature><gpu_temp>GPU is lost</gpu_temp></temperature></gpu>')
    const tools = { 'nvidia-smi -q -x': xml(lost), 'nvidia-smi topo -m': matrix }
    expect(probe(fakeMachine(nvidia, tools)).gpus.map((gpu) => gpu.isUsable)).toEqual([true, false])
  })

  it('that another driver holds for a guest are not asked about', () => {
    const files = { ...nvidia, ...device('0000:50:00.0', '0x030200', '0x10de', 'vfio-pci') }
    const { gpus, problems } = probe(fakeMachine(files, { 'nvidia-smi -q -x': xml('') }))
    expect(gpus[1]).toMatchObject({ driver: 'vfio-pci', isUsable: false })
    expect(problems).toEqual([])
  })

  it('that are cut into instances are not given whole, and their instances have UUIDs', () => {
    const mig = second.replace(
      '</gpu>',
      `<mig_mode><current_mig>Enabled</current_mig></mig_mode><mig_devices><mig_device><index>0</index>
       <gpu_instance_id>2</gpu_instance_id><compute_instance_id>0</compute_instance_id><device_attributes><shared>
       <multiprocessor_count>60</multiprocessor_count></shared></device_attributes>
       <fb_memory_usage><total>40448 MiB</total></fb_memory_usage></mig_device></mig_devices></gpu>`,
    )
    const list = 'GPU 1: NVIDIA H100 (UUID: GPU-b)\n  MIG 3g.40gb     Device  0: (UUID: MIG-1-2)\n'
    const tools = { 'nvidia-smi -q -x': xml(mig), 'nvidia-smi topo -m': matrix, 'nvidia-smi -L': list }
    const { gpus, problems } = probe(fakeMachine(nvidia, tools))
    expect(gpus.map((gpu) => gpu.isUsable)).toEqual([true, false])
    expect(gpus[1]).toMatchObject({
      partitioning: 'MIG',
      instances: [
        {
          uuid: 'MIG-1-2',
          profile: '3g.40gb',
          memoryBytes: 40448 * 1024 ** 2,
          gpuInstanceId: 2,
          computeInstanceId: 0,
          multiprocessors: 60,
        },
      ],
    })
    expect(problems).toMatchObject([{ code: 'HW_CONFLICT', where: 'gpus[0000:50:00.0]' }])
  })

  it('that only the tool sees are listed', () => {
    const hidden = { '/proc/driver/nvidia/version': '' }
    expect(probe(fakeMachine(hidden, { 'nvidia-smi -q -x': xml('') })).gpus).toMatchObject([{ uuid: 'GPU-a' }])
  })

  it('that only the driver sees are listed, with the node that their memory is', () => {
    const files = { '/proc/driver/nvidia/gpus/0004:04:00.0/numa_status': 'Node: 255\n' }
    expect(probe(fakeMachine(files)).gpus).toMatchObject([
      { pciAddress: '0004:04:00.0', uuid: null, isUsable: false, memoryNode: 255 },
    ])
  })

  describe('whose tool gives no answer', () => {
    const information =
      'Model: \t NVIDIA H100\nGPU UUID: \t GPU-a\nVideo BIOS: \t 96.00.a5\nDevice Minor: \t 3\nGPU Firmware: \t N/A\n'
    const files = {
      ...nvidia,
      '/proc/driver/nvidia/gpus/0000:4f:00.0/information': information,
      '/proc/driver/nvidia/gpus/0000:50:00.0/information': information.replace('GPU-a', 'GPU-b'),
    }
    const usable = (source: Source) => probe(source).gpus.map((gpu) => gpu.isUsable)

    it('are named by the driver where it is not installed, and a problem says so', () => {
      const { gpus, problems, firmware } = probe(fakeMachine(files))
      const known = { model: 'NVIDIA H100', memoryBytes: null, driverVersion: '535.54.03', isUsable: true }
      expect(gpus).toMatchObject([
        { uuid: 'GPU-a', ...known },
        { uuid: 'GPU-b', ...known },
      ])
      expect(firmware).toHaveLength(2)
      expect(problems).toMatchObject([{ code: 'HW_TOOL_MISSING', where: 'nvidia-smi -q -x' }])
    })

    it('are not given whole where the driver has instances of them', () => {
      const cut = { ...files, '/proc/driver/nvidia/capabilities/gpu3/mig/gi1/access': '' }
      expect(usable(fakeMachine(cut))).toEqual([false, false])
    })

    it('are not given to anybody where it failed', () => {
      const { gpus, problems } = probe(fakeMachine(files, { 'nvidia-smi -q -x': 9 }))
      expect(gpus.map((gpu) => [gpu.uuid, gpu.isUsable])).toEqual([
        ['GPU-a', false],
        ['GPU-b', false],
      ])
      const message = 'exit code 9: it failed'
      expect(problems).toEqual([{ code: 'HW_TOOL_FAILED', where: 'nvidia-smi -q -x', message }])
    })

    it('are given but for those that it called lost', () => {
      const stderr = 'Unable to determine the device handle for GPU0: 0000:4F:00.0: GPU is lost.\n'
      const run: Source['run'] = () => ({ ok: true, value: { stdout: '', stderr, exitCode: 15 } })
      expect(usable({ ...fakeMachine(files), run })).toEqual([false, true])
    })
  })

  it('without a driver run no tool', () => {
    const source: Source = {
      ...fakeMachine(device('0000:4f:00.0', '0x030000', '0x10de', null)),
      run: () => {
        throw new Error('a tool was run')
      },
    }
    expect(probe(source).gpus).toMatchObject([{ vendor: 'nvidia', driver: null, uuid: null, isUsable: false }])
  })
})

describe('AMD GPUs', () => {
  const kfd = '/sys/class/kfd/kfd/topology/nodes'
  const node = (number: number, facts: string) => ({ [`${kfd}/${number}/properties`]: facts })
  const two = {
    ...device('0000:05:00.0', '0x120000', '0x1002', 'amdgpu', 'pci0000:00/0000:00:01.0'),
    ...device('0000:26:00.0', '0x120000', '0x1002', 'amdgpu', 'pci0000:20/0000:20:01.0'),
    ...node(0, 'simd_count 0\n'),
  }
  const first = '/sys/devices/pci0000:00/0000:00:01.0/0000:05:00.0'
  const [a, b] = ['GPU-00000000000000ff', 'GPU-00000000000000fe'] as const

  it('are described by kfd and the files of the device, and linked within a hive', () => {
    const { gpus, firmware } = probe(
      fakeMachine({
        ...two,
        [`${first}/mem_info_vram_total`]: '206141652992\n',
        [`${first}/product_name`]: 'AMD Instinct MI300X OAM\n',
        [`${first}/serial_number`]: '692024000810\n',
        [`${first}/vbios_version`]: '113-M3000100-102\n',
        [`${first}/current_compute_partition`]: 'SPX\n',
        [`${first}/current_memory_partition`]: 'NPS1\n',
        [`${first}/power/runtime_status`]: 'active\n',
        [`${first}/hwmon/hwmon4/power1_cap`]: '750000000\n',
        '/sys/module/amdgpu/version': '6.10.5\n',
        ...node(
          1,
          'simd_count 1216\nsimd_per_cu 4\nlocation_id 1280\nunique_id 255\nhive_id 7\ngfx_target_version 90402\n',
        ),
        ...node(2, 'simd_count 1216\nlocation_id 9728\nunique_id 254\nhive_id 7\nmax_engine_clk_fcompute 2100\n'),
        [`${kfd}/2/mem_banks/0/properties`]: 'heap_type 1\nsize_in_bytes 1000\nmem_clk_max 1300\n',
      }),
    )
    expect(gpus).toMatchObject([
      {
        uuid: a,
        model: 'AMD Instinct MI300X OAM',
        serial: '692024000810',
        memoryBytes: 206141652992,
        vbios: '113-M3000100-102',
        driverVersion: '6.10.5',
        computeCapability: 'gfx942',
        powerLimitWatts: 750,
        partitioning: null,
        instances: [],
        isUsable: true,
        links: [{ to: b, toKind: 'gpu', kind: 'xgmi', count: null }],
      },
      {
        uuid: b,
        memoryBytes: 1000,
        clockMaxMhz: 2100,
        memoryClockMaxMhz: 1300,
        isUsable: true,
        links: [{ to: a, toKind: 'gpu', kind: 'xgmi', count: null }],
      },
    ])
    expect(firmware).toEqual([
      { component: 'gpu 0000:05:00.0', vendor: 'amd', version: '113-M3000100-102', date: null },
    ])
  })

  it('are one each, however many partitions they have, and then not given whole', () => {
    const { gpus, problems } = probe(
      fakeMachine({
        ...two,
        [`${first}/current_compute_partition`]: 'DPX\n',
        [`${first}/current_memory_partition`]: 'NPS2\n',
        ...node(1, 'simd_count 608\nsimd_per_cu 4\nlocation_id 1280\nunique_id 255\n'),
        ...node(2, 'simd_count 608\nsimd_per_cu 4\nlocation_id 1281\nunique_id 255\n'),
        [`${kfd}/1/mem_banks/0/properties`]: 'size_in_bytes 500\n',
        [`${kfd}/2/mem_banks/0/properties`]: 'size_in_bytes 400\n',
      }),
    )
    const part = { uuid: null, profile: 'DPX', computeInstanceId: null, multiprocessors: 152 }
    expect(gpus[0]).toMatchObject({
      uuid: a,
      memoryBytes: 900,
      partitioning: 'DPX/NPS2',
      isUsable: false,
      instances: [
        { ...part, gpuInstanceId: 0, memoryBytes: 500 },
        { ...part, gpuInstanceId: 1, memoryBytes: 400 },
      ],
    })
    expect(problems).toMatchObject([{ code: 'HW_CONFLICT', where: 'gpus[0000:05:00.0]' }])
  })

  it('that carry no name have the one of a list, else of the tool', () => {
    const files = {
      ...device('0000:07:00.0', '0x030000', '0x1002', 'amdgpu'),
      '/sys/devices/pci0000:00/0000:07:00.0/device': '0x73df\n',
      '/sys/devices/pci0000:00/0000:07:00.0/revision': '0xc1\n',
      ...node(1, 'simd_count 80\nlocation_id 1792\nunique_id 5\n'),
    }
    const list = '# List of AMDGPU IDs\n\n1.0.0\n73DF,\tC1,\tAMD Radeon RX 6700 XT\n'
    const named = fakeMachine({ ...files, '/usr/share/libdrm/amdgpu.ids': list })
    expect(probe(named).gpus[0]?.model).toBe('AMD Radeon RX 6700 XT')
    const json = '{"card0": {"PCI Bus": "0000:07:00.0", "Card Series": "Navi 22"}}'
    const tool = fakeMachine(files, { 'rocm-smi --showproductname --showbus --json': json })
    expect(probe(tool).gpus[0]?.model).toBe('Navi 22')
    expect(probe(fakeMachine(files))).toMatchObject({ gpus: [{ model: null }], problems: [] })
  })

  it('that sleep are not woken for their sensors', () => {
    const folder = '/sys/devices/pci0000:00/0000:07:00.0'
    const files = {
      ...device('0000:07:00.0', '0x030000', '0x1002', 'amdgpu'),
      [`${folder}/power/runtime_status`]: 'suspended\n',
      [`${folder}/hwmon/hwmon1/power1_cap`]: { errno: 'EPERM' },
    }
    expect(probe(fakeMachine(files))).toMatchObject({ gpus: [{ powerLimitWatts: null }], problems: [] })
  })
})

describe('Intel GPUs', () => {
  const folder = '/sys/devices/pci0000:00/0000:03:00.0'
  it('are described by xe, all tiles together', () => {
    const files = {
      ...device('0000:03:00.0', '0x038000', '0x8086', 'xe'),
      [`${folder}/tile0/physical_vram_size_bytes`]: '0x1000000000\n',
      [`${folder}/tile1/physical_vram_size_bytes`]: '0x1000000000\n',
      [`${folder}/tile0/gt0/freq0/rp0_freq`]: '1600\n',
      [`${folder}/hwmon/hwmon2/power1_max`]: '600000000\n',
    }
    const gpu = { vendor: 'intel', memoryBytes: 2 ** 37, clockMaxMhz: 1600, powerLimitWatts: 600, isUsable: false }
    expect(probe(fakeMachine(files)).gpus).toMatchObject([gpu])
  })

  it('have no memory of their own where only a part of it is told', () => {
    const files = {
      ...device('0000:03:00.0', '0x038000', '0x8086', 'xe'),
      [`${folder}/tile0/physical_vram_size_bytes`]: '0x1000000000\n',
      [`${folder}/tile1/gt1/freq0/rp0_freq`]: '1600\n',
    }
    expect(probe(fakeMachine(files)).gpus).toMatchObject([{ memoryBytes: null }])
  })

  it('are described by i915', () => {
    const files = {
      ...device('0000:03:00.0', '0x030000', '0x8086', 'i915'),
      [`${folder}/drm/card1/lmem_total_bytes`]: '17179869184\n',
      [`${folder}/drm/card1/gt_RP0_freq_mhz`]: '2050\n',
    }
    expect(probe(fakeMachine(files)).gpus).toMatchObject([{ memoryBytes: 2 ** 34, clockMaxMhz: 2050, isUsable: false }])
  })
})

it('have no links to each other where they are more than any machine has, and a problem says so', () => {
  const address = (i: number) =>
    `${(i >> 8).toString(16).padStart(4, '0')}:${(i & 255).toString(16).padStart(2, '0')}:00.0`
  const many = Array.from({ length: 1025 }, (_, i) => device(address(i), '0x030200', '0x10de', null))
  const { gpus, problems } = probe(fakeMachine(Object.assign({}, ...many)))
  expect([gpus.length, gpus.flatMap((gpu) => gpu.links)]).toEqual([1025, []])
  expect(problems).toMatchObject([{ where: 'gpus', message: expect.stringContaining('links') }])
  expect(probe(fakeMachine(Object.assign({}, ...many.slice(0, 8)))).gpus[0]?.links).toHaveLength(7)
})

it('display chips of management controllers and virtual screens are no GPUs', () => {
  const files = {
    ...device('0000:00:01.0', '0x030000', '0x1a03', 'ast'),
    ...device('0000:00:02.0', '0x030000', '0x1234', 'bochs-drm'),
    ...device('0000:00:03.0', '0x020000', '0x8086', 'e1000'),
  }
  expect(probe(fakeMachine(files)).gpus).toEqual([])
})
