// One instance of a job through its launches: waiting, running on a machine, over. It does not know why it changes.

import type { Output } from './output.ts'

export type Instance = {
  readonly index: number
  launches: number
  drops: number
  /** Null while it waits for an offer. */
  running: Running | null
  /** Some status said that it is on its machine. */
  hasBegun: boolean
  /** Its command may have been there, for however short a time. */
  hasRun: boolean
  /** Its end is known and its last output is being fetched. */
  isEnding: boolean
  exitStatus: number | null
}

export type Running = {
  readonly taskId: string
  readonly agentId: string
  readonly hostname: string
  readonly outputs: readonly Output[]
}

export function newInstances(count: number): readonly Instance[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    launches: 0,
    drops: 0,
    running: null,
    hasBegun: false,
    hasRun: false,
    isEnding: false,
    exitStatus: null,
  }))
}

export function isWaiting({ running, exitStatus }: Instance): boolean {
  return running === null && exitStatus === null
}

/** It waits again; what it was launched as is forgotten. */
export function forgetLaunch(instance: Instance): void {
  for (const output of instance.running?.outputs ?? []) output.abandon()
  instance.running = null
  instance.hasBegun = false
  instance.isEnding = false
  instance.exitStatus = null
}
