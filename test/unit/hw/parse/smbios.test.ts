import { expect, it } from 'vitest'
import { parseSmbios, parseSmbiosEntries, parseSmbiosEntryPoint } from '../../../../src/hw/parse/smbios.ts'

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

it.each([
  ['with spare lines', 72, 64, true],
  ['of DDR5', 80, 64, true],
  ['without', 64, 64, false],
  ['of unknown width', 0xffff, 0xffff, null],
  ['of no width', 0, 64, null],
  ['with fewer lines than bits', 64, 72, null],
])('a module %s', (_, lines, bits, isEcc) => {
  const bytes = dimm(1024)
  bytes.splice(8, 4, lines & 255, lines >> 8, bits & 255, bits >> 8)
  expect(table(bytes)).toMatchObject({ kind: 'known', value: { dimms: [{ isEcc }] } })
})

it('a module says what it was set to, and speeds beyond 16 bits stand elsewhere', () => {
  const body = Array.from({ length: 88 }, () => 0)
  const put = (at: number, ...bytes: readonly number[]) => body.splice(at - 4, bytes.length, ...bytes)
  put(12, 0, 4)
  put(18, 34)
  put(21, 0xff, 0xff)
  put(32, 0xc0, 0x12)
  put(84, 0, 0, 1, 0)
  expect(table(structure(17, body))).toMatchObject({
    kind: 'known',
    value: { dimms: [{ type: 'DDR5', speedMtps: 65536, configuredMtps: 4800 }] },
  })
})

it('a device that holds firmware, or memory of another use, is no module', () => {
  const flash = dimm(16)
  flash[18] = 9
  const ofCache = dimm(16)
  ofCache.splice(4, 2, 7, 0)
  const cacheArray = structure(16, [3, 7, 3])
  cacheArray[2] = 7
  expect(table(flash, ofCache, cacheArray)).toMatchObject({ kind: 'known', value: { dimms: [] } })
})

it('chassis, management controller and TPM are told', () => {
  const chassis = structure(3, [1, 0x80 | 23, 0, 2, 3], 'Dell Inc.', '8XYZ123', 'Rack 4')
  const ipmi = structure(38, [1, 0x20, 0, 0])
  const tpm = structure(43, [...new TextEncoder().encode('IFX\0'), 2, 0, 85, 0, 7, 0, 0, 0, 0, 0, 0])
  expect(table(chassis, ipmi, tpm)).toMatchObject({
    kind: 'known',
    value: {
      chassis: { vendor: 'Dell Inc.', type: 'Rack Mount Chassis', serial: '8XYZ123', assetTag: 'Rack 4' },
      ipmiVersion: '2.0',
      tpm: { vendor: 'IFX', version: '7.85' },
    },
  })
})

it('an empty socket is no processor', () => {
  const socket = (status: number) =>
    structure(4, [1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, status], 'CPU 1', 'Xeon')
  expect(table(socket(0x41), socket(0))).toMatchObject({ kind: 'known', value: { processors: [{ model: 'Xeon' }] } })
})

it('the bytes of a UUID stood in another order before version 2.6', () => {
  const bytes = Array.from({ length: 16 }, (_, i) => i * 17)
  const system = Uint8Array.from([...structure(1, [1, 2, 0, 3, ...bytes], 'A', 'B', 'C'), ...end])
  const uuid = (minor: number) => {
    const reading = parseSmbios(system, { major: 2, minor })
    return reading.kind === 'known' ? reading.value.system?.uuid : null
  }
  expect(uuid(5)).toBe('00112233-4455-6677-8899-aabbccddeeff')
  expect(uuid(6)).toBe('33221100-5544-7766-8899-aabbccddeeff')
})

it('the entry point says the version', () => {
  const bytes = (anchor: string, ...rest: readonly number[]) =>
    parseSmbiosEntryPoint(Uint8Array.from([...new TextEncoder().encode(anchor), ...rest]))
  expect(bytes('_SM_', 0, 31, 2, 5)).toEqual({ kind: 'known', value: { major: 2, minor: 5 } })
  expect(bytes('_SM3_', 0, 24, 3, 3)).toEqual({ kind: 'known', value: { major: 3, minor: 3 } })
  expect([bytes('_XX_', 0, 31, 2, 5).kind, bytes('_SM_').kind]).toEqual(['absent', 'absent'])
})

it('structures in files of their own are the same', () => {
  const raws = [dimm(1024), dimm(2048)].map((bytes) => Uint8Array.from(bytes))
  expect(parseSmbiosEntries(raws)).toMatchObject({
    kind: 'known',
    value: { dimms: [{ sizeBytes: 1024 ** 3 }, { sizeBytes: 2 * 1024 ** 3 }] },
  })
})

it('a string that the table cuts off is not told: it would be a wrong one', () => {
  const system = structure(1, [1, 2, 0, 3], 'Dell Inc.', 'R7525', '8XYZ123')
  for (let length = 0; length < system.length - 1; length++) {
    expect(parseSmbios(Uint8Array.from(system.slice(0, length))).kind).toBe('absent')
  }
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
