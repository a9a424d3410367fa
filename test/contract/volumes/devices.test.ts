// Whole disks in the hands of tasks: which are held, and who may open them. Plain files stand for devices.

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { disksOfTasks, giveDevices, reservedDisks, takeBackDevices } from '../../../src/agent/volumes/devices.ts'

const disk = (type: string, id?: string, more: object = {}) => ({
  name: 'disk',
  disk: { source: { type, ...(id === undefined ? {} : { id }) } },
  ...more,
})

test('a task holds the devices among its resources', () => {
  const resources = [disk('RAW', 'a'), disk('BLOCK', 'b'), disk('PATH', 'c'), disk('RAW'), { name: 'cpus' }]
  expect(disksOfTasks([{ resources }, {}])).toEqual(['a', 'b'])
})

test('a device is reserved by a reservation that came, not by one that the machine began with', () => {
  const by = (type: string) => ({
    reservations: [
      { type: 'STATIC', role: 'r' },
      { type, role: 'r/s' },
    ],
  })
  expect(reservedDisks([disk('RAW', 'a', by('DYNAMIC')), disk('RAW', 'b', by('STATIC')), disk('RAW', 'c')])).toEqual([
    'a',
  ])
})

test('a device is its user’s while he has it, and the root’s afterwards', (context) => {
  if (process.geteuid?.() !== 0) context.skip('only root may give files away')
  const devices = mkdtempSync(join(tmpdir(), 'tepui-devices-'))
  try {
    writeFileSync(join(devices, 'sdz'), '')
    const owner = () => statSync(join(devices, 'sdz')).uid
    giveDevices(['sdz'], null, devices)
    expect(owner()).toBe(0)
    giveDevices(['sdz'], { uid: 12_345 }, devices)
    expect(owner()).toBe(12_345)
    takeBackDevices(['sdz', 'gone'], devices)
    expect(owner()).toBe(0)
    expect(() => giveDevices(['gone'], { uid: 12_345 }, devices)).toThrow('ENOENT')
  } finally {
    rmSync(devices, { recursive: true })
  }
})
