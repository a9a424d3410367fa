import { expect, it } from 'vitest'
import { decodeUdev, parseUdevEntry } from '../../../../src/hw/parse/udev-db.ts'

it('an entry of udev is its properties, the first of each, without empty ones', () => {
  const text = 'S:disk/by-id/x\nI:1\nE:ID_MODEL=A=B\nE:ID_MODEL=C\nE:ID_FS_TYPE=\nE:=x\nE:no\nG:systemd\nV:1\n'
  expect([...parseUdevEntry(text)]).toEqual([['ID_MODEL', 'A=B']])
})

it('has at most so many properties', () => {
  const text = Array.from({ length: 9000 }, (_, i) => `E:K${i}=v\n`).join('')
  expect(parseUdevEntry(text).size).toBe(500)
})

it.each([
  ['EFI\\x20System', 'EFI System'],
  ['gr\\xc3\\xb6\\xc3\\x9fe', 'größe'],
  ['plain_text', 'plain_text'],
  ['\\x', '\\x'],
  ['\\xff', '\ufffd'],
])('%s is %s', (encoded, text) => {
  expect(decodeUdev(encoded)).toBe(text)
})
