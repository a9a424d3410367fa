import { expect, it } from 'vitest'
import { parseXfsLine } from '../../../../src/hw/parse/xfs-log.ts'

it.each([
  ['XFS (sda1): Filesystem has been shut down due to log error (0x2).', { kind: 'shutdown', device: 'sda1' }],
  ['XFS (dm-3): xfs_do_force_shutdown(0x2) called from line 1211', { kind: 'shutdown', device: 'dm-3' }],
  ['XFS (sda1): Mounting V5 Filesystem 5f3c2a', { kind: 'mounting', device: 'sda1' }],
  ['XFS (md0): Mounting Filesystem', { kind: 'mounting', device: 'md0' }],
  ['XFS (sda1): Ending clean mount', null],
  ['XFS (sda1', null],
  ['SGI XFS with ACLs, security attributes', null],
  ['', null],
])('%j is %o', (text, event) => {
  expect(parseXfsLine(text)).toEqual(event)
})
