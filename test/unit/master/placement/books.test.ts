import { describe, expect, it, test } from 'vitest'
import { createMachineBooks, fits } from '../../../../src/master/placement/books.ts'
import {
  type MachineBooks,
  type Need,
  nothingSick,
  type SickParts,
  type Wish,
} from '../../../../src/master/placement/types.ts'
import { noWish } from '../../../../src/master/placement/wish.ts'
import type { Grant, Hardware } from '../../../../src/model/hardware.ts'
import { noGrant, noHardware } from '../../../../src/model/hardware.ts'
import {
  aDiskPart,
  aMachine,
  aNeed,
  aNicPart,
  aWish,
  cpusMilliOf,
  cubeMesh,
  gib,
  inPairs,
  someGpus,
  switched,
} from '../../../support/placement-machines.ts'

function booksOf(hardware: Hardware = aMachine(), cpusMilli = cpusMilliOf(hardware)): MachineBooks {
  return createMachineBooks(hardware, cpusMilli)
}

/** Places and holds; the refusal fails the test. */
function take(books: MachineBooks, need: Need, wish: Partial<Wish> = {}): Grant {
  const placed = books.place(need, aWish(wish))
  if (!placed.ok) throw new Error(placed.fault.message)
  books.hold(placed.value, need)
  return placed.value
}

function refusal(books: MachineBooks, need: Need, wish: Partial<Wish> = {}): readonly [string, string] {
  const placed = books.place(need, aWish(wish))
  return placed.ok ? ['granted', ''] : [placed.fault.code, placed.fault.message]
}

describe('a task that wishes for nothing', () => {
  it('runs on all CPUs that nobody has alone, with memory planned where least is left beside it', () => {
    const books = booksOf()
    take(books, aNeed({ gib: 10 }), { numa: 1 })
    expect(take(books, aNeed({ cpus: 0.5, gib: 4 }))).toEqual({ ...noGrant, memory: [{ node: 1, bytes: 4 * gib }] })
  })

  it('is counted on the fewest nodes where no node has room for all of it, and far memory comes last', () => {
    const { nodes, ...machine } = aMachine()
    const far = { id: 2, memoryBytes: 64 * gib, hugepages: [] }
    const hardware = { ...machine, nodes: [...nodes, far], distances: null }
    expect(take(booksOf(hardware), aNeed({ gib: 40 })).memory).toEqual([
      { node: 0, bytes: 16 * gib },
      { node: 1, bytes: 16 * gib },
      { node: 2, bytes: 8 * gib },
    ])
  })

  it('is never refused for memory: what no node has room for is counted nowhere and binds nobody else', () => {
    const books = booksOf()
    expect(take(books, aNeed({ gib: 40 })).memory).toEqual([
      { node: 0, bytes: 16 * gib },
      { node: 1, bytes: 16 * gib },
    ])
    const other = booksOf()
    other.hold(noGrant, aNeed({ gib: 20 }))
    expect(refusal(other, aNeed({ gib: 13 }), { numa: 'single' })).toEqual([
      'PLACEMENT_TAKEN',
      'no NUMA node has all of it: node 0: 12 GiB of memory are free; node 1: 12 GiB of memory are free',
    ])
  })

  it('is refused where the CPUs are used up, and told by whom', () => {
    const books = booksOf()
    take(books, aNeed({ cpus: 12 }), { cpus: 'cores' })
    take(books, aNeed({ cpus: 3.5 }))
    expect(refusal(books, aNeed({ cpus: 1 }))).toEqual([
      'PLACEMENT_TAKEN',
      'there is no room for 1 cpu among those who share 4 CPUs: 12 CPUs of the machine are held alone',
    ])
  })

  it.each([
    ['more', 40_000],
    ['less', 2_000],
  ])('is never refused where the operator offers %s cpus than there are', (_more, cpusMilli) => {
    const books = booksOf(aMachine(), cpusMilli)
    for (let i = 0; i < 60; i++) take(books, aNeed({ cpus: 1, gib: 0 }))
  })

  it('always finds a CPU where the operator offers more than there are, whoever wants cores alone', () => {
    const books = booksOf(aMachine(), 32_000)
    take(books, aNeed({ cpus: 14 }), { cpus: 'cores' })
    expect(refusal(books, aNeed({ cpus: 2 }), { cpus: 'cores' })[0]).toBe('PLACEMENT_TAKEN')
    take(books, aNeed({ cpus: 18 }))
  })

  it('is never refused on a machine of which nothing is known', () => {
    const books = booksOf(noHardware, 0)
    expect(take(books, aNeed({ cpus: 100, gib: 100, gpus: 2, instances: 1 }))).toEqual(noGrant)
    expect(refusal(books, aNeed({ cpus: 2 }), { cpus: 'cores' })).toEqual([
      'PLACEMENT_IMPOSSIBLE',
      'it asks for CPUs of its own and the cores of this machine are not known',
    ])
    expect(refusal(books, aNeed(), { numa: 'single' })).toEqual([
      'PLACEMENT_IMPOSSIBLE',
      'it wishes for NUMA nodes and those of this machine are not known',
    ])
  })
})

describe('CPUs of its own', () => {
  it.each<[string, number, Partial<Wish>, string]>([
    ['whole cores', 4, { cpus: 'cores' }, '6-7,14-15'],
    ['single threads', 3, { cpus: 'threads' }, '7,14-15'],
    ['a node', 8, { cpus: 'cores' }, '4-7,12-15'],
    ['more than a node', 12, { cpus: 'cores' }, '0-3,6-11,14-15'],
    ['half of each node', 8, { cpus: 'cores', numa: 'interleave' }, '2-3,6-7,10-11,14-15'],
    ['those of a node by number', 2, { cpus: 'cores', numa: 1 }, '7,15'],
  ])('are %s', (_what, cpus, wish, expected) => {
    const books = booksOf()
    take(books, aNeed({ gib: 2 }))
    expect(take(books, aNeed({ cpus, gib: 15 }), wish).cpus).toBe(expected)
  })

  it('fill a node, a last-level cache and begun cores before they begin others', () => {
    const books = booksOf(aMachine({ coresPerNode: 8, cachesPerNode: 2 }))
    expect(take(books, aNeed({ cpus: 2 }), { cpus: 'cores', numa: 1 }).cpus).toBe('15,31')
    // The cache that has a core less.
    expect(take(books, aNeed({ cpus: 4 }), { cpus: 'cores' }).cpus).toBe('13-14,29-30')
    // Not in the one core that is left there.
    expect(take(books, aNeed({ cpus: 4 }), { cpus: 'cores' }).cpus).toBe('10-11,26-27')
    expect(take(books, aNeed({ cpus: 1 }), { cpus: 'threads' }).cpus).toBe('28')
    expect(take(books, aNeed({ cpus: 1 }), { cpus: 'threads' }).cpus).toBe('12')
  })

  it('are performance cores while there are enough, and of one kind', () => {
    const kinds = ['performance', 'performance', 'efficiency', 'efficiency'] as const
    const { cores, ...machine } = aMachine({ nodes: 1, threadsPerCore: 1 })
    const books = booksOf({ ...machine, cores: cores.map((core, i) => ({ ...core, kind: kinds[i] ?? null })) })
    expect(take(books, aNeed({ cpus: 1 }), { cpus: 'cores' }).cpus).toBe('1')
    expect(take(books, aNeed({ cpus: 2 }), { cpus: 'cores' }).cpus).toBe('2-3')
  })

  it.each<[number, Wish['cpus'], string]>([
    [3, 'cores', 'cpus 3 is not a whole number of cores here: each has 2 threads, ask 4'],
    [0.5, 'cores', 'cpus 0.5 is not a whole number of cores here: each has 2 threads, ask 2'],
    [1.5, 'threads', 'cpus 1.5 is not a whole number of CPUs: ask 2'],
    [0, 'threads', 'cpus 0 is not a whole number of CPUs: ask 1'],
    [18, 'threads', 'it asks for 18 CPUs of its own and the machine has 16'],
  ])('%f %s are never to be had: %s', (cpus, kind, message) => {
    expect(refusal(booksOf(), aNeed({ cpus }), { cpus: kind })).toEqual(['PLACEMENT_IMPOSSIBLE', message])
  })

  it('are made of cores of several sizes where the machine has them', () => {
    const { cores, ...machine } = aMachine({ nodes: 1 })
    const mixed = { ...machine, cores: cores.map((core, i) => (i < 2 ? { ...core, cpus: `${i}` } : core)) }
    expect(take(booksOf(mixed), aNeed({ cpus: 3 }), { cpus: 'cores' }).cpus).toBe('1,3,7')
    const lopsided = { ...mixed, cores: mixed.cores.slice(1) }
    expect(refusal(booksOf(lopsided), aNeed({ cpus: 6 }), { cpus: 'cores' })[0]).toBe('PLACEMENT_IMPOSSIBLE')
  })

  it('leave those who share enough, in all and in each node', () => {
    const books = booksOf()
    take(books, aNeed({ cpus: 5 }), { numa: 0 })
    expect(refusal(books, aNeed({ cpus: 4 }), { cpus: 'threads', numa: 0 })).toEqual([
      'PLACEMENT_TAKEN',
      'node 0: 8 CPUs are free, and tasks that share need all but 3',
    ])
    take(books, aNeed({ cpus: 3 }), { cpus: 'threads', numa: 0 })
    take(books, aNeed({ cpus: 3.5 }))
    expect(refusal(books, aNeed({ cpus: 5 }), { cpus: 'threads' })[0]).toBe('PLACEMENT_TAKEN')
    take(books, aNeed({ cpus: 4 }), { cpus: 'threads' })
  })
})

describe('NUMA nodes', () => {
  it('single has CPUs and memory of one node, that with the least beside it', () => {
    const books = booksOf()
    take(books, aNeed({ cpus: 2, gib: 1 }), { numa: 1 })
    const grant = take(books, aNeed({ cpus: 4, gib: 4 }), { numa: 'single' })
    expect(grant).toEqual({
      ...noGrant,
      cpusWithin: '4-7,12-15',
      memory: [{ node: 1, bytes: 4 * gib }],
      memoryPolicy: 'bind',
    })
    expect(take(books, aNeed({ cpus: 4, gib: 4 }), { numa: 'single' }).cpusWithin).toBe('0-3,8-11')
  })

  it('preferred is one node, and the nearest with it where its memory is used up', () => {
    const books = booksOf()
    expect(take(books, aNeed({ cpus: 4, gib: 20 }), { numa: 'preferred' })).toEqual({
      ...noGrant,
      cpusWithin: '0-3,8-11',
      memory: [
        { node: 0, bytes: 16 * gib },
        { node: 1, bytes: 4 * gib },
      ],
      memoryPolicy: 'preferred',
    })
    expect(take(books, aNeed({ cpus: 12, gib: 1 }), { numa: 'preferred' }).cpusWithin).toBeNull()
  })

  it('interleave spreads memory over all nodes that have room for an even share', () => {
    const books = booksOf(aMachine({ nodes: 3 }))
    take(books, aNeed({ gib: 15 }), { numa: 1 })
    expect(take(books, aNeed({ gib: 6 }), { numa: 'interleave' })).toMatchObject({
      memory: [
        { node: 0, bytes: 3 * gib },
        { node: 2, bytes: 3 * gib },
      ],
      memoryPolicy: 'interleave',
    })
    expect(refusal(books, aNeed({ gib: 40 }), { numa: 'interleave' })).toEqual([
      'PLACEMENT_TAKEN',
      'its 40 GiB of memory cannot be spread evenly over the NUMA nodes',
    ])
  })

  it('a node without CPUs goes with the nearest that has some, and one without memory likewise', () => {
    const { cores, nodes } = aMachine()
    const hardware: Hardware = {
      ...noHardware,
      cores,
      nodes: [
        { ...(nodes[0] as Hardware['nodes'][number]), memoryBytes: 0 },
        ...nodes.slice(1),
        { id: 4, memoryBytes: 8 * gib, hugepages: [] },
      ],
      distances: [
        [10, 20, 14],
        [20, 10, 30],
        [14, 30, 10],
      ],
    }
    expect(take(booksOf(hardware), aNeed({ gib: 2 }), { numa: 4 })).toMatchObject({
      cpusWithin: '0-3,8-11',
      memory: [{ node: 4, bytes: 2 * gib }],
    })
    expect(take(booksOf(hardware), aNeed({ gib: 2 }), { numa: 0, cpus: 'threads' })).toMatchObject({ cpus: '11' })
  })

  it('a node that is not there is told with those that are', () => {
    expect(refusal(booksOf(), aNeed(), { numa: 7 })).toEqual([
      'PLACEMENT_IMPOSSIBLE',
      'the machine has no NUMA node 7: it has 0, 1',
    ])
  })

  it('what no node can ever hold is told apart from what none holds now', () => {
    const books = booksOf()
    expect(refusal(books, aNeed({ gib: 17 }), { numa: 'single' })).toEqual([
      'PLACEMENT_IMPOSSIBLE',
      'the machine is too small: no NUMA node has all of it: node 0: 16 GiB of memory are free; node 1: 16 GiB of memory are free',
    ])
  })
})

describe('GPUs', () => {
  const four = aMachine({ gpus: someGpus(4, { linkOf: inPairs }) })

  it('come with CPUs and memory near them where there is room, and without where there is none', () => {
    const books = booksOf(four)
    take(books, aNeed({ cpus: 7 }), { numa: 1 })
    const near = take(books, aNeed({ cpus: 2, gib: 4, gpus: 1 }))
    expect(near).toMatchObject({ gpuUuids: ['GPU-0'], cpusWithin: '0-3,8-11', memory: [{ node: 0, bytes: 4 * gib }] })
    expect(take(books, aNeed({ cpus: 7, gib: 4, gpus: 3 }))).toMatchObject({ cpusWithin: null })
  })

  it('leave pairs whole: one comes from a pair that is begun, two from one that is not', () => {
    const books = booksOf(four)
    expect(take(books, aNeed({ gpus: 1 })).gpuUuids).toEqual(['GPU-0'])
    expect(take(books, aNeed({ gpus: 2 })).gpuUuids).toEqual(['GPU-2', 'GPU-3'])
    expect(take(books, aNeed({ gpus: 1 })).gpuUuids).toEqual(['GPU-1'])
  })

  it('four of a cube mesh are one of its fours, two are joined twice', () => {
    const books = booksOf(aMachine({ gpus: someGpus(8, { linkOf: cubeMesh }) }))
    expect(take(books, aNeed({ gpus: 2 }), { gpus: 'linked' }).gpuUuids).toEqual(['GPU-0', 'GPU-3'])
    expect(take(books, aNeed({ gpus: 4 }), { gpus: 'linked' }).gpuUuids).toEqual(['GPU-4', 'GPU-5', 'GPU-6', 'GPU-7'])
    expect(refusal(books, aNeed({ gpus: 4 }), { gpus: 'linked' })[0]).toBe('PLACEMENT_TAKEN')
  })

  it('that are linked are told with those that are free together', () => {
    const books = booksOf(four)
    expect(refusal(books, aNeed({ gpus: 3 }), { gpus: 'linked' })).toEqual([
      'PLACEMENT_IMPOSSIBLE',
      'the machine is too small: 2 of 3 GPUs that are linked by nvlink are free: GPU-0, GPU-1',
    ])
    take(books, aNeed({ gpus: 1 }), { gpus: ['GPU-1'] })
    take(books, aNeed({ gpus: 1 }), { gpus: ['GPU-2'] })
    expect(refusal(books, aNeed({ gpus: 2 }), { gpus: 'linked' })).toEqual([
      'PLACEMENT_TAKEN',
      '1 of 2 GPUs that are linked by nvlink are free: GPU-0',
    ])
  })

  it.each<[string, Need, Partial<Wish>, string, string]>([
    [
      'more than there are',
      aNeed({ gpus: 5 }),
      {},
      'PLACEMENT_IMPOSSIBLE',
      'the machine is too small: it asks for 5 GPUs and free are GPU-0, GPU-1, GPU-2, GPU-3',
    ],
    [
      'half of one',
      aNeed({ gpus: 0.5 }),
      {},
      'PLACEMENT_IMPOSSIBLE',
      'it asks for a part of a GPU, and GPUs are given whole',
    ],
    [
      'one that is not there',
      aNeed({ gpus: 1 }),
      { gpus: ['GPU-9'] },
      'PLACEMENT_IMPOSSIBLE',
      'the machine has no GPU GPU-9: it has GPU-0, GPU-1, GPU-2, GPU-3',
    ],
    [
      'more than are named',
      aNeed({ gpus: 2 }),
      { gpus: ['GPU-1'] },
      'PLACEMENT_IMPOSSIBLE',
      'it asks for 2 whole GPUs and names 1 that the machine gives whole',
    ],
    [
      'one that is held',
      aNeed({ gpus: 1 }),
      { gpus: ['GPU-0'] },
      'PLACEMENT_TAKEN',
      'of the GPUs it names GPU-0 is not free',
    ],
  ])('%s are refused', (_what, need, wish, code, message) => {
    const books = booksOf(four)
    take(books, aNeed({ gpus: 1 }))
    expect(refusal(books, need, wish)).toEqual([code, message])
  })

  it('links that nobody knows are no links', () => {
    const books = booksOf(aMachine({ gpus: someGpus(2) }))
    expect(refusal(books, aNeed({ gpus: 2 }), { gpus: 'linked' })).toEqual([
      'PLACEMENT_IMPOSSIBLE',
      'it wishes for linked GPUs and no links between those of this machine are known',
    ])
    expect(take(books, aNeed({ gpus: 1 }), { gpus: 'linked' }).gpuUuids).toEqual(['GPU-0'])
  })

  it('single with near gpu has its GPUs on its node too', () => {
    const books = booksOf(four)
    take(books, aNeed({ gpus: 1 }))
    expect(take(books, aNeed({ cpus: 2, gpus: 2 }), { numa: 'single', near: 'gpu' })).toMatchObject({
      gpuUuids: ['GPU-2', 'GPU-3'],
      cpusWithin: '4-7,12-15',
    })
    expect(refusal(books, aNeed({ cpus: 2, gpus: 2 }), { numa: 0, near: 'gpu' })).toEqual(
      ['PLACEMENT_IMPOSSIBLE', 'node 0: it asks for 2 GPUs and free there are GPU-1'].map((text, i) =>
        i === 0 ? 'PLACEMENT_TAKEN' : text,
      ),
    )
  })
})

describe('GPUs that are cut', () => {
  const cut = aMachine({ gpus: someGpus(3, { nodes: 1, linkOf: switched, cut: { 0: 3, 1: 2 } }) })

  it('are given by instance, from the GPU with the fewest free, and not whole', () => {
    const books = booksOf(cut)
    expect(books.free()).toMatchObject({ gpus: ['GPU-2'] })
    expect(take(books, aNeed({ instances: 1 })).gpuInstanceUuids).toEqual(['MIG-1-0'])
    expect(take(books, aNeed({ instances: 2 })).gpuInstanceUuids).toEqual(['MIG-0-0', 'MIG-0-1'])
    expect(refusal(books, aNeed({ instances: 3 }))).toEqual([
      'PLACEMENT_TAKEN',
      'it asks for 3 gpu-1g.10gb and free are MIG-0-2, MIG-1-1',
    ])
    expect(take(books, aNeed({ instances: 1, gpus: 1 }), { gpus: ['GPU-2', 'MIG-1-1'] })).toMatchObject({
      gpuUuids: ['GPU-2'],
      gpuInstanceUuids: ['MIG-1-1'],
    })
  })

  it('of a sick GPU no instance is given, and the refusal names it', () => {
    const books = booksOf(cut)
    books.setHardware(cut, { ...nothingSick, gpus: ['GPU-0'] })
    expect(books.free().gpuInstances).toEqual(['MIG-1-0', 'MIG-1-1'])
    expect(refusal(books, aNeed({ instances: 3 }))).toEqual([
      'PLACEMENT_TAKEN',
      'it asks for 3 gpu-1g.10gb and free are MIG-1-0, MIG-1-1; it would fit if GPU-0 were healthy',
    ])
  })

  it('while somebody still has it whole, none of its instances is free', () => {
    const whole = aMachine({ gpus: someGpus(1) })
    const books = booksOf(whole)
    const need = aNeed({ gpus: 1 })
    const grant = take(books, need)
    books.setHardware(aMachine({ gpus: someGpus(1, { cut: { 0: 2 } }) }), nothingSick)
    expect(books.free()).toMatchObject({ gpus: [], gpuInstances: [] })
    books.release(grant, need)
    expect(books.free()).toMatchObject({ gpus: [], gpuInstances: ['MIG-0-0', 'MIG-0-1'] })
  })
})

describe('ports, disks and what is near', () => {
  const hardware = aMachine({
    gpus: someGpus(2),
    nics: [
      aNicPart('eth0', 0, 10_000),
      aNicPart('ib1', 1, 400_000),
      aNicPart('eth2', 1, null),
      aNicPart('up0', 0, 800_000, false),
    ],
    disks: [aDiskPart('nvme0n1', 0), aDiskPart('nvme1n1', 1)],
  })

  it.each<[what: string, wish: Partial<Wish>, expected: Partial<Grant>, disks?: readonly string[]]>([
    ['a port by name', { nics: ['eth0'] }, { nics: ['eth0'] }],
    ['the fastest port', { nics: 1 }, { nics: ['ib1'] }],
    [
      'nothing, and has the disk of its resources and is near it',
      {},
      { disks: ['nvme1n1'], cpusWithin: '4-7,12-15' },
      ['nvme1n1'],
    ],
    ['CPUs near the port that the machine uses', { near: 'up0' }, { near: ['up0'], cpusWithin: '0-3,8-11' }],
    ['CPUs near the disk it names', { near: 'nvme1n1' }, { near: ['nvme1n1'], cpusWithin: '4-7,12-15' }],
    ['CPUs near the port it gets', { near: 'nic', nics: ['eth0'] }, { near: [], cpusWithin: '0-3,8-11' }],
    ['CPUs near any GPU', { near: 'gpu', numa: 1 }, { near: ['GPU-1'], cpusWithin: '4-7,12-15' }],
    ['CPUs near one of the fastest ports', { near: 'nic' }, { near: ['up0'], cpusWithin: '0-3,8-11' }],
    ['CPUs near its disk', { near: 'disk' }, { near: [], cpusWithin: '4-7,12-15' }, ['nvme1n1']],
    ['one node with its disk', { numa: 'single', near: 'disk' }, { cpusWithin: '4-7,12-15' }, ['nvme1n1']],
    ['CPUs near any disk', { near: 'disk', numa: 1 }, { near: ['nvme1n1'], disks: [] }],
  ])('a task may wish for %s', (_what, wish, expected, disks = []) => {
    expect(take(booksOf(hardware), aNeed({ disks }), wish)).toMatchObject(expected)
  })

  it('ports come from where the GPUs are', () => {
    const grant = take(booksOf(hardware), aNeed({ gpus: 1 }), { gpus: ['GPU-1'], nics: 1 })
    expect(grant).toMatchObject({ nics: ['ib1'], cpusWithin: '4-7,12-15' })
  })

  it('near is the nearest place with room, and refuses nobody', () => {
    const books = booksOf(hardware)
    take(books, aNeed({ cpus: 7 }), { numa: 0 })
    expect(take(books, aNeed({ cpus: 2 }), { near: 'eth0' })).toMatchObject({ cpusWithin: '4-7,12-15', near: ['eth0'] })
  })

  it.each<[Partial<Wish>, string, string]>([
    [
      { nics: 4 },
      'PLACEMENT_IMPOSSIBLE',
      'it asks for 4 network ports of its own; those that the machine does not use itself are eth0, ib1, eth2',
    ],
    [
      { nics: ['ib1', 'up0'] },
      'PLACEMENT_IMPOSSIBLE',
      'the machine itself uses network port up0; tasks are given eth0, ib1, eth2',
    ],
    [{ nics: ['eth9'] }, 'PLACEMENT_IMPOSSIBLE', 'the machine has no network port eth9: it has eth0, ib1, eth2, up0'],
    [{ near: 'sdz' }, 'PLACEMENT_IMPOSSIBLE', 'it wishes to be near sdz, which the machine does not have'],
    [
      { near: 'constructor' },
      'PLACEMENT_IMPOSSIBLE',
      'it wishes to be near constructor, which the machine does not have',
    ],
    [{ nics: ['eth0'] }, 'PLACEMENT_TAKEN', 'network port eth0 is not free'],
    [{ nics: 3 }, 'PLACEMENT_TAKEN', 'it asks for 3 network ports and free are ib1, eth2'],
  ])('%j is refused', (wish, code, message) => {
    const books = booksOf(hardware)
    take(books, aNeed(), { nics: ['eth0'] })
    expect(refusal(books, aNeed(), wish)).toEqual([code, message])
  })

  it('bound to a node away from the disk that it wishes to be near to, a task is refused', () => {
    const need = aNeed({ disks: ['nvme1n1'] })
    expect(refusal(booksOf(hardware), need, { numa: 0, near: 'disk' })).toEqual([
      'PLACEMENT_IMPOSSIBLE',
      'the machine is too small: node 0: disk nvme1n1 is not there',
    ])
  })

  it('the disks of its resources are granted also where nothing else of the machine is known', () => {
    const books = createMachineBooks({ ...noHardware, disks: hardware.disks }, 4000)
    expect(take(books, aNeed({ disks: ['nvme0n1'] }))).toEqual({ ...noGrant, disks: ['nvme0n1'] })
  })
})

describe('sick parts', () => {
  const hardware = aMachine({
    gpus: someGpus(4, { linkOf: switched }),
    nics: [aNicPart('eth0', 0), aNicPart('eth1', 1)],
  })

  it('get nothing new, keep what is held, and come back when they are well', () => {
    const books = booksOf(hardware)
    const need = aNeed({ gpus: 1 })
    const grant = take(books, need)
    books.setHardware(hardware, { ...nothingSick, cpus: '4-7', nodes: [1], gpus: ['GPU-3'], nics: ['eth1'] })
    expect(books.free()).toEqual({
      nodes: [
        { id: 0, cpus: '0-3,8-11', cores: 4, memoryBytes: 15 * gib },
        { id: 1, cpus: '12-15', cores: 0, memoryBytes: 0 },
      ],
      coresElsewhere: '',
      gpus: ['GPU-1', 'GPU-2'],
      gpuInstances: [],
      nics: ['eth0'],
    })
    expect(take(books, aNeed({ gib: 4 }))).toEqual({
      ...noGrant,
      cpusWithin: '0-3,8-15',
      memory: [{ node: 0, bytes: 4 * gib }],
      memoryPolicy: 'preferred',
    })
    expect(refusal(books, aNeed({ gpus: 3 }), { gpus: 'linked' })).toEqual([
      'PLACEMENT_TAKEN',
      'it asks for 3 GPUs and free are GPU-1, GPU-2; it would fit if GPU-3 were healthy',
    ])
    expect(refusal(books, aNeed(), { numa: 1 })).toEqual([
      'PLACEMENT_TAKEN',
      'node 1: 0 GiB of memory are free; it would fit if node 1 were healthy',
    ])
    expect(refusal(books, aNeed({ cpus: 13, gib: 0 }))).toEqual([
      'PLACEMENT_TAKEN',
      'there is no room for 13 cpus among those who share 12 CPUs; it would fit if CPUs 4-7 were healthy',
    ])
    expect(refusal(books, aNeed(), { nics: ['eth1'] })[1]).toBe(
      'network port eth1 is not free; it would fit if eth1 were healthy',
    )
    books.setHardware(hardware, nothingSick)
    books.release(grant, need)
    take(books, aNeed({ gpus: 4 }), { gpus: 'linked' })
  })

  it.each<[string, SickParts, Need, Partial<Wish>, string | null]>([
    [
      'all of what is needed, of every kind',
      sickHere,
      aNeed({ cpus: 8, gpus: 3 }),
      { cpus: 'cores', nics: 1 },
      'GPU-0',
    ],
    ['of every kind', sickHere, aNeed({ cpus: 14, gpus: 3 }), { cpus: 'cores' }, 'GPU-0, CPUs 2-3,6-7'],
    ['CPUs only of the node that it is to be on', sickHere, aNeed({ cpus: 6 }), { cpus: 'cores', numa: 1 }, 'CPUs 6-7'],
    ['a node and its CPUs', { ...sickHere, nodes: [1] }, aNeed({ cpus: 7 }), { numa: 1 }, 'node 1, CPUs 6-7'],
    ['as many as are needed', { ...sickHere, gpus: ['GPU-0', 'GPU-1'] }, aNeed({ gpus: 3 }), {}, 'GPU-0'],
    ['nothing where that is not all', sickHere, aNeed({ cpus: 16 }), { cpus: 'cores' }, null],
  ])('are named where it would fit if they were healthy: %s', (_what, sick, need, wish, named) => {
    const hardware = aMachine({
      gpus: someGpus(4, { linkOf: switched }),
      nics: [aNicPart('eth0', 0), aNicPart('eth1', 1)],
    })
    const books = booksOf(hardware)
    take(books, aNeed({ gib: 1 }))
    books.setHardware(hardware, sick)
    const [code, message] = refusal(books, need, wish)
    expect(code).toBe('PLACEMENT_TAKEN')
    expect(/; it would fit if (.*) were healthy$/.exec(message)?.[1] ?? null).toBe(named)
  })
})

const sickHere: SickParts = { cpus: '2-3,6-7', nodes: [], gpus: ['GPU-0', 'GPU-3'], nics: ['eth0'], disks: [] }

describe('the books', () => {
  test('nothing is booked by asking', () => {
    const books = booksOf()
    const before = books.free()
    books.place(aNeed({ cpus: 4, gib: 4 }), aWish({ cpus: 'cores' }))
    expect(books.free()).toEqual(before)
    expect(fits(books, aNeed({ cpus: 16 }), aWish({ cpus: 'cores' }))).toBe(true)
    expect(fits(books, aNeed({ cpus: 18 }), noWish)).toBe(false)
  })

  test('grants that overlap are held as they are, and each release takes back its own', () => {
    const books = booksOf(aMachine({ gpus: someGpus(1) }))
    const before = books.free()
    const need = aNeed({ cpus: 2, gib: 20, gpus: 1 })
    const one = { ...noGrant, cpus: '0,8', memory: [{ node: 0, bytes: 20 * gib }], gpuUuids: ['GPU-0'] }
    const other = { ...one, cpus: '0-1', gpuUuids: ['GPU-0', 'GPU-7'] }
    books.hold(one, need)
    books.hold(other, need)
    books.hold(other, need)
    expect([13, 13.001].map((cpus) => fits(books, aNeed({ cpus }), noWish))).toEqual([true, false])
    books.release(other, need)
    books.release(one, need)
    expect(books.free()).toMatchObject({ gpus: [], nodes: [{ cpus: '2-3,8-11', cores: 2, memoryBytes: 0 }, {}] })
    books.release(other, need)
    expect(books.free()).toEqual(before)
  })

  test('what was never held is not released', () => {
    expect(() => booksOf().release(noGrant, aNeed())).toThrow('only what is held is released')
  })

  test('what is held stays when the machine becomes another', () => {
    const books = booksOf()
    const need = aNeed({ cpus: 4 })
    const grant = take(books, need, { cpus: 'cores', numa: 1 })
    books.setHardware(aMachine({ nodes: 1 }), nothingSick, 8_000)
    expect(books.free().nodes).toMatchObject([{ cpus: '0-5' }])
    books.setHardware(aMachine(), nothingSick, 16_000)
    expect(books.free().nodes).toMatchObject([{ cpus: '0-3,8-11' }, { cpus: '4-5,12-13' }])
    books.release(grant, need)
    take(books, aNeed({ cpus: 16 }), { cpus: 'cores' })
  })

  test('cores of which no node is known are a place of their own', () => {
    const { cores, ...machine } = aMachine({ nodes: 1 })
    const books = booksOf({ ...machine, cores: cores.map((core, i) => (i < 2 ? { ...core, node: null } : core)) })
    expect(books.free()).toMatchObject({ coresElsewhere: '0-1,4-5', nodes: [{ cpus: '2-3,6-7' }] })
    expect(take(books, aNeed({ cpus: 8 }), { cpus: 'cores' }).cpus).toBe('0-7')
  })

  test('a report of parts that nobody builds takes no longer than it may', () => {
    const cores = Array.from({ length: 40 }, (_, size) => ({
      cpus: `${100 * size}-${100 * size + 2 * size + 1}`,
      node: null,
      package: null,
      cache: null,
      kind: null,
    }))
    const books = booksOf({ ...aMachine({ gpus: someGpus(256, { linkOf: inPairs }) }), cores })
    expect(refusal(books, aNeed({ cpus: 801 }), { cpus: 'cores' })[0]).toBe('PLACEMENT_IMPOSSIBLE')
    for (const count of [100, 200, 256])
      expect(
        take(booksOf(aMachine({ gpus: someGpus(256, { linkOf: switched }) })), aNeed({ cpus: 0, gpus: count }), {
          gpus: 'linked',
        }).gpuUuids,
      ).toHaveLength(count)
    expect(refusal(books, aNeed({ gpus: 3 }), { gpus: 'linked' })[0]).toBe('PLACEMENT_IMPOSSIBLE')
  })

  test('a report that contradicts itself breaks nothing', () => {
    const { cores, nodes } = aMachine()
    const odd: Hardware = {
      ...noHardware,
      cores: [...cores, ...cores, { cpus: 'nonsense', node: 77, package: null, cache: null, kind: null }],
      nodes: [...nodes, ...nodes],
      distances: [[10]],
      gpus: [...someGpus(2), ...someGpus(2)],
    }
    const books = booksOf(odd, 16_000)
    expect(books.free()).toMatchObject({ gpus: ['GPU-0', 'GPU-1'], nodes: [{ cores: 4 }, { cores: 4 }] })
    take(books, aNeed({ cpus: 16 }), { cpus: 'cores' })
  })
})
