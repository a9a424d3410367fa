// How every endpoint writes its answer: exact content types without parameters, a length, and nothing at all when
// there is nothing to say (clients of the API compare these bytes). It does not know any endpoint.

import type { FastifyReply } from 'fastify'
import { type ContentType, encode } from '../mesos/codec.ts'
import type { MessageName } from '../mesos/plan.ts'
import type { MessageTypes } from '../mesos/types.ts'

/** An answer without body and therefore without Content-Type. */
export function sendEmpty(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send()
}

/** One sentence for a person, with a newline so that a terminal stays readable; an empty one sends no body. */
export function sendText(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  if (sentence === '') return sendEmpty(reply, status)
  return reply
    .code(status)
    .header('Content-Type', 'text/plain; charset=utf-8')
    .send(Buffer.from(`${sentence}\n`))
}

/** One message in the form that the client accepts. */
export function sendMessage<N extends MessageName>(
  reply: FastifyReply,
  contentType: ContentType,
  name: N,
  message: MessageTypes[N],
): FastifyReply {
  const bytes = encode(contentType, name, message)
  // As a buffer, because the server would add a charset to text.
  return reply
    .code(200)
    .header('Content-Type', contentType)
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}

/** A classic document: JSON, or a call of the function that `?jsonp=` names. */
export function sendDocument(reply: FastifyReply, document: unknown, query: URLSearchParams): FastifyReply {
  const jsonp = query.get('jsonp')
  const text = JSON.stringify(document)
  if (jsonp === null) return reply.code(200).header('Content-Type', 'application/json').send(Buffer.from(text))
  if (!/^[A-Za-z_$][\w$.]{0,99}$/.test(jsonp)) return sendText(reply, 400, 'jsonp must be the name of a function')
  return reply
    .code(200)
    .header('Content-Type', 'text/javascript')
    .header('X-Content-Type-Options', 'nosniff')
    .send(Buffer.from(`${jsonp}(${text});`))
}
