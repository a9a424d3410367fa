import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import {
  readAmount,
  readCount,
  readDurationMs,
  readEnvironmentEntry,
  readHostPort,
  readHostPorts,
  readMebibytes,
  readPort,
} from '../../../src/cli/command.ts'

test.each([
  [readPort, '0', 0],
  [readPort, '65535', 65_535],
  [readAmount, '0.5', 0.5],
  [readAmount, '64', 64],
  [readMebibytes, '64', 64],
  [readMebibytes, '64M', 64],
  [readMebibytes, '1.5G', 1536],
  [readCount(9), '9', 9],
  [readDurationMs, '90', 90_000],
  [readDurationMs, '500ms', 500],
  [readDurationMs, '5m', 300_000],
  [readDurationMs, '1.5h', 5_400_000],
  [readDurationMs, '5secs', 5_000],
  [readDurationMs, '1mins', 60_000],
  [readDurationMs, '2weeks', 1_209_600_000],
  [readHostPort(5050), 'rack1', { host: 'rack1', port: 5050 }],
  [readHostPort(5050), 'rack1:80', { host: 'rack1', port: 80 }],
  [readHostPort(5050), '[::1]:80', { host: '::1', port: 80 }],
  [readEnvironmentEntry, 'A=', { name: 'A', value: '' }],
  [readEnvironmentEntry, 'A=b=c', { name: 'A', value: 'b=c' }],
  [
    readHostPorts(1883),
    'a,b:2',
    [
      { host: 'a', port: 1883 },
      { host: 'b', port: 2 },
    ],
  ],
] as const)('%o reads %s as %o', (read, text, value) => {
  expect(read(text)).toEqual(value)
})

test.each([
  [readPort, '65536'],
  [readPort, '-1'],
  [readPort, '80x'],
  [readAmount, '0'],
  [readAmount, '-1'],
  [readAmount, '1e9'],
  [readAmount, '0.0001'],
  [readMebibytes, '5X'],
  [readMebibytes, '0'],
  [readCount(9), '10'],
  [readCount(9), '1.5'],
  [readDurationMs, '0'],
  [readDurationMs, 'soon'],
  [readDurationMs, '5constructor'],
  [readHostPort(1), ''],
  [readHostPort(1), 'http://x'],
  [readHostPort(1), 'a:b'],
  [readHostPort(1), 'a:99999'],
  [readEnvironmentEntry, 'A'],
  [readEnvironmentEntry, '=b'],
] as const)('%o refuses %o with a line for the caller', (read, text) => {
  expect(() => read(text)).toThrow(InvalidArgumentError)
})
