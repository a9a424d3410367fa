// NVIDIA GPUs, described by nvidia-smi, and where that is missing by the files of the driver. The tool runs only when the
// driver is loaded: on a machine without such a GPU nothing here costs more than a look.

import type { Firmware, Gpu, GpuLink } from '../../model/inventory.ts'
import type { Reading } from '../../model/reading.ts'
import { type NvidiaInformation, parseNvidiaInformation } from '../parse/nvidia-proc.ts'
import { type NvidiaGpu, parseNvidiaSmi } from '../parse/nvidia-smi.ts'
import { parseNvidiaTopo } from '../parse/nvidia-topo.ts'
import { normalisePciAddress } from '../parse/pci.ts'
import { type GpuFacts, unknownGpu } from './gpu-facts.ts'
import { type Bench, listNames, readFact, settle } from './report.ts'

const procRoot = '/proc/driver/nvidia/gpus'

/** Without persistence mode the driver wakes every GPU first, which takes seconds each. */
const toolTimeoutMs = 60_000

/** What every GPU of the driver is before anybody has described it. */
const blank: Gpu = { ...unknownGpu('nvidia'), driver: 'nvidia' }

/** `onBus` are the NVIDIA devices that the bus shows. A GPU that only the driver or its tool shows is added. */
export function describeNvidia(bench: Bench, onBus: readonly Gpu[]): GpuFacts {
  const isKnown = (address: string) => onBus.some((gpu) => gpu.pciAddress === address)
  const ofDriver = listNames(bench, procRoot).flatMap((name) => normalisePciAddress(name) ?? [])
  const hidden = ofDriver.filter((address) => !isKnown(address)).map((address) => ({ ...blank, pciAddress: address }))
  const found = [...onBus, ...hidden]
  const isLoaded = bench.source.exists('/proc/driver/nvidia/version') || found.some((gpu) => gpu.driver === 'nvidia')
  if (!isLoaded) return { gpus: found, firmware: [] }
  const said = runTool(bench, ['nvidia-smi', '-q', '-x'], parseNvidiaSmi)?.gpus ?? null
  const gpus = said === null ? found.map((gpu) => describedByFiles(bench, gpu)) : describedByTool(bench, found, said)
  const linked = said === null || said.length < 2 ? gpus : withLinks(bench, gpus, said)
  return { gpus: linked, firmware: firmwareOf(bench, said, found) }
}

function describedByTool(bench: Bench, onBus: readonly Gpu[], said: readonly NvidiaGpu[]): readonly Gpu[] {
  const known = onBus.map((gpu): Gpu => {
    const facts = said.find((one) => one.pciAddress === gpu.pciAddress)
    if (facts !== undefined) return described(bench, gpu, facts)
    const message = `${gpu.pciAddress} is on the bus, but the driver does not answer for it`
    bench.report.add({ code: 'HW_CONFLICT', where: 'nvidia-smi', message })
    return gpu
  })
  const others = said.filter((facts) => !onBus.some((gpu) => gpu.pciAddress === facts.pciAddress))
  return [...known, ...others.map((facts) => described(bench, { ...blank, pciAddress: facts.pciAddress }, facts))]
}

function described(bench: Bench, gpu: Gpu, facts: NvidiaGpu): Gpu {
  if (facts.isMig) {
    const message = 'the GPU is cut into instances (MIG) and is not offered as a whole'
    bench.report.add({ code: 'HW_CONFLICT', where: `gpus[${gpu.pciAddress}]`, message })
  }
  return {
    ...gpu,
    uuid: facts.uuid,
    model: facts.model,
    memoryBytes: facts.memoryBytes,
    isUsable: facts.uuid !== null && !facts.isMig,
  }
}

/** The driver's files know the name and the UUID, not the memory. */
function describedByFiles(bench: Bench, gpu: Gpu): Gpu {
  const information = informationOf(bench, gpu.pciAddress)
  const uuid = information?.uuid ?? null
  return { ...gpu, uuid, model: information?.model ?? null, isUsable: uuid !== null }
}

function informationOf(bench: Bench, address: string | null): NvidiaInformation | null {
  const folder = listNames(bench, procRoot).find((name) => normalisePciAddress(name) === address)
  if (folder === undefined) return null
  const read = (text: string): Reading<NvidiaInformation> => ({ kind: 'known', value: parseNvidiaInformation(text) })
  return readFact(bench, `${procRoot}/${folder}/information`, read)
}

function withLinks(bench: Bench, gpus: readonly Gpu[], said: readonly NvidiaGpu[]): readonly Gpu[] {
  const pairs = runTool(bench, ['nvidia-smi', 'topo', '-m'], parseNvidiaTopo) ?? []
  return gpus.map((gpu): Gpu => {
    const index = said.findIndex((one) => one.pciAddress === gpu.pciAddress)
    const links = pairs.flatMap(({ from, to, kind, count }): GpuLink[] => {
      const peer = said[to]
      const name = peer?.uuid ?? peer?.pciAddress ?? null
      return from !== index || name === null ? [] : [{ to: name, toKind: 'gpu', kind, count }]
    })
    return { ...gpu, links }
  })
}

function firmwareOf(bench: Bench, said: readonly NvidiaGpu[] | null, onBus: readonly Gpu[]): readonly Firmware[] {
  const versions =
    said?.map((one) => [one.pciAddress, one.vbios] as const) ??
    onBus.map((gpu) => [gpu.pciAddress, informationOf(bench, gpu.pciAddress)?.videoBios ?? null] as const)
  return versions.flatMap(([address, version]) =>
    version === null ? [] : [{ component: `vbios@${address}`, vendor: 'nvidia', version, date: null }],
  )
}

function runTool<T>(bench: Bench, argv: readonly string[], parse: (text: string) => Reading<T>): T | null {
  const where = argv.join(' ')
  const done = bench.source.run(argv, { timeoutMs: toolTimeoutMs })
  if (!done.ok) {
    bench.report.add({ code: done.fault.code, where, message: done.fault.message })
    return null
  }
  if (done.value.exitCode !== 0) {
    const said = (done.value.stderr.trim() || done.value.stdout.trim()).split('\n')[0]?.slice(0, 200) ?? ''
    bench.report.add({ code: 'HW_TOOL_FAILED', where, message: `exit code ${done.value.exitCode}: ${said}` })
    return null
  }
  return settle(bench.report, parse(done.value.stdout), where)
}
