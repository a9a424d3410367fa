import { describe, expect, it } from 'vitest'
import { probeGpus } from '../../../../src/hw/probe/gpus.ts'
import { Report } from '../../../../src/hw/probe/report.ts'
import type { Source } from '../../../../src/hw/source/source.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'

const numa = {
  nodes: [{ id: 0, cpus: '0', localCpus: '0', memoryBytes: null, hugepages: [], isGpuMemory: false }],
  distances: null,
  sets: new Map([[0, [0]]]),
}

function device(address: string, kind: string, vendor: string, driver: string | null): Record<string, FakeFile> {
  const folder = `/sys/bus/pci/devices/${address}`
  return {
    [`${folder}/class`]: kind,
    [`${folder}/vendor`]: vendor,
    ...(driver === null ? {} : { [`${folder}/driver`]: { link: `/sys/drv/${driver}` }, [`/sys/drv/${driver}/x`]: '' }),
  }
}

function probe(source: Source) {
  const report = new Report()
  return { ...probeGpus({ source, report }, numa), problems: report.problems() }
}

const nvidia = {
  ...device('0000:4f:00.0', '0x030200', '0x10de', 'nvidia'),
  ...device('0000:50:00.0', '0x030200', '0x10de', 'nvidia'),
  '/proc/driver/nvidia/version': 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.54.03\n',
}

const xml = (second: string) => `<nvidia_smi_log><driver_version>535.54.03</driver_version>
<gpu id="00000000:4F:00.0"><product_name>NVIDIA H100</product_name><uuid>GPU-a</uuid><vbios_version>96.1</vbios_version>
<fb_memory_usage><total>1024 MiB</total></fb_memory_usage></gpu>${second}</nvidia_smi_log>`

const second = '<gpu id="00000000:50:00.0"><product_name>NVIDIA H100</product_name><uuid>GPU-b</uuid></gpu>'

const matrix = '\tGPU0\tGPU1\tCPU Affinity\nGPU0\t X \tNV18\t0\nGPU1\tNV18\t X \t0\n'

describe('NVIDIA GPUs', () => {
  it('are described by nvidia-smi, with their links', () => {
    const found = probe(fakeMachine(nvidia, { 'nvidia-smi -q -x': xml(second), 'nvidia-smi topo -m': matrix }))
    expect(found.gpus).toEqual([
      {
        uuid: 'GPU-a',
        vendor: 'nvidia',
        model: 'NVIDIA H100',
        memoryBytes: 1024 ** 3,
        numaNode: 0,
        pciAddress: '0000:4f:00.0',
        driver: 'nvidia',
        isUsable: true,
        links: [{ to: 'GPU-b', kind: 'nvlink', count: 18 }],
      },
      expect.objectContaining({ uuid: 'GPU-b', isUsable: true, links: [{ to: 'GPU-a', kind: 'nvlink', count: 18 }] }),
    ])
    expect(found.firmware).toEqual([{ component: 'vbios@0000:4f:00.0', vendor: 'nvidia', version: '96.1', date: null }])
    expect(found.problems).toEqual([])
  })

  it('that fell off the bus stay in the list, unusable and reported', () => {
    const { gpus, problems } = probe(fakeMachine(nvidia, { 'nvidia-smi -q -x': xml('') }))
    expect(gpus.map((gpu) => [gpu.pciAddress, gpu.isUsable])).toEqual([
      ['0000:4f:00.0', true],
      ['0000:50:00.0', false],
    ])
    expect(problems).toMatchObject([{ code: 'HW_CONFLICT', where: 'nvidia-smi' }])
  })

  it('that are cut into instances are not given whole', () => {
    const mig = second.replace('</gpu>', '<mig_mode><current_mig>Enabled</current_mig></mig_mode></gpu>')
    const tools = { 'nvidia-smi -q -x': xml(mig), 'nvidia-smi topo -m': matrix }
    expect(probe(fakeMachine(nvidia, tools)).gpus.map((gpu) => gpu.isUsable)).toEqual([true, false])
  })

  it('that only the tool sees are listed', () => {
    const hidden = { '/proc/driver/nvidia/version': '' }
    expect(probe(fakeMachine(hidden, { 'nvidia-smi -q -x': xml('') })).gpus).toMatchObject([{ uuid: 'GPU-a' }])
  })

  it('that only the driver sees are listed', () => {
    const files = { '/proc/driver/nvidia/gpus/0004:04:00.0/numa_status': 'Node: 255\n' }
    expect(probe(fakeMachine(files)).gpus).toMatchObject([{ pciAddress: '0004:04:00.0', uuid: null, isUsable: false }])
  })

  it('are named by the driver where the tool fails, and a problem says so', () => {
    const information = 'Model: \t NVIDIA H100\nGPU UUID: \t GPU-a\nVideo BIOS: \t 96.1\n'
    const files = { ...nvidia, '/proc/driver/nvidia/gpus/0000:4f:00.0/information': information }
    const { gpus, problems, firmware } = probe(fakeMachine(files, { 'nvidia-smi -q -x': 9 }))
    expect(gpus).toMatchObject([
      { uuid: 'GPU-a', model: 'NVIDIA H100', memoryBytes: null, isUsable: true },
      { uuid: null, isUsable: false },
    ])
    expect(firmware).toHaveLength(1)
    expect(problems).toEqual([{ code: 'HW_TOOL_FAILED', where: 'nvidia-smi -q -x', message: 'exit code 9: it failed' }])
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
  const node = (number: number, facts: string) => ({
    [`/sys/class/kfd/kfd/topology/nodes/${number}/properties`]: facts,
  })
  const link = (from: number, index: number, facts: string) => ({
    [`/sys/class/kfd/kfd/topology/nodes/${from}/io_links/${index}/properties`]: facts,
  })

  it('are one each, however many partitions they have, and linked once', () => {
    const { gpus } = probe(
      fakeMachine({
        ...device('0000:05:00.0', '0x120000', '0x1002', 'amdgpu'),
        ...device('0000:26:00.0', '0x120000', '0x1002', 'amdgpu'),
        '/sys/bus/pci/devices/0000:05:00.0/mem_info_vram_total': '206141652992\n',
        ...node(0, 'simd_count 0\n'),
        ...node(1, 'simd_count 152\nlocation_id 1280\nunique_id 255\n'),
        ...node(2, 'simd_count 152\nlocation_id 1281\nunique_id 255\n'),
        ...node(3, 'simd_count 152\nlocation_id 9728\nunique_id 254\n'),
        '/sys/class/kfd/kfd/topology/nodes/3/mem_banks/0/properties': 'size_in_bytes 1000\n',
        ...link(1, 0, 'type 11\nnode_to 2\n'),
        ...link(1, 1, 'type 11\nnode_to 3\n'),
        ...link(2, 0, 'type 11\nnode_to 3\n'),
        ...link(3, 0, 'type 11\nnode_to 1\n'),
        ...link(3, 1, 'type 2\nnode_to 0\n'),
      }),
    )
    const [a, b] = ['GPU-00000000000000ff', 'GPU-00000000000000fe'] as const
    expect(gpus).toMatchObject([
      { uuid: a, memoryBytes: 206141652992, isUsable: true, links: [{ to: b, kind: 'xgmi', count: null }] },
      { uuid: b, memoryBytes: 1000, isUsable: true, links: [{ to: a, kind: 'xgmi', count: null }] },
    ])
  })
})

it('display chips of management controllers and virtual screens are no GPUs', () => {
  const files = {
    ...device('0000:00:01.0', '0x030000', '0x1a03', 'ast'),
    ...device('0000:00:02.0', '0x030000', '0x1234', 'bochs-drm'),
    ...device('0000:00:03.0', '0x020000', '0x8086', 'e1000'),
  }
  expect(probe(fakeMachine(files)).gpus).toEqual([])
})

it('an Intel GPU is listed and not for tasks', () => {
  const files = device('0000:00:02.0', '0x030000', '0x8086', 'i915')
  expect(probe(fakeMachine(files)).gpus).toMatchObject([{ vendor: 'intel', driver: 'i915', isUsable: false }])
})
