// Every captured machine as a picture and as a tree: whole, well-formed, and with nothing of the machine missing.

import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../../src/cli/letters.ts'
import { drawMachine, layOut } from '../../../src/cli/picture/picture.ts'
import { renderTree } from '../../../src/cli/probe-tree.ts'
import { lookAtHealth } from '../../../src/hw/health/look.ts'
import { healthOfOneLook } from '../../../src/hw/health/tracker.ts'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import { layoutFaults, xmlFaults } from '../../support/pictures.ts'
import { type CaptureEntry, captureIndex, capturesMissing, withCapture } from './captures.ts'

/** A few archives hold less than a machine: null. */
function machineOf(entry: CaptureEntry) {
  return withCapture(entry, (root) => {
    const source = sysrootSource(root)
    if (!source.ok) return null
    const inventory = probeInventory(source.value)
    if (!inventory.ok) return null
    return { inventory: inventory.value, health: healthOfOneLook(lookAtHealth(source.value, inventory.value)) }
  })
}

/** Archives with something else than the /sys and /proc of a machine at their top. */
const noMachines = ['amd-kfd/', 'cadvisor/', 'pcp/bigsystem']

/** In a card of their own up to this many, else counted in one. */
const drivesAloneMax = 6

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('captured machines are drawn', (ctx) => ctx.skip(reason))
} else {
  const machines = captureIndex().filter(({ file }) => !noMachines.some((start) => file.startsWith(start)))

  describe('a captured machine is drawn', () => {
    it.each(machines.map((entry) => [entry.file, entry] as const))('%s', (_, entry) => {
      const machine = machineOf(entry)
      if (machine === null) throw new Error('no machine')
      const { inventory, health } = machine
      expect(layoutFaults(layOut(inventory, health))).toEqual([])
      const { svg, width, height } = drawMachine(inventory, health)
      expect(xmlFaults(svg)).toEqual([])
      expect(width / height).toBeGreaterThan(0.4)
      expect(width / height).toBeLessThan(4)

      const cells = [...svg.matchAll(/<title>core \d+\nCPUs ([\d,-]+)/g)].map(([, cpus]) => cpus)
      expect(cells.sort()).toEqual(inventory.cpu.cores.map((core) => core.cpus).sort())
      const devices = [...inventory.nics, ...(inventory.disks.length > drivesAloneMax ? [] : inventory.disks)]
      for (const { name } of devices) expect(svg).toContain(`<title>${name}`)
      for (const [i] of inventory.gpus.entries()) expect(svg).toContain(`<title>GPU ${i}`)
      for (const { id } of inventory.numa.nodes) expect(svg).toMatch(new RegExp(`NUMA node ${id}\\b`))

      const tree = renderTree(inventory, health, { width: 80, color: false })
      expect(tree.split('\n').filter((line) => columnsOf(line) > 80)).toEqual([])
      for (const { name } of [...inventory.nics, ...inventory.disks]) expect(tree).toContain(` ${name}`)
      for (const { code } of health.conditions) expect(tree).toContain(code)
    })
  })
}
