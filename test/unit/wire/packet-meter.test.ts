import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketMeter } from '../../../src/wire/packet-meter.ts'
import { packet, packetHeader } from '../../support/raw-mqtt.ts'

function acceptsInPieces(meter: PacketMeter, bytes: Uint8Array, pieceBytes: number): boolean {
  for (let i = 0; i < bytes.length; i += pieceBytes) if (!meter.accept(bytes.subarray(i, i + pieceBytes))) return false
  return true
}

test('packets up to the bound pass, however the bytes are cut', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 20_000 }), { maxLength: 8 })
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 5_000 }), (sizes, pieceBytes) => {
      const bytes = Buffer.concat(sizes.map((size) => packet(0x30, Buffer.alloc(size, 0xff))))
      expect(acceptsInPieces(new PacketMeter(20_000), bytes, pieceBytes)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

test('one byte more than the bound is refused from the header alone, also after good packets', () => {
  for (const pieceBytes of [1, 2, 3, 100]) {
    const meter = new PacketMeter(100)
    const bytes = Buffer.concat([
      packet(0x30, Buffer.alloc(100)),
      packet(0xc0, Buffer.alloc(0)),
      packetHeader(0x30, 101),
    ])
    expect(acceptsInPieces(meter, bytes, pieceBytes)).toBe(false)
  }
})

test('the largest length that MQTT can say is understood', () => {
  const bytes = Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f)
  expect(new PacketMeter(268_435_454).accept(bytes)).toBe(false)
  expect(new PacketMeter(268_435_455).accept(bytes)).toBe(true)
})

test('a length of more than four bytes is none', () => {
  expect(new PacketMeter(Number.MAX_SAFE_INTEGER).accept(Buffer.of(0x30, 0x80, 0x80, 0x80, 0x80))).toBe(false)
})

test('a new bound holds for the next packet', () => {
  const meter = new PacketMeter(10)
  meter.setBound(1_000)
  expect(meter.accept(packetHeader(0x30, 1_000))).toBe(true)
})
