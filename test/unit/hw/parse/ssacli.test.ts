import { expect, it } from 'vitest'
import { parseSsacli } from '../../../../src/hw/parse/ssacli.ts'

const detail = `
Smart Array P440ar in Slot 0 (Embedded)
   Serial Number: PDNLH0BRH7V6GC
   Controller Status: OK
   Cache Status: OK
   Battery/Capacitor Status: Failed (Replace Batteries/Capacitors)
   PCI Address (Domain:Bus:Device.Function): 0000:03:00.0

   Port Name: 1I
         Port ID: 0

   Array: A
      Status: Failed Physical Drive

      Logical Drive: 1
         Fault Tolerance: 5
         Status: Interim Recovery Mode
         Unique Identifier: 600508B1001C158B69C0104DA29E6FF7
         Parity Group:
            physicaldrive 1I:1:2 (port 1I:box 1:bay 2, SATA HDD, 1.9 TB, Failed)

      physicaldrive 1I:1:2
         Status: Failed
         Serial Number: S455NY0M
         Model: ATA     INTEL SSDSC2KB01
         Current Temperature (C): 28

   SEP (Vendor ID PMCSIERA, Model SRCv8x6G) 380
      Serial Number: none of a drive
`

it('a controller with its volumes, drives and battery is told in detail', () => {
  const reading = parseSsacli(detail)
  if (reading.kind !== 'known') throw new Error(reading.kind)
  const { controllers, volumes, members } = reading.value
  expect(controllers).toMatchObject([
    {
      name: 'slot=0',
      serial: 'PDNLH0BRH7V6GC',
      pciAddress: '0000:03:00.0',
      faults: [],
      batteryFaults: ['Battery/Capacitor Status: Failed (Replace Batteries/Capacitors)'],
    },
  ])
  // An array with a failed drive is called failed; its volume works.
  expect(volumes.map(({ name, health }) => [name, health])).toEqual([
    ['slot=0/array A', 'degraded'],
    ['slot=0/ld 1', 'degraded'],
  ])
  expect(volumes[1]).toMatchObject({ level: 'RAID 5', id: '600508B1001C158B69C0104DA29E6FF7' })
  expect(members).toMatchObject([
    { name: 'slot=0/1I:1:2', state: 'Failed', health: 'failed', serial: 'S455NY0M', temperatureC: 28 },
  ])
})

it('the error that there is no volume is an answer, and another text is none', () => {
  expect(parseSsacli('\nError: The specified device does not have any logical drives.\n').kind).toBe('known')
  expect(parseSsacli('bash: ssacli: not found').kind).toBe('implausible')
})
