// A machine made of a few lines: files, links and tool outputs by path. It passes the same suite as the real sources
// (test/contract/hosts/source.test.ts).

import type { Source } from '../../src/hw/source/source.ts'
import { absent, known, type Reading } from '../../src/model/reading.ts'
import { fail, fault, ok } from '../../src/model/result.ts'

/** Text, bytes, a link to another path, or an errno that reading gives. */
export type FakeFile = string | Uint8Array | { readonly link: string } | { readonly errno: string }

/** `tools` are outputs by command line; a number is an exit code. A tool that is not named is not installed. */
export function fakeMachine(
  files: Readonly<Record<string, FakeFile>>,
  tools: Readonly<Record<string, string | number>> = {},
): Source {
  const paths = new Map(Object.entries(files))
  const folders = new Set<string>(['/'])
  for (const path of paths.keys()) {
    for (let at = parentOf(path); at !== '/'; at = parentOf(at)) folders.add(at)
  }

  /** The path without links, or null when nothing is there. */
  function real(path: string, links = 0): string | null {
    const parts = normal(path)
    let here = ''
    for (const [i, part] of parts.entries()) {
      here = `${here}/${part}`
      const file = paths.get(here)
      if (typeof file === 'object' && 'link' in file) {
        if (links > 40) return null
        const target = file.link.startsWith('/') ? file.link : `${parentOf(here)}/${file.link}`
        return real([target, ...parts.slice(i + 1)].join('/'), links + 1)
      }
    }
    const found = here === '' ? '/' : here
    return paths.has(found) || folders.has(found) ? found : null
  }

  function readBytes(path: string): Reading<Uint8Array> {
    const at = real(path)
    const file = at === null ? undefined : paths.get(at)
    if (file === undefined) return at === null ? absent : unreadable(path, 'EFTYPE')
    if (typeof file === 'string') return known(new TextEncoder().encode(file))
    if (file instanceof Uint8Array) return known(file)
    return 'errno' in file ? unreadable(path, file.errno) : absent
  }

  return {
    kind: 'replay',
    root: '/fake',
    readBytes,
    readText: (path) => {
      const bytes = readBytes(path)
      return bytes.kind === 'known' ? known(new TextDecoder().decode(bytes.value)) : bytes
    },
    list: (path) => {
      const at = real(path)
      if (at === null || !folders.has(at)) return absent
      const prefix = at === '/' ? '/' : `${at}/`
      const inside = [...paths.keys(), ...folders].filter((one) => one.startsWith(prefix) && one !== at)
      return known([...new Set(inside.map((one) => one.slice(prefix.length).split('/')[0] as string))])
    },
    realPath: (path) => real(path),
    linkText: (path) => {
      const parent = real(parentOf(path))
      const file = parent === null ? undefined : paths.get(`${parent}${path.slice(path.lastIndexOf('/'))}`)
      return typeof file === 'object' && 'link' in file ? file.link : null
    },
    exists: (path) => real(path) !== null,
    run: (argv) => {
      const output = tools[argv.join(' ')]
      if (output === undefined) return fail('HW_TOOL_MISSING', `${argv[0]} is not installed`, { argv })
      if (typeof output === 'number') return ok({ stdout: '', stderr: 'it failed', exitCode: output })
      return ok({ stdout: output, stderr: '', exitCode: 0 })
    },
  }
}

function unreadable(path: string, errno: string): Reading<never> {
  const code = errno === 'EACCES' || errno === 'EPERM' ? 'HW_NEEDS_ROOT' : 'HW_UNREADABLE'
  return { kind: 'unreadable', fault: fault(code, `reading ${path}: ${errno}`, { path, errno }) }
}

function normal(path: string): readonly string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}

function parentOf(path: string): string {
  const at = path.lastIndexOf('/')
  return at <= 0 ? '/' : path.slice(0, at)
}
