// What a checker may know: everything that really happened, as it happens. Facts are made by the simulated world, not
// by the machines under test, so a machine cannot talk its way past a checker.

import type {
  AgentEffect,
  AgentStoreOp,
  AgentView,
  Confinement,
  ContainerSpec,
  VolumePlace,
} from '../../../src/agent/core/types.ts'
import type { ClusterView } from '../../../src/master/cluster/types.ts'
import type { RegistryOp, RegistrySnapshot } from '../../../src/master/registry/types.ts'
import type { MasterEvent, Offer, OfferOperation, OperationStatus, TaskStatus } from '../../../src/mesos/types.ts'
import type { AgentUid, ContainerId, StreamId } from '../../../src/model/ids.ts'
import type { DownFrame, UpFrame } from '../../../src/wire/messages.ts'
import type { GangPlan } from '../engine/wants.ts'
import type { AgentStore } from './agent-store.ts'
import type { OperatorRequest } from './operator.ts'
import type { RegistryStore } from './registry-store.ts'
import type { World } from './world.ts'

export type Fact =
  | {
      readonly kind: 'masterStarted'
      readonly snapshot: RegistrySnapshot
      readonly view: ClusterView
      readonly epoch: number
    }
  | { readonly kind: 'masterPersisted'; readonly op: RegistryOp }
  | { readonly kind: 'masterSent'; readonly uid: AgentUid; readonly frame: DownFrame; readonly registry: RegistryStore }
  | { readonly kind: 'masterStepped'; readonly view: ClusterView }
  | { readonly kind: 'masterDied' }
  | { readonly kind: 'agentStarted'; readonly machine: string; readonly store: AgentStore; readonly view: AgentView }
  | { readonly kind: 'agentPersisted'; readonly machine: string; readonly op: AgentStoreOp }
  | { readonly kind: 'agentSent'; readonly machine: string; readonly frame: UpFrame; readonly store: AgentStore }
  | { readonly kind: 'agentActed'; readonly machine: string; readonly effect: AgentEffect; readonly store: AgentStore }
  | { readonly kind: 'agentStepped'; readonly machine: string }
  | {
      readonly kind: 'containerLaunched'
      readonly machine: string
      readonly spec: ContainerSpec
      readonly resources: Usage
      readonly confinement: Confinement
    }
  | {
      readonly kind: 'containerConfined'
      readonly machine: string
      readonly containerId: ContainerId
      readonly confinement: Confinement
    }
  | { readonly kind: 'containerEnded'; readonly machine: string; readonly containerId: ContainerId }
  | { readonly kind: 'machineLost'; readonly machine: string; readonly uid: AgentUid }
  /** Its operator ends the agent with its tasks: nobody waits for the last word about them. */
  | { readonly kind: 'machineStopped'; readonly machine: string }
  | { readonly kind: 'subscribed'; readonly frameworkId: string; readonly instance: number }
  | { readonly kind: 'taskAccepted'; readonly frameworkId: string; readonly taskId: string }
  | {
      readonly kind: 'statusSeen'
      readonly frameworkId: string
      readonly isPartitionAware: boolean
      readonly status: TaskStatus
    }
  | { readonly kind: 'statusAcknowledged'; readonly frameworkId: string; readonly status: TaskStatus }
  /** The master has an operation in an ACCEPT; `frameworkId` as its framework knows itself. */
  | {
      readonly kind: 'operationAsked'
      readonly frameworkId: string | null
      readonly agentId: string
      readonly operation: OfferOperation
    }
  | { readonly kind: 'operationSeen'; readonly frameworkId: string; readonly status: OperationStatus }
  | { readonly kind: 'operationAcknowledged'; readonly frameworkId: string; readonly status: OperationStatus }
  | {
      readonly kind: 'volumeMade' | 'volumeRemoved'
      readonly machine: string
      readonly place: VolumePlace
      readonly operationUuid: string
    }
  /** A request of the operator reaches the master, which may die before it answers. */
  | { readonly kind: 'operatorAsked'; readonly request: OperatorRequest }
  | {
      readonly kind: 'operatorAnswered'
      readonly request: OperatorRequest
      readonly status: number
      readonly message: string | null
    }
  | { readonly kind: 'gangAsked'; readonly frameworkId: string; readonly id: string; readonly plan: GangPlan }
  | {
      readonly kind: 'gangOffered'
      readonly frameworkId: string
      readonly id: string
      readonly isComplete: boolean
      readonly offers: readonly Offer[]
    }
  | { readonly kind: 'operatorTold'; readonly streamId: StreamId; readonly event: MasterEvent }
  /** By the master or by the operator. */
  | { readonly kind: 'operatorStreamEnded'; readonly streamId: StreamId }
  | { readonly kind: 'frameworkEnded'; readonly frameworkId: string }
  | { readonly kind: 'healed' }
  | { readonly kind: 'ended'; readonly world: World }

/** What one container really uses of its machine, as its task was granted it. */
export type Usage = {
  readonly cpusMilli: number
  readonly memMilli: number
  readonly gpuUuids: readonly string[]
  readonly ports: readonly number[]
}

export type Observer = (fact: Fact) => void
