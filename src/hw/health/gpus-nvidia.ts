// NVIDIA GPUs: what their driver says of errors, repairs and throttling in the query that the inventory has asked already,
// and what it says of NVLinks, which is asked where there are some.

import type { ConditionCode } from '../../model/conditions.ts'
import type { Gpu } from '../../model/inventory.ts'
import { known } from '../../model/reading.ts'
import type { Fault } from '../../model/result.ts'
import type { NvidiaHealth } from '../parse/nvidia-health.ts'
import { type NvlinkStates, parseLostGpus, parseNvlinkErrors, parseNvlinkStates } from '../parse/nvidia-lists.ts'
import { gpuRef } from '../parts.ts'
import { nvidiaQuery, nvidiaToldLast, runNvidia } from '../probe/nvidia-tool.ts'
import { countSinceBoot, type HealthBench } from './bench.ts'
import { countReplays } from './gpus-replays.ts'

const source = nvidiaQuery.join(' ')

/** What stays open while the driver does not answer. */
const codes: readonly ConditionCode[] = [
  'GPU_FAILED',
  'GPU_UNCORRECTED_ERRORS',
  'GPU_REMAP_PENDING',
  'GPU_REMAP_FAILED',
  'GPU_THROTTLED',
  'GPU_LINK_DOWN',
]

/** A GPU of the generations before Ampere has room for 64 retired pages; NVIDIA takes it back from 60 on. */
const retiredPagesMax = 60

/** NVLink sends a packet again without anybody noticing; so many more between two looks are noticed. */
const linkErrorsGrowthMin = 100

/** `gpus` are those of NVIDIA's driver. */
export function lookAtNvidia(bench: HealthBench, gpus: readonly Gpu[]): void {
  if (gpus.length === 0) return
  const said = nvidiaToldLast(bench.source)
  if (!said.ok) return lookAtFailure(bench, gpus, said.fault)
  for (const gpu of gpus) {
    const facts = said.value.gpus.find((one) => one.pciAddress !== null && one.pciAddress === gpu.pciAddress)
    if (facts !== undefined) lookAtOne(bench, gpu, facts.health)
    else {
      // Lost, or not given to this container: the tool does not tell which.
      const message = `${source} does not list ${gpu.pciAddress}`
      bench.findings.unchecked('errors of the GPU', gpuRef(gpu), 'HW_CONFLICT', message)
    }
  }
  if (gpus.some((gpu) => gpu.links.some((link) => link.kind === 'nvlink'))) lookAtNvlink(bench, gpus)
}

/** One lost GPU makes the whole query fail; the tool's complaint names it. */
function lookAtFailure({ findings }: HealthBench, gpus: readonly Gpu[], { code, message, details }: Fault): void {
  const { output } = (details ?? {}) as { readonly output?: unknown }
  for (const [address, text] of parseLostGpus(typeof output === 'string' ? output : '')) {
    const gpu = gpus.find((one) => one.pciAddress === address)
    const part = gpu === undefined ? ({ kind: 'gpu', name: address, id: null } as const) : gpuRef(gpu)
    findings.symptom('GPU_FAILED', part, { source, text })
  }
  findings.unchecked('errors of NVIDIA GPUs', null, code, message, codes)
}

function lookAtOne(bench: HealthBench, gpu: Gpu, health: NvidiaHealth): void {
  const { findings } = bench
  const part = gpuRef(gpu)
  const symptom = (code: ConditionCode, text: string) => findings.symptom(code, part, { source, text })
  if (health.lost !== null) symptom('GPU_FAILED', health.lost)
  if (health.recoveryAction !== null) symptom('GPU_FAILED', `gpu_recovery_action: ${health.recoveryAction}`)
  for (const field of health.pending) symptom('GPU_REMAP_PENDING', `${field}: Yes`)
  for (const field of health.failed) symptom('GPU_REMAP_FAILED', `${field}: Yes`)
  if ((health.retiredPages ?? 0) >= retiredPagesMax) symptom('GPU_REMAP_FAILED', `${health.retiredPages} retired pages`)
  for (const field of health.throttling) symptom('GPU_THROTTLED', `${field}: Active`)
  for (const complaint of health.fabric) symptom('GPU_LINK_DOWN', complaint)
  const { uncorrectedVolatile, uncorrectedAggregate, replays } = health
  if ((uncorrectedVolatile ?? 0) > 0) {
    symptom('GPU_UNCORRECTED_ERRORS', `${uncorrectedVolatile} uncorrectable errors since the driver started`)
  }
  if (uncorrectedAggregate !== null) {
    const counter = { code: 'GPU_UNCORRECTED_ERRORS', part, source, text: 'uncorrectable errors in its life' } as const
    findings.counter({ ...counter, value: uncorrectedAggregate, epoch: 'life', growthMin: 1 })
  }
  if (replays !== null) countReplays(bench, gpu, source, replays)
}

/** How many links a GPU has is known from its likes: with fewer active ones than another of its model, some are down. */
function lookAtNvlink(bench: HealthBench, gpus: readonly Gpu[]): void {
  const { source: machine, findings } = bench
  const argv = ['nvidia-smi', 'nvlink', '-s']
  const states = runNvidia(machine, argv, (text) => known(parseNvlinkStates(text)))
  if (!states.ok) {
    findings.unchecked('NVLinks', null, states.fault.code, states.fault.message, ['GPU_LINK_DOWN'])
    return
  }
  const stateOf = ({ uuid }: Gpu): NvlinkStates | undefined => states.value.get(uuid ?? '')
  for (const gpu of gpus) {
    const state = stateOf(gpu)
    const likes = gpus.filter((other) => other.model === gpu.model).flatMap((other) => stateOf(other)?.active ?? [])
    if (state === undefined || state.active >= Math.max(...likes)) continue
    const text = `inactive links: ${state.inactive.join(', ')}; others of its model have ${Math.max(...likes)} active`
    findings.symptom('GPU_LINK_DOWN', gpuRef(gpu), { source: argv.join(' '), text })
  }
  const errorsArgv = ['nvidia-smi', 'nvlink', '-e']
  const errors = runNvidia(machine, errorsArgv, (text) => known(parseNvlinkErrors(text)))
  if (!errors.ok) return
  for (const gpu of gpus) {
    const counts = errors.value.get(gpu.uuid ?? '')
    if (counts === undefined) continue
    const counter = (text: string, value: number, growthMin: number) =>
      countSinceBoot(bench, {
        code: 'GPU_LINK_DOWN',
        part: gpuRef(gpu),
        source: errorsArgv.join(' '),
        text,
        value,
        growthMin,
      })
    counter('NVLink recoveries', counts.recovery, 1)
    counter('NVLink packets sent again', counts.replay, linkErrorsGrowthMin)
    counter('NVLink checksum errors', counts.crc, linkErrorsGrowthMin)
  }
}
