// Files in memory: what an archive held, or what a recorder saw. Paths are absolute and normal, as on the machine.
// It becomes files by `filesOfTree`; from then on nothing is put into it, for where links lead is looked up once.

import { absent, known, type Reading } from '../../model/reading.ts'
import { joinPath, linkFollower, nameOf, normalPath, parentOf, textReader, unreadable } from './paths.ts'
import type { Files } from './source.ts'

export type TreeNode =
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'folder'; readonly names: Set<string> }
  | { readonly kind: 'link'; readonly target: string }

export class FileTree {
  readonly #nodes = new Map<string, TreeNode>([['/', { kind: 'folder', names: new Set() }]])

  /** What is at exactly this path; links are not followed. */
  get(path: string): TreeNode | undefined {
    return this.#nodes.get(path)
  }

  /** The last one put at a path stays; a folder keeps what is in it. */
  putFile(path: string, bytes: Uint8Array): void {
    this.#put(path, { kind: 'file', bytes })
  }

  putLink(path: string, target: string): void {
    this.#put(path, { kind: 'link', target })
  }

  putFolder(path: string): void {
    if (this.#nodes.get(path)?.kind !== 'folder') this.#put(path, { kind: 'folder', names: new Set() })
  }

  remove(path: string): void {
    const node = this.#nodes.get(path)
    if (node === undefined || path === '/') return
    if (node.kind === 'folder') for (const name of node.names) this.remove(joinPath(path, name))
    this.#nodes.delete(path)
    const parent = this.#nodes.get(parentOf(path))
    if (parent?.kind === 'folder') parent.names.delete(nameOf(path))
  }

  /** Everything but the root, in the order of the paths' characters. */
  entries(): readonly (readonly [string, TreeNode])[] {
    return [...this.#nodes].filter(([path]) => path !== '/').sort(([a], [b]) => (a < b ? -1 : 1))
  }

  #put(path: string, node: TreeNode): void {
    if (path === '/') return
    this.remove(path)
    this.putFolder(parentOf(path))
    this.#nodes.set(path, node)
    const parent = this.#nodes.get(parentOf(path))
    if (parent?.kind === 'folder') parent.names.add(nameOf(path))
  }
}

export function filesOfTree(tree: FileTree): Files {
  const follow = linkFollower((path) => {
    const node = tree.get(path)
    return node?.kind === 'link' ? node.target : null
  })

  /** What a path leads to; null where links go in a circle. */
  function find(path: string): { readonly at: string; readonly node: TreeNode | undefined } | null {
    try {
      const at = follow(path)
      return { at, node: tree.get(at) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error
      return null
    }
  }

  function readBytes(path: string, bytesMax?: number): Reading<Uint8Array> {
    const found = find(path)
    if (found === null) return unreadable(path, 'ELOOP')
    if (found.node === undefined) return absent
    return found.node.kind === 'file' ? known(found.node.bytes.subarray(0, bytesMax)) : unreadable(path, 'EFTYPE')
  }

  return {
    readBytes,
    readText: textReader(readBytes),
    list: (path) => {
      const found = find(path)
      if (found === null) return unreadable(path, 'ELOOP')
      return found.node?.kind === 'folder' ? known([...found.node.names]) : absent
    },
    realPath: (path) => {
      const found = find(path)
      return found?.node === undefined ? null : found.at
    },
    linkText: (path) => {
      const normal = normalPath(path)
      const parent = normal === '/' ? null : find(parentOf(normal))
      const node = parent === null ? undefined : tree.get(joinPath(parent.at, nameOf(normal)))
      return node?.kind === 'link' ? node.target : null
    },
    exists: (path) => find(path)?.node !== undefined,
  }
}
