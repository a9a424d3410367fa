// Every captured machine through the probe, the short form of its hardware and random lives of tasks on it: the sums of
// what is offered hold, and a second opinion finds nothing wrong with any grant.

import { expect, it } from 'vitest'
import { hardwareOf } from '../../../src/hw/hardware.ts'
import { probeInventory } from '../../../src/hw/inventory.ts'
import { defaultResources } from '../../../src/hw/resources.ts'
import { sysrootSource } from '../../../src/hw/source/open.ts'
import { parseCpuList } from '../../../src/model/cpu-set.ts'
import { seededRandom } from '../../../src/model/random.ts'
import { scalarTotal } from '../../../src/model/resources.ts'
import { bytesToMilliMebibytes } from '../../../src/model/units.ts'
import { cpusMilliOf } from '../../support/placement-machines.ts'
import { liveRandomly } from '../../support/placement-workload.ts'
import { captureIndex, capturesMissing, withCapture } from './captures.ts'

const stepsOfLife = 60

if (capturesMissing !== null) {
  const reason = capturesMissing
  it('tasks are placed on captured machines', (ctx) => ctx.skip(reason))
} else {
  it.each(captureIndex())('on $file tasks of all sorts are placed without a fault', (entry) => {
    const inventory = withCapture(entry, (root) => {
      const source = sysrootSource(root)
      return source.ok ? probeInventory(source.value) : source
    })
    // What is no machine at its root is refused by the probe.
    if (!inventory.ok) return expect(inventory.fault.code).toBe('HW_NOT_A_MACHINE')
    const hardware = hardwareOf(inventory.value, new Set())
    const offered = defaultResources(inventory.value, null)
    const cpus = hardware.cores.flatMap((core) => parseCpuList(core.cpus) ?? [])
    expect(new Set(cpus).size).toBe(cpus.length)
    expect(cpusMilliOf(hardware)).toBe(scalarTotal(offered, 'cpus'))
    expect(scalarTotal(offered, 'gpus')).toBe(
      1000 * hardware.gpus.filter(({ instances }) => instances.length === 0).length,
    )
    const memoryBytes = hardware.nodes.reduce((sum, node) => sum + node.memoryBytes, 0)
    const { totalBytes } = inventory.value.memory
    if (totalBytes !== null) expect(bytesToMilliMebibytes(memoryBytes)).toBeLessThanOrEqual(scalarTotal(offered, 'mem'))
    expect(hardware.distances?.length ?? hardware.nodes.length).toBe(hardware.nodes.length)
    for (const seed of [1, 2]) {
      const life = liveRandomly(hardware, cpusMilliOf(hardware), seededRandom(seed), stepsOfLife)
      expect(life.faults, `seed ${seed}`).toEqual([])
      if (hardware.cores.length > 0) expect(life.granted).toBeGreaterThan(0)
    }
  })
}
