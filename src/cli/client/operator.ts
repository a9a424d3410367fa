// The operator's questions to a master, as typed answers: the v1 operator API in JSON, and Tepui's own two words.
// It does not know how answers are shown.

import type { RoleObject } from '../../master/api/render-documents.ts'
import type { WhyDocument } from '../../master/api/why.ts'
import { decode, encode } from '../../mesos/codec.ts'
import { parseJson } from '../../mesos/json.ts'
import type { MasterCall, MasterResponse } from '../../mesos/types.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { answerSizeMaxBytes, fromMaster, type HttpAnswer, type HttpClient } from './http.ts'

/** One call of the operator API and its answer. */
export async function askMaster(
  master: HttpClient,
  type: NonNullable<MasterCall['type']>,
): Promise<Result<MasterResponse>> {
  const answered = await postCall(master, { type })
  if (!answered.ok) {
    // Our own questions are well-formed: who calls one malformed, or does not know where it goes, is something else.
    if (![400, 404, 405].includes(Number(answered.fault.details?.status))) return answered
    const { host, port } = master.peer
    const message = `${host}:${port} does not answer as a master does (${answered.fault.message}): is it an agent?`
    return fail('API_REFUSED', message, answered.fault.details)
  }
  return decode('application/json', 'mesos.v1.master.Response', answered.value.body, {
    sizeMaxBytes: answerSizeMaxBytes,
  })
}

/** One call that changes something, and whose answer is empty; refused with the master's own words. */
export async function orderMaster(master: HttpClient, call: MasterCall): Promise<Result<null>> {
  const answered = await postCall(master, call)
  return answered.ok ? ok(null) : answered
}

async function postCall(master: HttpClient, call: MasterCall): Promise<Result<HttpAnswer>> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const body = encode('application/json', 'mesos.v1.master.Call', call)
  return accepted(await master.ask({ method: 'POST', path: '/api/v1', headers, body }))
}

/** All roles with their quota, as `/roles` shows them. */
export async function askRoles(master: HttpClient): Promise<Result<readonly RoleObject[]>> {
  const asked = await askJson<{ readonly roles: readonly RoleObject[] }>(master, '/roles')
  return asked.ok ? ok(asked.value.roles) : asked
}

/** What is used here of an entry of `/slaves`. */
export type Slave = {
  readonly resources: { readonly cpus: number }
  readonly used_resources: { readonly cpus: number }
  readonly used_resources_full: readonly unknown[]
  readonly drain_info?: { readonly state: 'DRAINING' | 'DRAINED' }
}

export type Slaves = {
  readonly slaves: readonly Slave[]
  readonly recovered_slaves: readonly unknown[]
  readonly unreachable_slaves: readonly unknown[]
}

/** One machine, as `/slaves` shows it, in one of three lists or in none. */
export async function askSlaves(master: HttpClient, id: string): Promise<Result<Slaves>> {
  return askJson<Slaves>(master, `/slaves?${new URLSearchParams({ slave_id: id })}`)
}

/** Why something is or is not offered now; the parameters are those of `/tepui/why`. */
export async function askWhy(
  master: HttpClient,
  parameters: Readonly<Record<string, string>>,
): Promise<Result<WhyDocument>> {
  return askJson<WhyDocument>(master, `/tepui/why?${new URLSearchParams(parameters)}`)
}

async function askJson<Document>(master: HttpClient, path: string): Promise<Result<Document>> {
  const answered = accepted(await master.ask({ method: 'GET', path }))
  if (!answered.ok) return answered
  const parsed = parseJson(answered.value.body, { sizeMaxBytes: answerSizeMaxBytes })
  return parsed.ok ? ok(parsed.value as Document) : parsed
}

/** Asks the master to end a task whoever's it is; ends when the request is taken, not when the task has ended. */
export async function killTask(
  master: HttpClient,
  task: { readonly frameworkId: string; readonly taskId: string },
): Promise<Result<null>> {
  const answered = accepted(
    await master.ask({
      method: 'POST',
      path: '/tepui/kill',
      headers: { 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ framework_id: task.frameworkId, task_id: task.taskId })),
    }),
  )
  return answered.ok ? ok(null) : answered
}

function accepted(asked: Result<HttpAnswer>): Result<HttpAnswer> {
  const answered = fromMaster(asked)
  if (!answered.ok || answered.value.status < 300) return answered
  const { status, body } = answered.value
  const text = body.toString('utf8', 0, 500).trim()
  return fail('API_REFUSED', text === '' ? `the master answered ${status}` : text, { status })
}
