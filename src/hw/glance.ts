// A glance: what can be plugged, pulled or switched off, as one text that is the same while nothing of it happened.
// It must cost next to nothing: the names in a few folders, two short lists, and one number a known port.

import type { Inventory } from '../model/inventory.ts'
import { valueOr } from '../model/reading.ts'
import type { Source } from './source/source.ts'

/** Whose names come and go with the hardware. */
const folders = [
  '/sys/bus/pci/devices',
  '/sys/block',
  '/sys/class/nvme',
  '/sys/bus/usb/devices',
  '/sys/bus/node/devices',
]
const texts = [
  '/sys/devices/system/cpu/online',
  '/sys/devices/system/node/online',
  '/sys/devices/system/cpu/smt/active',
]

/** Loops, RAM disks and volumes come and go with containers, and are no hardware. */
const notHardware = /^(loop|ram|zram|zd|nbd|dm-)/

/** `inventory` is the newest known; ports that it does not list (bridges, containers) are not looked at. */
export function glance(source: Source, inventory: Inventory | null): string {
  const names = folders.map((folder) => {
    return [...valueOr(source.list(folder), [])]
      .filter((name) => !notHardware.test(name))
      .sort()
      .join(' ')
  })
  const lists = texts.map((path) => valueOr(source.readText(path), '').trim())
  // The counter moves with every change of the link, even one that was undone between two glances.
  const links = (inventory?.nics ?? []).map(({ name }) => {
    return `${name} ${valueOr(source.readText(`/sys/class/net/${name}/carrier_changes`), '').trim()}`
  })
  return [...names, ...lists, ...links].join('\n')
}
