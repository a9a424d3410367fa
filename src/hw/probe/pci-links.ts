// The PCI Express link of a function: what it is now and the best that both of its ends can do. All functions below a port
// share its link, so it is read once a port, at the first function, which speaks for all (FN-0023). It does not judge: idle
// links slow down by themselves.

import type { PcieLink } from '../../model/inventory.ts'
import type { Reading } from '../../model/reading.ts'
import type { PciPlace } from '../parse/pci.ts'
import { parseLinkSpeed, parseLinkWidth } from '../parse/pci-function.ts'
import { type Bench, readFact } from './report.ts'

/** One function as its folder shows it. */
export type PciFolder = {
  readonly address: string
  readonly path: string
  /** Names in it. */
  readonly files: ReadonlySet<string>
  readonly place: PciPlace
  readonly isBridge: boolean
  readonly class: string
}

/** System peripherals and performance counters of a processor, which have no link and are hundreds on a server. */
const withoutLink = /^(08|11|0600)/

export function linkFinder(bench: Bench): (folder: PciFolder) => PcieLink | null {
  const ofPort = new Map<string, PcieLink | null>()
  return (folder) => {
    const { files, place } = folder
    if (!files.has('current_link_width') || facesDown(folder)) return null
    if (place.depth === 0) return withoutLink.test(folder.class) ? null : linkAt(bench, folder.path, null)
    const port = place.folders[1] as string
    let link = ofPort.get(port)
    if (link === undefined) {
      link = linkAt(bench, folder.path, port)
      ofPort.set(port, link)
    }
    return link
  }
}

/**
 * Root ports and the downstream ports of switches show the link below them, which its other end shows as well. Bridges take
 * turns: a root port faces down, the upstream port of a switch up, its downstream ports down.
 */
function facesDown({ isBridge, place }: PciFolder): boolean {
  return isBridge && place.depth % 2 === 0
}

function linkAt(bench: Bench, path: string, port: string | null): PcieLink | null {
  const read = <T>(folder: string, name: string, parse: (text: string) => Reading<T>) =>
    readFact(bench, `${folder}/${name}`, parse)
  const widthLanes = read(path, 'current_link_width', parseLinkWidth)
  if (widthLanes === 0) return null
  const ownWidthMax = read(path, 'max_link_width', parseLinkWidth)
  // All ones and nothing possible either: a part of the root complex that only looks like a link.
  if (widthLanes === null && !ownWidthMax) return null
  const speedGtps = read(path, 'current_link_speed', parseLinkSpeed)
  const portWidthMax = port === null ? null : read(port, 'max_link_width', parseLinkWidth)
  const portSpeedMax = port === null ? null : read(port, 'max_link_speed', parseLinkSpeed)
  const ownSpeedMax = port === null ? null : read(path, 'max_link_speed', parseLinkSpeed)
  return {
    speedGtps,
    widthLanes,
    speedMaxGtps: bestOfBoth(ownSpeedMax, portSpeedMax, speedGtps),
    widthMaxLanes: bestOfBoth(ownWidthMax, portWidthMax, widthLanes),
  }
}

/** The lesser of what the two ends can do; null where one does not say, or where there is more now than that. */
function bestOfBoth(own: number | null, port: number | null, now: number | null): number | null {
  const best = !own || !port ? null : Math.min(own, port)
  return best === null || (now !== null && now > best) ? null : best
}
