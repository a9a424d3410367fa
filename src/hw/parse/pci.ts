// PCI addresses in the one form of the document: lower case, a domain of at least four digits (`0000:4f:00.0`).
// nvidia-smi prints eight digits of domain, lspci none, and a domain may need more than sixteen bits.

const full = /^([0-9a-f]{1,8}):([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/
const noDomain = /^([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/

/** Null when the text is no address. */
export function normalisePciAddress(text: string): string | null {
  const lower = text.trim().toLowerCase()
  const address = noDomain.test(lower) ? `0:${lower}` : lower
  const match = full.exec(address)
  if (match === null) return null
  const domain = (match[1] as string).replace(/^0+/, '').padStart(4, '0')
  return `${domain}:${match[2]}:${match[3]}.${match[4]}`
}

/** The innermost PCI device on a device's path (`/sys/devices/pci0000:00/0000:00:02.0/0000:01:00.0/nvme/nvme0`). */
export function pciAddressInPath(path: string): string | null {
  for (const part of path.split('/').reverse()) {
    const address = full.test(part) ? normalisePciAddress(part) : null
    if (address !== null) return address
  }
  return null
}
