// The classic endpoints that tools read (Mesos docs/endpoints/, src/master/readonly_handler.cpp), Prometheus metrics,
// and Tepui's own small ones for its command line. Parameters are checked here; documents come from
// render-documents.ts. It decides nothing.

import { parseJson } from '../../mesos/json.ts'
import type { FrameworkId, TaskId } from '../../model/ids.ts'
import { type About, aboutEndpoints } from '../../shell/http-about.ts'
import { sendDocument, sendEmpty, sendText } from '../../shell/http-answers.ts'
import { type Answer, type Endpoint, type Exchange, withSuffix } from '../../shell/http-server.ts'
import { policyEndpoints } from './classic-policy.ts'
import { formOf, resourceEndpoints } from './classic-writes.ts'
import { type Metrics, systemStats } from './metrics.ts'
import { teardown } from './operator.ts'
import {
  frameworksDocument,
  leaderAuthority,
  rolesDocument,
  slavesDocument,
  stateDocument,
  stateSummaryDocument,
  tasksDocument,
} from './render-documents.ts'
import type { ClusterPort } from './types.ts'
import { whyDocument } from './why.ts'

export type ClassicParts = { readonly about: About; readonly metrics: Metrics }

export function classicEndpoints({ about, metrics }: ClassicParts): readonly Endpoint<ClusterPort>[] {
  return [
    ...aboutEndpoints<ClusterPort>(about, 'mesos-master-readonly'),
    { path: '/redirect', method: 'GET', realm: null, needs: 'subject', handle: redirect },
    ...reading('/state', ({ view }) => stateDocument(view, about)),
    ...reading('/state-summary', ({ view }) => stateSummaryDocument(view)),
    ...reading('/slaves', ({ view }, query) => slavesDocument(view, query.get('slave_id'))),
    ...reading('/frameworks', ({ view }, query) => frameworksDocument(view, query.get('framework_id'))),
    ...reading('/roles', ({ view }) => rolesDocument(view)),
    ...reading('/tasks', ({ view }, query) => {
      const limit = wholeNumber(query.get('limit'), 100)
      const offset = wholeNumber(query.get('offset'), 0)
      if (limit === null || offset === null) return 'limit and offset must be whole numbers'
      const order = query.get('order') === 'asc' ? 'asc' : 'des'
      return tasksDocument(view, {
        limit,
        offset,
        order,
        frameworkId: query.get('framework_id'),
        taskId: query.get('task_id'),
      })
    }),
    ...policyEndpoints(),
    ...resourceEndpoints(),
    ...reading('/metrics/snapshot', (cluster) => metrics.snapshot(cluster)),
    ...reading('/system/stats', () => systemStats()),
    ...reading('/tepui/why', ({ view }, query) => whyDocument(view, query)),
    {
      path: '/metrics',
      method: 'GET',
      realm: 'mesos-master-readonly',
      needs: 'subject',
      handle: async ({ reply, subject: cluster }) => {
        const { contentType, text } = await metrics.prometheus(cluster)
        return reply.code(200).header('Content-Type', contentType).send(text)
      },
    },
    { path: '/teardown', method: 'POST', realm: 'mesos-master-readwrite', needs: 'subject', handle: classicTeardown },
    { path: '/tepui/kill', method: 'POST', realm: 'mesos-master-readwrite', needs: 'subject', handle: operatorKill },
  ]
}

/** A document made from the view, or a sentence about wrong parameters. */
type Reader = (cluster: ClusterPort, query: URLSearchParams) => object | string

function reading(path: string, read: Reader): readonly Endpoint<ClusterPort>[] {
  return withSuffix({
    path,
    method: 'GET',
    realm: 'mesos-master-readonly',
    needs: 'subject',
    handle: ({ reply, query, subject }) => {
      const found = read(subject, query)
      return typeof found === 'string' ? sendText(reply, 400, found) : sendDocument(reply, found, query)
    },
  })
}

function redirect({ request, reply, subject: cluster }: Exchange<ClusterPort>): Answer {
  const rest = (request.params as { readonly '*'?: string })['*']
  if (rest !== undefined && rest !== '') return sendText(reply, 404, 'there is nothing below /redirect')
  return sendEmpty(reply.header('Location', `//${leaderAuthority(cluster.view.config.masterInfo)}`), 307)
}

function classicTeardown(exchange: Exchange<ClusterPort>): Answer {
  const frameworkId = formOf(exchange.request).get('frameworkId')
  if (frameworkId === null || frameworkId === '') {
    return sendText(exchange.reply, 400, `missing 'frameworkId' in the form`)
  }
  return teardown(exchange, frameworkId)
}

async function operatorKill({ request, reply, subject: cluster }: Exchange<ClusterPort>) {
  const body = request.body instanceof Uint8Array ? parseJson(request.body) : null
  const named = (body?.ok ? body.value : null) as { readonly framework_id?: unknown; readonly task_id?: unknown } | null
  const frameworkId = named?.framework_id
  const taskId = named?.task_id
  if (typeof frameworkId !== 'string' || typeof taskId !== 'string') {
    return sendText(reply, 400, 'expecting JSON with the strings framework_id and task_id')
  }
  const { status, message } = await cluster.request((requestId) => ({
    kind: 'operatorKill',
    requestId,
    frameworkId: frameworkId as FrameworkId,
    taskId: taskId as TaskId,
  }))
  return message === null ? sendEmpty(reply, status) : sendText(reply, status, message)
}

function wholeNumber(text: string | null, otherwise: number): number | null {
  if (text === null) return otherwise
  const value = Number(text)
  return /^\d{1,9}$/.test(text) ? value : null
}
