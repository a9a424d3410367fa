// PCI addresses in the one form of the document: lower case, a domain of at least four digits (`0000:4f:00.0`).
// nvidia-smi prints eight digits of domain, lspci none, and a domain may need more than sixteen bits.

const full = /^([0-9a-f]{1,8}):([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/
const noDomain = /^([0-9a-f]{2}):([01][0-9a-f])\.([0-7])$/
const hostBridge = /^pci[0-9a-f]{4,8}:[0-9a-f]{2}$/

/** Null when the text is no address. */
export function normalisePciAddress(text: string): string | null {
  const lower = text.trim().toLowerCase()
  const address = noDomain.test(lower) ? `0:${lower}` : lower
  const match = full.exec(address)
  if (match === null) return null
  return `${normaliseDomain(match[1] as string)}:${match[2]}:${match[3]}.${match[4]}`
}

/** `00000000` and `0` are `0000`. */
export function normaliseDomain(digits: string): string {
  return digits.replace(/^0+/, '').padStart(4, '0')
}

/** Domain, bus and device: what the functions of one card share. For normalised addresses. */
export function withoutFunction(address: string): string {
  return address.slice(0, address.lastIndexOf('.'))
}

/** The innermost PCI device on a device's path (`/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/nvme/nvme0`). */
export function pciAddressInPath(path: string): string | null {
  for (const part of path.split('/').reverse()) {
    const address = full.test(part) ? normalisePciAddress(part) : null
    if (address !== null) return address
  }
  return null
}

/** In the order of the bus: by domain, then bus, device and function. For normalised addresses. */
export function pciOrder(a: string, b: string): number {
  const byDomain = a.indexOf(':') - b.indexOf(':')
  return byDomain !== 0 ? byDomain : a < b ? -1 : a > b ? 1 : 0
}

/** Where a function hangs, as its path tells. */
export type PciPlace = {
  /** `pci0000:16`; null where the path is not below a host bridge. */
  readonly root: string | null
  /** The function above, in whatever domain it is. */
  readonly parent: string | null
  /** How many bridges lie between the host bridge and the function. */
  readonly depth: number
  /** Folders of the function and of those above it, innermost first. */
  readonly folders: readonly string[]
}

/**
 * `path` is that of a PCI function or of anything on it. A controller that opens a domain of its own (Intel VMD) has a host
 * bridge below it: `/sys/devices/pci0000:16/0000:16:05.5/pci10000:00/10000:00:02.0`.
 */
export function pciPlace(path: string): PciPlace {
  const parts = path.split('/')
  const above: string[] = []
  const folders: string[] = []
  let root: string | null = null
  let depth = 0
  let folder = ''
  for (const part of parts.slice(1)) {
    folder = `${folder}/${part}`
    if (hostBridge.test(part)) {
      root = part
      depth = 0
      continue
    }
    const address = full.test(part) ? normalisePciAddress(part) : null
    if (address === null) continue
    above.push(address)
    folders.unshift(folder)
    depth++
  }
  return { root, parent: above.at(-2) ?? null, depth: Math.max(depth - 1, 0), folders }
}
