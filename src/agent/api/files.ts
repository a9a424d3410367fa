// `/files/*` (Mesos src/files/files.cpp): what is in a sandbox, as classic tools ask for it, and the same facts as
// messages.
// Which files may be seen is decided in sandbox-files.ts.

import { readFileSync, type Stats } from 'node:fs'
import { extname } from 'node:path'
import type { FastifyReply } from 'fastify'
import type { FileInfo } from '../../mesos/types.ts'
import { sendDocument, sendText } from '../../shell/http-answers.ts'
import { type Answer, type Endpoint, type Exchange, withSuffix } from '../../shell/http-server.ts'
import type { Entry, FileAnswer, SandboxFiles } from './sandbox-files.ts'
import type { AgentFacts } from './types.ts'

export function fileEndpoints(files: SandboxFiles): readonly Endpoint<AgentFacts>[] {
  const endpoint = (name: string, handle: (exchange: Exchange<AgentFacts>) => Answer) =>
    withSuffix({
      path: `/files/${name}`,
      method: 'GET',
      realm: 'mesos-agent-readonly',
      needs: 'subject',
      handle,
    })
  return [
    ...endpoint('browse', (exchange) => browse(exchange, files)),
    ...endpoint('read', (exchange) => read(exchange, files)),
    ...endpoint('download', (exchange) => download(exchange, files)),
    ...endpoint('debug', ({ reply, query, subject }) => sendDocument(reply, files.places(subject), query)),
  ]
}

async function browse({ reply, query }: Exchange<AgentFacts>, files: SandboxFiles) {
  const listed = await files.list(query.get('path') ?? '')
  return listed.ok ? sendDocument(reply, entryObjects(listed.value), query) : refuse(reply, listed)
}

async function read({ reply, query }: Exchange<AgentFacts>, files: SandboxFiles) {
  const offset = wholeNumber(query.get('offset'))
  const length = wholeNumber(query.get('length'))
  if (offset === null || length === null) return sendText(reply, 400, 'offset and length must be whole numbers or -1')
  const answer = await files.read(query.get('path') ?? '', Math.max(0, offset), length < 0 ? null : length)
  if (!answer.ok) return refuse(reply, answer)
  const { size, bytes } = answer.value
  if (offset < 0 || offset >= size) return sendDocument(reply, { data: '', offset: size }, query)
  return sendDocument(reply, { data: wholeCharacters(bytes).toString('utf8'), offset }, query)
}

async function download({ reply, query }: Exchange<AgentFacts>, files: SandboxFiles) {
  const taken = await files.take(query.get('path') ?? '')
  if (!taken.ok) return refuse(reply, taken)
  const { handle, size, name } = taken.value
  reply
    .code(200)
    .header('Content-Type', contentTypes[extname(name).toLowerCase()] ?? 'application/octet-stream')
    .header('Content-Disposition', disposition(name))
    .header('Content-Length', size)
    .header('X-Content-Type-Options', 'nosniff')
  if (size === 0) {
    await handle.close()
    return reply.send()
  }
  // What is written meanwhile is not sent: the length has been promised. The stream closes the file.
  return reply.send(handle.createReadStream({ start: 0, end: size - 1 }))
}

function refuse(reply: FastifyReply, answer: Extract<FileAnswer<unknown>, { ok: false }>) {
  return sendText(reply, answer.status, answer.message)
}

/** -1 when absent, as Mesos means it; null for nonsense. */
function wholeNumber(text: string | null): number | null {
  if (text === null) return -1
  return /^(-1|\d{1,15})$/.test(text) ? Number(text) : null
}

/**
 * Without the beginning of a UTF-8 character at the end: a reader that goes on after the bytes it got would otherwise
 * see two broken halves. Bytes that are no UTF-8 at all are left as they are.
 */
export function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length - 1); back++) {
    const byte = bytes[bytes.length - back] as number
    if ((byte & 0xc0) === 0x80) continue
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return needed > back ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}

/** Only names that a browser shows as text; anything else is bytes, and everything is an attachment. */
const contentTypes: Readonly<Record<string, string>> = {
  '.txt': 'text/plain',
  '.log': 'text/plain',
  '.json': 'application/json',
  '.csv': 'text/csv',
  '.html': 'text/html',
  '.xml': 'text/xml',
  '.gz': 'application/gzip',
  '.png': 'image/png',
}

/** RFC 6266: a plain name for old clients, and the exact one. */
function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\]/g, '_')
  const exact = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`
}

function entryObjects(entries: readonly Entry[]): unknown[] {
  const users = namesById('/etc/passwd')
  const groups = namesById('/etc/group')
  return entries.map(({ path, stats }) => ({
    path,
    size: stats.size,
    nlink: stats.nlink,
    mtime: stats.mtimeMs / 1000,
    mode: modeText(stats),
    uid: users.get(stats.uid) ?? `${stats.uid}`,
    gid: groups.get(stats.gid) ?? `${stats.gid}`,
  }))
}

export function fileInfos(entries: readonly Entry[]): FileInfo[] {
  const users = namesById('/etc/passwd')
  const groups = namesById('/etc/group')
  return entries.map(({ path, stats }) => ({
    path,
    nlink: stats.nlink,
    size: BigInt(stats.size),
    mtime: { nanoseconds: BigInt(Math.round(stats.mtimeMs * 1000)) * 1000n },
    mode: stats.mode,
    uid: users.get(stats.uid) ?? `${stats.uid}`,
    gid: groups.get(stats.gid) ?? `${stats.gid}`,
  }))
}

/** As `ls -l` writes it. */
function modeText(stats: Stats): string {
  const kind = stats.isDirectory()
    ? 'd'
    : stats.isSymbolicLink()
      ? 'l'
      : stats.isFile()
        ? '-'
        : stats.isFIFO()
          ? 'p'
          : 's'
  const bits = [...'rwxrwxrwx'].map((letter, i) => (stats.mode & (0o400 >> i) ? letter : '-'))
  return kind + bits.join('')
}

/** The names of passwd(5) or group(5) by number. */
function namesById(file: string): ReadonlyMap<number, string> {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return new Map(lines.map((line) => line.split(':')).map((fields) => [Number(fields[2]), fields[0] ?? '']))
  } catch {
    return new Map()
  }
}
