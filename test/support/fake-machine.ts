// A machine made of a few lines: files, links and tool outputs by path. It passes the same suite as the real sources
// (test/contract/hosts/source.test.ts).

import { unreadable } from '../../src/hw/source/paths.ts'
import type { Source } from '../../src/hw/source/source.ts'
import { FileTree, filesOfTree } from '../../src/hw/source/tree.ts'
import { known, type Reading } from '../../src/model/reading.ts'
import { fail, ok } from '../../src/model/result.ts'

/** Text, bytes, a link to another path, or an errno that reading gives. */
export type FakeFile = string | Uint8Array | { readonly link: string } | { readonly errno: string }

/** `tools` are outputs by command line; a number is an exit code. A tool that is not named is not installed. */
export function fakeMachine(
  files: Readonly<Record<string, FakeFile>>,
  tools: Readonly<Record<string, string | number>> = {},
): Source {
  const tree = new FileTree()
  const errnos = new Map<string, string>()
  for (const [path, file] of Object.entries(files)) {
    if (typeof file === 'string') tree.putFile(path, new TextEncoder().encode(file))
    else if (file instanceof Uint8Array) tree.putFile(path, file)
    else if ('link' in file) tree.putLink(path, file.link)
    else {
      tree.putFile(path, new Uint8Array())
      errnos.set(path, file.errno)
    }
  }
  const inMemory = filesOfTree(tree)

  function readBytes(path: string, bytesMax?: number): Reading<Uint8Array> {
    const errno = errnos.get(inMemory.realPath(path) ?? '')
    return errno === undefined ? inMemory.readBytes(path, bytesMax) : unreadable(path, errno)
  }

  return {
    ...inMemory,
    kind: 'replay',
    root: '/fake',
    readBytes,
    readText: (path) => {
      const bytes = readBytes(path)
      return bytes.kind === 'known' ? known(new TextDecoder().decode(bytes.value)) : bytes
    },
    run: (argv) => {
      const output = tools[argv.join(' ')]
      if (output === undefined) return fail('HW_TOOL_MISSING', `${argv[0]} is not installed`, { argv })
      if (typeof output === 'number') return ok({ stdout: '', stderr: 'it failed', exitCode: output })
      return ok({ stdout: output, stderr: '', exitCode: 0 })
    },
  }
}
