// What is refused, with which fault, and that nothing whatever makes a decoder throw.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noGrant, noHardware } from '../../../src/model/hardware.ts'
import type { Result } from '../../../src/model/result.ts'
import { frameBytesMax, jsonDepthMax, registerBytesMax, statusBytesMax } from '../../../src/wire/bounds.ts'
import {
  decodeDownFrame,
  decodeHealth,
  decodeInventory,
  decodeStatus,
  decodeUpFrame,
} from '../../../src/wire/decode.ts'

const uid = '6f2c1d1e-9c55-4a43-8c3e-1f6c2f6d0a11'
const register = {
  kind: 'register',
  uid,
  agentId: null,
  version: '0.1.0',
  agentInfo: {},
  capabilities: [],
  http: { host: 'h', port: 5051 },
  hardware: noHardware,
  conditions: [],
  oversubscribed: [],
  operations: [],
  frameworks: [],
  tasks: [],
}
const task = {
  frameworkId: 'f',
  containerId: 'c',
  taskInfo: {},
  grant: noGrant,
  latestState: 'TASK_RUNNING',
  statuses: [],
  unacknowledgedUuid: null,
}
const update = { kind: 'statusUpdate', frameworkId: 'f', taskId: 't', status: {}, latestState: 'TASK_RUNNING' }
const status = {
  v: 1,
  uid,
  agentId: null,
  hostname: 'h',
  online: true,
  session: null,
  version: '0',
  http: null,
  tasksRunning: 0,
}

function bytesOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

function aFrame(message: unknown, over: object = {}) {
  return { v: 1, session: uid, epoch: 1, seq: 0, ack: 0, message, ...over }
}

function faultOf(result: Result<unknown>): string {
  return result.ok ? 'none' : `${result.fault.code}: ${result.fault.message}`
}

describe('a frame from an agent', () => {
  const cases: readonly [claim: string, frame: unknown, fault: RegExp][] = [
    ['that is not JSON', '{"v":1', /^WIRE_MALFORMED: the message is not JSON/],
    ['that is empty', '', /^WIRE_MALFORMED/],
    ['that is a list', [], /^WIRE_MALFORMED: the message is not an object/],
    ['that is null', 'null', /^WIRE_MALFORMED/],
    ['of another version', aFrame(null, { v: 2 }), /^WIRE_VERSION/],
    ['of another version with another shape', { v: 2 }, /^WIRE_VERSION/],
    ['without a version', aFrame(null, { v: undefined }), /^WIRE_MALFORMED: v /],
    ['with a session that is no UUID', aFrame(null, { session: 'x' }), /session is not a UUID/],
    ['with a negative number', aFrame(null, { ack: -1 }), /ack is not a whole number/],
    ['with a broken number', aFrame(null, { epoch: 1.5 }), /epoch/],
    ['with a number beyond the safe ones', aFrame(null, { seq: 2 ** 53 }), /seq/],
    ['numbered but empty', aFrame(null, { seq: 1 }), /message is missing/],
    ['without a message field', aFrame(undefined), /message is not an object/],
    ['of an unknown kind', aFrame({ kind: 'dance' }), /message.kind is not known here: "dance"/],
    ['of a kind that is an inherited name', aFrame({ kind: 'constructor' }), /kind/],
    ['of a kind that only the master sends', aFrame({ kind: 'launch' }), /kind/],
    ['whose register has no uid', aFrame({ ...register, uid: undefined }), /message.uid/],
    ['whose agent id has a slash', aFrame({ ...register, agentId: 'a/b' }), /message.agentId is not an id/],
    ['whose agent info is a list', aFrame({ ...register, agentInfo: [] }), /message.agentInfo is not an object/],
    ['whose port is zero', aFrame({ ...register, http: { host: 'h', port: 0 } }), /message.http.port/],
    ['whose capability is a number', aFrame({ ...register, capabilities: [1] }), /capabilities\[0\]/],
    ['whose framework is null', aFrame({ ...register, frameworks: [null] }), /frameworks\[0\]/],
    ['whose second task is bad', aFrame({ ...register, tasks: [task, {}] }), /message.tasks\[1\].frameworkId/],
    [
      'whose task has too many statuses',
      aFrame({ ...register, tasks: [{ ...task, statuses: Array(1001).fill({}) }] }),
      /tasks\[0\].statuses/,
    ],
    ['whose grant is missing', aFrame({ ...register, tasks: [{ ...task, grant: null }] }), /tasks\[0\].grant/],
    ['whose state is no task state', aFrame({ ...update, latestState: 'running' }), /latestState/],
    ['whose task id is empty', aFrame({ ...update, taskId: '' }), /taskId is not an id/],
    ['whose uuid is short', aFrame({ ...register, tasks: [{ ...task, unacknowledgedUuid: 'AA==' }] }), /Uuid/],
  ]
  test.each(cases)('%s is refused', (_claim, frame, fault) => {
    expect(faultOf(decodeUpFrame(bytesOf(frame)))).toMatch(fault)
  })

  test('with bytes that are not UTF-8 is refused', () => {
    expect(faultOf(decodeUpFrame(Uint8Array.of(0x22, 0xff, 0x22)))).toMatch(/^WIRE_MALFORMED/)
  })

  test('nested to the bound is read, one deeper is refused before it is parsed', () => {
    const nested = (depth: number) => bytesOf(`${'['.repeat(depth)}${']'.repeat(depth)}`)
    expect(faultOf(decodeUpFrame(nested(jsonDepthMax)))).toMatch(/not an object/)
    expect(faultOf(decodeUpFrame(nested(jsonDepthMax + 1)))).toMatch(/nested more than/)
    expect(faultOf(decodeUpFrame(nested(4_000_000)))).toMatch(/nested more than/)
  })

  test('brackets inside texts do not count as nesting', () => {
    const frame = aFrame({ ...update, status: { message: `\\"${'['.repeat(200)}` } })
    expect(decodeUpFrame(bytesOf(frame)).ok).toBe(true)
  })

  test('lists of CPUs are bounded by what they name, not by their texts', () => {
    const cores = (count: number, cpus: string) =>
      Array.from({ length: count }, () => ({ cpus, node: null, package: null, cache: null, kind: null }))
    const withCores = (count: number, cpus: string) =>
      decodeUpFrame(bytesOf(aFrame({ ...register, hardware: { ...noHardware, cores: cores(count, cpus) } })))
    expect(withCores(256, '0-255').ok).toBe(true)
    const began = process.cpuUsage()
    expect(withCores(65_536, '0-65535')).toMatchObject({ ok: false, fault: { code: 'WIRE_MALFORMED' } })
    const tasks = Array.from({ length: 9_000 }, () => ({ ...task, grant: { ...noGrant, cpusWithin: '0-65535' } }))
    expect(decodeUpFrame(bytesOf(aFrame({ ...register, tasks })))).toMatchObject({ ok: false })
    // Read in full they would take minutes.
    expect(process.cpuUsage(began).user / 1e6).toBeLessThan(10)
    const real = tasks.map((one) => ({ ...one, grant: { ...noGrant, cpusWithin: '0-255' } }))
    expect(decodeUpFrame(bytesOf(aFrame({ ...register, tasks: real }))).ok).toBe(true)
  })

  test('larger than a registration may be is refused unread, larger than others may be only if it is another', () => {
    expect(faultOf(decodeUpFrame(new Uint8Array(registerBytesMax + 1)))).toMatch(/^WIRE_TOO_LARGE/)
    const text = 'x'.repeat(frameBytesMax)
    expect(decodeUpFrame(bytesOf(aFrame({ ...register, agentInfo: { text } }))).ok).toBe(true)
    expect(faultOf(decodeUpFrame(bytesOf(aFrame({ ...update, status: { text } }))))).toMatch(/^WIRE_TOO_LARGE/)
  })
})

describe('a frame from the master', () => {
  const kill = { kind: 'kill', frameworkId: 'f', taskId: 't', gracePeriodMs: 0 }
  const cases: readonly [claim: string, message: unknown, fault: RegExp][] = [
    ['of a kind that only agents send', { kind: 'heartbeat' }, /kind/],
    ['that kills with a negative grace', { ...kill, gracePeriodMs: -1 }, /gracePeriodMs/],
    ['that kills without saying a grace', { ...kill, gracePeriodMs: undefined }, /gracePeriodMs/],
    ['that registers without an interval', { kind: 'registered', agentId: 'a', masterId: 'm' }, /heartbeatIntervalMs/],
    ['that refuses with no verdict', { kind: 'refused', message: 'no' }, /shutdown/],
    [
      'that launches with GPUs as one text',
      { kind: 'launch', frameworkInfo: {}, taskInfo: {}, grant: { ...noGrant, gpuUuids: 'a' } },
      /gpuUuids/,
    ],
    ['that acknowledges no uuid', { kind: 'acknowledge', frameworkId: 'f', taskId: 't', uuid: '' }, /uuid/],
  ]
  test.each(cases)('%s is refused', (_claim, message, fault) => {
    expect(faultOf(decodeDownFrame(bytesOf(aFrame(message))))).toMatch(fault)
  })

  test('larger than its bound is refused unread', () => {
    expect(faultOf(decodeDownFrame(new Uint8Array(frameBytesMax + 1)))).toMatch(/^WIRE_TOO_LARGE/)
  })
})

describe('public state', () => {
  const inventory = { schema: 'tepui.inventory/1' }
  const cases: readonly [claim: string, decoded: Result<unknown>, fault: RegExp][] = [
    ['a status that is large', decodeStatus(new Uint8Array(statusBytesMax + 1)), /^WIRE_TOO_LARGE/],
    ['a status of a later version', decodeStatus(bytesOf({ ...status, v: 9 })), /^WIRE_VERSION/],
    ['a status that is online in words', decodeStatus(bytesOf({ ...status, online: 'yes' })), /online/],
    ['a status with a fraction of a task', decodeStatus(bytesOf({ ...status, tasksRunning: 0.5 })), /tasksRunning/],
    ['an inventory of another schema', decodeInventory(bytesOf({ v: 1, uid, inventory: { schema: 'x' } })), /schema/],
    ['an inventory that is none', decodeInventory(bytesOf({ v: 1, uid, inventory: null })), /inventory is not an obj/],
    ['a health of another schema', decodeHealth(bytesOf({ v: 1, uid, health: { schema: 'x' } })), /health.schema/],
    [
      'a change without a time',
      decodeInventory(bytesOf({ v: 1, uid, inventory, changes: [{ text: 'x' }] })),
      /\[0\].atMs/,
    ],
  ]
  test.each(cases)('%s is refused', (_claim, decoded, fault) => {
    expect(faultOf(decoded)).toMatch(fault)
  })
})

describe('no input makes a decoder throw', () => {
  const decoders = [decodeUpFrame, decodeDownFrame, decodeStatus, decodeInventory, decodeHealth]
  const decodeAll = (bytes: Uint8Array) => {
    for (const decode of decoders) {
      const result = decode(bytes)
      if (!result.ok) expect(result.fault.code).toMatch(/^WIRE_(MALFORMED|VERSION|TOO_LARGE)$/)
    }
  }

  test('bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), decodeAll))
  })

  test('JSON', () => {
    fc.assert(fc.property(fc.json(), (text) => decodeAll(bytesOf(text))))
  })

  test('good messages with one part replaced by something else', () => {
    const good = [aFrame({ ...register, tasks: [task] }), aFrame(update), status, { v: 1, uid, health: {} }]
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.nat(), fc.jsonValue(), (message, at, value) => {
        decodeAll(bytesOf(replaced(message, at, value)))
      }),
      { numRuns: 500 },
    )
  })
})

/** A copy of `message` in which the `at`-th value met on the way (modulo their number) is `value`. */
function replaced(message: unknown, at: number, value: unknown): unknown {
  let count = 0
  JSON.stringify(message, (_key, part) => {
    count++
    return part
  })
  let seen = 0
  return JSON.parse(JSON.stringify(message, (_key, part) => (seen++ === at % count ? value : part)))
}
