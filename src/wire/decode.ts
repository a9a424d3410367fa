// Bytes to messages: size, depth, JSON, version, then every field. Nothing is believed that was not looked at, except
// the inside of Mesos messages (decoded by the rooms that use them), of inventory and health (passed on, not read here).
// Unknown fields are ignored, so that a newer agent may say more; an unknown kind or version is a fault.

import type { ConditionCode, Severity } from '../model/conditions.ts'
import { parseCpuList } from '../model/cpu-set.ts'
import type { Grant, Hardware, HardwareDisk, HardwareMount } from '../model/hardware.ts'
import type { Condition, PartKind } from '../model/health.ts'
import type { AgentUid, ContainerId, FrameworkId, OperationUuid, SessionId, TaskId } from '../model/ids.ts'
import { fail, ok, type Result } from '../model/result.ts'
import * as bounds from './bounds.ts'
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

function readHardware(fields: Fields): Hardware {
  const node = (f: Fields) => f.nullable('node', (g, name) => g.integer(name, 0))
  const text = (f: Fields, of: string) => f.nullable(of, (g, name) => g.string(name))
  const amount = (f: Fields, of: string) => f.nullable(of, (g, name) => g.integer(name, 0))
  const mounts = fields.optional('mounts', (g, name) => g.children(name, bounds.mountsMax, readMount))
  return {
    ...(mounts === undefined ? {} : { mounts }),
    cores: fields.children('cores', bounds.coresMax, (f) => ({
      cpus: readCpuList(f, 'cpus', bounds.coreCpusMax),
      node: node(f),
      package: amount(f, 'package'),
      cache: amount(f, 'cache'),
      kind: f.nullable('kind', (g, name) =>
        g.matching(name, /^(performance|efficiency)$/, 'a kind of core'),
      ) as Hardware['cores'][number]['kind'],
    })),
    nodes: fields.children('nodes', bounds.nodesMax, (f) => ({
      id: f.integer('id', 0),
      memoryBytes: f.integer('memoryBytes', 0),
      hugepages: f.children('hugepages', bounds.hugepageSizesMax, (g) => ({
        sizeBytes: g.integer('sizeBytes', 1),
        count: g.integer('count', 0),
      })),
    })),
    distances: fields.nullable('distances', (f, name) => f.numberRows(name, bounds.nodesMax)),
    gpus: fields.children('gpus', bounds.gpusMax, (f) => ({
      uuid: f.string('uuid'),
      model: text(f, 'model'),
      memoryBytes: amount(f, 'memoryBytes'),
      node: node(f),
      pciAddress: text(f, 'pciAddress'),
      links: f.children('links', bounds.gpusMax, (g) => ({
        to: g.string('to'),
        kind: g.string('kind'),
        count: amount(g, 'count'),
      })),
      instances: f.children('instances', bounds.gpuInstancesMax, (g) => ({
        uuid: g.string('uuid'),
        profile: g.string('profile'),
        resource: g.string('resource'),
        memoryBytes: amount(g, 'memoryBytes'),
      })),
    })),
    nics: fields.children('nics', bounds.nicsMax, (f) => ({
      name: f.string('name'),
      mac: text(f, 'mac'),
      speedMbps: amount(f, 'speedMbps'),
      node: node(f),
      pciAddress: text(f, 'pciAddress'),
      rdma: text(f, 'rdma'),
      isFree: f.boolean('isFree'),
    })),
    disks: fields.children('disks', bounds.disksMax, readDisk),
  }
}

function readDisk(fields: Fields): HardwareDisk {
  const resourceId = fields.optional('resourceId', (f, name) => f.string(name))
  return {
    name: fields.string('name'),
    serial: fields.nullable('serial', (f, name) => f.string(name)),
    sizeBytes: fields.nullable('sizeBytes', (f, name) => f.integer(name, 0)),
    rotational: fields.nullable('rotational', (f, name) => f.boolean(name)),
    node: fields.nullable('node', (f, name) => f.integer(name, 0)),
    pciAddress: fields.nullable('pciAddress', (f, name) => f.string(name)),
    ...(resourceId === undefined ? {} : { resourceId }),
  }
}

function readMount(fields: Fields): HardwareMount {
  return {
    path: fields.string('path'),
    disks: fields.strings('disks', bounds.mountPartsMax),
    volumes: fields.strings('volumes', bounds.mountPartsMax),
    isSystem: fields.boolean('isSystem'),
  }
}

/** A code that this side does not know is another version's, and its severity is believed. */
function readCondition(fields: Fields): Condition {
  const code = fields.matching('code', /^[A-Z0-9_]{1,64}$/, 'the code of a condition') as ConditionCode
  return {
    code,
    part: fields.child('part', (f) => ({
      kind: f.string('kind', 32) as PartKind,
      name: f.string('name'),
      id: f.nullable('id', (g, name) => g.string(name)),
    })),
    severity: fields.matching('severity', /^(info|warning|critical)$/, 'a severity') as Severity,
    sinceMs: fields.nullable('sinceMs', (f, name) => f.integer(name, 0)),
    evidence: fields.children('evidence', bounds.evidenceMax, (f) => ({
      source: f.string('source'),
      text: f.string('text'),
    })),
  }
}

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

function readGrant(fields: Fields): Grant {
  const policy = (f: Fields, name: string) => f.matching(name, /^(bind|interleave|preferred)$/, 'a memory policy')
  return {
    cpus: fields.nullable('cpus', readCpuList),
    cpusWithin: fields.nullable('cpusWithin', readCpuList),
    memory: fields.children('memory', bounds.nodesMax, (f) => ({
      node: f.integer('node', 0),
      bytes: f.integer('bytes', 0),
    })),
    memoryPolicy: fields.nullable('memoryPolicy', policy) as Grant['memoryPolicy'],
    gpuUuids: fields.strings('gpuUuids', bounds.gpusMax),
    gpuInstanceUuids: fields.strings('gpuInstanceUuids', bounds.gpusMax),
    nics: fields.strings('nics', bounds.nicsMax),
    disks: fields.strings('disks', bounds.disksMax),
    near: fields.strings('near', bounds.gpusMax),
  }
}

/** A short text can name very many: they are counted over all lists so far. */
function readCpuList(fields: Fields, name: string, inAllMax: number = bounds.listedCpusMax): string {
  const text = fields.string(name, bounds.cpuListLengthMax)
  if (fields.isRejected) return text
  const cpus = parseCpuList(text)
  if (cpus === null) fields.reject(name, 'is not a list of CPUs')
  else fields.spend(name, cpus.length, inAllMax, 'CPUs in the lists')
  return text
}

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
