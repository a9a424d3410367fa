// Machines of many shapes for properties of placement.

import fc from 'fast-check'
import {
  aDiskPart,
  aMachine,
  aNicPart,
  cubeMesh,
  inPairs,
  type LinkOf,
  someGpus,
  switched,
} from './placement-machines.ts'

const noLink: LinkOf = () => null

export const machines = fc
  .record({
    nodes: fc.integer({ min: 1, max: 4 }),
    coresPerNode: fc.integer({ min: 1, max: 5 }),
    threadsPerCore: fc.integer({ min: 1, max: 2 }),
    cachesPerNode: fc.integer({ min: 1, max: 2 }),
    gibPerNode: fc.integer({ min: 0, max: 20 }),
    gpus: fc.integer({ min: 0, max: 8 }),
    linkOf: fc.constantFrom(noLink, switched, inPairs, cubeMesh),
    cut: fc.dictionary(fc.constantFrom('0', '1', '2'), fc.integer({ min: 1, max: 3 })),
    /** Of so many cores in a row no node is known. */
    loose: fc.integer({ min: 0, max: 2 }),
  })
  .map(({ gpus, linkOf, cut, loose, ...shape }) => {
    const machine = aMachine({
      ...shape,
      gpus: someGpus(gpus, { nodes: shape.nodes, linkOf, cut }),
      nics: [aNicPart('eth0', 0), aNicPart('eth1', null, null), aNicPart('eth2', 0, 10_000, false)],
      disks: [aDiskPart('sda', 0), aDiskPart('sdb', shape.nodes - 1), aDiskPart('sdc', null)],
    })
    return { ...machine, cores: machine.cores.map((core, i) => (i < loose ? { ...core, node: null } : core)) }
  })
