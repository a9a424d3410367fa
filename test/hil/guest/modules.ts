// Which kernel modules a guest loads, in which order: pure, from what each module says of itself. A package of a kernel
// holds no list of dependencies; that is made where it is installed.

/** What a module's `.modinfo` section says: names of others that must be, and should be, there first. */
export type ModuleNeeds = { readonly depends: readonly string[]; readonly before: readonly string[] }

/** Reads the section without parsing ELF: it is a run of `key=value` texts that end with a NUL. */
export function parseModuleNeeds(bytes: Buffer): ModuleNeeds {
  const text = bytes.toString('latin1')
  const depends = /\0depends=([^\0]*)\0/.exec(text)?.[1] ?? ''
  const before = [...text.matchAll(/\0softdep=pre:\s*([^\0]*)\0/g)].flatMap(([, names = '']) => names.split(/\s+/))
  const plain = (names: readonly string[]) => names.filter((name) => name !== '').map(moduleName)
  return { depends: plain(depends.split(',')), before: plain(before) }
}

/** The kernel takes `-` and `_` in names of modules for the same. */
export function moduleName(name: string): string {
  return name.replaceAll('-', '_')
}

/**
 * `wanted` with all that they need, each after what it needs. `needsOf` gives null for a name that is no module, such as
 * what is built into the kernel; those are left out.
 */
export function loadingOrder(
  wanted: readonly string[],
  needsOf: (name: string) => ModuleNeeds | null,
): readonly string[] {
  const order: string[] = []
  const seen = new Set<string>()
  const visit = (name: string) => {
    if (seen.has(name)) return
    seen.add(name)
    const needs = needsOf(name)
    if (needs === null) return
    for (const one of [...needs.before, ...needs.depends]) visit(one)
    order.push(name)
  }
  for (const name of wanted) visit(moduleName(name))
  return order
}
