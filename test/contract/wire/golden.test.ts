// Every message of every version of the private contract, kept as a file. A file is never edited once released: agents
// of that version are out there. A new kind or field gets a new file.

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Result } from '../../../src/model/result.ts'
import {
  decodeDownFrame,
  decodeHealth,
  decodeInventory,
  decodeStatus,
  decodeUpFrame,
} from '../../../src/wire/decode.ts'
import {
  encodeDownFrame,
  encodeHealth,
  encodeInventory,
  encodeStatus,
  encodeUpFrame,
} from '../../../src/wire/encode.ts'

type Codec = {
  readonly decode: (bytes: Uint8Array) => Result<unknown>
  readonly encode: (value: never) => Result<Uint8Array>
}

const codecs: Readonly<Record<string, Codec>> = {
  up: { decode: decodeUpFrame, encode: encodeUpFrame },
  down: { decode: decodeDownFrame, encode: encodeDownFrame },
  status: { decode: decodeStatus, encode: encodeStatus },
  inventory: { decode: decodeInventory, encode: encodeInventory },
  health: { decode: decodeHealth, encode: encodeHealth },
}

const upKinds = ['register', 'heartbeat', 'statusUpdate', 'acknowledgement']
const downKinds = [
  'registered',
  'refused',
  'heartbeatEcho',
  'launch',
  'kill',
  'acknowledge',
  'shutdownFramework',
  'acknowledgement',
]

describe.each(['v1'])('version %s', (version) => {
  const folder = new URL(`${version}/`, import.meta.url)
  const names = readdirSync(folder).map((name) => name.replace('.json', ''))
  const codecOf = (name: string) => codecs[name.split('-')[0] as string] as Codec

  test('has a file for every kind of message', () => {
    const wanted = [...upKinds.map((kind) => `up-${kind}`), ...downKinds.map((kind) => `down-${kind}`)]
    expect(names).toEqual(expect.arrayContaining([...wanted, 'status-online', 'status-offline', 'inventory', 'health']))
  })

  test.each(names)('%s is decoded whole, and survives being sent on', (name) => {
    const bytes = readFileSync(new URL(`${name}.json`, folder))
    const codec = codecOf(name)
    const decoded = codec.decode(bytes)
    expect(decoded).toEqual({ ok: true, value: JSON.parse(bytes.toString()) })
    if (!decoded.ok) return
    const encoded = codec.encode(decoded.value as never)
    expect(encoded.ok && codec.decode(encoded.value)).toEqual(decoded)
  })

  test.each(names)('%s with fields that this side does not know is decoded without them', (name) => {
    const plain = JSON.parse(readFileSync(new URL(`${name}.json`, folder)).toString())
    const richer = { ...plain, later: [1], ...(plain.message && { message: { ...plain.message, later: {} } }) }
    expect(codecOf(name).decode(Buffer.from(JSON.stringify(richer)))).toEqual({ ok: true, value: plain })
  })
})
