// How a master divides what it has, as flags: intervals, sorters, thresholds, and the weights and roles to begin with.
// Values stay text, as `/flags` shows them, and are read again when the master starts. It does not know what they do.

import { type Command, InvalidArgumentError, type Option } from 'commander'
import { type ClusterTimers, defaultPolicy } from '../master/cluster/timers.ts'
import { weightError } from '../master/cluster/weight-rules.ts'
import { parseResources } from '../mesos/resource-text.ts'
import { roleError } from '../mesos/roles.ts'
import { scalarTotals } from '../model/resources.ts'
import { flag, readDomain, readDurationMs } from './command.ts'

type SorterName = 'drf' | 'random'

export type PolicyFlags = {
  readonly allocationInterval?: string
  readonly offerTimeout?: string
  readonly minAllocatableResources?: string
  readonly roleSorter?: SorterName
  readonly frameworkSorter?: SorterName
  readonly fairSharingExcludedResourceNames?: string
  readonly filterGpuResources?: 'true' | 'false'
  readonly weights?: string
  readonly roles?: string
  readonly domain?: string
  readonly requireAgentDomain?: true
}

export function offerTimeoutFlag(): Option {
  return flag('--offer-timeout <time>', 'take back offers that are not answered by then', checked(readDurationMs))
}

export function addPolicyFlags(command: Command): Command {
  const sorter = (of: 'role' | 'framework') =>
    flag(`--${of}-sorter <name>`, `who comes first among ${of}s (default: drf)`).choices(['drf', 'random'])
  return command
    .addOption(
      flag('--allocation-interval <time>', 'time between rounds of offers (default: 1s)', checked(readDurationMs)),
    )
    .addOption(offerTimeoutFlag())
    .addOption(
      flag(
        '--min-allocatable-resources <text>',
        'the least worth offering, any of several (default: cpus:0.01|mem:32)',
        checked(readMinAllocatable),
      ),
    )
    .addOption(sorter('role'))
    .addOption(sorter('framework'))
    .addOption(
      flag('--fair-sharing-excluded-resource-names <names>', 'names that do not count for a share, such as gpus'),
    )
    .addOption(
      flag(
        '--filter-gpu-resources <bool>',
        'offer machines with GPUs only to frameworks with GPU_RESOURCES (default: true)',
      ).choices(['true', 'false']),
    )
    .addOption(flag('--weights <list>', 'weights to begin with, such as a=2,b=1', checked(readWeights)))
    .addOption(flag('--roles <names>', 'the only roles there may be (default: any)', checked(readRoles)))
    .addOption(
      flag('--domain <region/zone>', 'where this master is: its region and the zone in it', checked(readDomain)),
    )
    .addOption(flag('--require-agent-domain', 'take only agents that say where they are'))
}

/** What the flags say; what they do not say is as ever. */
export function policyOf(flags: PolicyFlags): { readonly timers: Partial<ClusterTimers> } {
  const {
    allocationInterval,
    offerTimeout,
    minAllocatableResources: least,
    roleSorter,
    frameworkSorter,
    fairSharingExcludedResourceNames: excluded,
    filterGpuResources,
    weights,
    roles,
    domain,
    requireAgentDomain,
  } = flags
  return {
    timers: {
      ...(allocationInterval !== undefined && { allocationIntervalMs: readDurationMs(allocationInterval) }),
      ...(offerTimeout !== undefined && { offerTimeoutMs: readDurationMs(offerTimeout) }),
      policy: {
        ...defaultPolicy,
        ...(least !== undefined && { minAllocatable: readMinAllocatable(least) }),
        ...(roleSorter !== undefined && { roleSorter }),
        ...(frameworkSorter !== undefined && { frameworkSorter }),
        ...(excluded !== undefined && { fairSharingExcluded: new Set(namesIn(excluded)) }),
        ...(filterGpuResources !== undefined && { filterGpuResources: filterGpuResources === 'true' }),
        ...(weights !== undefined && { weights: readWeights(weights) }),
        ...(roles !== undefined && { roles: readRoles(roles) }),
        ...(domain !== undefined && { domain: readDomain(domain) }),
        ...(requireAgentDomain === true && { requireAgentDomain }),
      },
    },
  }
}

/** `cpus:0.01|mem:32`: enough of any one; nothing at all makes everything worth offering. */
export function readMinAllocatable(text: string): readonly Readonly<Record<string, number>>[] {
  const alternatives = text.trim() === '' ? [] : text.split('|')
  return alternatives.map((one) => {
    const parsed = parseResources(one)
    const amounts = parsed.ok ? scalarTotals(parsed.value) : new Map<string, number>()
    if (!parsed.ok || parsed.value.length === 0 || amounts.size < parsed.value.length) {
      throw new InvalidArgumentError('Expected amounts such as cpus:0.01|mem:32.')
    }
    return Object.fromEntries(amounts)
  })
}

/** `a=2,b=1` */
export function readWeights(text: string): ReadonlyMap<string, number> {
  return new Map(
    namesIn(text).map((pair) => {
      const [role = '', amount = '', ...more] = pair.split('=')
      const weight = /^\d{1,9}(\.\d{1,9})?$/.test(amount) && more.length === 0 ? Number(amount) : Number.NaN
      if (Number.isNaN(weight)) throw new InvalidArgumentError('Expected weights such as a=2,b=1.')
      const error = weightError({ role, weight })
      if (error !== null) throw new InvalidArgumentError(`${error}.`)
      return [role, weight]
    }),
  )
}

export function readRoles(text: string): ReadonlySet<string> {
  const roles = namesIn(text)
  if (roles.length === 0) throw new InvalidArgumentError('Expected names of roles such as a,b.')
  for (const role of roles) {
    const error = roleError(role)
    if (error !== null) throw new InvalidArgumentError(`${error}.`)
  }
  return new Set(roles)
}

function namesIn(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** Refuses what `read` refuses, and keeps the text. */
function checked(read: (text: string) => unknown): (text: string) => string {
  return (text) => {
    read(text)
    return text
  }
}
