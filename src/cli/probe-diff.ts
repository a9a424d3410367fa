// `tepui probe --diff OLD`: what is different from an earlier document or capture of this machine.

import { readFileSync, statSync } from 'node:fs'
import { type Change, changeText, diffInventories } from '../hw/diff.ts'
import { readDocument } from '../hw/document.ts'
import { probeInventory } from '../hw/inventory.ts'
import { isRedacted } from '../hw/source/notes.ts'
import { captureSource } from '../hw/source/open.ts'
import type { Inventory } from '../model/inventory.ts'
import { fail, type Result } from '../model/result.ts'
import { printable, printableJson } from './output.ts'

/** Larger than any document; more is not read. */
const documentBytesMax = 64 * 1024 * 1024

/** A document, or a capture (a folder or an archive), which is probed. HW_BAD_DOCUMENT, HW_NOT_A_MACHINE, HW_BAD_CAPTURE. */
export async function readOld(path: string): Promise<Result<Inventory>> {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return fail('HW_BAD_DOCUMENT', `${path} does not exist`, { path })
  if (stat.isFile() && stat.size <= documentBytesMax) {
    const bytes = readBytes(path)
    if (!bytes.ok) return bytes
    // An archive is compressed: its first byte is never that of a document.
    if (/^\s*[{[]/.test(bytes.value.toString('latin1', 0, 64))) return readDocument(bytes.value.toString('utf8'), path)
  }
  const source = await captureSource(path)
  if (!source.ok) return source
  if (isRedacted(source.value)) {
    const message = `${path} is redacted: its serial numbers and addresses are made up and no machine's; compare a plain capture`
    return fail('HW_BAD_DOCUMENT', message, { path })
  }
  return probeInventory(source.value)
}

function readBytes(path: string): Result<Buffer> {
  try {
    return { ok: true, value: readFileSync(path) }
  } catch (cause) {
    return fail('HW_UNREADABLE', `${path} cannot be read`, { path }, cause)
  }
}

/** One line a change, or one that says that there is none; with `json` a list of changes. */
export function renderDiff(old: Inventory, now: Inventory, json: boolean): string {
  const changes = diffInventories(old, now)
  if (json) return `${printableJson(changes.map(told), 2)}\n`
  if (changes.length === 0) return 'no difference\n'
  return changes.map((change) => `${sign[change.kind]} ${printable(changeText(change))}\n`).join('')
}

const sign: Readonly<Record<Change['kind'], string>> = { added: '+', removed: '-', replaced: '±', changed: '~' }

function told(change: Change): object {
  return { text: changeText(change), ...change }
}
