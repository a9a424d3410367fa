// From a task's labels to what it wants of its machine. Labels of other names are not looked at. It does not know
// machines.

import { fail, ok, type Result } from '../../model/result.ts'
import type { Need, Wish } from './types.ts'

export type Label = { readonly key: string; readonly value?: string | undefined }

/** What a task wants that says nothing. */
export const noWish: Wish = { cpus: 'shared', numa: 'any', gpus: 'any', near: null, nics: 0 }

/** More ports than a machine has. */
const partsMax = 4_096

/** PLACEMENT_WISH names the label that is wrong and what it may be. */
export function wishOf(labels: readonly Label[]): Result<Wish> {
  let wish = noWish
  for (const { key, value = '' } of labels) {
    const reader = readers.get(key)
    if (reader === undefined) continue
    const part = reader.read(value.trim())
    if (part === null) {
      return fail('PLACEMENT_WISH', `label ${key} is '${value.slice(0, 80)}': it may be ${reader.form}`)
    }
    wish = { ...wish, ...part }
  }
  return ok(wish)
}

/** Nothing but amounts that any part of the machine can give. */
export function isPlain({ gpus, gpuInstances, disks }: Need, { cpus, numa, near, nics }: Wish): boolean {
  const isShared = cpus === 'shared' && numa === 'any' && near === null
  const noParts = gpus === 0 && Object.values(gpuInstances).every((count) => count === 0) && disks.length === 0
  return isShared && noParts && (typeof nics === 'number' ? nics === 0 : nics.length === 0)
}

type Reader = {
  /** What a value may be, for a person. */
  readonly form: string
  /** Null for what is none of these. */
  readonly read: (text: string) => Partial<Wish> | null
}

/** A map, for labels have names of any kind: `constructor` is one like any other. */
const readers: ReadonlyMap<string, Reader> = new Map(
  Object.entries<Reader>({
    'tepui.cpus': {
      form: 'shared, cores or threads',
      read: (text) => (text === 'shared' || text === 'cores' || text === 'threads' ? { cpus: text } : null),
    },
    'tepui.numa': {
      form: 'any, preferred, single, interleave or the number of a NUMA node',
      read: (text) => {
        if (text === 'any' || text === 'preferred' || text === 'single' || text === 'interleave') return { numa: text }
        return /^\d{1,5}$/.test(text) ? { numa: Number(text) } : null
      },
    },
    'tepui.gpus': {
      form: 'any, linked or UUIDs separated by commas',
      read: (text) => {
        if (text === 'any' || text === 'linked') return { gpus: text }
        const uuids = namesIn(text)
        return uuids === null ? null : { gpus: uuids }
      },
    },
    'tepui.near': {
      form: 'gpu, nic, disk or the name of one',
      read: (text) => (text === '' ? null : { near: text }),
    },
    'tepui.nics': {
      form: 'how many, or names separated by commas',
      read: (text) => {
        const nics = countOrNames(text)
        return nics === null ? null : { nics }
      },
    },
  }),
)

function countOrNames(text: string): number | readonly string[] | null {
  if (!/^\d{1,5}$/.test(text)) return namesIn(text)
  return Number(text) <= partsMax ? Number(text) : null
}

/** Null when there is none, or one is there twice. */
function namesIn(text: string): readonly string[] | null {
  const names = text.split(',').map((name) => name.trim())
  return names.some((name) => name === '') || new Set(names).size < names.length ? null : names
}
