// The classic endpoints that change resources (Mesos docs/endpoints/master/): /reserve, /unreserve, /create-volumes and
// /destroy-volumes take a form with the agent's id and a JSON list of resources, in either reservation format, and become
// the same inputs as the calls of the operator API. It decides nothing.

import type { FastifyRequest } from 'fastify'
import { fromJsonValue, parseJson } from '../../mesos/json.ts'
import type { OfferOperation, Resource } from '../../mesos/types.ts'
import { fail, ok, type Result } from '../../model/result.ts'
import { sendText } from '../../shell/http-answers.ts'
import type { Answer, Endpoint, Exchange } from '../../shell/http-server.ts'
import {
  createOperation,
  destroyOperation,
  operateInput,
  performWrite,
  reserveOperation,
  unreserveOperation,
} from './operator-writes.ts'
import type { ClusterPort } from './types.ts'

type Form = {
  readonly path: string
  /** The field with the resources. */
  readonly field: 'resources' | 'volumes'
  readonly takesSource: boolean
  readonly operationOf: (resources: readonly Resource[], source: readonly Resource[] | undefined) => OfferOperation
}

const forms: readonly Form[] = [
  { path: '/reserve', field: 'resources', takesSource: true, operationOf: reserveOperation },
  { path: '/unreserve', field: 'resources', takesSource: false, operationOf: unreserveOperation },
  { path: '/create-volumes', field: 'volumes', takesSource: false, operationOf: createOperation },
  { path: '/destroy-volumes', field: 'volumes', takesSource: false, operationOf: destroyOperation },
]

export function resourceEndpoints(): readonly Endpoint<ClusterPort>[] {
  return forms.map((form) => ({
    path: form.path,
    method: 'POST',
    realm: 'mesos-master-readwrite',
    needs: 'subject',
    handle: (exchange) => handle(exchange, form),
  }))
}

/** The fields of a form in a request's body; none when there is no body. */
export function formOf(request: FastifyRequest): URLSearchParams {
  return new URLSearchParams(request.body instanceof Uint8Array ? new TextDecoder().decode(request.body) : '')
}

function handle(exchange: Exchange<ClusterPort>, { field, takesSource, operationOf }: Form): Answer {
  const { request, reply, principal } = exchange
  const form = formOf(request)
  const agentId = form.get('slaveId') ?? ''
  if (agentId === '') return sendText(reply, 400, `missing 'slaveId' in the form`)
  const resources = listOf(form, field)
  if (!resources.ok) return sendText(reply, 400, resources.fault.message)
  const source = takesSource && form.has('source') ? listOf(form, 'source') : ok(undefined)
  if (!source.ok) return sendText(reply, 400, source.fault.message)
  return performWrite(exchange, operateInput(agentId, operationOf(resources.value, source.value), principal))
}

function listOf(form: URLSearchParams, field: string): Result<readonly Resource[]> {
  const text = form.get(field) ?? ''
  if (text === '') return fail('API_MALFORMED', `missing '${field}' in the form`)
  const json = parseJson(text)
  if (!json.ok) return fail('API_MALFORMED', `'${field}': ${json.fault.message}`)
  if (!Array.isArray(json.value)) return fail('API_MALFORMED', `'${field}' must be a JSON list of resources`)
  const list: Resource[] = []
  for (const item of json.value) {
    const resource = fromJsonValue('mesos.v1.Resource', item)
    if (!resource.ok) return fail('API_MALFORMED', `'${field}': ${resource.fault.message}`)
    list.push(resource.value)
  }
  return ok(list)
}
