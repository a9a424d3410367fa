import { describe, expect, it } from 'vitest'
import { lookAtGpus } from '../../../../src/hw/health/gpus.ts'
import { unknownGpu } from '../../../../src/hw/probe/gpu-facts.ts'
import { askNvidia } from '../../../../src/hw/probe/nvidia-tool.ts'
import type { Source } from '../../../../src/hw/source/source.ts'
import type { Gpu } from '../../../../src/model/inventory.ts'
import { type FakeFile, fakeMachine } from '../../../support/fake-machine.ts'
import { findingsOf } from '../../../support/health-bench.ts'

function gpu(name: string, facts: Partial<Gpu> = {}): Gpu {
  const pciAddress = `0000:${name}:00.0`
  return { ...unknownGpu('nvidia'), driver: 'nvidia', model: 'NVIDIA H100', uuid: `GPU-${name}`, pciAddress, ...facts }
}

function look(gpus: readonly Gpu[], source: Source, log: readonly string[] = []) {
  const lines = log.map((text, i) => ({ priority: 3, atSeconds: 100 + i, text }))
  return findingsOf(lookAtGpus, source, { inventory: { gpus }, log: lines })
}

/** One `<gpu>` a name, with what stands inside. */
function xml(inside: Readonly<Record<string, string>>): string {
  const gpus = Object.entries(inside).map(([name, text]) => `<gpu id="00000000:${name}:00.0">${text}</gpu>`)
  return `<nvidia_smi_log>${gpus.join('')}</nvidia_smi_log>`
}

const query = 'nvidia-smi -q -x'

/** A machine without files that remembers what was run. */
function listening(tools: Readonly<Record<string, string>>) {
  const asked: string[] = []
  const inner = fakeMachine({}, tools)
  const run: Source['run'] = (argv, options) => {
    asked.push(argv.join(' '))
    return inner.run(argv, options)
  }
  return { asked, source: { ...inner, run } }
}

const symptomsOf = (found: ReturnType<typeof look>) =>
  found.symptoms.map(({ code, part, evidence }) => [code, part.name, ...evidence.map(({ text }) => text)])

describe('NVIDIA GPUs', () => {
  it.each([
    [
      '<ecc_errors><volatile><dram_uncorrectable>2</dram_uncorrectable></volatile></ecc_errors>',
      'GPU_UNCORRECTED_ERRORS',
    ],
    ['<remapped_rows><remapped_row_pending>Yes</remapped_row_pending></remapped_rows>', 'GPU_REMAP_PENDING'],
    ['<remapped_rows><remapped_row_failure>Yes</remapped_row_failure></remapped_rows>', 'GPU_REMAP_FAILED'],
    [
      '<retired_pages><double_bit_retirement><retired_count>60</retired_count></double_bit_retirement></retired_pages>',
      'GPU_REMAP_FAILED',
    ],
    ['<gpu_recovery_action>Reset</gpu_recovery_action>', 'GPU_FAILED'],
    ['<temperature><gpu_temp>GPU is lost</gpu_temp></temperature>', 'GPU_FAILED'],
    [
      '<clocks_event_reasons><clocks_event_reason_hw_power_brake_slowdown>Active</clocks_event_reason_hw_power_brake_slowdown></clocks_event_reasons>',
      'GPU_THROTTLED',
    ],
    ['<fabric><state>In Progress</state></fabric>', 'GPU_LINK_DOWN'],
  ])('of which the driver says %s', (inside, code) => {
    const found = look([gpu('4f')], fakeMachine({}, { [query]: xml({ '4F': inside }) }))
    expect(found.symptoms).toMatchObject([
      { code, part: { kind: 'gpu', name: '0000:4f:00.0', id: 'GPU-4f' }, evidence: [{ source: query }] },
    ])
    expect(found.symptoms[0]?.ageMs).toBe(undefined)
    expect(found.unchecked).toEqual([])
  })

  it('that are well are well, and their counts are kept', () => {
    const inside = `<gpu_recovery_action>None</gpu_recovery_action><pci><replay_counter>9</replay_counter></pci>
      <ecc_errors><volatile><dram_uncorrectable>0</dram_uncorrectable></volatile>
      <aggregate><dram_uncorrectable>3</dram_uncorrectable></aggregate></ecc_errors>
      <fabric><state>Completed</state><status>Success</status></fabric>`
    const found = look([gpu('4f')], fakeMachine({}, { [query]: xml({ '4F': inside }) }))
    expect([found.symptoms, found.unchecked]).toEqual([[], []])
    expect(found.counters).toMatchObject([
      { code: 'GPU_UNCORRECTED_ERRORS', value: 3, epoch: 'life', growthMin: 1 },
      { code: 'PCIE_CORRECTED_ERRORS', value: 9, epoch: 'boot-1' },
    ])
  })

  it('that the tool does not list are unchecked, not well', () => {
    const found = look([gpu('4f'), gpu('50')], fakeMachine({}, { [query]: xml({ '4F': '' }) }))
    expect(found.unchecked).toMatchObject([{ part: { name: '0000:50:00.0' }, code: 'HW_CONFLICT' }])
  })

  it('without the tool are unchecked, and nothing about them clears', () => {
    const found = look([gpu('4f')], fakeMachine({}))
    expect(found.unchecked).toMatchObject([{ part: null, code: 'HW_TOOL_MISSING' }])
    expect(found.unchecked[0]?.about).toContain('GPU_UNCORRECTED_ERRORS')
  })

  it('of which one is lost fail the query, whose complaint names it', () => {
    const complaint = 'Unable to determine the device handle for GPU0: 0000:4F:00.0: GPU is lost.'
    const source: Source = {
      ...fakeMachine({}),
      run: () => ({ ok: true, value: { stdout: `${complaint}\n`, stderr: '', exitCode: 15 } }),
    }
    const found = look([gpu('4f'), gpu('50')], source)
    expect(symptomsOf(found)).toEqual([['GPU_FAILED', '0000:4f:00.0', complaint]])
    expect(found.unchecked).toMatchObject([{ code: 'HW_TOOL_FAILED' }])
  })

  it('are asked once for the inventory and the look after it, and anew for the next look', () => {
    const { source, asked } = listening({ [query]: xml({ '4F': '' }) })
    askNvidia(source)
    look([gpu('4f')], source)
    expect(asked).toEqual([query])
    look([gpu('4f')], source)
    expect(asked).toEqual([query, query])
  })

  describe('with NVLinks', () => {
    const links = [{ to: 'x', toKind: 'gpu', kind: 'nvlink', count: 2 }] as const
    const two = [gpu('4f', { links }), gpu('50', { links })]
    const states = (second: string) =>
      `GPU 0: NVIDIA H100 (UUID: GPU-4f)\n\t Link 0: 26.562 GB/s\n\t Link 1: 26.562 GB/s
GPU 1: NVIDIA H100 (UUID: GPU-50)\n\t Link 0: 26.562 GB/s\n\t Link 1: ${second}\n`
    const tools = { [query]: xml({ '4F': '', '50': '' }) }

    it('have one down when a GPU of the same model has more', () => {
      const down = fakeMachine({}, { ...tools, 'nvidia-smi nvlink -s': states('<inactive>') })
      expect(symptomsOf(look(two, down))).toEqual([
        ['GPU_LINK_DOWN', '0000:50:00.0', 'inactive links: 1; others of its model have 2 active'],
      ])
      const up = fakeMachine({}, { ...tools, 'nvidia-smi nvlink -s': states('26.562 GB/s') })
      expect(look(two, up).symptoms).toEqual([])
    })

    it('count what these sent again', () => {
      const errors =
        'GPU 0: NVIDIA H100 (UUID: GPU-4f)\n\t Link 0: Replay Errors: 5\n\t Link 0: Recovery Errors: 1\n\t Link 0: CRC Errors: 0\n'
      const source = fakeMachine(
        {},
        { ...tools, 'nvidia-smi nvlink -s': states('1 GB/s'), 'nvidia-smi nvlink -e': errors },
      )
      expect(look(two, source).counters.map(({ text, value }) => [text, value])).toEqual([
        ['NVLink recoveries', 1],
        ['NVLink packets sent again', 5],
        ['NVLink checksum errors', 0],
      ])
    })

    it('are not asked about where there are none', () => {
      const { source, asked } = listening(tools)
      look([gpu('4f'), gpu('50')], source)
      expect(asked).toEqual([query])
    })
  })
})

describe('the kernel log', () => {
  const quiet = fakeMachine({}, { [query]: xml({ '4F': '' }) })

  it('names a GPU by its place, and says how long ago', () => {
    const found = look([gpu('4f')], quiet, ['NVRM: Xid (PCI:0000:4f:00): 79, GPU has fallen off the bus.'])
    expect(found.symptoms).toEqual([
      {
        code: 'GPU_FAILED',
        part: { kind: 'gpu', name: '0000:4f:00.0', id: 'GPU-4f' },
        evidence: [{ source: 'dmesg', text: 'NVRM: Xid (PCI:0000:4f:00): 79, GPU has fallen off the bus.' }],
        ageMs: 900_000,
      },
    ])
  })

  it('names a GPU that is no longer there by its place alone', () => {
    const { symptoms } = look([gpu('4f')], quiet, ['NVRM: Xid (PCI:0000:50:00): 48, pid=1, DBE'])
    expect(symptoms).toMatchObject([{ code: 'GPU_UNCORRECTED_ERRORS', part: { name: '0000:50:00.0', id: null } }])
  })

  it('is read newest first, so that evidence is fresh', () => {
    const lines = Array.from({ length: 20 }, (_, i) => `NVRM: Xid (PCI:0000:4f:00): 31, pid=${i}, fault`)
    const { symptoms } = look([gpu('4f')], quiet, lines)
    expect(symptoms[0]?.evidence[0]?.text).toContain('pid=19')
  })

  it.each([
    [['from 0x0 (None) to 0x1 (GPU Reset Required)'], ['GPU_FAILED']],
    [['from 0x0 (None) to 0x1 (GPU Reset Required)', 'from 0x1 (GPU Reset Required) to 0x0 (None)'], []],
  ])('believes the last word about what is to be done: %j', (words, codes) => {
    const lines = words.map((word) => `NVRM: Xid (PCI:0000:4f:00): 154, GPU recovery action changed ${word}`)
    expect(look([gpu('4f')], quiet, lines).symptoms.map(({ code }) => code)).toEqual(codes)
  })

  it('tells errors of NVSwitches, which are no GPUs', () => {
    const fatal = 'nvidia-nvswitch3: SXid (PCI:0000:86:00.0): 20034, Fatal, Link 30 LTSSM Fault Up'
    expect(look([gpu('4f')], quiet, [fatal]).symptoms).toMatchObject([
      { code: 'GPU_LINK_DOWN', part: { kind: 'pci', name: '0000:86:00.0' } },
    ])
  })
})

describe('AMD GPUs', () => {
  const folder = '/sys/bus/pci/devices/0000:05:00.0'
  const amd = gpu('05', { vendor: 'amd', driver: 'amdgpu' })
  const files = (more: Readonly<Record<string, FakeFile>>) =>
    fakeMachine({ [`${folder}/power/runtime_status`]: 'active\n', ...more })

  it('have errors where a part of the chip counts some', () => {
    const source = files({
      [`${folder}/ras/umc_err_count`]: 'ue: 1\nce: 7\n',
      [`${folder}/ras/gfx_err_count`]: 'ue: 0\nce: 0\n',
      [`${folder}/ras/features`]: 'feature mask: 0x5\n',
      [`${folder}/pcie_replay_count`]: '4\n',
    })
    const found = look([amd], source)
    expect(symptomsOf(found)).toEqual([['GPU_UNCORRECTED_ERRORS', '0000:05:00.0', 'ue: 1']])
    expect(found.counters.map(({ text, value }) => [text, value])).toEqual([
      ['uncorrectable errors of gfx', 0],
      ['uncorrectable errors of umc', 1],
      ['packets sent again', 4],
    ])
  })

  it('that sleep are left alone and unchecked', () => {
    const source = files({
      [`${folder}/power/runtime_status`]: 'suspended\n',
      [`${folder}/ras/umc_err_count`]: 'ue: 1048560\n',
    })
    const found = look([amd], source)
    expect([found.symptoms, found.counters]).toEqual([[], []])
    expect(found.unchecked).toMatchObject([{ part: { id: 'GPU-05' } }])
  })

  it('whose counts cannot be read are unchecked', () => {
    const found = look([amd], files({ [`${folder}/ras/umc_err_count`]: { errno: 'EACCES' } }))
    expect(found.unchecked).toMatchObject([{ code: 'HW_NEEDS_ROOT' }])
  })
})

it.each([
  [null, 'it has no driver'],
  ['vfio-pci', 'what its driver vfio-pci says of errors is not read'],
])('a GPU of the driver %s is unchecked', (driver, message) => {
  expect(look([gpu('4f', { driver })], fakeMachine({})).unchecked).toMatchObject([{ message }])
})
