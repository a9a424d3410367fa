// A containerizer on a work directory of its own, with its events kept, for tests that run real processes.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContainerizer } from '../../src/agent/containers/containerizer.ts'
import type { Containerizer } from '../../src/agent/containers/types.ts'
import type { ContainerExit, ContainerSpec } from '../../src/agent/core/types.ts'
import { noGrant } from '../../src/model/hardware.ts'
import type { ContainerId, ExecutorId, FrameworkId, TaskId } from '../../src/model/ids.ts'
import type { Fault } from '../../src/model/result.ts'
import { until } from './until.ts'

export type Heard =
  | { readonly kind: 'started'; readonly id: ContainerId; readonly pid: number; readonly note: string | null }
  | { readonly kind: 'failed'; readonly id: ContainerId; readonly fault: Fault }
  | { readonly kind: 'exited'; readonly id: ContainerId; readonly exit: ContainerExit }
  | { readonly kind: 'strayed'; readonly id: ContainerId; readonly why: string }

export type TestContainers = {
  readonly containerizer: Containerizer
  readonly heard: readonly Heard[]
  pid(id: ContainerId): Promise<number>
  exit(id: ContainerId): Promise<ContainerExit>
  failure(id: ContainerId): Promise<Fault>
}

export function aWorkDir(): string {
  return mkdtempSync(join(tmpdir(), 'tepui-containers-'))
}

export function removeWorkDir(workDir: string): void {
  rmSync(workDir, { recursive: true, force: true })
}

export async function openContainers(
  workDir: string,
  isolation: 'auto' | 'process-group' = 'auto',
  collection: Partial<Pick<Parameters<typeof createContainerizer>[0], 'isReported' | 'nowMs'>> = {},
): Promise<TestContainers> {
  const heard: Heard[] = []
  const made = await createContainerizer({
    workDir,
    isolation,
    isReported: () => false,
    ...collection,
    events: {
      started: (id, pid, note) => heard.push({ kind: 'started', id, pid, note }),
      failed: (id, fault) => heard.push({ kind: 'failed', id, fault }),
      exited: (id, exit) => heard.push({ kind: 'exited', id, exit }),
      strayed: (id, why) => heard.push({ kind: 'strayed', id, why }),
    },
  })
  if (!made.ok) throw new Error(made.fault.message)
  const wait = <K extends Heard['kind']>(id: ContainerId, kind: K) =>
    until(`${id} ${kind}`, () =>
      heard.find((one): one is Extract<Heard, { kind: K }> => one.id === id && one.kind === kind),
    )
  return {
    containerizer: made.value,
    heard,
    pid: async (id) => (await wait(id, 'started')).pid,
    exit: async (id) => (await wait(id, 'exited')).exit,
    failure: async (id) => (await wait(id, 'failed')).fault,
  }
}

let count = 0

/** A shell command with small limits; `over` shows what matters to the case. */
export function aSpec(over: Partial<ContainerSpec> = {}): ContainerSpec {
  count++
  return {
    containerId: `c${count}-${process.pid}` as ContainerId,
    frameworkId: 'f1' as FrameworkId,
    executorId: `t${count}` as ExecutorId,
    taskId: `t${count}` as TaskId,
    command: { kind: 'shell', value: 'true' },
    environment: {},
    user: null,
    limits: { cpuMilli: 100, cpuLimitMilli: null, memoryBytes: 64 * 1024 * 1024, pidsMax: 200, isLowPriority: false },
    grant: noGrant,
    volumes: [],
    confinement: { cpus: null, isAlone: false, memoryNodes: null },
    ...over,
  }
}

export function shell(value: string, over: Partial<ContainerSpec> = {}): ContainerSpec {
  return aSpec({ command: { kind: 'shell', value }, ...over })
}
