import { expect, it } from 'vitest'
import { parseSmbios } from '../../../../src/hw/parse/smbios.ts'

/** One structure: type, the bytes after the four of the header, and its strings. */
function structure(type: number, body: readonly number[], ...strings: readonly string[]): number[] {
  const text = strings.flatMap((one) => [...new TextEncoder().encode(one), 0])
  return [type, body.length + 4, 0, 0, ...body, ...(strings.length === 0 ? [0, 0] : [...text, 0])]
}

const end = structure(127, [])

function table(...structures: readonly (readonly number[])[]) {
  return parseSmbios(Uint8Array.from([...structures.flat(), ...end]))
}

/** A memory device: size word, extended size, speed, and four strings by number. */
function dimm(size: number, extended = 0, speed = 3200): number[] {
  const word = (value: number) => [value & 255, (value >> 8) & 255]
  const body = [0, 0, 0, 0, 72, 0, 64, 0, ...word(size), 9, 0, 1, 0, 26, 0, 0, ...word(speed), 2, 3, 0, 4, 0]
  return structure(17, [...body, ...word(extended), ...word(extended >>> 16)], 'P1-A1', 'Samsung', 'S123', 'M393A')
}

it('BIOS, system and board are named, fillers are not', () => {
  const bios = structure(0, [1, 2, 0, 0, 3], 'AMI', '3.00', '09/04/2012')
  const uuid = [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]
  const system = structure(1, [1, 2, 0, 3, ...uuid], 'Supermicro', 'H8QG6', '1234567890')
  const board = structure(2, [1, 2, 0, 3], 'Supermicro', 'X9', 'Default string')
  expect(table(bios, system, board)).toMatchObject({
    kind: 'known',
    value: {
      bios: { vendor: 'AMI', version: '3.00', date: '09/04/2012' },
      system: { vendor: 'Supermicro', product: 'H8QG6', serial: null, uuid: '00112233-4455-6677-8899-aabbccddeeff' },
      board: { vendor: 'Supermicro', product: 'X9', serial: null },
    },
  })
})

it.each([
  ['MiB', dimm(16384), 16384 * 1024 ** 2],
  ['KiB', dimm(0x8000 | 512), 512 * 1024],
  ['the extended size', dimm(0x7fff, 131072), 131072 * 1024 ** 2],
])('the size of a module may be in %s', (_, bytes, sizeBytes) => {
  expect(table(bytes)).toMatchObject({
    kind: 'known',
    value: { dimms: [{ sizeBytes, type: 'DDR4', speedMtps: 3200 }] },
  })
})

it('a module of unknown size has none, an empty slot is no module', () => {
  expect(table(dimm(0xffff), dimm(0))).toMatchObject({ kind: 'known', value: { dimms: [{ sizeBytes: null }] } })
})

it('a table that ends in the middle gives what was whole', () => {
  const whole = [...dimm(1024), ...dimm(2048)]
  const reading = parseSmbios(Uint8Array.from(whole.slice(0, whole.length - 40)))
  expect(reading.kind === 'known' && reading.value.dimms.map((one) => one.sizeBytes)).toEqual([1024 ** 3])
})

it('no structure at all is absent', () => {
  expect(parseSmbios(new Uint8Array()).kind).toBe('absent')
  expect(parseSmbios(Uint8Array.from([0, 1, 0, 0])).kind).toBe('absent')
})
