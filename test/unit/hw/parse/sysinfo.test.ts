import { expect, it } from 'vitest'
import { parseSysinfo } from '../../../../src/hw/parse/sysinfo.ts'

const machine = [
  'Manufacturer:         IBM             ',
  'Type:                 2964',
  'Model:                703              N96             ',
  'Sequence Code:        00000000000829E7',
  'LPAR Number:          71',
  'LPAR Name:            S35LP67 ',
]

it('a partition of the machine', () => {
  expect(parseSysinfo([...machine, 'LPAR UUID: 0000'].join('\n'))).toEqual({
    kind: 'known',
    value: {
      vendor: 'IBM',
      product: '2964-N96',
      serial: '00000000000829E7',
      partition: 'LPAR 71',
      uuid: '0000',
      controlProgram: null,
    },
  })
})

it('a guest of a guest: the first is the innermost', () => {
  const guests = [
    'VM00 Name:            inner',
    'VM00 Control Program: KVM/Linux       ',
    'VM00 UUID: B26849EF-4FB0-4E03-A9D1-1A165A40C8D7',
    'VM01 Name:            R1745003',
    'VM01 Control Program: z/VM    6.1.0   ',
  ]
  expect(parseSysinfo([...machine, 'LPAR UUID: 0000', ...guests].join('\n'))).toMatchObject({
    kind: 'known',
    value: {
      partition: 'LPAR 71, R1745003, inner',
      uuid: 'b26849ef-4fb0-4e03-a9d1-1a165a40c8d7',
      controlProgram: 'KVM/Linux',
    },
  })
})

it.each(['', 'MemTotal: 1 kB', 'Type: 2964\n'])('%j describes no machine', (text) => {
  expect(parseSysinfo(text)).toEqual({ kind: 'absent' })
})
