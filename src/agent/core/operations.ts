// The operations on this agent's resources: each is judged and applied as it comes, kept together with what it made of
// the resources, carried out on the disk where it makes or removes volumes, and told to the master until that has
// acknowledged its status. It does not know where volumes lie, nor how the agent is registered.

import { fromJsonValue, toJsonValue } from '../../mesos/json.ts'
import { type Applied, applied } from '../../mesos/operations.ts'
import { toMessages } from '../../mesos/resources.ts'
import type { OfferOperation, OperationState, Resource } from '../../mesos/types.ts'
import type { AgentId, OperationUuid } from '../../model/ids.ts'
import type { Random } from '../../model/random.ts'
import type { Fault } from '../../model/result.ts'
import type { Timers } from '../../model/timers.ts'
import { operationsMax, registerBytesMax } from '../../wire/bounds.ts'
import type { AcknowledgeOperation, ApplyOperation, MesosJson, OperationReport } from '../../wire/messages.ts'
import type { Reservations } from './reservations.ts'
import type { Runs } from './runs.ts'
import type { Session } from './session.ts'
import { updateRetryMaxMs, updateRetryMinMs } from './status-updates.ts'
import { base64 } from './statuses.ts'
import type { AgentEffect, AgentStoreOp, OperationRecord, VolumeFailure, VolumePlace } from './types.ts'
import { placeName, placesOf, touchedVolumes, usesVolume, volumeChange } from './volumes.ts'

/** Operations whose statuses wait, and what they and the reservations may take in a registration. */
export const operationsHeldMax = 0.8 * operationsMax
export const operationBytesMax = registerBytesMax / 16
export const reservedBytesMax = registerBytesMax / 16

export type OperationsContext = {
  readonly reservations: Reservations
  readonly runs: Runs
  readonly session: Session
  readonly timers: Timers
  readonly random: Random
  readonly agentId: () => AgentId
  readonly emit: (...effects: readonly AgentEffect[]) => void
}

type Held = { record: OperationRecord; readonly bytes: number; retries: number }

export class Operations {
  readonly #context: OperationsContext
  readonly #held = new Map<OperationUuid, Held>()
  #bytes = 0

  constructor(context: OperationsContext, records: readonly OperationRecord[]) {
    this.#context = context
    for (const record of records) this.#keep(record)
  }

  /** What a registration tells: an operation that the disk still works at is pending. */
  get reports(): readonly OperationReport[] {
    return [...this.#held.values()].map(({ record: { isDone, ...report } }) =>
      isDone ? report : { ...report, status: { ...report.status, state: 'OPERATION_PENDING' } },
    )
  }

  /** Whether a volume's directory is still made, or one of its place still removed. */
  isChanging(places: readonly VolumePlace[]): boolean {
    if (places.length === 0) return false
    const names = new Set(places.map(placeName))
    return [...this.#held.values()].some(({ record }) => {
      if (record.isDone) return false
      return volumeChange(record.operation).make.some((place) => names.has(placeName(place)))
    })
  }

  apply(message: ApplyOperation, nowMs: number): void {
    const present = this.#held.get(message.operationUuid)
    if (present !== undefined) return this.#send(present, nowMs)
    const { reservations } = this.#context
    const decoded = fromJsonValue('mesos.v1.Offer.Operation', message.operation)
    // What is no operation is not kept: whoever reads the records may count on operations.
    if (!decoded.ok) return this.#refuse({ ...message, operation: {} }, 'OPERATION_FAILED', decoded.fault, nowMs)
    const result = applied(reservations.total, decoded.value)
    if (!result.ok) {
      const isOther = result.fault.code === 'RESOURCES_MISSING'
      return this.#refuse(message, isOther ? 'OPERATION_DROPPED' : 'OPERATION_FAILED', result.fault, nowMs)
    }
    const refusal = this.#refusal(message, decoded.value, result.value)
    if (refusal !== null) return this.#refuse(message, 'OPERATION_FAILED', { message: refusal }, nowMs)
    reservations.apply(result.value)
    const { make, remove } = volumeChange(message.operation)
    const isDone = make.length + remove.length === 0
    const converted = toMessages(result.value.converted, 'post').map((it) => toJsonValue('mesos.v1.Resource', it))
    const status = this.#status(message, 'OPERATION_FINISHED', { converted_resources: converted })
    const held = this.#keep(recordOf(message, status, isDone))
    this.#persist({ op: 'putOperation', operation: held.record, reserved: reservations.kept })
    this.#log('info', 'operation.applied', 'an operation changed the resources of this agent', message)
    if (isDone) this.#send(held, nowMs)
    else this.#context.emit({ kind: 'changeVolumes', operationUuid: message.operationUuid, make, remove })
  }

  /** The disk was changed, but for what failed: then the operation has failed, and its volumes are as they were. */
  volumesChanged(operationUuid: OperationUuid, failed: readonly VolumeFailure[], nowMs: number): void {
    const held = this.#held.get(operationUuid)
    if (held === undefined || held.record.isDone) return
    const first = failed[0]
    if (first === undefined) {
      this.#change(held, { isDone: true }, null)
      return this.#send(held, nowMs)
    }
    this.#takeBack(held, failed)
    const status = this.#status(held.record, 'OPERATION_FAILED', { message: first.fault.message })
    this.#change(held, { status, isDone: true }, this.#context.reservations.kept)
    this.#fail(held, first.fault.message, nowMs)
  }

  acknowledged({ operationUuid, statusUuid }: AcknowledgeOperation): void {
    const held = this.#held.get(operationUuid)
    if (held === undefined || !held.record.isDone || uuidOf(held.record.status) !== statusUuid) return
    this.#context.timers.clear(timerOf(operationUuid))
    this.#held.delete(operationUuid)
    this.#bytes -= held.bytes
    this.#persist({ op: 'removeOperation', operationUuid })
  }

  /** What an earlier life may not have carried out on the disk is done again, in its order. */
  recovered(): void {
    for (const { record } of this.#held.values()) {
      if (record.isDone) continue
      const change = volumeChange(record.operation)
      this.#context.emit({ kind: 'changeVolumes', operationUuid: record.operationUuid, ...change })
    }
  }

  registered(nowMs: number): void {
    for (const held of this.#held.values()) {
      held.retries = 0
      this.#send(held, nowMs)
    }
  }

  pauseRetries(): void {
    for (const operationUuid of this.#held.keys()) this.#context.timers.clear(timerOf(operationUuid))
  }

  /** The timer `key` came due; false when it is none of an operation's. */
  due(key: string, nowMs: number): boolean {
    if (!key.startsWith(timerPrefix)) return false
    const held = this.#held.get(key.slice(timerPrefix.length) as OperationUuid)
    if (held === undefined) return true
    held.retries++
    this.#send(held, nowMs)
    return true
  }

  /** Why an operation that could be applied is not carried out, or null. */
  #refusal({ operation }: ApplyOperation, decoded: OfferOperation, { converted }: Applied): string | null {
    const { reservations, runs } = this.#context
    if (this.#held.size >= operationsHeldMax || this.#bytes + jsonBytes(operation) > operationBytesMax) {
      return 'too many operations of this agent wait for the acknowledgement of their statuses'
    }
    if (jsonBytes([reservations.kept, toMessages(converted, 'post')]) > reservedBytesMax) {
      return 'this agent holds too many reservations and volumes for one more'
    }
    for (const volume of touchedVolumes(decoded)) {
      const user = runs.all().find((run) => run.phase !== 'ended' && usesVolume(run.record.taskInfo, volume))
      if (user !== undefined) return `the volume '${volume.id}' is in use by task '${user.record.taskId}'`
    }
    return null
  }

  #refuse(message: ApplyOperation, state: OperationState, fault: Pick<Fault, 'message'>, nowMs: number): void {
    const status = this.#status(message, state, { message: fault.message })
    const record = recordOf(message, status, true)
    if (this.#held.size >= operationsHeldMax || this.#bytes + jsonBytes(message.operation) > operationBytesMax) {
      // Told once, and by what the agent registers with.
      return this.#fail({ record, bytes: 0, retries: 0 }, fault.message, nowMs)
    }
    const held = this.#keep(record)
    this.#persist({ op: 'putOperation', operation: record, reserved: null })
    this.#fail(held, fault.message, nowMs)
  }

  /**
   * A master that wants to be sure of the resources after a failure asks; one whose picture of them is another is told
   * anew what they are.
   */
  #fail(held: Held, reason: string, nowMs: number): void {
    this.#log('warn', 'operation.rejected', 'an operation was not carried out', held.record, { reason })
    this.#send(held, nowMs)
    if (held.record.status.state !== 'OPERATION_DROPPED') return
    this.#context.emit(...this.#context.session.registerAnew(), { kind: 'statusChanged' })
  }

  /**
   * Volumes that could not be made are none; those that could not be removed are there, if their disk is still free. What
   * a later operation is about to remove is neither: that one's end says what is there.
   */
  #takeBack(held: Held, failed: readonly VolumeFailure[]): void {
    const { reservations } = this.#context
    const decoded = fromJsonValue('mesos.v1.Offer.Operation', held.record.operation)
    if (!decoded.ok) return
    const names = new Set(failed.map(({ place }) => placeName(place)))
    const isFailed = (volume: Resource) => placesOf([volume]).some((place) => names.has(placeName(place)))
    const all = [...this.#held.values()]
    const later = all
      .slice(all.indexOf(held) + 1)
      .flatMap(({ record }) => (record.isDone ? [] : volumeChange(record.operation).remove))
    const removed = new Set(later.map(placeName))
    const isLeftToLater = (volume: Resource) => placesOf([volume]).some((place) => removed.has(placeName(place)))
    // One that could not be made may have been resized meanwhile: then it goes as it is.
    const asItIs = (volume: Resource) =>
      toMessages(
        placesOf([volume]).flatMap((it) => reservations.volume(it) ?? []),
        'post',
      )
    const reverse: readonly OfferOperation[] =
      decoded.value.type === 'CREATE'
        ? (decoded.value.create?.volumes ?? [])
            .filter((volume) => !isLeftToLater(volume))
            .map((volume) => ({ type: 'DESTROY', destroy: { volumes: asItIs(volume) } }))
        : (decoded.value.destroy?.volumes ?? [])
            .filter((volume) => isFailed(volume) && !isLeftToLater(volume))
            .map((volume) => ({ type: 'CREATE', create: { volumes: [asNew(volume)] } }))
    for (const one of reverse) {
      const result = applied(reservations.total, one)
      if (result.ok) reservations.apply(result.value)
    }
  }

  #send(held: Held, nowMs: number): void {
    const { session, timers, emit } = this.#context
    if (!held.record.isDone || !session.isRegistered) return
    const { operation: _operation, isDone: _isDone, ...update } = held.record
    emit(...session.send({ kind: 'operationUpdate', ...update }, nowMs))
    const delayMs = Math.min(updateRetryMaxMs, updateRetryMinMs * 2 ** Math.min(held.retries, 16))
    if (this.#held.has(update.operationUuid)) timers.set(timerOf(update.operationUuid), nowMs + delayMs)
  }

  #status({ operationId }: Pick<ApplyOperation, 'operationId'>, state: OperationState, more: MesosJson): MesosJson {
    return {
      ...(operationId === null ? {} : { operation_id: { value: operationId } }),
      state,
      ...more,
      uuid: { value: base64(this.#context.random.bytes16()) },
      agent_id: { value: this.#context.agentId() },
    }
  }

  #keep(record: OperationRecord): Held {
    const held = { record, bytes: jsonBytes(record.operation), retries: 0 }
    this.#held.set(record.operationUuid, held)
    this.#bytes += held.bytes
    return held
  }

  #change(held: Held, change: Partial<OperationRecord>, reserved: readonly MesosJson[] | null): void {
    held.record = { ...held.record, ...change }
    this.#persist({ op: 'putOperation', operation: held.record, reserved })
  }

  #persist(op: AgentStoreOp): void {
    this.#context.emit({ kind: 'persist', op })
  }

  #log(
    level: 'info' | 'warn',
    event: 'operation.applied' | 'operation.rejected',
    message: string,
    { operationUuid, frameworkId, operation }: Omit<OperationReport, 'status'>,
    more: Readonly<Record<string, unknown>> = {},
  ): void {
    const fields = { operationUuid, frameworkId, type: operation.type, ...more }
    this.#context.emit({ kind: 'log', level, event, message, fields })
  }
}

/** However it was to be mounted when it was destroyed: a new one is RW. */
function asNew(volume: Resource): Resource {
  const { disk } = volume
  if (disk?.volume === undefined) return volume
  return { ...volume, disk: { ...disk, volume: { ...disk.volume, mode: 'RW' } } }
}

function recordOf(message: ApplyOperation, status: MesosJson, isDone: boolean): OperationRecord {
  const { operationUuid, frameworkId, operationId, operation } = message
  return { operationUuid, frameworkId, operationId, operation, status, isDone }
}

function uuidOf({ uuid }: MesosJson): unknown {
  return (uuid as { readonly value?: unknown } | undefined)?.value
}

const timerPrefix = 'operation:'

function timerOf(operationUuid: OperationUuid): string {
  return `${timerPrefix}${operationUuid}`
}

function jsonBytes(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}
