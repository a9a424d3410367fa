// Bytes to messages: size, depth, JSON, version, then every field. Nothing is believed that was not looked at, except
// the inside of Mesos messages (decoded by the rooms that use them), of inventory and health (passed on, not read here).
// Unknown fields are ignored, so that a newer agent may say more; an unknown kind or version is a fault.

import type { AgentUid, ContainerId, FrameworkId, OperationUuid, SessionId, TaskId } from '../model/ids.ts'
import { fail, ok, type Result } from '../model/result.ts'
import * as bounds from './bounds.ts'
import { readCondition, readGrant, readHardware } from './decode-hardware.ts'
import { Fields, isObject, type Problems } from './fields.ts'
import { parseJson } from './json.ts'
import {
  type AgentStatus,
  type DownFrame,
  type DownMessage,
  type Frame,
  type Kill,
  type MachineChange,
  type MesosJson,
  type OperationReport,
  type Register,
  type TaskReport,
  type UpFrame,
  type UpMessage,
  wireVersion,
} from './messages.ts'

/** The inventory of an agent as it came: an object of the known schema whose parts nobody has looked at. */
export type UncheckedInventory = {
  readonly v: typeof wireVersion
  readonly uid: AgentUid
  readonly inventory: MesosJson
  readonly changes: readonly MachineChange[]
}

/** The health of an agent as it came, likewise. */
export type UncheckedHealth = {
  readonly v: typeof wireVersion
  readonly uid: AgentUid
  readonly health: MesosJson
}

/** WIRE_TOO_LARGE, WIRE_MALFORMED or WIRE_VERSION. */
export function decodeUpFrame(bytes: Uint8Array): Result<UpFrame> {
  const decoded = decodeFrame(bytes, bounds.registerBytesMax, readUpMessage)
  if (decoded.ok && bytes.length > bounds.frameBytesMax && decoded.value.message?.kind !== 'register') {
    return fail('WIRE_TOO_LARGE', `only a registration may have more than ${bounds.frameBytesMax} bytes`)
  }
  return decoded
}

export function decodeDownFrame(bytes: Uint8Array): Result<DownFrame> {
  return decodeFrame(bytes, bounds.frameBytesMax, readDownMessage)
}

export function decodeStatus(bytes: Uint8Array): Result<AgentStatus> {
  return decode(bytes, bounds.statusBytesMax, (fields) => ({
    v: wireVersion,
    uid: fields.uuid('uid'),
    agentId: fields.nullable('agentId', (f, name) => f.id(name)),
    hostname: fields.string('hostname', bounds.hostLengthMax),
    online: fields.boolean('online'),
    session: fields.nullable('session', (f, name) => f.uuid(name)),
    version: fields.string('version'),
    http: fields.nullable('http', readHttp),
    tasksRunning: fields.integer('tasksRunning', 0),
  }))
}

export function decodeInventory(bytes: Uint8Array): Result<UncheckedInventory> {
  return decode(bytes, bounds.inventoryBytesMax, (fields) => {
    const inventory = fields.mesos('inventory')
    if (inventory.schema !== 'tepui.inventory/1') fields.reject('inventory.schema', 'is not tepui.inventory/1')
    return {
      v: wireVersion,
      uid: fields.uuid('uid'),
      inventory,
      changes: fields.children('changes', bounds.machineChangesMax, readChange),
    }
  })
}

export function decodeHealth(bytes: Uint8Array): Result<UncheckedHealth> {
  return decode(bytes, bounds.healthBytesMax, (fields) => {
    const health = fields.mesos('health')
    if (health.schema !== 'tepui.health/1') fields.reject('health.schema', 'is not tepui.health/1')
    return { v: wireVersion, uid: fields.uuid('uid'), health }
  })
}

function decode<T>(bytes: Uint8Array, bytesMax: number, read: (fields: Fields) => T): Result<T> {
  const json = parseJson(bytes, bytesMax)
  if (!json.ok) return json
  // The version first: whatever else is strange in another version's message would mislead.
  if (isObject(json.value) && typeof json.value.v === 'number' && json.value.v !== wireVersion) {
    return fail('WIRE_VERSION', `the message is of version ${json.value.v}; this side knows ${wireVersion}`)
  }
  const problems: Problems = { first: null, spent: 0 }
  const fields = new Fields(json.value, '', problems)
  fields.integer('v', wireVersion, wireVersion)
  const value = read(fields)
  return problems.first === null ? ok(value) : fail('WIRE_MALFORMED', problems.first)
}

function decodeFrame<M>(bytes: Uint8Array, bytesMax: number, read: (fields: Fields) => M | null): Result<Frame<M>> {
  return decode(bytes, bytesMax, (fields) => {
    const frame = {
      v: wireVersion,
      session: fields.uuid<SessionId>('session'),
      epoch: fields.integer('epoch', 0),
      seq: fields.integer('seq', 0),
      ack: fields.integer('ack', 0),
      message: fields.nullable('message', (f, name) => f.child(name, read)),
    } as const
    if (frame.seq > 0 && frame.message === null) fields.reject('message', 'is missing from a numbered frame')
    return frame
  })
}

function readUpMessage(fields: Fields): UpMessage | null {
  const kind = fields.string('kind') as UpMessage['kind']
  switch (kind) {
    case 'heartbeat':
      return { kind }
    case 'register':
      return readRegister(fields)
    case 'statusUpdate':
      return {
        kind,
        frameworkId: fields.id('frameworkId'),
        taskId: fields.id('taskId'),
        status: fields.mesos('status'),
        latestState: readTaskState(fields, 'latestState'),
      }
    case 'operationUpdate':
      return { kind, ...readOperationState(fields) }
    case 'machineHealth':
      return { kind, conditions: fields.children('conditions', bounds.conditionsMax, readCondition) }
    case 'oversubscribed':
      return { kind, resources: fields.mesosList('resources', bounds.resourcesMax) }
    default:
      return unknownKind(fields, kind)
  }
}

function readDownMessage(fields: Fields): DownMessage | null {
  const kind = fields.string('kind') as DownMessage['kind']
  switch (kind) {
    case 'registered':
      return {
        kind,
        agentId: fields.id('agentId'),
        masterId: fields.string('masterId'),
        heartbeatIntervalMs: fields.integer('heartbeatIntervalMs', 1, bounds.intervalMsMax),
        reconnectWindowMs: fields.integer('reconnectWindowMs', 0, bounds.intervalMsMax),
      }
    case 'refused':
      return { kind, message: fields.string('message'), shutdown: fields.boolean('shutdown') }
    case 'heartbeatEcho':
      return { kind }
    case 'launch':
      return {
        kind,
        frameworkInfo: fields.mesos('frameworkInfo'),
        taskInfo: fields.mesos('taskInfo'),
        grant: fields.child('grant', readGrant),
      }
    case 'kill': {
      const drain = fields.optional('drain', (f, name) => f.child(name, readDrain))
      return {
        kind,
        frameworkId: fields.id<FrameworkId>('frameworkId'),
        taskId: fields.id<TaskId>('taskId'),
        gracePeriodMs: fields.nullable('gracePeriodMs', (f, name) => f.integer(name, 0)),
        ...(drain === undefined ? {} : { drain }),
      }
    }
    case 'acknowledge':
      return {
        kind,
        frameworkId: fields.id('frameworkId'),
        taskId: fields.id('taskId'),
        uuid: readStatusUuid(fields, 'uuid'),
      }
    case 'shutdownFramework':
      return { kind, frameworkId: fields.id('frameworkId') }
    case 'applyOperation':
      return {
        kind,
        operationUuid: fields.uuid('operationUuid'),
        frameworkId: fields.nullable('frameworkId', (f, name) => f.id(name)),
        operationId: fields.nullable('operationId', (f, name) => f.string(name)),
        operation: fields.mesos('operation'),
      }
    case 'acknowledgeOperation':
      return {
        kind,
        operationUuid: fields.uuid('operationUuid'),
        statusUuid: readStatusUuid(fields, 'statusUuid'),
      }
    default:
      return unknownKind(fields, kind)
  }
}

function readRegister(fields: Fields): Register {
  return {
    kind: 'register',
    uid: fields.uuid('uid'),
    agentId: fields.nullable('agentId', (f, name) => f.id(name)),
    version: fields.string('version'),
    agentInfo: fields.mesos('agentInfo'),
    capabilities: fields.strings('capabilities', bounds.capabilitiesMax),
    http: readHttp(fields, 'http'),
    hardware: fields.child('hardware', readHardware),
    conditions: fields.children('conditions', bounds.conditionsMax, readCondition),
    oversubscribed: fields.mesosList('oversubscribed', bounds.resourcesMax),
    frameworks: fields.mesosList('frameworks', bounds.frameworksMax),
    tasks: fields.children('tasks', bounds.tasksMax, readTask),
    operations: fields.children('operations', bounds.operationsMax, readOperation),
  }
}

function readOperationState(fields: Fields): Omit<OperationReport, 'operation'> {
  return {
    operationUuid: fields.uuid<OperationUuid>('operationUuid'),
    frameworkId: fields.nullable('frameworkId', (f, name) => f.id<FrameworkId>(name)),
    operationId: fields.nullable('operationId', (f, name) => f.string(name)),
    status: fields.mesos('status'),
  }
}

function readOperation(fields: Fields): OperationReport {
  return { ...readOperationState(fields), operation: fields.mesos('operation') }
}

/** A code that this side does not know is another version's, and its severity is believed. */
function readTask(fields: Fields): TaskReport {
  return {
    frameworkId: fields.id('frameworkId'),
    containerId: fields.id<ContainerId>('containerId'),
    taskInfo: fields.mesos('taskInfo'),
    grant: fields.child('grant', readGrant),
    latestState: readTaskState(fields, 'latestState'),
    statuses: fields.mesosList('statuses', bounds.statusesMax),
    unacknowledgedUuid: fields.nullable('unacknowledgedUuid', readStatusUuid),
  }
}

/** A short text can name very many: they are counted over all lists so far. */
function readDrain(fields: Fields): NonNullable<Kill['drain']> {
  return {
    maxGraceMs: fields.nullable('maxGraceMs', (f, name) => f.integer(name, 0)),
    markGone: fields.boolean('markGone'),
  }
}

function readHttp(fields: Fields, name: string): { readonly host: string; readonly port: number } {
  return fields.child(name, (f) => ({
    host: f.string('host', bounds.hostLengthMax),
    port: f.integer('port', 1, 65535),
  }))
}

function readTaskState(fields: Fields, name: string): string {
  return fields.matching(name, /^TASK_[A-Z_]{1,40}$/, 'the name of a task state')
}

function readStatusUuid(fields: Fields, name: string): string {
  return fields.matching(name, /^[A-Za-z0-9+/]{22}==$/, 'base64 of 16 bytes')
}

function readChange(fields: Fields): MachineChange {
  return { atMs: fields.integer('atMs', 0), text: fields.string('text') }
}

function unknownKind(fields: Fields, kind: never): null {
  fields.reject('kind', `is not known here: ${JSON.stringify(kind).slice(0, 40)}`)
  return null
}
