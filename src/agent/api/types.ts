// What the agent's HTTP API needs from the rest of the agent, and what it gives back.

import type { ContainerId } from '../../model/ids.ts'
import type { AgentConfig, AgentView, VolumePlace } from '../core/types.ts'

export type SandboxPlace = {
  readonly containerId: ContainerId
  readonly frameworkId: string
  readonly executorId: string
}

/** What the API reads; it changes nothing. */
export type AgentApiView = {
  /** Null until every run of an earlier life has been looked at: answers that need it are 503. */
  running(): AgentFacts | null
  /** Absolute path of a run's sandbox, also of one that is long over. */
  sandbox(place: SandboxPlace): string
  /** Absolute path of a persistent volume. */
  volume(place: VolumePlace): string
  /** The directory above all sandboxes: `F/executors/E/runs/C` lie below it. */
  readonly sandboxes: string
}

export type AgentFacts = { readonly config: AgentConfig; readonly view: AgentView }

export type AgentApiOptions = {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  /** How a person changes the port, for error messages. */
  readonly flagName: string
  /** Without one, only loopback addresses are listened on. */
  readonly token: string | null
  /** Tepui's version. */
  readonly version: string
  readonly flags: Readonly<Record<string, string>>
  readonly view: AgentApiView
  nowMs(): number
}

export type AgentApi = {
  readonly address: { readonly host: string; readonly port: number }
  close(): Promise<void>
}
