// The classic endpoints of weights and quotas (Mesos src/master/weights_handler.cpp, quota_handler.cpp): GET shows what the
// calls of the operator API show, the others change it with a body in JSON, whatever its Content-Type says. It decides
// nothing.

import { fromJsonValue, parseJson, toJsonValue } from '../../mesos/json.ts'
import type { WeightInfo } from '../../mesos/types.ts'
import { sendDocument, sendText } from '../../shell/http-answers.ts'
import { type Answer, type Endpoint, type Exchange, withSuffix } from '../../shell/http-server.ts'
import { type InputOf, performWrite } from './operator-writes.ts'
import { removeQuotaInput, setQuotaInput, weightsInput } from './policy-inputs.ts'
import { quotaMessage, weightsMessage } from './render-messages.ts'
import type { ClusterPort } from './types.ts'

type Write = { readonly path: string; readonly method: 'POST' | 'PUT' | 'DELETE' }

export function policyEndpoints(): readonly Endpoint<ClusterPort>[] {
  return [
    ...reading('/quota', ({ subject: { view } }) => toJsonValue('mesos.v1.quota.QuotaStatus', quotaMessage(view))),
    writing({ path: '/quota', method: 'POST' }, setQuota),
    writing({ path: '/quota', method: 'DELETE' }, removeQuota),
    ...reading('/weights', ({ subject: { view } }) => weightsMessage(view).weight_infos),
    writing({ path: '/weights', method: 'PUT' }, setWeights),
  ]
}

function setQuota({ request }: Exchange<ClusterPort>): InputOf | string {
  const body = bodyOf(request.body)
  const quota = body.ok ? fromJsonValue('mesos.v1.quota.QuotaRequest', body.value) : body
  return quota.ok ? setQuotaInput(quota.value) : quota.fault.message
}

function removeQuota({ request }: Exchange<ClusterPort>): InputOf | string {
  const role = (request.params as { readonly '*'?: string })['*'] ?? ''
  return role === '' ? 'expecting DELETE /quota/ROLE' : removeQuotaInput(role)
}

function setWeights({ request }: Exchange<ClusterPort>): InputOf | string {
  const body = bodyOf(request.body)
  if (!body.ok) return body.fault.message
  if (!Array.isArray(body.value)) return 'expecting a JSON list of objects with role and weight'
  const infos: WeightInfo[] = []
  for (const item of body.value) {
    const info = fromJsonValue('mesos.v1.WeightInfo', item)
    if (!info.ok) return info.fault.message
    infos.push(info.value)
  }
  return weightsInput(infos)
}

function bodyOf(body: unknown) {
  return parseJson(body instanceof Uint8Array ? body : new Uint8Array())
}

function reading(path: string, read: (exchange: Exchange<ClusterPort>) => unknown): readonly Endpoint<ClusterPort>[] {
  return withSuffix({
    path,
    method: 'GET',
    realm: 'mesos-master-readwrite',
    needs: 'subject',
    handle: (exchange) => sendDocument(exchange.reply, read(exchange), exchange.query),
  })
}

/** `inputOf` gives the input, or a sentence about what is wrong with the request. */
function writing(
  { path, method }: Write,
  inputOf: (exchange: Exchange<ClusterPort>) => InputOf | string,
): Endpoint<ClusterPort> {
  const handle = (exchange: Exchange<ClusterPort>): Answer => {
    const input = inputOf(exchange)
    return typeof input === 'string' ? sendText(exchange.reply, 400, input) : performWrite(exchange, input)
  }
  return { path, method, realm: 'mesos-master-readwrite', needs: 'subject', handle }
}
